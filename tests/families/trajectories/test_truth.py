"""The truth of simulated trajectories, and truths drawn from priors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bayespanel import Prior, SpecError
from bayespanel.families.trajectories.prior_world import prior_world
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trajectories.truth import truth
from bayespanel.families.trajectories.worlds import PREDICTORS, RISKS, persistent_victims

CLASSES = ("persistent", "decreasing", "low")
SPEC = Trajectories(outcome="victimisation", classes=CLASSES, predictors=PREDICTORS, link="logit",
                    categories=(0, 1, 2, 3, 4), levels=("pupil", "school"))  # fmt: skip
WORLD = persistent_victims(ordinal=True, schools=9)


def test_log_odds_are_those_of_the_world_in_any_order_of_classes():
    for spec in (SPEC, replace(SPEC, classes=CLASSES[::-1], contrast=())):
        effect = truth(spec, WORLD)["posterior"]["membership_effect"].isel(chain=0, draw=0)
        for name in ("persistent", "decreasing"):
            for predictor, value in RISKS[name].items():
                assert effect.sel(trajectory=name, predictor=predictor).item() == value
        np.testing.assert_array_equal(effect.sel(trajectory="low"), 0.0)


def test_other_classes_or_a_predictor_left_out_have_no_truth():
    for spec in (replace(SPEC, classes=("persistent", "low"), contrast=()), replace(SPEC, predictors=PREDICTORS[:2])):
        assert truth(spec, WORLD)["posterior"]["membership_effect"].isnull().all()


def test_differences_of_log_odds_have_the_prior_of_any_two_classes():
    rng = np.random.default_rng(1)
    small = persistent_victims(ordinal=True, schools=3, pupils=60, control=False)
    found = [prior_world(SPEC, small, rng, 1)[1] for _ in range(150)]
    raw = np.array([(f["membership_effect"] * f["predictor_sd"]).values for f in found])
    # SDs of 150 x 5 and of 150 draws from Normal(0, 1) and (0, 2): five standard errors.
    assert (raw[:, 0] - raw[:, 2]).std() == pytest.approx(1.0, abs=5 / np.sqrt(2 * 750))
    logit = np.array([f["membership_intercept"].values for f in found])
    assert (logit[:, 0] - logit[:, 1]).std() == pytest.approx(2.0, abs=5 * 2 / np.sqrt(2 * 150))


def test_classes_of_counts_are_in_the_order_of_their_average_rates():
    """Those of draws are: where courses cross, averages of the logarithm may have another order."""
    rows = (Prior("growth_level", "Normal", (0, 1), scale="raw"), Prior("growth_change", "Normal", (0, 2)))
    spec = replace(SPEC, link="log", categories=(), random="intercept", zero_inflated=True, priors=rows)
    small, rng, apart = (
        persistent_victims(ordinal=True, schools=3, pupils=60, control=False),
        np.random.default_rng(1),
        0,
    )
    for _ in range(50):
        world, known = prior_world(spec, small, rng, 1)
        mean = np.array([course.mean for course in world.intervention.courses])
        assert (np.diff(np.exp(mean).mean(axis=1)) < 0).all()
        apart += bool((np.diff(mean.mean(axis=1)) > 0).any())
        assert world.events == float(known["rate_cv"]) ** 2
        assert world.pupil_sd == float(known["random_sd"][0])
    assert apart > 0


@pytest.mark.parametrize(
    "changes",
    [
        {"levels": ("pupil", "class")},
        {"categories": ()},
        {"predictors": ("age",)},
        {"categories": (1, 2)},
        {"random": "slope"},
        {"link": "log", "categories": ()},
        {"link": "identity", "categories": ()},
    ],
)
def test_what_cannot_be_drawn_is_refused(changes):
    with pytest.raises(SpecError, match="Trajectories are calibrated"):
        prior_world(replace(SPEC, **changes), WORLD, np.random.default_rng(1), 1)
