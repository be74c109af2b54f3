"""Scores whose changes over time say nothing of their own: straight lines, and another variable's changes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.wording import counted
from bayespanel.language.errors import DataError

Array = NDArray[np.float64]

FEWEST = 20
"""Changes other than zero from which an exact relation is no chance."""

EXACT = 1e-9
"""Largest difference, in the largest distance of a score from its variable's mean, that is rounding."""


def refuse_determined_courses(values: Array, variables: Sequence[str]) -> None:
    """Refuse variables whose changes within pupils are determined.

    Parameters
    ----------
    values : float64 [pupil, wave, variable]
        Scores, NaN where missing.
    variables
        Their names.

    Raises
    ------
    DataError
        A variable moves along a straight line from wave to wave for every pupil; or the changes of two variables are
        proportional for all pupils, so that they differ by a constant of each pupil and wave.
    """
    spread = np.nanmax(np.abs(values - np.nanmean(values, axis=(0, 1))), axis=(0, 1))
    scores = values / np.where(spread > 0, spread, 1.0)
    changes = np.diff(scores, axis=1)
    for k, name in enumerate(variables):
        bends = np.diff(changes[:, :, k], axis=1)
        seen = ~np.isnan(bends)
        moving = seen & (np.abs(changes[:, 1:, k]) > EXACT)
        if moving.sum() >= FEWEST and np.abs(bends[seen]).max() < EXACT:
            raise DataError(
                "A score is measured anew at every wave.",
                f"{name!r} moves along a straight line from wave to wave for every pupil "
                f"({counted(int(seen.any(axis=1).sum()), 'pupil')} seen at three waves in a row).",
                "Check how it was made: a growth curve's prediction, or age, is no score. Leave it out.",
            )
    for a, b in combinations(range(len(variables)), 2):
        slope = _common_slope(changes[:, :, a], changes[:, :, b])
        if slope is not None:
            raise DataError(
                "No score is an exact linear function of others: a model could not tell them apart.",
                f"{variables[b]!r} changes by {slope * spread[b] / spread[a]:.4g} times what {variables[a]!r} does, "
                "for every pupil from wave to wave: they differ by a constant of each pupil.",
                "Leave one of them out.",
            )


def _common_slope(x: Array, y: Array) -> float | None:
    """Return the slope of y's changes on x's [pupil, gap], about their means at each gap, where it leaves nothing."""
    seen = ~(np.isnan(x) | np.isnan(y))
    gaps = seen.sum(axis=0)
    if (seen & (np.abs(np.nan_to_num(x)) > EXACT)).sum() < FEWEST or not gaps.all():
        return None
    x, y = (np.where(seen, part - np.where(seen, part, 0.0).sum(axis=0) / gaps, 0.0) for part in (x, y))
    squares = float((x * x).sum())
    if squares < EXACT or float((y * y).sum()) < EXACT:
        return None
    slope = float((x * y).sum()) / squares
    return slope if np.abs(y - slope * x).max() < EXACT else None
