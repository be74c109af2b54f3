"""Scores by themselves: the same classes without predictors, arm and clusters, on the distinct courses of scores.

One continuum of courses and classes of courses are set side by side as descriptions of the scores. Predictors of
membership would be in one of the two only.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bayespanel.data import PanelRows
from bayespanel.families.trajectories.maxima import climb, maxima
from bayespanel.families.trajectories.plan import Array, plan
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trajectories.summit import limits
from bayespanel.families.trajectories.unbounded_vector import objective, pack, unpack

TRIED = 3
"""Best maxima of the model with predictors from which those of the scores alone are sought."""


def scores_alone(spec: Trajectories, rows: PanelRows) -> tuple[Trajectories, PanelRows]:
    """Return the model of the scores alone, its categories stated, and the distinct courses of scores."""
    categories = spec.categories
    if spec.link == "logit" and not categories:
        categories = tuple(np.unique(rows.values[~np.isnan(rows.values)]).tolist())
    alone = replace(spec, predictors=(), arm=None, levels=("pupil",), edges={}, contrast=(), priors=(),
                    categories=categories)  # fmt: skip
    return alone, collapsed(rows, rows.values, rows.count)


def collapsed(rows: PanelRows, values: Array, count: NDArray[np.int64]) -> PanelRows:
    """Return rows of other scores [row, wave] without covariates and clusters, equal ones counted."""
    distinct, at = np.unique(np.nan_to_num(values, nan=np.inf), axis=0, return_inverse=True)
    number = np.bincount(at.ravel(), weights=count, minlength=len(distinct)).astype(np.int64)
    return replace(
        rows,
        covariates=(),
        levels=(),
        values=np.where(np.isinf(distinct), np.nan, distinct),
        x=np.zeros((len(distinct), 0)),
        cluster=np.zeros(len(distinct), np.int64),
        count=number,
        parent=np.zeros(0, np.int64),
        class_names=(),
        school_names=(),
        notes=(),
        guesses=(),
    )


def near(spec: Trajectories, rows: PanelRows) -> tuple[float, Array]:
    """Return the highest log-likelihood of the scores alone that the model's own maxima lead to, and where."""
    alone, own = scores_alone(spec, rows)
    found = maxima(spec, rows).vectors[:TRIED]
    before, layout = plan(spec, rows), plan(alone, own)
    function, bounds = objective(alone, layout), limits(alone, layout)
    ends = []
    for vector in found:
        values = unpack(spec, before, vector)
        start = pack(alone, layout, replace(values, logit=values.logit[:, :1]))
        ends.append(climb(function, start, bounds, own.n_pupils))
    return max(ends, key=lambda end: end[0])
