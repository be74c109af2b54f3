"""A model is sampled a second time where its first draws do not pass, and the record says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel import fitting
from bayespanel.fitting import failures, told_again
from tests.families.riclpm.data import panel

SPEC = bp.RICLPM(("v0", "v1"))
LITTLE: dict[str, Any] = {"seed": 5, "chains": 2, "tune": 60, "draws": 50, "progress": False}


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
    found = failures(*draws(**given))
    assert len(found) == len(begins)
    assert all(text.startswith(start) for text, start in zip(found, begins, strict=True))


@pytest.fixture
def first_fails(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The checks that the first run of every model fails."""
    because: list[str] = []
    calls: list[int] = []

    def found(*_: Any) -> list[str]:
        calls.append(1)
        return list(because)

    monkeypatch.setattr(fitting, "failures", found)
    yield because
    assert calls


@pytest.mark.parametrize(("because", "every"), [(["divergences 7"], 1), (["divergences 7", "bulk ESS 120"], 4)])
def test_a_second_run_is_recorded_said_and_repeated(
    first_fails: list[str], because: list[str], every: int, tmp_path: Path
) -> None:
    first_fails.extend(because)
    fit = bp.fit(SPEC, panel().moments(), **LITTLE)
    assert fit.provenance["again"] == {"posterior": {"because": because, "target_accept": 0.99, "every": every}}
    assert fit.provenance["target_accept"] == 0.9
    assert fit.posterior.sizes["draw"] == fit.sample_stats.sizes["draw"] == 50
    said = told_again(fit.provenance)
    assert said.startswith("The draws were taken a second time, with a target acceptance of 0.99")
    assert said.endswith(f"the first ones, with 0.9, were dropped ({', '.join(because)}).")
    assert ("every 4th draw" in said) == (every == 4)
    fit.save(tmp_path / "fit.nc")
    again = bp.rerun(bp.load_fit(tmp_path / "fit.nc"), progress=False)
    assert again.identical
    assert again.fit.provenance["again"] == fit.provenance["again"]


def test_one_run_is_enough_where_that_is_asked(first_fails: list[str]) -> None:
    first_fails.append("divergences 7")
    once = bp.fit(SPEC, panel().moments(), **LITTLE, retry=False)
    assert once.provenance["again"] == {}
    assert told_again(once.provenance) == ""
    first_fails.clear()
    bp.fit(SPEC, panel().moments(), **LITTLE)  # asks, and finds nothing


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
