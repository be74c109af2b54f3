"""Fits to imputations are mixed to one fit, which goes on like any other, and is taken apart again."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.catalogue.spec_records import spec_to_dict
from bayespanel.families.door import reduced
from bayespanel.families.panel.derive import derive
from bayespanel.inference.imputed import imputation, mixed as mixture_of
from bayespanel.page.belonging import require_own
from bayespanel.page.methods import methods
from bayespanel.page.request import Asked
from bayespanel.verbs import analysis
from bayespanel.verbs.fitting import told_sampling
from tests.data.trial_tables import build as build_trial, table as trial_table
from tests.families.panel.data import panel
from tests.families.panel.posteriors import random_posterior
from tests.families.trajectories.tables import wide_panel
from tests.unsampled import unsampled

NUMBER = 3
SPECS: dict[str, Any] = {
    "panel": bp.CLPM(("v0", "v1")),
    "trial": bp.ClusterTrial(("read", "math")),
    "trajectories": bp.Trajectories("y", 2),
}


FAMILIES = ("panel", *(pytest.param(name, marks=pytest.mark.slow) for name in ("trial", "trajectories")))
"""Fits of a panel are made without a model; those of the others take a compiler."""


def imputations(family: str, *, same: bool = False) -> list[Any]:
    """Several tables whose first pupils differ, as if they had been missing."""
    rng = np.random.default_rng(3)
    whole: Any = {
        "panel": lambda: panel(pupils=60, waves=3),
        "trial": lambda: build_trial(trial_table(), outcomes=["read", "math"]),
        "trajectories": lambda: wide_panel(rng.normal(size=(40, 4)) + 3.0 * (np.arange(40) % 2)[:, None]),
    }[family]()
    values = np.where(np.isnan(whole.values), 3.0, whole.values)
    tables = []
    for _ in range(NUMBER):
        own = values.copy()
        own[:9] += 0.0 if same else rng.normal(0, 0.3, own[:9].shape)
        tables.append(replace(whole, values=own))
    return tables


def without_compiling(data: bp.Panel, seed: int) -> bp.Fit:
    """Return a fit of independent random draws of a panel model, for which no model has to be compiled."""
    spec, read = reduced(SPECS["panel"], data)
    drawn = random_posterior(spec, len(read.waves), seed=seed, chains=2, draws=60)
    posterior = derive(spec, drawn.assign_coords(wave=list(read.waves)))
    some = posterior["lag"].isel(target=0, source=0).reset_coords(drop=True)
    stats = xr.Dataset({"diverging": some > 99, "depth": some * 0 + 3, "energy": some})
    settings = {"seed": seed, "chains": 2, "tune": 0, "draws": 60, "target_accept": 0.9}
    provenance = {"spec": spec_to_dict(spec), "card": None, "rope": 0.1, "data": read.fingerprint(), **settings}
    return bp.Fit({"posterior": posterior, "sample_stats": stats}, spec, read, provenance)


@cache
def fits(family: str, *, same: bool = False) -> tuple[bp.Fit, ...]:
    """Fits without a sampler; imputation i has draws of its own place and seed."""
    found = []
    for seed, data in enumerate(imputations(family, same=same), start=1):
        if family == "panel":
            one = without_compiling(data, seed)
        else:
            one = unsampled(SPECS[family], data, chains=2, draws=60, spread=0.1, seed=seed)
        record = {"notes": ["one note"], "seconds": {"total": 1.0}, "overlap": {"lag": 0.1 * seed}}
        found.append(replace(one, provenance=one.provenance | record))
    return tuple(found)


@cache
def mixed(family: str, *, same: bool = False) -> bp.Fit:
    return mixture_of(fits(family, same=same))


def same_draws(one: bp.Fit, other: bp.Fit) -> bool:
    return all(
        np.array_equal(one.groups[group][name].values, values.values)
        for group in other.groups
        for name, values in other.groups[group].data_vars.items()
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_a_mixture_holds_all_draws_is_saved_and_taken_apart(family: str, tmp_path: Path) -> None:
    fit = mixed(family)
    assert fit.imputations == NUMBER
    assert dict(fit.posterior.sizes)["chain"] == NUMBER
    assert dict(fit.posterior.sizes)["draw"] == 120
    fit.save(tmp_path / "fit.nc")
    for whole in (fit, bp.load(tmp_path / "fit.nc")):
        assert f"{NUMBER} imputations, each with 120 draws of 2 chains" in " ".join(repr(whole).split())
        assert whole.data.fingerprint() == fit.data.fingerprint() == fit.provenance["data"]
        for number, alone in enumerate(fits(family), start=1):
            one = bp.imputation(whole, number)
            assert one.imputations == 1
            assert same_draws(one, alone)
            assert {key: one.provenance[key] for key in alone.provenance} == alone.provenance
            assert one.data.fingerprint() == alone.data.fingerprint()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_mixture_has_checks_evidence_and_a_table_of_what_is_missing(family: str) -> None:
    fit = mixed(family)
    checks = bp.checks(fit).set_index("check")
    assert checks.loc["R-hat", "about"] == "computation"
    assert checks.loc["number of imputations", "state"] == "look"
    alone = [bp.checks(one) for one in fits(family)]
    assert not set(checks.index[checks["about"] == "fit"]) & {row for one in alone for row in one["check"]}
    assert checks.index[checks["about"] == "fit"].str.contains(f"of {NUMBER} imputations").all()
    for name in ("bulk ESS", "tail ESS"):
        values = [one.set_index("check").loc[name, "value"] for one in alone]
        assert checks.loc[name, "value"] > 0.9 * NUMBER * min(values)
    evidence = bp.evidence(fit, rope=0.1, true_effect=0.2)
    found = bp.missing_information(fit)
    np.testing.assert_array_equal(evidence["fmi"], found["fmi"])
    assert evidence["rhat"].max() < 1.1
    assert "No digit is below its Monte Carlo" in bp.text(evidence).replace("\n", " ")
    text = bp.text(found)
    assert max(map(len, text.splitlines())) <= 80
    assert f"{NUMBER} imputations are few" in text
    assert f"{NUMBER} imputations, of each 2 chains of 60 draws" in bp.summary(fit)


def test_monte_carlo_errors_count_imputations() -> None:
    """Of a mean that differs between m imputations alone, m draws are known, however long the chains are."""
    fit = mixed("panel")
    shifted = fit.posterior
    shifted["lag"] = 0.01 * shifted["lag"] + shifts(NUMBER)
    rows = bp.parameter_estimates(replace(fit, groups={**fit.groups, "posterior": shifted}))
    lag = rows[rows["parameter"] == "lag"]
    assert lag["ess_bulk"].between(0.5 * NUMBER, 3 * NUMBER).all()
    assert (lag["rhat"] < 1.1).all()
    expected = np.std(np.arange(NUMBER), ddof=1) / np.sqrt(NUMBER)
    np.testing.assert_allclose(lag["mcse_mean"], expected, rtol=0.4)


def shifts(number: int) -> xr.DataArray:
    return xr.DataArray(np.arange(float(number)), dims="chain", coords={"chain": np.arange(number)})


def test_of_equal_tables_next_to_nothing_is_missing() -> None:
    """Draws are of one law with other seeds: what remains is of the order of one over the number of draws."""
    found = bp.missing_information(mixed("panel", same=True))
    assert found["fmi"].max() < 0.1
    one = fits("panel", same=True)[0]
    again = mixture_of([one] * NUMBER)
    assert (bp.missing_information(again)["fmi"] == 0).all()
    known, mixture = bp.evidence(one, rope=0.1), bp.evidence(again, rope=0.1)
    np.testing.assert_allclose(mixture["mean"], known["mean"])
    np.testing.assert_allclose(mixture["lower"], known["lower"], atol=0.02)


def test_chains_that_are_apart_in_one_imputation_fail() -> None:
    fit = mixed("panel")
    posterior = fit.posterior
    posterior["lag"] = posterior["lag"].copy()
    posterior["lag"][2, :60] += 3.0  # the first of two chains of imputation 3
    checks = bp.checks(replace(fit, groups={**fit.groups, "posterior": posterior})).set_index("check")
    assert checks.loc["R-hat of a single imputation", "state"] == "FAILED"
    assert checks.loc["R-hat", "state"] == "FAILED"


def test_what_reads_one_table_refuses_a_mixture_and_says_how_to_ask() -> None:
    fit, pupils = mixed("panel"), imputations("panel")[0]
    for ask in (
        bp.predictive_check,
        bp.sensitivity,
        bp.log_marginal_likelihood,
        bp.plot_chains,
        bp.fit_measures,
        lambda one: bp.to_arviz(one, pupils),
        lambda one: bp.influence(one, pupils),
        lambda one: bp.compare({"a": one, "b": one}, pupils, by="pupil"),
    ):
        with pytest.raises(bp.BayespanelError, match=r"bp\.imputation\(fit, 1\)"):
            ask(fit)
    with pytest.raises(bp.SpecError, match="is a whole number from 1 to 3"):
        bp.imputation(fit, 5)
    with pytest.raises(bp.SpecError, match="The fit is to one table"):
        bp.missing_information(fits("panel")[0])
    assert bp.imputation(fits("panel")[0], 1) is fits("panel")[0]


def test_what_was_unusual_while_sampling_is_told_of_single_imputations() -> None:
    again = {"posterior": {"because": ["divergences 3"], "target_accept": 0.99, "every": 1}}
    records: list[dict[str, Any]] = [{"again": again if at != 2 else {}} for at in range(6)]
    said = told_sampling({"target_accept": 0.9, "again": {}, "imputations": records})
    assert [one.split(":")[0] for one in said[:3]] == ["Imputation 1", "Imputation 2", "Imputation 4"]
    assert said[3:] == ["So much is told of 2 more of the 6 imputations."]


def test_the_methods_say_how_fits_were_put_together() -> None:
    fit = mixed("panel")
    paragraphs, keys = methods(fit, bp.checks(fit), bp.evidence(fit, rope=0.1))
    said = " ".join(paragraphs)
    assert "What was missing had been imputed 3 times (Rubin, 1987) before this analysis." in said
    assert "sampled the posterior of each imputation with 2 chains" in said
    assert "was missing." not in said.split("before this analysis.")[1]
    assert {"rubin1987", "zhou2010"} <= set(keys)


@pytest.mark.slow
def test_the_report_says_what_is_mixed_and_what_is_of_one_imputation(tmp_path: Path) -> None:
    page = bp.report(mixed("panel"), tmp_path / "page", rope=0.1).read_text(encoding="utf-8")
    assert "Of imputation 1 of 3 alone, as they read scores, are: " in page
    assert "What was missing had been imputed 3 times (Rubin, 1987) before this analysis." in page
    assert "the draws were mixed (Zhou &amp; Reiter, 2010)" in page
    assert "This part reads scores, and is that of imputation 1 of 3." in page
    assert "the fraction of missing information of each pathway" in page


def test_a_seed_too_large_for_all_is_refused_before_any_fit() -> None:
    from bayespanel.language.values import LARGEST_SEED

    with pytest.raises(bp.SpecError, match="'seed'"):
        bp.fit_imputed(SPECS["panel"], imputations("panel"), seed=LARGEST_SEED, progress=False)


def test_imputations_are_fitted_one_by_one_with_seeds_that_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[int] = []

    def fit(_: Any, data: bp.Panel, *, seed: int, **__: Any) -> bp.Fit:
        seeds.append(seed)
        if seed == 9:
            raise bp.DataError("A rule.", "Something was given.", "Do that.")
        return without_compiling(data, seed)

    monkeypatch.setattr(analysis, "fit", fit)
    data = imputations("panel")
    found = bp.fit_imputed(SPECS["panel"], data, seed=5, progress=False)
    assert seeds == [5, 6, 7]
    assert same_draws(bp.imputation(found, 2), without_compiling(data[1], 6))
    with pytest.raises(bp.DataError, match=r"A rule. Imputation 2: Something was given. Do that."):
        bp.fit_imputed(SPECS["panel"], data, seed=8, progress=False)


@pytest.mark.slow
def test_fits_are_those_of_the_sampler_and_are_repeated_bit_by_bit() -> None:
    sampling = bp.Sampling(sampler="auto", draws=100, tune=100, chains=2)
    data = imputations("panel")[:2]
    fit = bp.fit_imputed(SPECS["panel"], data, seed=5, sampling=sampling, retry=False, progress=False)
    alone = bp.fit(SPECS["panel"], data[1], seed=6, sampling=sampling, retry=False, progress=False)
    one = bp.imputation(fit, 2)
    assert same_draws(one, alone)
    assert one.sample_stats.attrs["sampler"] == alone.sample_stats.attrs["sampler"]
    assert bp.rerun(fit, progress=False).identical


def test_a_comparison_on_a_page_is_that_of_the_first_imputation() -> None:
    whole = mixed("panel")

    def compared(number: int) -> Asked:
        table = pd.DataFrame({"elpd": [0.0]})
        table.attrs["data"] = [imputation(whole, number).data.fingerprint()]
        return Asked(comparison=table)

    require_own(whole, compared(1), (-0.1, 0.1))
    with pytest.raises(bp.SpecError, match="'comparison' is of other data"):
        require_own(whole, compared(2), (-0.1, 0.1))
