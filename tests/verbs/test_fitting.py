"""A model is sampled a second time where its first draws do not pass, and the record says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.verbs import fitting
from bayespanel.verbs.fitting import Again, second_run, told_again
from tests.families.panel.data import panel

SPEC = bp.RICLPM(("v0", "v1"))
LITTLE: dict[str, Any] = {"seed": 5, "sampling": bp.Sampling(draws=50, tune=60, chains=2), "progress": False}


def draws(per_chain: int, *, divergences: int = 0, apart: float = 0.0, energy: float = 0.0) -> tuple[xr.Dataset, Any]:
    """Four chains of independent draws, `apart` from each other; energies that move as slowly as `energy` says."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(4, per_chain)) + apart * np.arange(4)[:, None]
    walk = (1 - energy) * rng.normal(size=x.shape) + energy * rng.normal(size=x.shape).cumsum(1)
    diverging = np.arange(x.size).reshape(x.shape) < divergences
    dims = ("chain", "draw")
    stats = {"diverging": diverging, "depth": np.full(x.shape, 3), "energy": walk}
    return xr.Dataset({"x": (dims, x)}), xr.Dataset({name: (dims, value) for name, value in stats.items()})


@pytest.mark.parametrize(
    ("given", "begins"),
    [
        ({"per_chain": 1000}, []),
        ({"per_chain": 1000, "divergences": 3}, ["divergences 3"]),
        ({"per_chain": 1000, "apart": 1.0}, ["R-hat", "bulk ESS", "tail ESS"]),
        ({"per_chain": 60}, []),  # too few draws to pass: smaller steps would not mend that
        ({"per_chain": 60, "divergences": 1}, ["divergences 1"]),
        ({"per_chain": 1000, "divergences": 3, "energy": 1.0}, []),  # heavy tails: another run would find the same
    ],
)
def test_what_calls_for_a_second_run(given: dict[str, Any], begins: list[str]) -> None:
    found = second_run(*draws(**given), 0.9)
    reasons = [] if found is None else found["because"]
    assert len(reasons) == len(begins)
    assert all(text.startswith(start) for text, start in zip(reasons, begins, strict=True))
    if found is not None:
        assert found["target_accept"] == 0.99
        assert (found["every"] > 1) == ("bulk ESS" in begins)


@pytest.mark.parametrize(("slowness", "least", "most"), [(0.9, 3, 6), (0.99, 8, 8)])
def test_chains_are_as_much_longer_as_they_are_slow(slowness: float, least: int, most: int) -> None:
    """With a coefficient of .9 the middle of 6,000 draws is worth 316, its tails less; 800 are aimed at."""
    rng = np.random.default_rng(2)
    x = np.empty((4, 1500))
    x[:, 0] = rng.normal(size=4)
    for t in range(1, 1500):
        x[:, t] = slowness * x[:, t - 1] + np.sqrt(1 - slowness**2) * rng.normal(size=4)
    found = second_run(xr.Dataset({"x": (("chain", "draw"), x)}), draws(1500)[1], 0.9)
    assert found is not None
    assert least <= found["every"] <= most


@pytest.fixture
def first_fails(monkeypatch: pytest.MonkeyPatch) -> list[Again]:
    """How the first run of every model is followed by a second one; empty: not at all."""
    ways: list[Again] = []
    monkeypatch.setattr(fitting, "second_run", lambda *_: ways[0] if ways else None)
    return ways


@pytest.mark.parametrize(("because", "every"), [(["divergences 7"], 1), (["divergences 7", "bulk ESS 120"], 4)])
def test_a_second_run_is_recorded_said_and_repeated(
    first_fails: list[Again], because: list[str], every: int, tmp_path: Path
) -> None:
    how = Again(because=because, target_accept=0.99, every=every)
    first_fails.append(how)
    fit = bp.fit(SPEC, panel().moments(), **LITTLE)
    assert fit.provenance["again"] == {"posterior": how}
    assert fit.provenance["target_accept"] == 0.9
    assert fit.posterior.sizes["draw"] == fit.sample_stats.sizes["draw"] == 50
    said = told_again(fit.provenance)
    assert said.startswith("The draws were taken a second time, with a target acceptance of 0.99")
    assert said.endswith(f"the first ones, with 0.9, were dropped ({', '.join(because)}).")
    assert ("every 4th draw" in said) == (every == 4)
    fit.save(tmp_path / "fit.nc")
    again = bp.rerun(bp.load(tmp_path / "fit.nc"), progress=False)
    assert again.identical
    assert again.fit.provenance["again"] == fit.provenance["again"]


def test_one_run_is_enough_where_that_is_asked(first_fails: list[Again]) -> None:
    first_fails.append(Again(because=["divergences 7"], target_accept=0.99, every=1))
    once = bp.fit(SPEC, panel().moments(), **LITTLE, retry=False)
    assert once.provenance["again"] == {}
    assert told_again(once.provenance) == ""


def test_kept_draws_know_of_divergences_on_the_way() -> None:
    from bayespanel.inference.sampling import _kept

    _, stats = draws(8, divergences=1)
    stats = stats.assign(n_steps=stats["depth"] * 0 + 7)
    kept = _kept(stats, 4)
    assert kept.sizes["draw"] == 2
    assert int(kept["diverging"].sum()) == 1
    assert (kept["n_steps"] == 28).all()
    assert (kept["depth"] == 3).all()
    np.testing.assert_array_equal(kept["energy"].values, stats["energy"].values[:, [3, 7]])
