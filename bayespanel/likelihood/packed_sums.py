"""What the likelihood keeps of the data: two flat arrays, so that one compilation serves every data set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bayespanel.likelihood.cell_tree import cell_tree
from bayespanel.likelihood.crossing import Crossing

Index = NDArray[np.int64]

HEADER = 14
"""Number of integers before the tables: kinds, cells, regressors, basis, inner effects, outer effects, blocks,
inner clusters, outer clusters, total of observed cells over kinds, groups, components and places (0 where clusters are
nested), nodes of the cell tree (0 where there is none)."""


@dataclass(frozen=True, eq=False)
class Statistics:
    """Sufficient statistics of the nested normal, packed for the kernel.

    Attributes
    ----------
    index : int64 vector
        Header, then group of each kind, start of each kind's observed cells, observed cells, start of each
        kind's blocks, cluster of each block, then outer cluster of each inner one, or the tables of `Crossing`; last
        group, depth and cell of each node of the cell tree, and whether its unit is alone.
    value : float64 vector
        Number of units per kind, x'x, x'y and y'y per kind (observed cells only), number of units per block,
        sum of x per block [regressor, block], sum of y per block (per kind [observed cell, block]), then the
        basis of the cluster effects [group, cell, basis] and the inner and outer loadings in that basis; last the sums
        of the cell tree.
    shape : tuple of int
        (cells, regressors, inner effects, outer effects): the sizes of the parameters that fit these data.
    """

    index: NDArray[np.int64]
    value: NDArray[np.float64]
    shape: tuple[int, int, int, int]


def kernel_of(index: Index) -> str:
    """Return the name of the kernel that reads statistics: only what data need has to be compiled."""
    if index[13] > 0:
        return "normal_of_cells"
    if index[11] > 0:
        return "normal_of_crossed"
    return "normal_of_nested" if index[7] > 0 or index[4] + index[5] > 0 else "normal_of_pupils"


def common_basis(inner: NDArray[np.float64], outer: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a basis [group, cell, basis] of the space that both loadings span, as small as it can cheaply be.

    Cells of several groups stand one below the other: a direction of the basis is the same combination of effects in
    every group, so that information from units of different groups adds up.

    Parameters
    ----------
    inner, outer : [group, cell, effect]
        Loadings of the two levels.
    """
    groups, cells, _ = inner.shape
    if (inner == inner[:1]).all() and (outer == outer[:1]).all():
        return np.repeat(_span(inner[0], outer[0])[None], groups, axis=0)
    flat = [loading.reshape(groups * cells, -1) for loading in (inner, outer)]
    return _span(*flat).reshape(groups, cells, -1)


