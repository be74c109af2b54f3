"""Draws of the effects of classes and schools given scores: schools first, with their classes integrated out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Clustered:
    """Who is in which cluster, and how clusters act on cells.

    Attributes
    ----------
    inner : [cell, effect]
        Loadings of the effects of the innermost clusters.
    outer : [cell, effect]
        Loadings of the effects of the clusters around them; no column where there are none.
    kind, cluster, size : [block]
        Kind, innermost cluster and number of pupils of each block.
    parent : [inner cluster]
        Outer cluster of each innermost one; all 0 where there are none.
    """

    inner: Array
    outer: Array
    kind: Index
    cluster: Index
    size: Array
    parent: Index


def draw_effects(
    clustered: Clustered, precision: Array, rest: Array, inner_cov: Array, outer_cov: Array, rng: np.random.Generator
) -> Array:
    """Return what clusters add to each cell [inner cluster, cell], drawn given the scores of their pupils.

    With P the precision of a kind, L the loadings, n the pupils of a block and r what they have beside their means, a
    block adds n L'PL to the precision of effects and L'P r to what they are drawn to.

    Parameters
    ----------
    clustered
        The clusters.
    precision : [kind, cell, cell]
        Inverse covariances of the cells that pupils of a kind have, 0 elsewhere.
    rest : [block, cell]
        Sums over pupils of scores less the means without clusters; 0 where they have none.
    inner_cov, outer_cov : [effect, effect]
        Covariances of the effects.
    rng
        Random numbers.
    """
    return _effects(clustered, precision, rest, inner_cov, outer_cov, rng)


def expected_effects(clustered: Clustered, precision: Array, rest: Array, inner_cov: Array, outer_cov: Array) -> Array:
    """Return what `draw_effects` draws on average: the expected effects given the scores."""
    return _effects(clustered, precision, rest, inner_cov, outer_cov, None)


def _effects(
    clustered: Clustered,
    precision: Array,
    rest: Array,
    inner_cov: Array,
    outer_cov: Array,
    rng: np.random.Generator | None,
) -> Array:
    loading = np.hstack([clustered.inner, clustered.outer])
    number, first = len(clustered.parent), clustered.inner.shape[1]
    pull = precision @ loading  # [kind, cell, effect]
    known = loading.T @ pull
    information, score = np.zeros((number, *known.shape[1:])), np.zeros((number, loading.shape[1]))
    np.add.at(information, clustered.cluster, clustered.size[:, None, None] * known[clustered.kind])
    np.add.at(score, clustered.cluster, np.einsum("bp,bpe->be", rest, pull[clustered.kind]))

    root = _root(inner_cov)
    own = np.eye(first) + root.T @ information[:, :first, :first] @ root
    lean = root.T @ information[:, :first, first:]  # [inner, effect, outer effect]
    toward = score[:, :first] @ root
    outer = np.zeros((number, loading.shape[1] - first))
    if outer.shape[1]:
        schools, above = int(clustered.parent.max()) + 1, _root(outer_cov)
        given = np.linalg.solve(own, np.concatenate([lean, toward[:, :, None]], axis=2))
        less = information[:, first:, first:] - np.swapaxes(lean, 1, 2) @ given[:, :, :-1]
        left = score[:, first:] - np.einsum("ceo,ce->co", lean, given[:, :, -1])
        whole, drawn = np.zeros((schools, *less.shape[1:])), np.zeros((schools, less.shape[1]))
        np.add.at(whole, clustered.parent, less)
        np.add.at(drawn, clustered.parent, left)
        outer = _normal(np.eye(less.shape[1]) + above.T @ whole @ above, drawn @ above, rng) @ above.T
        outer = outer[clustered.parent]
        toward = toward - np.einsum("ceo,co->ce", lean, outer)
    inner = _normal(own, toward, rng) @ root.T
    return np.asarray(inner @ clustered.inner.T + outer @ clustered.outer.T)


def _root(covariance: Array) -> Array:
    """Return R with R R' = covariance, which may be singular."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def _normal(precision: Array, score: Array, rng: np.random.Generator | None) -> Array:
    """Draw normals [cluster, effect] with these precisions and precision times mean; without `rng` take the means."""
    mean = np.linalg.solve(precision, score[:, :, None])
    if rng is not None:
        factor = np.linalg.cholesky(precision)
        mean = mean + np.linalg.solve(np.swapaxes(factor, 1, 2), rng.standard_normal(score.shape)[:, :, None])
    return np.asarray(mean)[:, :, 0]
