"""One labelling of the classes for all draws."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Array = NDArray[np.float64]
Index = NDArray[np.int64]

TINY = 1e-12
"""Least probability, so that its logarithm is a number."""


def relabel(membership: Array, sets: Sequence[Index]) -> Index:
    """Find the permutation of the classes of each draw that makes all draws speak of the same classes.

    Algorithm 2 of Stephens (2000, doi:10.1111/1467-9868.00265): membership probabilities of the draws are brought as
    near as possible, in Kullback-Leibler divergence, to their own average; both are updated in turn.

    Parameters
    ----------
    membership : [draw, row, class]
        Probability of each class for some rows, by each draw.
    sets
        Classes that may change places with each other.

    Returns
    -------
    int64 [draw, class]
        Entry k of a draw is the draw's own label of what is class k in all.
    """
    draws, _, classes = membership.shape
    order = np.tile(np.arange(classes), (draws, 1))
    log_own = np.log(membership + TINY)
    entropy = np.einsum("drk,drk->dk", membership, log_own)
    for _ in range(20):
        average = np.take_along_axis(membership, order[:, None, :], axis=2).mean(axis=0)
        # cost[d, l, k]: of giving the draw's label l to class k
        cost = entropy[:, :, None] - np.einsum("drl,rk->dlk", membership, np.log(average + TINY))
        new = order.copy()
        for own in sets:
            if len(own) < 2:
                continue
            block = cost[:, own[:, None], own]
            # Most draws agree already: only those are solved whose labels are not all nearest to themselves.
            settled = (block.argmin(axis=1) == np.arange(len(own))).all(axis=1)
            new[:, own] = own
            for d in np.flatnonzero(~settled):
                label, place = linear_sum_assignment(block[d])
                new[d, own[place]] = own[label]
        if np.array_equal(new, order):
            break
        order = new
    return order
