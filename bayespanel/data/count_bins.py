"""Ranges of counts of events: what a table or a check shows in place of a row for every number."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

EDGES = (0, 1, 2, 3, 5, 10, 20, 50, 100, 200)
"""Where ranges begin: single numbers first, and then ever wider ones."""


def count_bins(largest: int) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Return where each range begins, and its label, such as "0", "3 to 4" or "10 or more".

    Parameters
    ----------
    largest
        The largest number that came up; the last range is open.
    """
    starts = tuple(edge for edge in EDGES if edge <= largest)
    labels = [str(low) if high == low + 1 else f"{low} to {high - 1}" for low, high in pairwise(starts)]
    return starts, (*labels, f"{starts[-1]} or more")


def binned(counts: NDArray[np.int64], starts: tuple[int, ...]) -> NDArray[np.int64]:
    """Add up how often each number came up [..., number] to how often each range did [..., range]."""
    return np.asarray(np.add.reduceat(counts, starts, axis=-1))
