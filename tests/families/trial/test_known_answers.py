"""Maximum likelihood against lme4's, posteriors against rstanarm's and Stan's, frozen in tests/known_answers.

Tolerances. lme4's estimates were printed with 8 digits, and its optimiser stops where the deviance is flat: what counts
is the distance in standard errors. Two posteriors differ by Monte Carlo error and by priors that both leave almost
flat.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.data import TrialCounts, TrialMoments
from bayespanel.inference.maximum_likelihood import Estimates
from tests.known_answers.published import HERE

LEVELS = ("pupil", "class", "school")
LOGL = {"math": -30296.9161, "reading": -27565.5841}
"""lme4's log-likelihoods, with the decimals that its table of 8 digits left out."""

MODELS = {"math": "starK_math_cltype_ml", "reading": "starK_read_cltype_ml"}
SHIFT, SPREAD = 0.1, 0.1
"""How far posteriors may differ: means in SDs, and SDs in relation to each other."""

both = pytest.mark.parametrize("outcome", ["math", "reading"])


@cache
def star() -> TrialMoments:
    return TrialMoments.load(HERE / "star_k.nc")


@cache
def fitted(outcome: str) -> Estimates:
    return bp.maximum_likelihood(bp.ClusterTrial(outcomes=(outcome,), levels=LEVELS), star())


def lme4(outcome: str, part: str) -> pd.DataFrame:
    table = pd.read_csv(HERE / "trial_lme4.csv", dtype={"group": str}, keep_default_na=False)
    table = table[(table["model"] == MODELS[outcome]) & (table["part"] == part)]
    named = part != "variance"
    table["key"] = table["term"] if named else table["group"].where(table["group"] != "", "Residual")
    out = table.set_index("key")[["est", "se"]]
    return out.apply(pd.to_numeric)


@both
def test_the_maximum_is_lme4s(outcome):
    found = fitted(outcome)
    assert found.converged
    assert found.proper
    assert found.log_likelihood == pytest.approx(LOGL[outcome], abs=1e-3, rel=0)
    assert found.log_likelihood == pytest.approx(lme4(outcome, "fit").loc["logLik", "est"], abs=1e-3, rel=0)


@both
def test_pupils_without_the_outcome_drop_out(outcome):
    assert fitted(outcome).n_pupils == lme4(outcome, "fit").loc["nobs", "est"]


@both
def test_means_effects_and_their_standard_errors_are_lme4s(outcome):
    found, theirs = fitted(outcome), lme4(outcome, "fixed")
    for key, name, at in (
        ("(Intercept)", "mean", {"cell": outcome}),
        ("cltypesmall", "effect", {"arm": "small", "outcome": outcome}),
        ("cltypereg+A", "effect", {"arm": "reg+A", "outcome": outcome}),
    ):
        est, se = theirs.loc[key]
        assert float(found.estimates[name].sel(at)) == pytest.approx(est, abs=1e-5 * se, rel=1e-7)
        assert float(found.standard_errors[name].sel(at)) == pytest.approx(se, rel=1e-5)


@both
def test_variances_are_lme4s(outcome):
    found, theirs = fitted(outcome), lme4(outcome, "variance")
    for key, name in (("Residual", "residual_cov"), ("tch", "class_cov"), ("sch", "school_cov")):
        assert float(found.estimates[name].squeeze()) == pytest.approx(theirs.loc[key, "est"], rel=1e-5)


slopes = pytest.mark.parametrize("varying", ["uncorrelated", "correlated"])


@cache
def small() -> TrialMoments:
    return TrialMoments.load(HERE / "star_k_small.nc")


@cache
def with_slopes(outcome: str, varying: str) -> Estimates:
    spec = bp.ClusterTrial(outcomes=(outcome,), levels=LEVELS, varying_effects=varying)
    return bp.maximum_likelihood(spec, small())


def lme4_slopes(outcome: str, varying: str) -> pd.DataFrame:
    table = pd.read_csv(HERE / "trial_lme4_slopes.csv", dtype={"group": str}, keep_default_na=False)
    table = table[table["model"] == f"starK_{outcome[:4]}_randomslope_{varying}_ml"]
    key = table["part"] + " " + table["term"] + " " + table["group"].str.removesuffix(".1")
    return table.set_index(key)[["est", "se"]].apply(pd.to_numeric)


@both
@slopes
def test_effects_that_vary_between_schools_are_lme4s(outcome, varying):
    found, theirs = with_slopes(outcome, varying), lme4_slopes(outcome, varying)
    assert found.proper
    assert found.log_likelihood == pytest.approx(theirs.loc["fit logLik ML", "est"], abs=1e-3, rel=0)
    assert found.n_pupils == theirs.loc["fit nobs ", "est"]
    for key, name in (("fixed (Intercept) ", "mean"), ("fixed small ", "effect")):
        est, se = theirs.loc[key]
        assert float(found.estimates[name].squeeze()) == pytest.approx(est, abs=1e-4 * se, rel=0)
        assert float(found.standard_errors[name].squeeze()) == pytest.approx(se, rel=1e-5)


@both
@slopes
def test_the_variances_of_schools_and_of_their_effects_are_lme4s(outcome, varying):
    found, theirs = with_slopes(outcome, varying).estimates, lme4_slopes(outcome, varying)["est"]
    school = found["school_cov"].values
    if varying == "correlated":
        ours = {"variance (Intercept) sch": school[0, 0], "variance small sch": school[1, 1]}
        ours["covariance (Intercept) small sch"] = school[0, 1]
    else:
        ours = {"variance (Intercept) sch": school[0, 0], "variance small sch": found["effect_variance"].item()}
    ours |= {"variance (Intercept) tch": found["class_cov"].item(), "variance  Residual": found["residual_cov"].item()}
    for key, value in ours.items():
        # lme4 stops where the deviance is flat: the standard error of the effects' variance is twice the variance.
        assert value == pytest.approx(theirs[key], rel=1e-4), key


