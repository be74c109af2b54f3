"""Maxima of ordered scores: starts of the model's own likelihood, and boundary maxima that are said to be such."""

from __future__ import annotations

import numpy as np
import pytest

from bayespanel import Trajectories, maximum_likelihood
from bayespanel.families.trajectories.maxima import maxima
from bayespanel.families.trajectories.plan import plan
from bayespanel.families.trajectories.statistics import data_for
from bayespanel.families.trajectories.summit import _curvature
from bayespanel.families.trajectories.unbounded_vector import objective
from tests.families.trajectories.tables import TIMES, small_panel, wide_panel


def ordered_scores(seed: int, pupils: int = 200, waves: int = 4) -> np.ndarray:
    """Scores 0 to 3 of three classes, .15 high and falling, .25 rising, .6 low, who differ within their class."""
    rng = np.random.default_rng(seed)
    k = rng.choice(3, pupils, p=[0.15, 0.25, 0.6])
    level, slope = np.array([1.5, -0.5, -2.5])[k], np.array([-1.0, 1.5, -0.5])[k]
    eta = level[:, None] + slope[:, None] * np.linspace(0, 1, waves) + 0.8 * rng.normal(size=(pupils, 1))
    latent = eta + rng.logistic(size=(pupils, waves))
    return (latent > 0).astype(float) + (latent > 1) + (latent > 2.5)


@pytest.mark.slow  # some 15 seconds
def test_a_maximum_that_gaussian_starts_never_reach_is_found() -> None:
    """All of 60 starts through the Gaussian EM end at -572.837 or lower here: 39 there, 21 at -573.265."""
    spec = Trajectories("y", classes=3, link="logit")
    found = maximum_likelihood(spec, wide_panel(ordered_scores(0)))
    assert found.log_likelihood == pytest.approx(-570.2881, abs=1e-3)
    assert found.maxima["log_likelihood"].iloc[1] == pytest.approx(-572.8370, abs=1e-3)
    assert (found.converged, found.boundary, found.proper) == (True, True, True)
    assert found.maxima["starts"].iloc[0] >= 2
    assert "'class 3'" in found.verdict.sentences[1]
    assert np.isnan(found.standard_errors["growth"].sel(trajectory="class 3")).any()
    assert np.isfinite(found.standard_errors["share"]).all()


def test_a_class_that_runs_to_certain_scores_is_a_maximum_on_the_boundary() -> None:
    """90 of 120 pupils have the lowest score at every wave: the location of their class runs to minus infinity."""
    values = np.zeros((120, 3))
    values[:30] = np.random.default_rng(1).integers(0, 3, size=(30, 3))
    found = maximum_likelihood(Trajectories("y", classes=2, link="logit"), wide_panel(values))
    assert (found.converged, found.boundary) == (True, True)
    assert "runs to where its scores are certain" in found.verdict.sentences[1]
    assert np.isnan(found.standard_errors["growth"].values[-1]).any()
    assert np.isfinite(found.standard_errors["share"]).all()


def test_a_residual_variance_at_its_least_is_improper() -> None:
    values = np.random.default_rng(1).normal(size=(30, 3))
    copies = np.vstack([values, np.random.default_rng(2).normal(0, 1e-9, (90, 3))])
    found = maximum_likelihood(Trajectories("y", classes=2, residual="by_class"), wide_panel(copies))
    assert found.boundary
    assert not found.proper
    assert "residual variance" in found.verdict.sentences[2]


def test_the_curvature_is_that_of_other_steps() -> None:
    spec = Trajectories("victimisation", classes=2, times=TIMES, link="logit")
    rows = data_for(spec, small_panel(link="logit"))
    function = objective(spec, plan(spec, rows))
    best = maxima(spec, rows).summit.vector
    fine = _curvature(function, best)
    step = 1e-5
    for i in range(len(best)):
        move = step * np.eye(len(best))[i]
        near = (function(best + move)[1] - function(best - move)[1]) / (2 * step)
        # Two-point differences with a step of 1e-5: 1e-10 of truncation, and rounding of sums of some hundred terms.
        np.testing.assert_allclose(fine[i], near, atol=1e-6 * np.abs(fine).max())
