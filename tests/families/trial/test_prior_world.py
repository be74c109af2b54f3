"""Trials drawn from priors: distributions, families, latent units, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from bayespanel import ClusterTrial, Prior, SpecError
from bayespanel.families.trial.estimate import log_likelihood
from bayespanel.families.trial.prior_world import in_units_of_truth, prior_world
from bayespanel.families.trial.simulate import simulate
from bayespanel.families.trial.statistics import data_for
from bayespanel.families.trial.truth import LATENT_SD, observed, truth
from bayespanel.families.trial.worlds import involvement

DESIGN = involvement("pupils", schools=6)
OUTCOMES = DESIGN.outcomes
DRAWS = 800
# Probability 1e-6 of a larger distance for each.
DISTANCE = np.sqrt(np.log(2 / 1e-6) / (2 * DRAWS))


def fits(values: object, law) -> bool:
    return stats.kstest(np.asarray(values), law.cdf).statistic < DISTANCE


def test_parameters_and_what_families_hide_have_the_distributions_of_the_priors():
    spec = ClusterTrial(OUTCOMES, levels=("pupil", "class", "school"), families={"two": OUTCOMES[:2]})
    rng = np.random.default_rng(1)
    drawn = [prior_world(spec, DESIGN, rng) for _ in range(DRAWS)]
    worlds, hidden = zip(*drawn, strict=True)
    centre = np.array([each["family_effect"].item() for each in hidden])
    spread = np.array([each["family_sd"].item() for each in hidden])
    effect = np.array([world.effect[0] for world in worlds])
    assert fits(centre, stats.norm(0, 1))
    assert fits(spread, stats.halfnorm(0, 0.2))
    assert fits((effect[:, 1] - centre) / spread, stats.norm())
    assert fits(effect[:, 3], stats.norm(0, 1))
    assert fits([world.residual_sd[0] for world in worlds], stats.halfnorm(0, 1))
    assert fits([world.school_sd[2] for world in worlds], stats.halfnorm(0, 0.5))
    assert fits([world.residual_corr[0, 3] for world in worlds], stats.beta(3, 3, -1, 2))  # LKJ(2), four outcomes


@pytest.mark.parametrize("scale", ["standardised", "raw"])
def test_effects_on_categories_are_in_logits(scale):
    row = Prior("effect", "Normal", (0, 0.5), scale)
    spec = ClusterTrial(OUTCOMES[:1], link="logit", priors=(row,))
    rng = np.random.default_rng(2)
    worlds = [prior_world(spec, replace(DESIGN, ordinal={OUTCOMES[0]: (0.0, 1.0)}), rng)[0] for _ in range(DRAWS)]
    unit = LATENT_SD["logit"]
    assert fits(
        [world.effect.item() for world in worlds], stats.norm(0, 0.5 * (unit if scale == "standardised" else 1))
    )
    cuts = np.array([world.ordinal[OUTCOMES[0]] for world in worlds])
    assert fits(cuts[:, 0], stats.norm(0, 3 * unit))
    assert fits(cuts[:, 1] - cuts[:, 0], stats.halfnorm(0, 3 * unit))
    found = truth(spec, worlds[0])["posterior"]
    np.testing.assert_allclose(found["threshold"].values.ravel(), cuts[0])
    np.testing.assert_allclose(found["effect"].values.ravel(), worlds[0].effect.ravel())


def test_moments_in_the_units_of_truth_have_the_same_likelihood():
    spec = ClusterTrial(OUTCOMES, levels=("pupil", "class", "school"))
    world, _ = prior_world(spec, DESIGN, np.random.default_rng(3))
    moments = data_for(spec, observed(spec, world, simulate(world, 3)))
    moved = in_units_of_truth(spec, moments)
    np.testing.assert_array_equal(moved.sums.centre, 0.0)
    np.testing.assert_array_equal(moved.sums.scale, 1.0)
    known = truth(spec, world)["posterior"].isel(chain=0, draw=0)
    values = {str(name): value for name, value in known.data_vars.items()}
    before, after = (log_likelihood(spec, each, values) for each in (moments, moved))
    assert after == pytest.approx(before, rel=1e-8)  # sums of some hundred squares of scores a few units from 0


def test_nothing_of_the_design_s_pre_tests_is_left():
    design = involvement(
        "pupils", schools=6, baseline=True, missing_baseline=0.2, missing_outcome=0.1, dropout_slope=1.0
    )
    world, _ = prior_world(ClusterTrial(OUTCOMES), design, np.random.default_rng(4))
    assert (world.baseline, world.missing_baseline, world.dropout_slope) == ({}, 0.0, 0.0)
    assert world.missing_outcome == 0.1


@pytest.mark.parametrize("changes", [{"covariates": ("girl",)}, {"adjustment": "covariate"}])
def test_covariates_and_baselines_are_refused(changes):
    with pytest.raises(SpecError, match="covariates or a baseline"):
        prior_world(ClusterTrial(OUTCOMES, **changes), DESIGN, np.random.default_rng(1))
