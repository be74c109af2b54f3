"""Kinds of pupils: those with the same cells observed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

BITS = 31
"""Cells coded at a time: a code below 2^31 pupils times 2^31 patterns still fits an int64."""


def kind_order(group: NDArray[np.int64], observed: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the order of kinds: by group, then from the complete pattern to fewer cells, then earlier cells first.

    Parameters
    ----------
    group : [kind]
    observed : [kind, cell]

    Returns
    -------
    int64 [kind]
    """
    keys = [*(~observed).T[::-1], -observed.sum(axis=1), group]
    return np.asarray(np.lexsort(keys), dtype=np.int64)


def find_kinds(
    group: NDArray[np.int64], observed: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Find the distinct pairs of group and pattern among rows.

    Parameters
    ----------
    group : [row]
    observed : [row, cell]

    Returns
    -------
    kind : int64 [row]
        Position of each row's kind in the order of `kind_order`.
    groups : int64 [kind]
    patterns : bool [kind, cell]
    """
    code = pd.factorize(group)[0].astype(np.int64)
    for start in range(0, observed.shape[1], BITS):
        piece = observed[:, start : start + BITS]
        bits = piece @ (np.int64(1) << np.arange(piece.shape[1], dtype=np.int64))
        code = pd.factorize(code * (1 << BITS) + bits)[0].astype(np.int64)
    _, first = np.unique(code, return_index=True)
    order = kind_order(group[first], observed[first])
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[code], group[first][order], observed[first][order]
