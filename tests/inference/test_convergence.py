"""R-hat and effective sample sizes of all numbers at once, held against ArviZ number by number."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import xarray as xr
from arviz_stats.base import array_stats
from hypothesis import given, strategies as st
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

from bayespanel.inference.checks import diagnostics
from bayespanel.inference.convergence import TAILS, convergence, ess_mean, ess_quantile, normal_scores, varies


def chains(seed: int, number: int, chain: int, draw: int, kind: str) -> NDArray[np.float64]:
    """Autoregressive chains, of which some repeat draws, have few values, or stay in other places."""
    rng = np.random.default_rng(seed)
    phi, noise = rng.uniform(-0.95, 0.99, number)[:, None], rng.normal(size=(number, chain, draw))
    out = noise.copy()
    for t in range(1, draw):
        out[..., t] = phi * out[..., t - 1] + noise[..., t]
    if kind == "rounded":
        return np.round(out)
    if kind == "repeated":  # as a chain does that refuses proposals
        return np.repeat(out, 3, axis=2)[:, :, :draw]
    return out + rng.normal(size=(1, chain, 1)) * 3 if kind == "apart" else out


@given(
    seed=st.integers(0, 10_000),
    chain=st.integers(1, 6),
    draw=st.integers(4, 300),
    kind=st.sampled_from(["smooth", "rounded", "repeated", "apart"]),
)
def test_every_figure_is_that_of_arviz(seed: int, chain: int, draw: int, kind: str) -> None:
    values = chains(seed, 3, chain, draw, kind)
    values = values[varies(values)]
    if not len(values):
        return
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = {
            "ess_bulk": array_stats.ess(values, method="bulk"),
            "ess_tail": array_stats.ess(values, method="tail", prob=TAILS),
            "rhat": array_stats.rhat(values) if chain > 1 else np.full(len(values), np.nan),
        }
        others = [(ess_mean(values), array_stats.ess(values, method="mean"))]
        others += [(ess_quantile(values, p), array_stats.ess(values, method="quantile", prob=p)) for p in (0.3, 0.5)]
    found = convergence(values)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-9, err_msg=name)
    for ours, theirs in others:
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_equal_values_share_the_middle_of_their_ranks() -> None:
    values = np.random.default_rng(1).integers(0, 5, (3, 2, 20)).astype(float)
    ranks = np.stack([rankdata(one) for one in values.reshape(3, -1)])
    expected = norm.ppf((ranks - 0.375) / 40.25).reshape(values.shape)
    np.testing.assert_allclose(normal_scores(values), expected, rtol=1e-12)


@pytest.mark.parametrize("draw", [1, 2, 3])
def test_hardly_any_draws_say_nothing(draw: int) -> None:
    found = convergence(np.random.default_rng(1).normal(size=(2, 4, draw)))
    assert all(np.isnan(value).all() for value in found.values())


def test_numbers_that_stand_still_or_are_missing_have_no_figures_and_spoil_none() -> None:
    values = np.random.default_rng(1).normal(size=(4, 4, 100))
    alone = convergence(values[:1])
    values[1] = 0.3
    values[2, 0, 5] = np.nan
    found = convergence(values)
    for name, value in found.items():
        assert list(np.isnan(value)) == [False, True, True, False]
        assert value[0] == alone[name][0]


def test_diagnostics_keep_the_entries_of_every_variable() -> None:
    rng = np.random.default_rng(2)
    posterior = xr.Dataset(
        {
            "lag": (("chain", "draw", "to", "from"), rng.normal(size=(4, 100, 2, 3))),
            "sd": (("sign", "chain", "draw"), rng.normal(size=(2, 4, 100))),  # in another order
            "one": (("chain", "draw"), rng.normal(size=(4, 100))),
        },
        coords={"to": ["x", "y"], "from": ["x", "y", "z"]},
    )
    found = diagnostics(posterior)
    assert list(found) == ["rhat", "bulk", "tail"]
    for value in found.values():
        assert dict(value.sizes) == {"to": 2, "from": 3, "sign": 2}
    lag = posterior["lag"].sel(to="y").sel({"from": "z"}).values
    np.testing.assert_allclose(found["bulk"]["lag"].sel(to="y").sel({"from": "z"}), array_stats.ess(lag, method="bulk"))
    sd = posterior["sd"].values[1]
    np.testing.assert_allclose(found["rhat"]["sd"].values[1], array_stats.rhat(sd))
    np.testing.assert_allclose(
        found["tail"]["one"], array_stats.ess(posterior["one"].values, method="tail", prob=TAILS)
    )
