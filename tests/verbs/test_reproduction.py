"""A fit repeated: the same bits, the same within Monte Carlo error, or not the same; and what is refused before it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.inference.record import machine, versions
from bayespanel.language.prior import merge, to_json
from bayespanel.verbs import analysis, reproduction
from tests.command.lines import fake_fit
from tests.families.panel.data import panel

SPEC = bp.RICLPM(variables=["v0", "v1"])
SETTINGS = {"seed": 1, "chains": 4, "tune": 500, "draws": 1000, "target_accept": 0.8}


def saved(seed: int = 1, shift: float = 0.0) -> bp.Fit:
    """A fit that nobody sampled: independent normal draws of two lags, a correlation matrix that is constant."""
    fit = fake_fit(4)(SPEC, panel(), seed=1)
    rng = np.random.default_rng(seed)
    lag = xr.DataArray(
        shift + rng.normal(size=(4, 1000, 2, 2)),
        dims=("chain", "draw", "target", "source"),
        coords={"target": ["v0", "v1"], "source": ["v0", "v1"]},
    )
    corr = xr.DataArray(
        np.full((4, 1000, 2, 2), 0.3),
        dims=("chain", "draw", "variable", "variable_"),
        coords={"variable": ["v0", "v1"], "variable_": ["v0", "v1"]},
    )
    some = lag.isel(target=0, source=0, drop=True)
    stats = xr.Dataset({"diverging": some > 99, "depth": some * 0 + 3, "energy": some})
    groups = {"posterior": xr.Dataset({"lag": lag, "innovation_corr": corr}), "sample_stats": stats}
    record = {
        **fit.provenance,
        **SETTINGS,
        "data": fit.data.fingerprint(),
        "versions": versions(),
        "machine": machine(),
        "priors": to_json(merge(SPEC.default_priors(), SPEC.priors)),
        "card": "own",
        "rope": 0.07,
    }
    return replace(fit, groups=groups, provenance=record)


@pytest.fixture
def sampler(monkeypatch: pytest.MonkeyPatch) -> Callable[[bp.Fit], list[dict[str, Any]]]:
    """Let `fit` return a fit that is given, and keep what it was asked."""

    def returns(fit: bp.Fit) -> list[dict[str, Any]]:
        asked: list[dict[str, Any]] = []

        def sample(spec: Any, data: Any, **settings: Any) -> bp.Fit:
            asked.append({"spec": spec, "data": data, **settings})
            return fit

        monkeypatch.setattr(analysis, "fit", sample)
        return asked

    return returns


def test_a_saved_fit_gives_the_same_draws_again(tmp_path: Path) -> None:
    fit = bp.fit(SPEC, panel(), seed=5, sampling=bp.Sampling(draws=100, tune=100, chains=2), progress=False)
    fit.save(tmp_path / "fit.nc")
    again = bp.rerun(bp.load(tmp_path / "fit.nc"), progress=False)
    assert again.identical
    assert again.agrees
    assert again.versions.empty
    assert not again.priors_restored
    assert (again.table["difference"] == 0).all()
    assert again.fit.provenance["priors"] == fit.provenance["priors"]
    assert again.verdict.startswith("The same: every draw")


def test_a_repetition_asks_for_the_same_fit(sampler: Callable[[bp.Fit], list[dict[str, Any]]]) -> None:
    fit = saved()
    asked = sampler(saved())
    found = bp.rerun(fit, cores=2, progress=False)
    how = {
        "seed": 1,
        "sampling": bp.Sampling(target_accept=0.8, sampler="nuts"),
        "retry": False,
        "cores": 2,
        "progress": False,
    }
    assert asked == [{"spec": SPEC, "data": fit.data, **how}]
    assert found.identical
    assert found.fit.provenance["card"] == "own"
    assert found.fit.provenance["rope"] == 0.07


def test_other_draws_of_one_posterior_agree_but_are_not_identical(sampler: Callable[[bp.Fit], Any]) -> None:
    sampler(saved(seed=2))
    found = bp.rerun(saved())
    assert (found.identical, found.agrees) == (False, True)
    assert "within Monte Carlo error" in found.verdict
    # Four lags and one correlation, each with a mean and an SD.
    assert len(found.table) == 10
    lags = found.table[found.table["quantity"].str.startswith("mean of lag")]
    # Two means of 4,000 independent draws of SD 1; a Monte Carlo error is itself known to some percent.
    np.testing.assert_allclose(lags["error"], np.sqrt(2 / 4000), rtol=0.1)
    np.testing.assert_allclose(lags["errors"], lags["difference"] / lags["error"])
    constant = found.table[found.table["quantity"].str.contains("innovation_corr")]
    assert (constant["errors"] == 0).all()


def test_a_shifted_posterior_does_not_agree(sampler: Callable[[bp.Fit], Any]) -> None:
    sampler(saved(seed=2, shift=0.2))  # 9 errors
    found = bp.rerun(saved())
    assert (found.identical, found.agrees) == (False, False)
    assert found.verdict.startswith("NOT the same")


def test_a_constant_that_moved_does_not_agree(sampler: Callable[[bp.Fit], Any]) -> None:
    other = saved()
    moved = other.posterior.assign(innovation_corr=other.posterior["innovation_corr"] + 1e-6)
    sampler(replace(other, groups={"posterior": moved}))
    found = bp.rerun(saved())
    assert not found.agrees
    assert np.isinf(found.table["errors"]).any()


def test_the_last_bit_counts(sampler: Callable[[bp.Fit], Any]) -> None:
    other = saved()
    lag = other.posterior["lag"].copy(deep=True)
    lag.values[0, 0, 0, 0] = np.nextafter(lag.values[0, 0, 0, 0], np.inf)
    sampler(replace(other, groups={"posterior": other.posterior.assign(lag=lag)}))
    found = bp.rerun(saved())
    assert (found.identical, found.agrees) == (False, True)


def test_two_sound_fits_are_rarely_told_apart() -> None:
    # 200 pairs at a false alarm of 0.001 each: more than 3 alarms have a probability below 0.0001.
    alarms = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        one, other = ({"posterior": _dataset(rng)} for _ in range(2))
        table = reproduction.comparison(one, other)
        limit = reproduction.NormalDist().inv_cdf(1 - reproduction.FALSE_ALARM / (2 * len(table)))
        alarms += bool((table["errors"].abs() > limit).any())
    assert alarms <= 3


def _dataset(rng: np.random.Generator) -> xr.Dataset:
    return xr.Dataset({"mean": (("chain", "draw", "wave"), rng.normal(size=(4, 250, 3)))})


def test_what_differs_in_the_software_is_named(sampler: Callable[[bp.Fit], Any]) -> None:
    fit = saved()
    fit.provenance["versions"] = {**versions(), "nutpie": "0.16.0"}
    sampler(saved())
    rows = bp.rerun(fit).versions
    assert rows.to_dict("records") == [{"what": "nutpie", "saved": "0.16.0", "again": versions()["nutpie"]}]


def test_a_fit_of_before_the_full_record_is_repeated(sampler: Callable[[bp.Fit], Any]) -> None:
    fit = saved()
    for name in ("priors", "machine", "card"):
        del fit.provenance[name]
    fit.provenance["versions"] = {"pymc": versions()["pymc"]}
    sampler(saved())
    found = bp.rerun(fit)
    assert found.identical
    assert found.versions.empty


def test_default_priors_that_changed_since_are_restored(
    sampler: Callable[[bp.Fit], list[dict[str, Any]]], tmp_path: Path
) -> None:
    fit = saved()
    rows = {row["parameter"]: row for row in fit.provenance["spec"]["defaults"]}
    rows["lag"]["arguments"] = [0.0, 0.123]
    fit.save(tmp_path / "fit.nc")
    asked = sampler(saved())
    assert bp.rerun(bp.load(tmp_path / "fit.nc")).priors_restored
    assert [(row.parameter, row.arguments) for row in asked[0]["spec"].priors] == [("lag", (0.0, 0.123))]


def test_changed_data_are_refused_before_sampling(sampler: Callable[[bp.Fit], list[dict[str, Any]]]) -> None:
    fit = saved()
    asked = sampler(saved())
    changed = replace(fit, data=replace(fit.data, syy=fit.data.syy * 1.01))
    with pytest.raises(bp.FitError, match="fingerprint"):
        bp.rerun(changed)
    fit.provenance.pop("tune")
    with pytest.raises(bp.FitError, match="lacks tune"):
        bp.rerun(fit)
    assert asked == []


def test_draws_of_other_quantities_cannot_be_compared() -> None:
    groups = saved().groups
    with pytest.raises(bp.FitError, match="Only one of them has"):
        reproduction.comparison(groups, {"posterior": groups["posterior"].drop_vars("lag")})
