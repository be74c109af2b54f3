"""Panels drawn from priors: the parameters have the priors' distributions, and the model reads them in its units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from bayespanel import RICLPM, Prior, SpecError
from bayespanel.families.panel.build import build
from bayespanel.families.panel.estimate import log_likelihood
from bayespanel.families.panel.prior_world import in_units_of_truth, prior_world
from bayespanel.families.panel.simulate import simulate
from bayespanel.families.panel.statistics import regressed_lags
from bayespanel.families.panel.truth import observed, truth
from bayespanel.families.panel.world import PanelWorld
from bayespanel.families.panel.worlds import triangle_panel

DESIGN = triangle_panel(variables=("rejection", "victimisation"), schools=4, pupils=300, cohorts=1)
SPEC = RICLPM(DESIGN.variables, levels=("pupil", "class", "school"))
DRAWS = 800
# Probability 1e-6 of a larger distance for each.
DISTANCE = np.sqrt(np.log(2 / 1e-6) / (2 * DRAWS))


def test_parameters_have_the_distributions_of_the_priors():
    rng = np.random.default_rng(1)
    spec = replace(SPEC, priors=(Prior("lag", "StudentT", (5.0, 0.1, 0.3)), Prior("school_sd", "Exponential", (0.4,))))
    drawn = [prior_world(spec, DESIGN, rng)[0] for _ in range(DRAWS)]
    laws = {
        "mean": stats.norm(0, 5),
        "lag": stats.t(5, 0.1, 0.3),
        "initial_sd": stats.halfnorm(0, 1),
        "innovation_sd": stats.halfnorm(0, 1),
        "intercept_sd": stats.halfnorm(0, 1),
        "class_sd": stats.halfnorm(0, 0.5),
        "school_sd": stats.expon(0, 0.4),
    }
    for name, law in laws.items():
        first = np.array([getattr(world, name).ravel() for world in drawn])
        assert stats.kstest(first[:, 0], law.cdf).statistic < DISTANCE, name
        assert stats.kstest(first[:, -1], law.cdf).statistic < DISTANCE, name
    for name in ("initial_corr", "intercept_corr", "class_corr", "school_corr"):
        found = np.array([getattr(world, name)[0, 1] for world in drawn])
        assert stats.kstest(found, stats.beta(2, 2, -1, 2).cdf).statistic < DISTANCE, name  # LKJ(2), two variables
    assert drawn[0].innovation_sd.shape == (4, 2)
    assert drawn[0].innovation_corr.shape == (4, 2, 2)


def test_nothing_of_the_design_s_own_scores_is_left():
    design = triangle_panel(schools=4, pupils=300, ordinal=True, skew=0.4, reliability=0.8)
    spec = RICLPM(("victimisation", "rejection"), intercepts=False)
    world, hidden = prior_world(spec, design, np.random.default_rng(2))
    assert world.variables == spec.variables
    assert (world.skew, world.ordinal, world.measurement_error_sd) == ({}, {}, None)
    assert (world.intercept_sd, world.class_sd, world.school_sd) == (None, None, None)
    assert (world.pupils, world.schools, world.months) == (300, 4, design.months)
    assert not hidden.data_vars
    assert truth(spec, world)["posterior"]["lag_standardised"].notnull().all()


@pytest.mark.parametrize("spec", [SPEC, RICLPM(DESIGN.variables, means="equal", intercepts=False)])
def test_moments_in_the_units_of_truth_have_the_same_likelihood(spec):
    world, _ = prior_world(spec, DESIGN, np.random.default_rng(3))
    moments = observed(spec, world, simulate(world, 3)).moments()
    moved = in_units_of_truth(spec, moments)
    np.testing.assert_array_equal(moved.centre, 0.0)
    np.testing.assert_array_equal(moved.scale, 1.0)
    known = truth(spec, world)["posterior"].isel(chain=0, draw=0)
    parameters = {str(name): value for name, value in known.data_vars.items()}
    # Sums of 300 squares of scores a few units from 0.
    before, after = (log_likelihood(spec, each, parameters) for each in (moments, moved))
    assert after == pytest.approx(before, rel=1e-8)


def test_the_model_of_moved_moments_has_priors_of_unit_one_from_zero():
    spec = RICLPM(DESIGN.variables, intercepts=False)
    world, _ = prior_world(spec, DESIGN, np.random.default_rng(4))
    moments = in_units_of_truth(spec, observed(spec, world, simulate(world, 4)).moments())
    model = build(spec, moments)
    values = {"lag": world.lag, "mean": world.mean, "initial_sd": world.initial_sd}
    # Lags count in within-person standard deviations of the first wave.
    spread = 0.5 * np.outer(world.initial_sd, 1 / world.initial_sd)
    laws = {"lag": stats.norm(0, spread), "mean": stats.norm(0, 5), "initial_sd": stats.halfnorm(0, 1)}
    held = {each.name: model.rvs_to_values[each] for each in model.free_RVs}
    points = {held[name]: np.log(value) if name == "initial_sd" else value for name, value in values.items()}
    for name, value in values.items():
        [rv] = [each for each in model.free_RVs if each.name == name]
        logp = model.logp(vars=[rv], jacobian=False)
        found = logp.eval(points, on_unused_input="ignore")
        # PyMC keeps the normalising constants of densities in single precision.
        assert float(found) == pytest.approx(laws[name].logpdf(value).sum(), rel=1e-6)


def test_regression_lags_do_not_hang_on_the_centre():
    world = replace(DESIGN, mean=np.array([4.0, -2.0]))
    moments = observed(SPEC, world, simulate(world, 5)).moments()
    moved = replace(in_units_of_truth(SPEC, moments), scale=moments.scale)
    np.testing.assert_allclose(regressed_lags(SPEC, moved), regressed_lags(SPEC, moments), rtol=1e-8)


def test_covariates_that_are_modelled_are_missing_as_in_the_design_and_their_effects_drawn():
    design = replace(DESIGN, covariate_missing=0.3)
    modelled = RICLPM(DESIGN.variables, covariates=("home",), covariate_effects="stable", missing_covariates="modelled")
    with pytest.raises(SpecError, match="covariate_effect count in SDs as simulated"):
        prior_world(modelled, design, np.random.default_rng(5))
    row = Prior("covariate_effect", "Normal", (0, 1), scale="raw")
    modelled = replace(modelled, priors=(row,))
    world, undrawn = prior_world(modelled, design, np.random.default_rng(5))
    assert set(undrawn.data_vars) == {"covariate_mean", "covariate_sd"}
    assert np.isnan(undrawn["covariate_sd"]).all()  # so that they have no ranks
    moments = observed(modelled, world, simulate(world, 5)).moments()
    assert 0.6 < moments.covariate_n[0] / 300 < 0.8  # a binomial share with an SD of .026
    known = truth(modelled, world)["posterior"]
    assert all(known[name].notnull().all() for name in known.data_vars)
    assert float(known["covariate_sd"].squeeze()) == 1.0
    complete = prior_world(replace(modelled, missing_covariates="refused"), design, np.random.default_rng(5))[0]
    assert complete.covariate_missing == 0.0


@pytest.mark.parametrize("free", ["all", ("mean", "lag"), ("mean", "lag", "initial")])
def test_lags_of_groups_count_in_the_deviations_of_these_groups(free: str | tuple[str, ...]) -> None:
    spec = RICLPM(("x", "y"), groups="sex", free=free)
    design = PanelWorld(
        variables=("x", "y"), months=(0, 1, 2), lag=np.zeros((2, 2)), initial_sd=np.ones(2), innovation_sd=np.ones(2),
        groups={"girl": 0.5, "boy": 0.5}, grouping="sex",
    )  # fmt: skip
    rng, found = np.random.default_rng(3), []
    for _ in range(500):
        world = prior_world(spec, design, rng)[0]
        for own in world.by_group.values():
            sd = own.get("initial_sd", world.initial_sd)
            found.append(np.asarray(own["lag"]).reshape(2, 2) * sd[None, :] / sd[:, None])
    assert np.allclose(np.std(found, axis=0), 0.5, atol=0.05)
