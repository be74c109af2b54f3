"""A row that sums the others up is no pupil."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from bayespanel.data.wording import listed
from bayespanel.language.errors import DataError

WORDS = re.compile(
    r"(?:grand |general )?(?:total|totals|sub-?total|sum|mean|average|avg|median|count|std\.? ?dev\.?|totaal|som|"
    r"gemiddelde|gesamt|gesamtergebnis|summe|mittelwert|durchschnitt|eindtotaal|totaux|somme|moyenne|suma|media|promedio|totale)"
    r"\s*[:.=]?",
    re.IGNORECASE,
)
LAST = 3
"""Rows at the end that may sum up."""


def refuse_total_row(frame: pd.DataFrame, name: str) -> None:
    """Refuse a table whose last rows say that they are a total, or are the sum of the rows above.

    A word such as "Total" counts where no other row of its column holds it; a sum, where it is one in two columns of
    numbers or more.

    Raises
    ------
    DataError
    """
    if len(frame) < LAST:
        return
    for position in range(frame.shape[1]):
        column = frame.iloc[:, position]
        if pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_datetime64_any_dtype(column.dtype):
            continue
        for at in range(len(frame) - LAST, len(frame)):
            value = column.iloc[at]
            if isinstance(value, str) and WORDS.fullmatch(value.strip()) and int((column == value).sum()) == 1:
                raise _total(name, at, f"Column {str(frame.columns[position])!r} says {value!r} there")
    sums = [
        str(frame.columns[position])
        for position in range(frame.shape[1])
        if _is_sum(frame.iloc[:, position]) and not pd.api.types.is_bool_dtype(frame.dtypes.iloc[position])
    ]
    if len(sums) > 1:
        raise _total(name, len(frame) - 1, f"It is the sum of the rows above in {listed(sums)}")


def _is_sum(column: pd.Series) -> bool:
    """Say whether the last number of a column is the sum of the others, and larger than each."""
    if not pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_complex_dtype(column.dtype):
        return False
    values = column.to_numpy(dtype=float, na_value=np.nan)
    above, last = values[:-1], values[-1]
    above = above[np.isfinite(above)]
    if len(above) < LAST or not np.isfinite(last) or last <= above.max():
        return False
    with np.errstate(over="ignore"):
        return bool(np.isclose(above.sum(), last, rtol=1e-9, atol=0))


def _total(name: str, at: int, why: str) -> DataError:
    return DataError(
        "Every row of a table is a pupil, or a pupil at a wave.",
        f"Row {at + 1} of {name!r} looks like a total: {why[0].lower()}{why[1:]}.",
        "Delete it.",
    )
