"""From moments to what the likelihood reads: the levels, cells and regressors that a model uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayespanel.data import Moments
from bayespanel.likelihood.crossing import Crossing
from bayespanel.likelihood.packed_sums import Statistics, pack

Array = NDArray[np.float64]


def packed(
    moments: Moments,
    levels: Sequence[str],
    loadings: Sequence[Array],
    regressors: Sequence[int] | None = None,
    cells: Sequence[int] = (),
    *,
    fixed: bool = True,
) -> Statistics:
    """Pack moments for the likelihood.

    Parameters
    ----------
    moments
        The data.
    levels
        Cluster levels of the model, innermost first, among those of the data.
    loadings : [cell, effect] or [group, cell, effect] each
        Of the effects of each level.
    regressors
        Positions in x that the model uses, the first one 0, which is the constant; None for all.
    cells
        Positions in x of what the model has as cells, after those of the scores.
    fixed
        Whether the sums of scores stay as they are, which `pack` asks.
    """
    x, more = list(range(moments.n_regressors)) if regressors is None else list(regressors), list(cells)
    known = np.ones((moments.n_kinds, moments.n_regressors), bool)
    if moments.covariate_observed is not None:
        known[:, 1:] = moments.covariate_observed
    cross = np.swapaxes(moments.sxy[:, more], 1, 2)
    below = np.concatenate([np.swapaxes(cross, 1, 2), moments.sxx[:, more][:, :, more]], axis=2)
    units: dict[str, Any] = {
        "observed": np.concatenate([moments.observed, known[:, more]], axis=1),
        "n": moments.n,
        "sxx": moments.sxx[:, x][:, :, x],
        "sxy": np.concatenate([moments.sxy[:, x], moments.sxx[:, x][:, :, more]], axis=2),
        "syy": np.concatenate([np.concatenate([moments.syy, cross], axis=2), below], axis=1),
        "group": moments.group,
    }
    if not levels:
        return pack(**units, fixed=fixed)
    kind, cluster = moments.block_kind, moments.block_cluster
    sx, sy = moments.block_sx[:, x], np.hstack([moments.block_sy, moments.block_sx[:, more]])
    parent = crossed = None
    if moments.courses is not None and levels[0] == "class":
        crossed = crossing(moments, schools=len(levels) == 2, more=len(more))
    elif len(levels) == 2:
        parent = moments.parent
    elif tuple(levels) != moments.levels[:1]:  # classes in the data, schools in the model
        cluster = moments.parent[cluster]
        pairs, block = np.unique(np.column_stack([kind, cluster]), axis=0, return_inverse=True)
        kind, cluster = pairs[:, 0], pairs[:, 1]
        sx, sy = _sum(sx, block.ravel(), len(pairs)), _sum(sy, block.ravel(), len(pairs))
    return pack(
        **units,
        block_kind=kind,
        block_cluster=cluster,
        block_sx=sx,
        block_sy=sy,
        parent=parent,
        crossing=crossed,
        inner_loading=loadings[0],
        outer_loading=loadings[1] if len(loadings) == 2 else None,
    )


def crossing(moments: Moments, *, schools: bool, more: int = 0) -> Crossing:
    """Return who shares which class in which school year, and which school, where classes are formed anew.

    Parameters
    ----------
    moments
        With courses.
    schools
        Whether schools have effects too.
    more
        Number of cells after those of the scores, which have no clusters, and stand in any year.
    """
    courses, years = np.asarray(moments.courses), np.asarray(moments.school_years)
    cell_year = np.concatenate([np.repeat(years, len(moments.variables)), np.zeros(more, np.int64)])
    outer = np.where(courses >= 0, moments.parent[:, None], -1) if schools else None
    return Crossing(cell_year, courses, outer)


def _sum(rows: Array, group: NDArray[np.int64], groups: int) -> Array:
    out = np.zeros((groups, rows.shape[1]))
    np.add.at(out, group, rows)
    return out
