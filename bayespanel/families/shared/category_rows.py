"""Rows that say how often a category is reached, before and after."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]

COLUMNS = ["pathway", "source", "target", "category", "before", "after", "difference", "lower", "upper"]


def category_rows(found: Iterable[tuple[str, str, str, str, Array, Array]], tails: tuple[float, float]) -> pd.DataFrame:
    """Return a table of probabilities.

    Parameters
    ----------
    found
        Of each row the name of a pathway, its source and target, the category from which on is counted, and draws of
        the probability before and after [sample].
    tails
        Between which the interval of the difference lies.
    """
    rows = []
    for *names, category, before, after in found:
        moved = after - before
        low, high = np.quantile(moved, tails)
        rows.append((*names, f"{category} or more", before.mean(), after.mean(), moved.mean(), low, high))
    return pd.DataFrame(rows, columns=COLUMNS)
