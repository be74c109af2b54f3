"""Scores of new pupils drawn from a model of trajectories: a class by the predictors, then its course and what is left.

Effects of classrooms and schools are those that were sampled.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from bayespanel.data import PanelRows
from bayespanel.families.shared.scores_again import Array, Scores, by_variable
from bayespanel.families.trajectories.counts import drawn_numbers
from bayespanel.families.trajectories.draws import Draws, draws_of
from bayespanel.families.trajectories.plan import plan
from bayespanel.families.trajectories.spec import Trajectories


def scores_again(
    spec: Trajectories, posterior: xr.Dataset, data: PanelRows, _pupils: object, rng: np.random.Generator
) -> Scores:
    """Draw the scores of the pupils anew, one set for each draw of the posterior."""
    layout = plan(spec, data)
    draws = draws_of(spec, layout, posterior)
    drawn = np.stack([_draw(draws, d, rng) for d in range(len(draws.growth))])
    values = np.repeat(data.values, data.count, axis=0)
    if layout.categories:
        values = np.where(np.isnan(values), np.nan, np.searchsorted(layout.categories, values))
    shape = (posterior.sizes["chain"], posterior.sizes["draw"])
    return by_variable(values[:, :, None], drawn[..., None], (data.outcome,), data.waves, shape)


def _draw(draws: Draws, d: int, rng: np.random.Generator) -> Array:
    """Scores [pupil, wave] by one draw; of categories, their number."""
    p = draws.plan
    rows = np.repeat(np.arange(len(p.rows.count)), p.rows.count)
    logits = (p.x @ draws.logit[d].T + draws.of_clusters(d)[p.place[:, 1]])[rows]
    logits = np.where(p.allowed[p.group][rows] > 0, logits, -np.inf)
    own = np.argmax(logits + rng.gumbel(size=logits.shape), axis=1)  # a class, by its probability
    course = (draws.growth[d] @ p.growth.loadings.T)[own]
    values = draws.values(d)
    if values.root is not None:
        size = len(values.root)
        lower = np.array([[*row, *[0.0] * (size - len(row))] for row in values.root]) * p.unit
        course = course + rng.normal(size=(len(course), size)) @ lower.T @ p.random_loadings[:, :size].T
    if p.link == "log":
        return drawn_numbers(course, float(values.cv), values.excess, rng)
    if p.link == "logit":
        gaps = np.zeros(0) if values.gap is None else values.gap
        cuts = np.concatenate([[0.0], np.cumsum(gaps)])
        latent = course + rng.logistic(size=course.shape)
        return np.asarray((latent[:, :, None] > cuts).sum(axis=2), float)
    assert draws.sd is not None  # of Gaussian scores
    return np.asarray(course + draws.sd[d][own] * rng.normal(size=course.shape))
