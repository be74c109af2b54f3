"""Columns of sampling weights, which no model here reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from bayespanel.data.guesses import Guess
from bayespanel.language.column_words import WEIGHING_BODIES, WEIGHTING, parts

MOSTLY = 0.9
"""Share of positive numbers above which a column can hold weights: pupils who were not chosen have 0 or a code."""

CODES = 2
"""Other values at most."""


def guess_of_weights(frame: pd.DataFrame, roles: Mapping[str, Sequence[str]]) -> tuple[Guess, ...]:
    """Return a guess about the first column that looks like a sampling weight and plays no part.

    It is doubtful where the name says so; "weight" alone may be that of a body.

    Parameters
    ----------
    frame
        The table.
    roles
        Argument -> the columns named in it. Columns that are named are not looked at.
    """
    taken = {name for names in roles.values() for name in names}
    for position, name in enumerate(map(str, frame.columns)):
        found = set(parts(name)) & WEIGHTING
        if name in taken or not found or not _can_weigh(frame.iloc[:, position]):
            continue
        return (
            Guess(
                "weights",
                f"Column {name!r} looks like sampling weights.",
                "It is not used: every pupil counts once, and the model is one of the pupils who are here.",
                "Where the design chose some kinds of pupils more often, name what it went by in covariates=[...] or "
                "as groups, and their schools as a level.",
                bool(found - WEIGHING_BODIES),
            ),
        )
    return ()


def _can_weigh(column: pd.Series) -> bool:
    """Return whether the numbers of a column differ and are positive, but for a few such as codes, as weights are."""
    if not pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype):
        return False
    present = column.dropna().to_numpy(dtype=float)
    if not len(present) or not np.isfinite(present).all() or np.ptp(present) == 0:
        return False
    return bool((present > 0).mean() > MOSTLY and len(np.unique(present[present <= 0])) <= CODES)
