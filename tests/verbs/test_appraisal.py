"""Appraisal of fits from end to end: priors, sensitivity, refits, prediction, synthesis."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import bayespanel as bp
from bayespanel.families.panel.worlds import small_triangle
from bayespanel.inference.densities import log_densities
from bayespanel.language.names import row_of
from bayespanel.verbs.prior_appraisal import AS_FITTED, densities

VARIABLES = ["rejection", "depression"]
TRIANGLE = bp.Triangle(child=["depression"], school=["rejection"])


@pytest.fixture(scope="module")
def panel() -> bp.Panel:
    frame = bp.simulate(small_triangle(), 4)
    return bp.Panel.from_long(frame, pupil="pupil", wave="wave", variables=VARIABLES, school="school")


@pytest.fixture(scope="module")
def fit(panel: bp.Panel) -> bp.Fit:
    spec = bp.RICLPM(triangle=TRIANGLE, levels=("pupil", "school"))
    return bp.fit(spec, panel, seed=1, sampling=bp.Sampling(draws=500, tune=300), progress=False)


def test_prior_draws_are_those_of_the_priors(fit: bp.Fit) -> None:
    prior = bp.prior_draws(fit, draws=4000, seed=1)
    row = fit.spec.prior("lag")
    carry = prior["lag"].values[0, :, 0, 0]
    assert stats.kstest(carry, stats.norm(*row.arguments).cdf).pvalue > 1e-3
    assert prior.sizes["chain"] == 1
    assert set(prior.data_vars) == set(fit.posterior.data_vars)
    assert (
        bp.prior_pathways(fit, draws=50)["pathway"].values.tolist() == bp.pathway_draws(fit)["pathway"].values.tolist()
    )


def test_densities_are_those_of_the_model_and_the_likelihood(fit: bp.Fit, panel: bp.Panel) -> None:
    prior, likelihood = densities(fit)
    point = fit.posterior.isel(chain=2, draw=7)
    exact = bp.log_likelihood(fit.spec, panel, dict(point))
    assert float(likelihood[2, 7]) == pytest.approx(exact, abs=1e-6)
    within = point["initial_sd"].sel(variable=list(fit.spec.variables)).values
    row = fit.spec.prior("lag")
    spread = row.arguments[1] * within[:, None] / within
    lag = point["lag"].sel(target=list(fit.spec.variables), source=list(fit.spec.variables)).values
    assert float(prior["lag"][2, 7]) == pytest.approx(stats.norm.logpdf(lag, row.arguments[0], spread).sum())
    assert {"lag", "mean", "intercept_sd", "school_sd", "intercept_corr"} <= set(prior.data_vars)


def test_effects_of_clusters_are_no_priors_that_anybody_chose() -> None:
    rows = ["effect", "school_sd", "family_sd", "initial_corr", "membership_effect", "threshold"]
    assert row_of("school_scale", rows) == "school_sd"
    assert row_of("initial_partial", rows) == "initial_corr"
    assert row_of("membership_effect_free", rows) == "membership_effect"
    assert row_of("threshold_first", rows) == "threshold"
    assert row_of("effect_alone", rows) == "effect"
    assert row_of("school_standard", rows) is None
    assert row_of("effect_in_family", rows) is None


def test_a_strong_prior_is_seen_by_power_scaling_and_by_refits(panel: bp.Panel) -> None:
    strong = bp.Prior("lag", "Normal", (0, 0.02))
    spec = bp.RICLPM(VARIABLES, priors=[strong])
    tight = bp.fit(spec, panel, seed=1, sampling=bp.Sampling(draws=500, tune=300), progress=False)
    found = bp.sensitivity(tight)
    carry = found.sel(pathway="rejection -> rejection")
    assert carry["prior_sensitivity"] > 0.05
    assert str(carry["diagnosis"].values) in ("prior and data differ", "strong prior, weak data")
    assert str(found["sensitivity_to"].sel(pathway="rejection -> rejection").idxmax("parameter").values) == "lag"
    changes = {"wide lags": [bp.Prior("lag", "Normal", (0, 0.5))]}
    table = bp.refits(tight, changes, rope=0.03, progress=False)
    assert table["change"].unique().tolist() == [AS_FITTED, "wide lags"]
    moved = table.set_index(["change", "pathway"]).loc[("wide lags", "rejection -> rejection")]
    assert moved["moved"] > 2
    assert {name: table.attrs[name] for name in ("rope", "prob")} == {"rope": [-0.03, 0.03], "prob": 0.95}


@pytest.mark.parametrize(
    ("spec", "effects", "spreads"),
    [
        (bp.RICLPM(("x", "y"), time="continuous"), {"drift"}, {"intercept_sd"}),
        (bp.LCMSR(("x", "y")), {"lag"}, {"growth_sd"}),
        (bp.STARTS(("x", "y")), {"lag"}, {"intercept_sd", "error_sd"}),
        (bp.RICLPM(("x", "y"), distal={"z": "both"}), {"lag", "distal_effect", "distal_deviation_effect"}, None),
        (bp.RICLPM(("x", "y"), levels=("pupil", "school"), varying=("x -> y",)), {"lag"},
         {"intercept_sd", "school_sd", "lag_school_sd"}),
        (bp.ClusterTrial(("x",), varying_effects="correlated"), {"effect"}, {"class_sd", "school_sd", "effect_sd"}),
    ],
)  # fmt: skip
def test_the_grid_changes_what_decides_the_effects(spec: Any, effects: set[str], spreads: set[str] | None) -> None:
    changes = bp.prior_changes(spec)
    assert {row.parameter for row in changes["prior SD of effects doubled"]} == effects
    if spreads is not None:
        assert {row.parameter for row in changes["prior scale of SDs doubled"]} == spreads


def test_the_grid_of_priors_halves_and_doubles(fit: bp.Fit) -> None:
    changes = bp.prior_changes(fit.spec)
    assert list(changes) == [
        "prior SD of effects halved", "prior SD of effects doubled", "correlations LKJ(1)", "correlations LKJ(4)",
        "prior scale of SDs halved", "prior scale of SDs doubled",
    ]  # fmt: skip
    assert changes["prior SD of effects doubled"][0].arguments[1] == 2 * fit.spec.prior("lag").arguments[1]
    assert {row.parameter for row in changes["prior scale of SDs halved"]} == {"intercept_sd", "school_sd"}
    with pytest.raises(bp.SpecError, match="No change was given"):
        bp.refits(fit, {}, rope=0.03)
    with pytest.raises(bp.SpecError, match="not one of its parameters"):
        bp.refits(fit, {"odd": [bp.Prior("effect", "Normal", (0, 1))]}, rope=0.03)


def test_priors_say_what_they_imply(fit: bp.Fit) -> None:
    table = bp.prior_check(fit, draws=1000)
    lags = table[table["quantity"].isin(["Carry-over", "Direct effects"])]
    assert len(lags) == 4
    assert (lags["prior_5"] < lags["posterior_5"]).all()
    assert (lags["prior_95"] > lags["posterior_95"]).all()
    assert (table["quantity"] == "intraclass correlation").sum() == 4


def test_data_of_the_model_fit_and_others_do_not(panel: bp.Panel, fit: bp.Fit) -> None:
    good = bp.predictive_check(fit)["fit"].set_index("statistic")["value"]
    assert 0.1 < good["posterior predictive p"] <= 1
    clusters = bp.predictive_check(fit)["clusters"]
    assert clusters["p"].between(0.02, 0.98).all()
    plain = bp.fit(
        bp.RICLPM(VARIABLES, intercepts=False), panel, seed=1, sampling=bp.Sampling(draws=300, tune=300), progress=False
    )
    bad = bp.predictive_check(plain)["fit"].set_index("statistic")["value"]
    assert bad["posterior predictive p"] < 0.1
    assert bad["SRMR"] > good["SRMR"]
    assert bad["Bayesian CFI"] < 0.97
    single = bp.fit(bp.RICLPM(VARIABLES), panel, seed=1, sampling=bp.Sampling(draws=300, tune=300), progress=False)
    own = bp.predictive_check(single)["fit"].set_index("statistic")["value"]
    ml = bp.maximum_likelihood(single.spec, panel)
    assert own["Bayesian RMSEA"] == pytest.approx(ml.rmsea, abs=0.02)
    assert own["Bayesian CFI"] == pytest.approx(ml.cfi, abs=0.02)


def test_observed_moments_survive_missing_at_random() -> None:
    """EM over patterns is the maximum likelihood of the saturated model."""
    from bayespanel.families.panel.predictive import unstructured
    from bayespanel.families.panel.statistics import statistics
    from bayespanel.families.panel.structure import saturated
    from bayespanel.inference.maximum_likelihood import maximise
    from bayespanel.likelihood.kernels import nested_normal

    frame = bp.simulate(small_triangle(), 5)
    data = bp.Panel.from_long(frame, pupil="pupil", wave="wave", variables=VARIABLES).moments()
    spec = bp.RICLPM(VARIABLES)
    start = np.diag(np.tile(data.scale**2, len(data.waves)))
    found = unstructured(data.observed, data.n.astype(float), data.sxy[:, 0], data.syy, start)
    packed, none = statistics(spec, data), np.zeros((0, 0))
    logl = nested_normal(found.covariance[None], found.mean[None, :, None], none, none, packed.index, packed.value)[0]
    best = maximise(saturated(spec, data), packed).log_likelihood
    assert logl == pytest.approx(best, abs=0.01)


def test_hypotheses_of_a_fit(fit: bp.Fit) -> None:
    found = bp.hypothesis(fit, "rejection -> rejection > 0 and depression -> depression > 0", prior_draws=2000)
    assert found["prior_mass"] == pytest.approx(0.25, abs=0.05)
    assert found["posterior_mass"] > 0.9
    with pytest.raises(bp.SpecError, match="Nearest"):
        bp.hypothesis(fit, "rejection -> depresion > 0")


def test_evidence_says_how_strong_it_is(fit: bp.Fit) -> None:
    found = bp.evidence(fit, rope=0.03)
    carry = found.sel(pathway="rejection -> rejection")
    assert carry["log_bf10"] > 3
    assert np.isnan(found["log_bf10"].sel(pathway="total: rejection -> depression (2 waves)"))
    assert "log BF" in bp.text(found)


def test_studies_are_joined(fit: bp.Fit) -> None:
    with pytest.raises(bp.SpecError, match="ROPE"):
        bp.synthesise({"panel": fit})
    fit.provenance["rope"] = 0.03
    try:
        joined = bp.synthesise({"panel": fit})
        with pytest.raises(bp.SpecError, match="the same data"):
            bp.synthesise({"panel": fit, "again": fit})
    finally:
        fit.provenance["rope"] = None
    assert joined.edges["edge"].unique().tolist() == ["child->school", "school->child"]
    assert bp.plot_synthesis(joined.evidence).axes
    with pytest.raises(bp.SpecError, match="needs the fits of studies"):
        bp.synthesise({})


def test_a_fit_without_its_own_variables_is_asked_for_again(fit: bp.Fit, tmp_path: Path) -> None:
    from dataclasses import replace

    groups = {name: group for name, group in fit.groups.items() if name != "free"}
    with pytest.raises(bp.FitError, match="Fit again"):
        bp.sensitivity(replace(fit, groups=groups))
    fit.save(tmp_path / "fit.nc")
    again = bp.load(tmp_path / "fit.nc")
    np.testing.assert_array_equal(again.free["lag"], fit.free["lag"])
    model = bp.build(fit.spec, fit.data)
    assert log_densities(model, again.free, ["lag"])[0].sizes == {"chain": 4, "draw": 500}


def test_replicated_pupils_are_compared_without_their_covariates() -> None:
    """A strong covariate leaves the posterior predictive p of a model that fits where it is."""
    frame = bp.simulate(small_triangle(), 6)
    girl = frame["pupil"].rank(method="dense") % 2
    frame["girl"] = girl
    for name in VARIABLES:
        frame[name] += 3.0 * girl
    panel = bp.Panel.from_long(
        frame, pupil="pupil", wave="wave", variables=VARIABLES, school="school", covariates=["girl"]
    )
    spec = bp.RICLPM(VARIABLES, levels=("pupil", "school"), covariates=["girl"])
    found = bp.predictive_check(bp.fit(spec, panel, seed=1, sampling=bp.Sampling(draws=250, tune=200), progress=False))
    whole = found["fit"].set_index("statistic")["value"]
    assert 0.05 < whole["posterior predictive p"] < 1
    assert found["clusters"]["p"].between(0.02, 0.98).all()


def test_models_of_other_scores_are_not_compared() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"school": np.repeat(np.arange(12), 10)})
    frame["arm"] = np.where(frame["school"] % 2, "treated", "control")
    for name in ("u", "v"):
        frame[name] = rng.normal(size=120) + 0.3 * rng.normal(size=12)[frame["school"]]
    trial = bp.Trial.from_frame(
        frame, arm="arm", control="control", outcomes=["u", "v"], school="school", randomised="school"
    )
    settings = {"seed": 1, "sampling": bp.Sampling(draws=100, tune=100), "progress": False}
    fits = {
        "both": bp.fit(bp.ClusterTrial(("u", "v"), levels=("pupil", "school")), trial, **settings),
        "one": bp.fit(bp.ClusterTrial(("u",), levels=("pupil", "school")), trial, **settings),
    }
    with pytest.raises(bp.SpecError, match="same scores of the same pupils"):
        bp.compare(fits)
    pooled = bp.ClusterTrial(("u", "v"), levels=("pupil", "school"), families={"all": ["u", "v"]})
    fits = {"apart": fits["both"], "pooled": bp.fit(pooled, trial, **settings)}
    assert len(bp.compare(fits)) == 2
    assert np.isfinite(bp.hypothesis(fits["pooled"], "u (unpooled) > 0", prior_draws=500)["posterior_mass"])


def test_the_pupil_that_is_left_out_is_the_one_that_was_scored() -> None:
    from bayespanel.families.panel.leave_out import without

    rng = np.random.default_rng(1)
    frame = pd.DataFrame({f"{v}{t}": rng.normal(size=8) for v in "abz" for t in range(3)})
    frame.loc[0, [f"{v}{t}" for v in "ab" for t in range(3)]] = np.nan
    panel = bp.Panel.from_wide(frame, columns={v: [f"{v}{t}" for t in range(3)] for v in "abz"})
    kept = without(bp.RICLPM(["a", "b"]), panel, 0, "pupil")
    assert kept.pupils.tolist() == [label for i, label in enumerate(panel.pupils) if i != 1]


def test_a_model_with_one_scalar_parameter_has_densities() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(60, 3)) + 3 * (np.arange(60) % 2)[:, None], columns=["y0", "y1", "y2"])
    panel = bp.Panel.from_wide(frame, columns={"y": ["y0", "y1", "y2"]})
    fit = bp.fit(
        bp.Trajectories("y", classes=2), panel, seed=1, sampling=bp.Sampling(draws=100, tune=100), progress=False
    )
    assert np.isfinite(bp.sensitivity(fit)["prior_sensitivity"]).all()
    single = bp.fit(
        bp.Trajectories("y", classes=1), panel, seed=1, sampling=bp.Sampling(draws=100, tune=100), progress=False
    )
    with pytest.raises(bp.SpecError, match="none is usual here"):
        bp.refits(single, rope=0.1)
