"""Sums over pupils, from arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]


def pooled_scale(
    n: NDArray[np.int64], observed: NDArray[np.bool_], syy: NDArray[np.float64], variables: int
) -> NDArray[np.float64]:
    """Return the root of each variable's variance (divisor n), averaged over waves, [variable].

    Parameters
    ----------
    n : [kind]
    observed : [kind, cell]
    syy : [kind, cell, cell]
        Centred on the mean of each cell.
    variables
        Number of variables.
    """
    squares = np.diagonal(syy, axis1=1, axis2=2).sum(axis=0)
    variance = squares / (n @ observed.astype(np.int64))
    return np.asarray(np.sqrt(variance.reshape(-1, variables).mean(axis=0)))


def centred(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return values [pupil, cell] less the mean of their cell, 0 where missing, and the means [cell]."""
    observed = ~np.isnan(values)
    centre = np.nansum(values, axis=0) / observed.sum(axis=0)
    y = np.where(observed, values - centre, 0.0)
    # The mean is subtracted twice: the second time removes the rounding error of the first.
    rest = y.sum(axis=0) / observed.sum(axis=0)
    return np.where(observed, y - rest, 0.0), centre + rest


def cross_products(
    x: NDArray[np.float64], y: NDArray[np.float64], kind: Codes, n: Codes
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return x'x [kind, x, x], x'y [kind, x, cell] and y'y [kind, cell, cell]."""
    kinds, m, p = len(n), x.shape[1], y.shape[1]
    sxx, sxy, syy = np.empty((kinds, m, m)), np.empty((kinds, m, p)), np.empty((kinds, p, p))
    order = np.argsort(kind, kind="stable")
    x, y = x[order], y[order]
    stop = np.cumsum(n)
    for r in range(kinds):
        rows = slice(stop[r] - n[r], stop[r])
        sxx[r], sxy[r], syy[r] = x[rows].T @ x[rows], x[rows].T @ y[rows], y[rows].T @ y[rows]
    return sxx, sxy, syy


def added[Number: (np.float64, np.int64)](
    array: NDArray[Number], code: NDArray[np.int64], size: int
) -> NDArray[Number]:
    """Return the sums of the rows that share a code, [code, ...]."""
    total = np.zeros((size, *array.shape[1:]), dtype=array.dtype)
    np.add.at(total, code, array)
    return total
