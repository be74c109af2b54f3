"""Whether two sums are of the same pupils: a table that was sorted otherwise gives the same up to rounding."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.moments import Moments

Array = NDArray[np.float64]

CLOSE = 1e-8
"""Difference of sums that order of addition makes, in SDs for each pupil; a changed score makes a larger one."""


def alike(one: Moments, other: Moments) -> bool:
    """Return whether two sets of moments are of the same scores of the same pupils in the same clusters.

    Pupils may have been read in another order, in which schools and classes have other numbers.
    """
    words = [(m.waves, m.variables, m.covariates, m.levels, m.grouping, sorted(m.group_names)) for m in (one, other)]
    if words[0] != words[1] or one.n_pupils != other.n_pupils:
        return False
    ours, theirs = _sums(one), _sums(other)
    if ours.keys() != theirs.keys():
        return False
    return all(np.allclose(ours[key], theirs[key], rtol=CLOSE, atol=CLOSE * one.n_pupils) for key in ours)


def _sums(moments: Moments) -> dict[object, Array]:
    """Return sums in SDs by kind of pupil, and sums of squares between clusters, in no order."""
    m, cells = moments, np.tile(moments.scale, len(moments.waves))
    spread = np.sqrt(np.einsum("kxx->x", m.sxx) / max(m.n_pupils, 1))
    regressors = np.where(spread > 0, spread, 1.0)
    out: dict[object, Array] = {"centre": m.centre / cells, "covariates": m.covariate_centre}
    known = np.ones((len(m.n), 0), bool) if m.covariate_observed is None else m.covariate_observed
    for k, number in enumerate(m.n):
        group = m.group_names[m.group[k]] if m.group_names else ""
        parts = [
            np.array([float(number)]),
            m.sxx[k] / np.outer(regressors, regressors),
            m.sxy[k] / np.outer(regressors, cells),
            m.syy[k] / np.outer(cells, cells),
        ]
        out[group, m.observed[k].tobytes(), known[k].tobytes()] = np.concatenate([part.ravel() for part in parts])
    clusters = {"inner": m.block_cluster}
    if len(m.parent):
        clusters["outer"] = m.parent[m.block_cluster]
    for name, cluster in clusters.items():
        if len(cluster):
            size = int(cluster.max()) + 1
            number = np.bincount(cluster, m.block_n, size)
            total = np.zeros((size, len(cells)))
            np.add.at(total, cluster, m.block_sy / cells)
            total = total[number > 0] / np.sqrt(number[number > 0])[:, None]
            out[name, "sizes"] = np.sort(number[number > 0]).astype(float)
            out[name] = (total.T @ total).ravel()
    return out
