"""Means and covariance of all cells without a model, from sums of pupils some of whose scores are missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ITERATIONS = 300
TOLERANCE = 1e-5


@dataclass(frozen=True, eq=False)
class Unstructured:
    """Means and covariance of all cells, by maximum likelihood."""

    mean: Array
    covariance: Array


def unstructured(observed: NDArray[np.bool_], n: Array, sums: Array, products: Array, start: Array) -> Unstructured:
    """Estimate means and covariance of all cells from the sums of each missing pattern, by EM.

    Parameters
    ----------
    observed : [kind, cell]
    n : [kind]
    sums : [kind, cell]
    products : [kind, cell, cell]
        Both 0 where a cell is missing.
    start : [cell, cell]
        A covariance to begin with.
    """
    p, pupils = observed.shape[1], n.sum()
    both = observed[:, :, None] & observed[:, None, :]
    hold = np.eye(p) * ~observed[:, :, None]  # ones where a cell is missing: the inverse is that of what is observed
    mean, covariance = np.zeros(p), start
    for _ in range(ITERATIONS):
        slopes = covariance @ np.where(both, np.linalg.inv(np.where(both, covariance, hold)), 0.0)
        level = mean - np.einsum("rij,j->ri", slopes, mean)
        known = np.einsum("rij,rj->ri", slopes, sums)
        cross = np.einsum("ri,rj->ij", level, known)
        rest = (pupils * np.eye(p) - np.tensordot(n, slopes, 1)) @ covariance
        second = rest + (level.T * n) @ level + cross + cross.T
        second += (slopes @ products @ slopes.transpose(0, 2, 1)).sum(axis=0)
        mean = (n @ level + known.sum(axis=0)) / pupils
        before, covariance = covariance, second / pupils - np.outer(mean, mean)
        covariance = 0.5 * (covariance + covariance.T)
        if np.abs(covariance - before).max() < TOLERANCE * np.abs(covariance).max():
            break
    return Unstructured(mean, covariance)