def assert_same(draws: np.ndarray, mean: float, sd: float, error: float = 0.0) -> None:
    """Compare draws [chain, draw] with a published posterior; `error` is its Monte Carlo error."""
    assert abs(draws.mean() - mean) < SHIFT * sd + 2 * error
    assert draws.std() == pytest.approx(sd, rel=SPREAD)


@pytest.mark.parametrize("outcome", ["math"])
def test_the_posterior_of_an_effect_that_varies_lies_around_lme4s_estimate(outcome):
    wide = [bp.Prior(f"{name}_sd", "HalfNormal", (100,), "raw") for name in ("class", "school", "effect")]
    flat = bp.Prior("effect", "Normal", (0, 100), "raw")
    spec = bp.ClusterTrial(outcomes=(outcome,), levels=LEVELS, varying_effects="correlated", priors=(flat, *wide))
    draws = bp.fit(spec, small(), seed=1, sampling=bp.Sampling(draws=1000), progress=False).posterior
    est, se = lme4_slopes(outcome, "correlated").loc["fixed small "]
    assert_same(draws["effect"].values, est, se)


@pytest.fixture(scope="module")
def reading() -> xr.Dataset:
    """Effects of class size on reading under nearly flat priors, as rstanarm's defaults are."""
    wide = [bp.Prior(f"{level}_sd", "Exponential", (27,), "raw") for level in ("class", "school")]
    spec = bp.ClusterTrial(
        outcomes=("reading",), levels=LEVELS, priors=(bp.Prior("effect", "Normal", (0, 100), "raw"), *wide)
    )
    # With 32,000 draws the class variance is 105.6, 0.096 SDs or 1.7 of rstanarm's Monte Carlo errors below its mean.
    return bp.fit(
        spec, star(), seed=1, sampling=bp.Sampling(draws=1500, target_accept=0.8), cores=2, progress=False
    ).posterior


def test_class_sizes_affect_reading_as_in_rstanarm(reading):
    theirs = pd.read_csv(HERE / "trial_rstanarm.csv").set_index("parameter")
    effect = reading["effect"].sel(outcome="reading")
    small, aide = effect.sel(arm="small").values, effect.sel(arm="reg+A").values
    for name, draws in (("cltype reg (against small)", -small), ("cltype reg+A (against small)", aide - small)):
        assert_same(draws, theirs.loc[name, "mean"], theirs.loc[name, "sd"])


def test_class_and_school_variances_of_reading_are_rstanarms(reading):
    # 1,000 draws with effective sizes down to 299 leave an SD uncertain by 4 %, which the tolerance covers; of the
    # residual SD only the mean was published.
    theirs = pd.read_csv(HERE / "trial_rstanarm.csv").set_index("parameter")
    for level in ("class", "school"):
        row = theirs.loc[f"{level} variance"]
        assert_same(reading[f"{level}_sd"].values.squeeze(-1) ** 2, row["mean"], row["sd"])
    assert reading["residual_sd"].mean() == pytest.approx(theirs.loc["residual SD", "mean"], rel=1e-3)


@pytest.fixture(scope="module")
def knowledge() -> xr.Dataset:
    """Tobacco knowledge in four categories under the priors of the Stan program."""
    priors = [
        bp.Prior("effect", "Normal", (0, 2.5), "raw"),
        bp.Prior("covariate_effect", "Normal", (0, 2.5), "raw"),
        bp.Prior("threshold", "Normal", (0, 5), "raw"),
        bp.Prior("threshold_gap", "HalfNormal", (5,), "raw"),
        *(bp.Prior(f"{level}_sd", "HalfNormal", (1,), "raw") for level in ("class", "school")),
    ]
    spec = bp.ClusterTrial(
        outcomes=("thksord",), levels=LEVELS, covariates=("thkspre",), link="logit", priors=tuple(priors)
    )
    counts = TrialCounts.load(HERE / "tvsfp.nc")
    return bp.fit(spec, counts, seed=1, sampling=bp.Sampling(draws=1500), cores=2, progress=False).posterior


def test_ordered_categories_have_the_posterior_that_stan_finds(knowledge):
    theirs = pd.read_csv(HERE / "trial_stan_ordinal.csv").set_index("parameter")
    counts = TrialCounts.load(HERE / "tvsfp.nc")
    weight = counts.counts.sum(axis=1)
    average = float(weight @ counts.x[:, 0] / weight.sum())
    effect = knowledge["effect"].sel(outcome="thksord")
    tv, cc, together = (effect.sel(arm=arm).values for arm in ("1", "2", "3"))
    slope = knowledge["covariate_effect"].values[..., 0, 0]
    draws = {"b:tv": tv, "b:cc": cc, "b:cc:tv": together - tv - cc, "b:thkspre": slope}
    for k in range(3):  # ours are at the average of the covariate, theirs where it is zero
        draws[f"cut[{k + 1}]"] = knowledge["threshold"].values[..., k] + slope * average
    for level in ("class", "school"):
        draws[f"s_{level}"] = knowledge[f"{level}_sd"].values[..., 0]
    assert set(draws) == set(theirs.index)
    for name, values in draws.items():
        row = theirs.loc[name]
        # School SDs have some 1,000 effective draws in either program: 0.03 SDs each.
        assert_same(values, row["mean"], row["sd"], row["mcse"])
