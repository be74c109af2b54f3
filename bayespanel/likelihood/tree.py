"""Up and down the tree of clusters: inner clusters (classes) in outer clusters (schools), or inner ones alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayespanel.likelihood.clusters import LANES, down, up
from bayespanel.likelihood.small import Array, compiled

Index = NDArray[np.int64]


@compiled()
def _ascend(
    information: Array, vector: Array, root: Array, y: Array, z: Array, t: Array, m_up: Array, v_up: Array
) -> float:
    """Integrate the effects of one level out, bundle by bundle; see `up` for y, z, t, m_up, v_up [bundle, ...]."""
    clusters, q = vector.shape
    m, v = np.empty((q, q, LANES)), np.empty((q, LANES))
    logp = 0.0
    for g in range(y.shape[0]):
        first, count = g * LANES, min(LANES, clusters - g * LANES)
        if count < LANES:
            m[:] = 0.0
            v[:] = 0.0
        for c in range(count):
            at = 0
            for a in range(q):
                v[a, c] = vector[first + c, a]
                for b in range(a + 1):
                    m[a, b, c] = information[first + c, at]
                    m[b, a, c] = information[first + c, at]
                    at += 1
        logp += up(m, v, root, y[g], z[g], t[g], m_up[g], v_up[g])
    return logp


@compiled()
def _pass_up(m_up: Array, v_up: Array, parent: Index, information: Array, vector: Array) -> None:
    """Add what the inner clusters [bundle, ...] pass up to their outer cluster [outer cluster, ...]."""
    q = vector.shape[1]
    for i in range(len(parent)):
        at = 0
        for a in range(q):
            vector[parent[i], a] += v_up[i // LANES, a, i % LANES]
            for b in range(a + 1):
                information[parent[i], at] += m_up[i // LANES, a, b, i % LANES]
                at += 1


@compiled()
def _descend(
    y: Array, z: Array, t: Array, m_up: Array, v_up: Array, parent: Index, outer_mean: Array, outer_cov: Array,
    mean: Array, cov: Array, d_psi: Array,
) -> None:  # fmt: skip
    """Bring the posterior down to one level; without a level above, `parent` is empty."""
    clusters, q = mean.shape
    has_above = len(parent) > 0
    m, w = np.empty((q, LANES)), np.empty((q, q, LANES))
    above_mean, above_cov = np.zeros((q, LANES)), np.zeros((q, q, LANES))
    for g in range(y.shape[0]):
        first, count = g * LANES, min(LANES, clusters - g * LANES)
        if has_above:
            for c in range(count):
                top = parent[first + c]
                at = 0
                for a in range(q):
                    above_mean[a, c] = outer_mean[top, a]
                    for b in range(a + 1):
                        above_cov[a, b, c] = outer_cov[top, at]
                        above_cov[b, a, c] = outer_cov[top, at]
                        at += 1
        down(y[g], z[g], t[g], m_up[g], v_up[g], has_above, above_mean, above_cov, m, w, d_psi)
        for c in range(count):
            at = 0
            for a in range(q):
                mean[first + c, a] = m[a, c]
                for b in range(a + 1):
                    cov[first + c, at] = w[a, b, c]
                    at += 1
    for a in range(q):
        for b in range(a):
            d_psi[b, a] = d_psi[a, b]


@compiled(inline="always")
def climb(
    information: Array, vector: Array, parent: Index, outer_clusters: int, inner_root: Array, outer_root: Array,
    mean: Array, cov: Array, d_inner: Array, d_outer: Array,
) -> float:  # fmt: skip
    """Integrate all cluster effects out, and bring their posterior back.

    Parameters
    ----------
    information : [inner cluster, lower triangle of basis x basis]
        What the units of a cluster know about its effect.
    vector : [inner cluster, basis]
        The information vector.
    parent : [inner cluster]
        Outer cluster of each inner one; empty without an outer level.
    outer_clusters
        Number of outer clusters, 0 without an outer level.
    inner_root : [basis, inner effect], outer_root : [basis, outer effect]
        Roots of the effects' covariances.
    mean, cov
        Receive, in the layout of `vector` and `information`, the posterior mean and covariance of the sum of the
        effects that a unit feels.
    d_inner, d_outer : [basis, basis]
        Zeros; receive the gradients with respect to the covariances, in the basis.

    Returns
    -------
    float
        The clusters' part of the log-density.
    """
    clusters, q = vector.shape
    triangle = information.shape[1]
    n, k = (clusters + LANES - 1) // LANES, inner_root.shape[1]
    y, z, t = np.empty((n, k, q, LANES)), np.empty((n, k, q, LANES)), np.empty((n, k, LANES))
    m_up, v_up = np.empty((n, q, q, LANES)), np.empty((n, q, LANES))
    top_mean, top_cov = np.empty((outer_clusters, q)), np.empty((outer_clusters, triangle))
    logp = _ascend(information, vector, inner_root, y, z, t, m_up, v_up)
    if outer_clusters > 0:
        top_information, top_vector = np.zeros((outer_clusters, triangle)), np.zeros((outer_clusters, q))
        _pass_up(m_up, v_up, parent, top_information, top_vector)
        n, k = (outer_clusters + LANES - 1) // LANES, outer_root.shape[1]
        y1, z1, t1 = np.empty((n, k, q, LANES)), np.empty((n, k, q, LANES)), np.empty((n, k, LANES))
        m1, v1 = np.empty((n, q, q, LANES)), np.empty((n, q, LANES))
        logp += _ascend(top_information, top_vector, outer_root, y1, z1, t1, m1, v1)
        _descend(y1, z1, t1, m1, v1, parent[:0], top_mean, top_cov, top_mean, top_cov, d_outer)
    _descend(y, z, t, m_up, v_up, parent, top_mean, top_cov, mean, cov, d_inner)
    return logp
