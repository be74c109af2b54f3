"""Impulse responses have closed forms, and their parts add up to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from bayespanel.families.panel.derive import derive
from bayespanel.families.panel.dynamics import dynamics, respond, standardised_lags, stationary_correlation
from bayespanel.families.panel.spec import RICLPM
from bayespanel.language.errors import SpecError
from tests.families.panel.posteriors import random_posterior


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_a_response_is_the_sum_of_its_parts(k: int, steps: int, seed: int) -> None:
    lags = np.random.default_rng(seed).normal(scale=0.6, size=(3, steps, k, k))
    found = respond(lags)
    product = np.broadcast_to(np.eye(k), (3, k, k))
    for h in range(steps + 1):
        np.testing.assert_allclose(found.total[:, h], product, atol=1e-13 * np.abs(product).max())
        parts = found.direct[:, h] + found.via[:, h].sum(axis=1)
        np.testing.assert_allclose(parts, product, atol=1e-13 * max(1.0, np.abs(product).max()))
        product = lags[:, h] @ product if h < steps else product


def test_parts_are_the_paths_they_name() -> None:
    """Two steps: the two direct paths that persist, and one over each mediator."""
    a = np.random.default_rng(1).normal(size=(1, 1, 4, 4))
    found = respond(np.repeat(a, 2, axis=1))
    a = a[0, 0]
    assert found.direct[0, 2, 1, 0] == pytest.approx(a[1, 1] * a[1, 0] + a[1, 0] * a[0, 0])
    for m in (2, 3):
        assert found.via[0, 2, m, 1, 0] == pytest.approx(a[1, m] * a[m, 0])
    assert (found.via[0, 2, [0, 1], 1, 0] == 0).all()


def test_one_variable_decays_as_a_power() -> None:
    phi = 0.6
    found = respond(np.full((2, 8, 1, 1), phi))
    np.testing.assert_allclose(found.total[0, :, 0, 0], phi ** np.arange(9))
    np.testing.assert_allclose(found.direct, found.total)


def test_a_loop_of_two_returns_what_goes_round() -> None:
    """Without carry-over, x feeds y and y feeds x: every second wave a b of the impulse is back."""
    a, b = 0.5, 0.4
    lag = np.array([[0.0, b], [a, 0.0]])
    found = respond(np.broadcast_to(lag, (1, 6, 2, 2)))
    x = found.total[0, :, 0, 0]
    np.testing.assert_allclose(x, [1, 0, a * b, 0, (a * b) ** 2, 0, (a * b) ** 3])
    np.testing.assert_allclose(found.via[0, :, 1, 0, 0], [0, 0, a * b, 0, (a * b) ** 2, 0, (a * b) ** 3])


def closed(lag: np.ndarray, draws: int = 40):
    """A posterior whose every draw has this lag matrix, unit innovations and unit SDs in the long run."""
    k = len(lag)
    spec = RICLPM([f"v{i}" for i in range(k)])
    posterior = random_posterior(spec, 4, seed=1, chains=2, draws=draws).drop_vars(
        ["lag_standardised", "icc", "spectral_radius"], errors="ignore"
    )
    posterior["lag"] = posterior["lag"] * 0 + lag
    stationary = np.linalg.solve(np.eye(k * k) - np.kron(lag, lag), np.eye(k).ravel()).reshape(k, k)
    sd = np.sqrt(np.diag(stationary))
    posterior["initial_sd"] = posterior["initial_sd"] * 0 + sd
    posterior["initial_corr"] = posterior["initial_corr"] * 0 + stationary / np.outer(sd, sd)
    posterior["innovation_sd"] = posterior["innovation_sd"] * 0 + 1.0
    posterior["innovation_corr"] = posterior["innovation_corr"] * 0 + np.eye(k)
    return spec, derive(spec, posterior), stationary / np.outer(sd, sd)


def test_where_a_process_settles_is_known() -> None:
    lag = np.array([[0.5, 0.2], [0.1, 0.3]])
    spec, posterior, correlation = closed(lag)
    np.testing.assert_allclose(stationary_correlation(spec, posterior)[0], correlation, atol=1e-12)
    found = dynamics(spec, posterior, waves=80, prob=0.9)
    eigen = np.abs(np.linalg.eigvals(lag)).max()
    assert float(found["spectral_radius"].sel(statistic="mean")) == pytest.approx(eigen)
    assert float(found["half_life"].sel(statistic="median")) == pytest.approx(np.log(0.5) / np.log(eigen))
    np.testing.assert_allclose(found["stationary_corr"].sel(statistic="median"), correlation, atol=1e-12)
    # All that comes back: the sum of the responses of x to itself, less what x keeps by itself.
    whole = np.diag(np.linalg.inv(np.eye(2) - lag) - np.eye(2))
    alone = np.diag(lag) / (1 - np.diag(lag))
    np.testing.assert_allclose(found["returned"].sel(statistic="mean"), whole - alone, atol=1e-8)
    np.testing.assert_allclose(found["returned_share"].sel(statistic="mean"), (whole - alone) / whole, atol=1e-8)


def test_what_never_settles_is_said() -> None:
    lag = np.array([[1.1, 0.0], [0.2, 0.5]])
    spec = RICLPM(["x", "y"])
    posterior = random_posterior(spec, 4, seed=1, chains=2, draws=30)
    posterior["lag"] = posterior["lag"] * 0 + lag
    found = dynamics(spec, derive(spec, posterior), waves=5, prob=0.95)
    assert found.attrs["prob_settles"] == 0.0
    assert np.isinf(found["half_life"].sel(statistic="median"))
    assert found["stationary_corr"].isnull().all()


def test_lags_by_interval_end_with_the_waves() -> None:
    spec = RICLPM(["x", "y"], lags="free")
    posterior = derive(spec, random_posterior(spec, 4, seed=2, chains=2, draws=10))
    scaled, _ = standardised_lags(spec, posterior, 3)
    np.testing.assert_allclose(
        scaled.reshape(2, 10, 3, 2, 2), posterior["lag_standardised"].transpose("chain", "draw", ...)
    )
    found = dynamics(spec, posterior, waves=3, prob=0.95)
    assert not {"stationary_corr", "half_life"} & set(found.data_vars)
    with pytest.raises(SpecError, match="there are 3 intervals"):
        standardised_lags(spec, posterior, 4)


def test_an_interval_covers_its_share_of_draws() -> None:
    spec = RICLPM(["x", "y"])
    posterior = derive(spec, random_posterior(spec, 4, seed=3, chains=4, draws=500))
    found = dynamics(spec, posterior, waves=2, prob=0.8)
    lags = standardised_lags(spec, posterior, 2)[0][:, 0]
    inside = (lags >= found["response"].sel(statistic="lower", step=1).values) & (
        lags <= found["response"].sel(statistic="upper", step=1).values
    )
    np.testing.assert_allclose(inside.mean(axis=0), 0.8, atol=0.01)
    np.testing.assert_allclose(found["response"].sel(statistic="mean", step=1), lags.mean(axis=0))
