"""Pupils in the order in which the likelihood sums over them, and the sums that change while a model is sampled.

Everything that does not change with scores and weights stands ready: who is of which kind, in which block, and where in
the vector of statistics the sums of each kind belong. New scores then take two products of matrices a kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayespanel.data import Moments
from bayespanel.families.panel.components import clusters
from bayespanel.families.panel.measurement import cluster_loading
from bayespanel.families.panel.ordered import Scores, is_ordered
from bayespanel.families.panel.spec import RICLPM
from bayespanel.likelihood.effect_draws import Clustered

Array = NDArray[np.float64]
Index = NDArray[np.int64]


class Kind(NamedTuple):
    """Pupils with the same missing scores: their rows and cells, and where their sums stand in the statistics."""

    pupils: slice
    cells: Index
    blocks: slice
    square_x: slice
    cross_x: slice
    cross_y: slice
    sums: slice


@dataclass(frozen=True, eq=False)
class Pupils:
    """The pupils of a model with unseen scores or weights, sorted by kind and cluster.

    Attributes
    ----------
    numbers : [pupil, cell]
        Scores that are numbers, less their centre; 0 for ordered and missing ones.
    code : [pupil, cell]
        Number of the category; -1 for scores that are no categories or missing.
    edge : [pupil, cell]
        Where the lower edge of its category stands among the edges of no category, and of those of each variable.
    observed : [pupil, cell]
        Whether a pupil has a score.
    x : [pupil, regressor]
        The constant and the covariates.
    kind, cluster : [pupil]
        Kind, and innermost cluster of the model.
    cells
        The cells that are ordered, each with the pupils who have it.
    kinds
        Where each kind stands.
    sizes, sums_x
        Where the numbers of pupils of blocks stand in the statistics, and their sums of regressors.
    first : [block]
        First pupil of each block.
    clustered
        How clusters act; None without clusters.
    categories : [variable]
        Values of the categories.
    """

    numbers: Array
    code: Index
    edge: Index
    observed: NDArray[np.bool_]
    x: Array
    kind: Index
    cluster: Index
    cells: Sequence[tuple[int, Index]]
    kinds: Sequence[Kind]
    sizes: slice
    sums_x: slice
    first: Index
    clustered: Clustered | None
    categories: tuple[Array, ...]

    @property
    def variable(self) -> Index:
        """Variable of each cell [cell]."""
        return np.arange(self.code.shape[1]) % len(self.categories)

    @property
    def end(self) -> int:
        """Where the numbers and sums of pupils end in the statistics."""
        return int(self.kinds[-1].sums.stop)

    def fill(self, value: Array, scores: Array, weights: Array | None = None) -> None:
        """Write the sums of scores [pupil, cell] into the statistics that the likelihood reads.

        With weights [pupil] the covariance of a pupil is that of the model divided by the weight. They enter everything
        but the numbers of pupils of each kind, by which the kernel counts determinants.
        """
        weighed, x = (scores, self.x) if weights is None else (weights[:, None] * each for each in (scores, self.x))
        sums = self._by_block(weighed)
        for kind in self.kinds:
            own = scores[kind.pupils][:, kind.cells]
            value[kind.cross_x] = (x[kind.pupils].T @ own).ravel()
            value[kind.cross_y] = (weighed[kind.pupils][:, kind.cells].T @ own).ravel()
            value[kind.sums] = sums[kind.blocks][:, kind.cells].T.ravel()
            if weights is not None:
                value[kind.square_x] = (x[kind.pupils].T @ self.x[kind.pupils]).ravel()
        if weights is not None:
            value[self.sizes] = self._by_block(weights)
            value[self.sums_x] = self._by_block(x).T.ravel()

    def _by_block(self, values: Array) -> Array:
        """Return sums over the pupils of each block [block, ...]."""
        return np.asarray(np.add.reduceat(values, self.first, axis=0)) if len(self.first) else values[:0]


def pupils_of(spec: RICLPM, moments: Moments, scores: Scores) -> Pupils:
    """Sort the pupils, and find where their sums stand in the statistics that `statistics` packs."""
    order = np.lexsort((scores.cluster, scores.kind))
    kind, cluster = scores.kind[order], scores.cluster[order]
    values, x = scores.values[order], scores.x[order]
    observed = ~np.isnan(values)
    ordered = np.tile(is_ordered(spec), len(moments.waves))
    code = np.where(observed & ordered, np.nan_to_num(values), -1).astype(np.int64)
    numbers = np.where(observed & ~ordered, values - moments.centre, 0.0)
    has = bool(spec.cluster_levels)
    pairs = np.column_stack([kind, cluster])
    new = np.ones(len(kind), bool)
    new[1:] = (pairs[1:] != pairs[:-1]).any(axis=1)
    first = np.flatnonzero(new) if has else np.zeros(0, np.int64)
    clustered = _clustered(spec, moments, pairs[first], len(kind), first) if has else None
    kinds, sizes, sums_x = _places(moments, kind, kind[first], x.shape[1])
    return Pupils(
        numbers=np.where(np.isnan(numbers), 0.0, numbers),
        code=code,
        edge=_edges(code, scores.categories),
        observed=observed,
        x=x,
        kind=kind,
        cluster=cluster if has else np.zeros(len(kind), np.int64),
        cells=[(int(cell), np.flatnonzero(observed[:, cell])) for cell in np.flatnonzero(ordered)],
        kinds=kinds,
        sizes=sizes,
        sums_x=sums_x,
        first=first,
        clustered=clustered,
        categories=scores.categories,
    )


def _clustered(spec: RICLPM, moments: Moments, pairs: Index, pupils: int, first: Index) -> Clustered:
    parts = clusters(spec)
    loadings = [cluster_loading(spec, part, moments) for part in parts]
    number = int(pairs[:, 1].max()) + 1
    return Clustered(
        inner=loadings[0],
        outer=loadings[1] if len(loadings) == 2 else np.zeros((moments.n_cells, 0)),
        kind=pairs[:, 0],
        cluster=pairs[:, 1],
        size=np.diff(np.append(first, pupils)).astype(np.float64),
        parent=moments.parent if len(loadings) == 2 else np.zeros(number, np.int64),
    )


def _edges(code: Index, categories: Sequence[Array]) -> Index:
    """Return where the lower edge of each category stands: -inf and inf first, then the edges of each variable."""
    out, first = np.zeros_like(code), 2
    for variable, values in enumerate(categories):
        if len(values):
            own = code[:, variable :: len(categories)]
            out[:, variable :: len(categories)] = np.where(own >= 0, first + own, 0)
            first += len(values) + 1
    return out


def _places(moments: Moments, kind: Index, block_kind: Index, regressors: int) -> tuple[list[Kind], slice, slice]:
    """Return where the sums of each kind stand, and numbers and regressors of blocks: in the order of `packed_sums`."""
    kinds = moments.n_kinds
    cells = [np.flatnonzero(row) for row in moments.observed]
    pupils = np.searchsorted(kind, np.arange(kinds + 1))
    blocks = np.searchsorted(block_kind, np.arange(kinds + 1))
    sizes = np.array([len(own) for own in cells])
    number = len(block_kind)
    square_x = kinds + regressors**2 * np.arange(kinds + 1)
    cross_x = square_x[-1] + np.concatenate([[0], np.cumsum(regressors * sizes)])
    cross_y = cross_x[-1] + np.concatenate([[0], np.cumsum(sizes**2)])
    of_blocks = int(cross_y[-1]) + number * np.array([0, 1, 1 + regressors])
    sums = of_blocks[-1] + np.concatenate([[0], np.cumsum(sizes * np.diff(blocks))])
    starts = [pupils, blocks, square_x, cross_x, cross_y, sums]
    of = [[slice(int(start[r]), int(start[r + 1])) for start in starts] for r in range(kinds)]
    places = [Kind(own[0], cells[r], own[1], *own[2:]) for r, own in enumerate(of)]
    return places, slice(*map(int, of_blocks[:2])), slice(*map(int, of_blocks[1:]))
