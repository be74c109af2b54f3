"""The tree of missing patterns that `cell_by_cell` walks down, and when it is the shorter way."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]

SQUARES = 5.0
"""Squared cells of nodes that cost as much as one of kinds, as measured: a node works out a row, a kind an inverse."""

ROUNDING = 1e-12
"""Relative difference of a product of scores that is rounding."""


class CellTree(NamedTuple):
    """Nodes in the order of a walk down the tree.

    Attributes
    ----------
    group, depth, cell : [node]
        Group of the node's units, number of observed cells before its own, and that cell.
    alone : [node]
        1 where `syy` is that of one unit, which is left out, else 0.
    n : [node]
        Units that have these cells, and no others up to this one.
    sxx : [node, regressor, regressor]
    sxy, syy
        Their cross-products over these cells: for each node [regressor, depth + 1], and [depth + 1, depth + 1], flat.
        The first regressor is the constant.
    """

    group: Index
    depth: Index
    cell: Index
    alone: Index
    n: Array
    sxx: Array
    sxy: Array
    syy: Array


def cell_tree(
    observed: NDArray[np.bool_], group: Index, n: Index, sxx: Array, sxy: Array, syy: Array
) -> CellTree | None:
    """Return the tree of the kinds' patterns; None where kind by kind is the shorter way.

    Parameters
    ----------
    observed : [kind, cell]
    group, n : [kind]
    sxx : [kind, regressor, regressor]
    sxy : [kind, regressor, cell]
    syy : [kind, cell, cell]
        What `pack` is given of the kinds.
    """
    # Of the kinds that begin alike, those that have the next cell come first.
    order = np.lexsort([*~observed.T[::-1], group])
    starts = _starts(observed[order], group[order])
    first = np.concatenate([rows[start] for rows, start in starts])
    cell = np.repeat(np.arange(len(starts)), [len(start) for _, start in starts])
    mask = observed[order[first]] & (np.arange(observed.shape[1]) <= cell[:, None])
    size = mask.sum(axis=1)
    if ((size + 1) ** 2).sum() > SQUARES * (observed.sum(axis=1) ** 2).sum():
        return None
    walk = np.lexsort([cell, first])

    def sums(of: Array | Index) -> Array:
        by_cell = [np.add.reduceat(of[order[rows]], start, axis=0) for rows, start in starts if len(rows)]
        return np.concatenate(by_cell)[walk].astype(float)

    mask, units, products, squares = mask[walk], sums(n), sums(sxy), sums(syy)
    pairs = mask[:, :, None] & mask[:, None, :]
    own = products[:, 0, :, None] * products[:, 0, None, :]
    alone = (units == 1) & (np.abs(squares - own) <= ROUNDING * np.abs(own)).all(axis=(1, 2), where=pairs)
    return CellTree(
        group=group[order[first]][walk],
        depth=size[walk] - 1,
        cell=cell[walk],
        alone=alone.astype(np.int64),
        n=units,
        sxx=sums(sxx),
        sxy=products[np.broadcast_to(mask[:, None], products.shape)],
        syy=squares[pairs & ~alone[:, None, None]],
    )


def _starts(observed: NDArray[np.bool_], group: Index) -> list[tuple[Index, Index]]:
    """Return for each cell the sorted kinds that have it, and which of these begin a node."""
    kinds, cells = observed.shape
    alike = np.zeros((kinds, cells), np.int64)  # a number for those of a group that are alike before the cell
    new = group[1:] != group[:-1]
    for j in range(cells):
        alike[1:, j] = np.cumsum(new)
        new = new | (observed[1:, j] != observed[:-1, j])
    out = []
    for j in range(cells):
        rows = np.flatnonzero(observed[:, j])
        of = alike[rows, j]
        out.append((rows, np.flatnonzero(np.append(True, of[1:] != of[:-1])[: len(rows)])))
    return out