def _span(inner: NDArray[np.float64], outer: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a basis [row, basis] of the columns of both."""
    rows = inner.shape[0]
    if outer.shape[1] == 0 or np.array_equal(inner, outer):
        return inner
    if inner.shape[1] == 0:
        return outer
    both = np.hstack([inner, outer])
    for candidate in (outer, inner):
        rest = both - candidate @ np.linalg.lstsq(candidate, both, rcond=None)[0]
        if np.abs(rest).max() < 1e-12:
            return candidate
    if both.shape[1] >= rows:
        return np.eye(rows)
    u, size, _ = np.linalg.svd(both, full_matrices=False)
    rank = int((size > 1e-12 * size[0]).sum())
    return both if rank == both.shape[1] else u[:, :rank]


def _by_group(loading: NDArray[np.float64] | None, groups: int, cells: int) -> NDArray[np.float64]:
    """Return loadings [group, cell, effect]; without any, of no effects."""
    own = np.zeros((cells, 0)) if loading is None else np.asarray(loading, float)
    return np.repeat(own[None], groups, axis=0) if own.ndim == 2 else own[:groups]


def pack(
    *,
    observed: NDArray[np.bool_],
    n: NDArray[np.int64],
    sxx: NDArray[np.float64],
    sxy: NDArray[np.float64],
    syy: NDArray[np.float64],
    group: NDArray[np.int64] | None = None,
    block_kind: NDArray[np.int64] | None = None,
    block_cluster: NDArray[np.int64] | None = None,
    block_sx: NDArray[np.float64] | None = None,
    block_sy: NDArray[np.float64] | None = None,
    parent: NDArray[np.int64] | None = None,
    inner_loading: NDArray[np.float64] | None = None,
    outer_loading: NDArray[np.float64] | None = None,
    crossing: Crossing | None = None,
    fixed: bool = True,
) -> Statistics:
    """Pack sufficient statistics into the two vectors that the kernel reads.

    Parameters
    ----------
    observed : [kind, cell]
        Which cells the units of a kind have.
    n : [kind]
        Number of units of a kind.
    sxx : [kind, regressor, regressor]
    sxy : [kind, regressor, cell]
    syy : [kind, cell, cell]
        Cross-products over the units of a kind; the first regressor is 1.
    group : [kind], optional
        Group of a kind (default: one group).
    block_kind, block_cluster : [block], optional
        Kind and innermost cluster of a block; leave out without cluster levels.
    block_sx : [block, regressor], optional
    block_sy : [block, cell], optional
        Sums over the units of a block.
    parent : [inner cluster], optional
        Outer cluster of each inner cluster; leave out with fewer than two cluster levels.
    inner_loading, outer_loading : [cell, effect] or [group, cell, effect], optional
        Loadings of the cluster effects, the same in all groups or of each.
    crossing
        Where units cross clusters: the clusters of the blocks are then courses; leave `parent` out, and let groups have
        the same loadings.
    fixed
        Whether the sums stay as they are. Those that are written anew, as of scores that are drawn, stand for each kind
        alone, without a cell tree.

    Returns
    -------
    Statistics
    """
    kinds, cells = observed.shape
    regressors = sxx.shape[1]
    groups = np.zeros(kinds, np.int64) if group is None else np.asarray(group, np.int64)
    number = int(groups.max()) + 1
    inner, outer = (_by_group(loading, number, cells) for loading in (inner_loading, outer_loading))
    if block_kind is None or block_cluster is None or block_sx is None or block_sy is None:
        block_kind = block_cluster = np.zeros(0, np.int64)
        block_sx, block_sy = np.zeros((0, regressors)), np.zeros((0, cells))
    order = np.lexsort((block_cluster, block_kind))
    block_kind, block_cluster = block_kind[order], block_cluster[order]
    block_sx, block_sy = block_sx[order], block_sy[order]
    basis = common_basis(inner, outer)
    size = basis.shape[2]
    in_basis = [
        np.linalg.lstsq(basis.reshape(-1, size), x.reshape(-1, x.shape[2]), rcond=None)[0]
        if x.shape[2]
        else np.zeros((size, 0))
        for x in (inner, outer)
    ]
    tables: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
    components = places = 0
    if crossing is not None:
        if (basis != basis[:1]).any():
            raise ValueError("Effects of clusters that units cross have the same loadings in all groups.")
        by_year, tables, components, places = crossing.tables(basis[0], *in_basis)
        basis, in_basis = np.repeat(by_year[None], number, axis=0), []

    cell_lists = [np.flatnonzero(row) for row in observed]
    counts = np.array([len(c) for c in cell_lists], np.int64)
    cell_start = np.concatenate([[0], np.cumsum(counts)])
    block_start = np.searchsorted(block_kind, np.arange(kinds + 1))
    inner_clusters = int(block_cluster.max()) + 1 if len(block_cluster) else 0
    parents = np.zeros(0, np.int64) if parent is None else np.asarray(parent, np.int64)
    outer_clusters = int(parents.max()) + 1 if len(parents) else 0
    header = [kinds, cells, regressors, basis.shape[2], inner.shape[2], outer.shape[2]]
    header += [len(block_kind), inner_clusters, outer_clusters, int(counts.sum())]
    tree = cell_tree(observed, groups, n, sxx, sxy, syy) if fixed and not len(block_kind) else None
    header += [number, components, places, len(tree.cell) if tree else 0]
    index = [header, groups, cell_start, *cell_lists, block_start, block_cluster, parents, *tables]
    value = [n, sxx]
    value += [sxy[r][:, c] for r, c in enumerate(cell_lists)]
    value += [syy[r][np.ix_(c, c)] for r, c in enumerate(cell_lists)]
    value += [block_sx[:, 0], block_sx.T]
    value += [block_sy[block_start[r] : block_start[r + 1]][:, c].T for r, c in enumerate(cell_lists)]
    value += [basis, *in_basis]
    if tree is not None:
        index += [tree.group, tree.depth, tree.cell, tree.alone]
        value += [tree.n, tree.sxx, tree.sxy, tree.syy]
    return Statistics(
        index=np.concatenate([np.asarray(a, np.int64).ravel() for a in index]),
        value=np.concatenate([np.asarray(a, np.float64).ravel() for a in value]),
        shape=(cells, regressors, inner.shape[2], outer.shape[2]),
    )
