"""Fits in the hands of ArviZ and PyMC: their public functions on `fit.tree` and on `bp.to_arviz`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import arviz as az
import matplotlib.pyplot as plt
import numpy as np
import pymc as pm
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.families.door import family_of
from bayespanel.families.panel.worlds import small_triangle
from bayespanel.families.trial.worlds import involvement
from bayespanel.inference.arviz_tree import RENAMED
from tests.families.trajectories.tables import small_world
from tests.families.trial.tables import table, trial
from tests.unsampled import unsampled

# Draws of fits that nobody sampled mix badly, some entries are constant, and figures warn about both.
pytestmark = pytest.mark.filterwarnings("ignore")

PANEL = bp.RICLPM(("rejection", "depression"))
EVERY = bp.RICLPM(("rejection", "depression", "victimisation"))
CLASSES = bp.Trajectories("victimisation", classes=("low", "high"), predictors=("anxiety",))
TRIAL = bp.ClusterTrial(outcomes=("calm", "kind"), levels=("pupil", "class", "school"), covariates=("girl", "age"))


@cache
def fitted(name: str) -> tuple[bp.Fit, Any]:
    """Return a fit of each family with the pupils of which it is."""
    if name.startswith("panel"):
        spec = replace(PANEL, levels=("pupil", "school")) if name == "panel in schools" else PANEL
        frame = bp.simulate(small_triangle(pupils=120, schools=6), 4)
        data: Any = bp.Panel.from_long(
            frame, pupil="pupil", wave="wave", variables=list(spec.variables), school="school"
        )
        return unsampled(spec, data), data
    if name == "trajectories":
        world = small_world(control=False)
        data = family_of(CLASSES).truth.observed(CLASSES, world, bp.simulate(world, 1))
        return unsampled(CLASSES, data), data
    adjusted = "constrained" if name == "constrained trial" else "none"
    return unsampled(replace(TRIAL, adjustment=adjusted), trial(table())), trial(table())


FITS = ("panel", "panel in schools", "trial", "constrained trial", "trajectories")


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.mark.parametrize("name", FITS)
def test_a_summary_labels_every_entry_with_its_own_numbers(name: str) -> None:
    fit, _ = fitted(name)
    found = az.summary(fit.tree, kind="stats", round_to="none")["mean"]
    expected = {}
    for variable, draws in fit.tree["posterior"].data_vars.items():
        mean = draws.mean(("chain", "draw"))
        labels = [draws[dim].values.tolist() if dim in draws.coords else range(draws.sizes[dim]) for dim in mean.dims]
        for at in np.ndindex(mean.shape):
            key = ", ".join(str(own[i]) for own, i in zip(labels, at, strict=True))
            expected[f"{variable}[{key}]" if key else str(variable)] = float(mean.values[at])
    assert found.astype(float).to_dict() == pytest.approx(expected)


@pytest.mark.parametrize("name", FITS)
def test_the_tree_holds_the_draws_of_the_posterior(name: str) -> None:
    fit, _ = fitted(name)
    back = fit.tree["posterior"].to_dataset()
    back = back.rename({new: old for old, new in RENAMED.items() if new in back.dims})
    for variable, draws in fit.posterior.data_vars.items():
        bare = draws.drop_vars([name for name in draws.coords if name not in draws.dims])
        xr.testing.assert_equal(back[variable].transpose(*draws.dims), bare)


@pytest.mark.parametrize("name", FITS)
def test_arviz_draws_and_weighs_every_family(name: str) -> None:
    fit, data = fitted(name)
    some = list(fit.posterior.data_vars)[:1]
    az.plot_trace(fit.tree, var_names=some)
    az.plot_trace_dist(fit.tree, var_names=some)
    az.plot_rank(fit.tree, var_names=some)
    tree = bp.to_arviz(fit, data, draws=60)
    found = az.loo(tree)
    assert found.n_data_points == tree["log_likelihood"]["scores"].shape[2]
    assert np.isfinite(found.elpd)
    table = az.compare({"one": tree, "other": bp.to_arviz(fit, data, groups=["log_likelihood"], draws=40)})
    assert set(table.index) == {"one", "other"}
    az.plot_ppc_dist(tree)
    az.plot_prior_posterior(tree, var_names=some)


def test_log_likelihoods_of_pupils_add_up_to_that_of_the_model() -> None:
    fit, panel = fitted("panel")
    tree = bp.to_arviz(fit, panel, groups=["log_likelihood"], draws=4)
    whole = [bp.log_likelihood(fit.spec, panel, dict(fit.posterior.isel(chain=c, draw=0))) for c in (0, 1)]
    np.testing.assert_allclose(tree["log_likelihood"]["scores"].sum("pupil").isel(draw=0), whole)
    fit, panel = fitted("panel in schools")
    tree = bp.to_arviz(fit, panel, groups=["log_likelihood"], draws=4)
    whole = [bp.log_likelihood(fit.spec, panel, dict(fit.posterior.isel(chain=c, draw=0))) for c in (0, 1)]
    np.testing.assert_allclose(tree["log_likelihood"]["scores"].sum("school").isel(draw=0), whole)


WORLDS: dict[str, tuple[Any, Any]] = {
    "panel": (EVERY, small_triangle(pupils=220, schools=10, class_icc=0, school_icc=0)),
    "panel in schools": (
        replace(EVERY, levels=("pupil", "school")),
        small_triangle(pupils=220, schools=10, class_icc=0),
    ),
    "trial": (
        bp.ClusterTrial(outcomes=("bullying", "self_esteem"), levels=("pupil", "class", "school")),
        involvement("pupils", missing_outcome=0.2),
    ),
    "trajectories": (CLASSES, replace(small_world(control=False), school_sd=0.0)),
    "trajectories that differ": (
        replace(CLASSES, random="intercept"),
        replace(small_world(control=False, pupil_sd=0.4), school_sd=0.0),
    ),
    "categories": (
        replace(CLASSES, link="logit"),
        replace(small_world(link="logit", control=False), school_sd=0.0),
    ),
    "categories that differ": (
        replace(CLASSES, link="logit", random="intercept"),
        replace(small_world(link="logit", control=False, pupil_sd=0.4), school_sd=0.0),
    ),
    "events": (
        replace(CLASSES, link="log", zero_inflated=True),
        replace(small_world(link="log", control=False), school_sd=0.0, excess_zeros=0.2),
    ),
    "events that differ": (
        replace(CLASSES, link="log", random="intercept"),
        replace(small_world(link="log", control=False, pupil_sd=0.4), school_sd=0.0),
    ),
}
"""Model and world whose truth it can have."""


@pytest.mark.parametrize("name", WORLDS)
def test_scores_drawn_at_the_truth_are_those_of_the_simulator(name: str) -> None:
    spec, world = WORLDS[name]
    family, number = family_of(spec), 40
    tables = [family.truth.observed(spec, world, bp.simulate(world, seed)) for seed in range(1, number + 1)]
    one = _courses(spec) if isinstance(spec, bp.Trajectories) else family.truth.truth(spec, world)["posterior"]
    posterior = one.isel(draw=[0] * number).assign_coords(draw=range(number))
    data = family.statistics.data_for(spec, tables[0])
    found = family.scores_again(spec, posterior, data, tables[0], np.random.default_rng(3))
    first = found.groups()["observed_data"]
    for v, variable in enumerate(found.observed):
        drawn = found.drawn[variable][0]
        assert drawn.shape[1] == first.sizes[f"{variable}_score"] == (~np.isnan(_scores(tables[0], variable))).sum()
        simulated = [_scores(one, variable) for one in tables]
        for statistic in (np.mean, np.std, _lowest):
            a = np.array([statistic(one) for one in drawn])
            b = np.array([statistic(one[~np.isnan(one)]) for one in simulated])
            if np.ptp([*a, *b]) == 0:  # a quantile of categories, the same in every table
                continue
            error = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / number)
            assert abs(a.mean() - b.mean()) < 4 * error, (variable, statistic, v)
            assert 0.5 < a.std(ddof=1) / b.std(ddof=1) < 2  # so do they vary from one table to the next


def _courses(spec: bp.Trajectories) -> xr.Dataset:
    """Return the truth of a small world of trajectories as parameters of the model, one draw of each."""
    growth = {
        "identity": [[0.5, 0.0], [3.0, -1.2]],
        "logit": [[-1.5, -0.3], [2.5, -1.5]],
        "log": [[-1.0, 0.0], [1.6, -0.6]],
    }
    own: dict[str, Any] = {
        "identity": {"residual_sd": ((), 0.6)},
        "logit": {"threshold": (("boundary",), [0.0, 1.5])},
        "log": {"rate_cv": ((), np.sqrt(0.5))},
    }
    content = {
        "growth": (("trajectory", "coefficient"), growth[spec.link]),
        "membership_intercept": (("trajectory",), [0.5, -0.5]),
        "membership_effect": (("trajectory", "predictor"), [[-0.5], [0.5]]),
        **own[spec.link],
        **({"zero_inflation": ((), np.log(0.2 / 0.8))} if spec.zero_inflated else {}),
        **({"random_sd": (("random",), [0.4])} if spec.random != "none" else {}),
    }
    return xr.Dataset(
        {name: (("chain", "draw", *dims), np.array(value)[None, None]) for name, (dims, value) in content.items()},
        coords={"trajectory": ["low", "high"], "predictor": ["anxiety"]},
    )


def _scores(data: Any, variable: str) -> np.ndarray:
    if isinstance(data, bp.Trial):
        return data.values[:, data.cells.index(variable)]
    scores = data.values[:, :, data.variables.index(variable)].ravel()
    codes = np.unique(scores[~np.isnan(scores)])
    return np.where(np.isnan(scores), np.nan, np.searchsorted(codes, scores)) if len(codes) < 4 else scores


def _lowest(scores: np.ndarray) -> float:
    return float(np.quantile(scores, 0.1))


@pytest.mark.parametrize("name", ["trial", "constrained trial"])
def test_scores_of_a_trial_are_drawn_about_their_predicted_means(name: str) -> None:
    fit, data = fitted(name)
    tree = bp.to_arviz(fit, data, groups=["posterior_predictive"])
    for outcome, rows in bp.predictive_check(fit)["means"].groupby("outcome"):
        drawn = tree["posterior_predictive"][outcome].mean(f"{outcome}_score").values.ravel()
        predicted = np.average(rows["predicted"], weights=rows["pupils"])
        assert abs(drawn.mean() - predicted) < 4 * drawn.std() / np.sqrt(len(drawn))


def test_categories_are_drawn_by_their_predicted_shares() -> None:
    frame = bp.simulate(involvement("pupils", schools=8, victimisation_ordinal=True), 2)
    spec = bp.ClusterTrial(outcomes=("victimisation",), levels=("pupil", "school"), link="logit")
    data = bp.Trial.from_frame(
        frame, arm="arm", control="control", outcomes=["victimisation"], randomised="school", school="school"
    )
    fit = unsampled(spec, data)
    tree = bp.to_arviz(fit, groups=["posterior_predictive"])
    shares = bp.predictive_check(fit)["shares"]
    drawn = tree["posterior_predictive"]["victimisation"].values
    for c, label in enumerate(dict.fromkeys(shares["category"])):
        rows = shares[shares["category"] == label]
        predicted = np.average(rows["predicted"], weights=rows["pupils"])
        assert (drawn == c).mean() == pytest.approx(predicted, abs=0.01)  # 100 of 200 draws, some thousand pupils each
        observed = np.average(rows["observed"], weights=rows["pupils"])
        assert (tree["observed_data"]["victimisation"].values == c).mean() == pytest.approx(observed)
    az.plot_ppc_dist(tree)


def test_pymc_draws_from_the_prior_and_again_from_published_effects() -> None:
    fit, _ = fitted("panel")
    prior = pm.sample_prior_predictive(10, model=bp.build(fit.spec, fit.data), random_seed=1)
    assert set(fit.tree["free"].data_vars) <= set(prior["prior"].data_vars)
    published = bp.Trial.from_estimates(effect=[0.4, 0.1], standard_error=[0.1, 0.1], outcome=["a", "b"])
    fit = unsampled(bp.ClusterTrial(outcomes=("a", "b")), published)
    model = bp.build(fit.spec, fit.data)
    drawn = pm.sample_posterior_predictive(fit.tree["free"].to_dataset(), model=model, progressbar=False)
    estimate = drawn["posterior_predictive"]["estimate"]
    assert estimate.shape == (2, 100, 2)
    np.testing.assert_allclose(
        estimate.mean(("chain", "draw")), fit.posterior["effect"].mean(("chain", "draw")), atol=0.1
    )


def test_groups_that_cannot_be_made_are_refused() -> None:
    fit, panel = fitted("panel")
    with pytest.raises(bp.SpecError, match="can be added"):
        bp.to_arviz(fit, panel, groups=["likelihood"])
    with pytest.raises(bp.SpecError, match="number of draws"):
        bp.to_arviz(fit, panel, draws=0)
    with pytest.raises(bp.DataError, match="Give the Panel"):
        bp.to_arviz(fit, groups=["posterior_predictive"])
    with pytest.raises(bp.DataError, match="sums differ"):
        bp.to_arviz(fit, panel.of_pupils(np.arange(panel.n_pupils) > 0), groups=["posterior_predictive"])
    with pytest.raises(bp.SpecError, match="one by one"):
        bp.to_arviz(*fitted("panel in schools"), by="pupil")
