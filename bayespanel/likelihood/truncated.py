"""Draws from normal distributions that are cut off on both sides: the scores behind ordered categories.

The scores of pupils are drawn cell by cell, for all pupils at once: given the rest of the pupil, the score behind a
category is normal between two thresholds (Albert & Chib 1993, doi:10.1080/01621459.1993.10476321).
"""

from __future__ import annotations

from collections.abc import Sequence

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Array = NDArray[np.float64]
Index = NDArray[np.int64]

FARTHEST = 37.0
"""Standard deviations beyond which a normal distribution function is 0 in double precision."""


def truncated_normal(uniform: Array, lower: Array, upper: Array) -> Array:
    """Return standard normal scores between two bounds, by the inverse of their distribution function.

    Parameters
    ----------
    uniform : [any]
        Between 0 and 1: which quantile of the distribution between the bounds.
    lower, upper : [any]
        The bounds; infinite where there is none.
    """
    flip = lower > 0  # the lower tail is where probabilities keep their digits
    low, high = np.where(flip, -upper, lower), np.where(flip, -lower, upper)
    below, above = ndtr(low), ndtr(high)
    share = np.where(flip, 1.0 - uniform, uniform)
    found = ndtri(below + share * (above - below))
    # Beyond `FARTHEST` the probabilities are 0: the score then lies next to its bound, where all the mass is.
    inside = np.clip(np.where(np.isfinite(found), found, high), low, high)
    return np.asarray(np.where(flip, -inside, inside))


# numba compiles it, and its arguments have numba's types.
@numba.njit(cache=True, nogil=True)
def _pull(away, kind, row, pupils):  # type: ignore[no-untyped-def]
    """The product of a row [kind, cell] of the precision matrices and what pupils are away from their means."""
    out = np.empty(len(pupils))
    for at in range(len(pupils)):
        i = pupils[at]
        total = 0.0
        for j in range(away.shape[1]):
            total += row[kind[i], j] * away[i, j]
        out[at] = total
    return out


def draw_scores(
    away: Array,
    mean: Array,
    kind: Index,
    precision: Array,
    bounds: tuple[Array, Array],
    cells: Sequence[tuple[int, Index]],
    uniform: Array,
) -> None:
    """Draw the scores behind categories anew, one cell after the other, each given all others of its pupil.

    Parameters
    ----------
    away : [pupil, cell]
        Scores less their means; 0 where a pupil has none. Is overwritten.
    mean : [pupil, cell]
        Means, effects of classes and schools included.
    kind : [pupil]
        Which of the precision matrices is the pupil's.
    precision : [kind, cell, cell]
        Inverse covariances of the cells that pupils of a kind have; 0 in the rows and columns of those that they lack.
    bounds : two of [pupil, cell]
        Between which the scores lie.
    cells
        The cells that are ordered, each with the pupils who have it.
    uniform : [ordered cell, pupil]
        Random numbers between 0 and 1.
    """
    lower, upper = bounds
    diagonal = np.diagonal(precision, axis1=1, axis2=2)
    for number, (cell, pupils) in enumerate(cells):
        own = diagonal[kind[pupils], cell]
        at = away[pupils, cell] - _pull(away, kind, precision[:, cell], pupils) / own
        sd = 1.0 / np.sqrt(own)
        middle = at + mean[pupils, cell]
        found = truncated_normal(
            uniform[number, pupils], (lower[pupils, cell] - middle) / sd, (upper[pupils, cell] - middle) / sd
        )
        away[pupils, cell] = at + sd * found
