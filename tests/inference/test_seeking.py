"""The search for the mode ends at one, where the density has a wall too: truths drawn from priors, far from usual."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import bayespanel as bp
from bayespanel.families.panel.build import model_of, rivals, start
from bayespanel.families.panel.prior_world import in_units_of_truth, prior_world
from bayespanel.families.panel.statistics import data_for
from bayespanel.families.panel.truth import observed
from bayespanel.families.panel.world import PanelWorld
from bayespanel.inference.compiled import remembered
from bayespanel.inference.whiten import whitening

DESIGN = PanelWorld(
    variables=("x", "y"), months=(0, 1, 2, 3), lag=0.2 * np.eye(2), initial_sd=np.ones(2), innovation_sd=np.ones(2),
    missing_wave=0.1, pupils=200, schools=10, classes_per_school=(1, 1), pupils_per_class=(20, 20),
)  # fmt: skip


@pytest.mark.parametrize("seed", range(1, 9))
def test_the_mode_of_a_process_that_has_settled_is_found(seed: int) -> None:
    """Beyond the lags under which nothing would arrive the density is 0, and steps end there."""
    spec = bp.RICLPM(("x", "y"), initial="stationary", innovations="equal")
    rng = np.random.default_rng(seed)
    world, _ = prior_world(spec, DESIGN, rng)
    data = observed(spec, world, bp.simulate(world, seed))
    moments = in_units_of_truth(spec, data_for(spec, data))
    posterior = remembered().posterior(model_of(spec, moments), start(spec, moments))
    found = whitening(posterior, (), [posterior.moved(rival) for rival in rivals(spec, moments)])
    height, _ = posterior(found.centre)  # its slope need not vanish: the highest point may be at the wall
    for _ in range(4):  # no search that begins elsewhere ends much higher
        begin = found.points(2.0 * rng.standard_normal(len(found.centre)))
        if np.isfinite(posterior(begin)[0]):
            other = whitening(replace(posterior, start=begin))
            assert posterior(other.centre)[0] < height + 2.0


@pytest.mark.filterwarnings(
    "ignore:Scores of 'y' at wave '1':bayespanel.language.errors.DataWarning"
)  # an extreme truth
@pytest.mark.parametrize("seed", [9, 34, 39])
def test_the_mode_of_what_accumulates_is_not_a_local_one(seed: int) -> None:
    """Found at 3.6 to 77 below the highest before: what stable parts do to the first wave trades against lags."""
    spec = bp.RICLPM(("x", "y"), moving_average="own", accumulating=True, innovations="equal")
    rng = np.random.default_rng(seed)
    world, _ = prior_world(spec, DESIGN, rng)
    data = observed(spec, world, bp.simulate(world, seed))
    moments = in_units_of_truth(spec, data_for(spec, data))
    posterior = remembered().posterior(model_of(spec, moments), start(spec, moments))
    found = whitening(posterior, (), [posterior.moved(rival) for rival in rivals(spec, moments)])
    height = posterior(found.centre)[0]
    for _ in range(8):
        begin = found.points(3.0 * rng.standard_normal(len(found.centre)))
        if np.isfinite(posterior(begin)[0]):
            other = whitening(replace(posterior, start=begin))
            assert posterior(other.centre)[0] < height + 2.0
