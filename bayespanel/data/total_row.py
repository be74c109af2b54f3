"""A row that sums the others up is no pupil."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayespanel.data.wording import listed
from bayespanel.language.errors import DataError

WORDS = re.compile(
    r"(?:grand |general )?(?:total|totals|sub-?total|sum|mean|average|avg|median|count|std\.? ?dev\.?|totaal|som|"
    r"gemiddelde|gesamt|gesamtergebnis|summe|mittelwert|durchschnitt|eindtotaal|totaux|somme|moyenne|suma|media|promedio|"
    r"totale|standard ?deviation|standardabweichung|standaardafwijking|varianz|variance|variantie|minimum|maximum|"
    r"skewness|schiefe|kurtosis|écart-?type|desviación (?:estándar|típica)|deviazione standard)"
    r"\s*[:.=]?",
    re.IGNORECASE,
)
SHORT = re.compile(r"(?:m|mw|md|mdn|n|sd|std|stabw|se|sem|var|min|max|range|q1|q3)\s*[:.=]?", re.IGNORECASE)
"""Words that can be the name of a pupil, a class or a sex too: two of them, or one beside a longer word, say enough."""

LAST = 3
"""Rows of a table at least."""

BELOW = 8
"""Rows at the end that may sum up."""

MATCHED = 2
"""Columns in which numbers have to be the mean or the SD of those above."""


def refuse_total_row(frame: pd.DataFrame, name: str) -> None:
    """Refuse a table whose last rows say that they are a total or a mean, or are that of the rows above.

    A word such as "Total" counts where no other row of its column holds it, a short one such as "SD" where there is
    another beside it; a number, where it is the sum, the mean or the SD of what is above in two columns or more.

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
        said = [
            (at, column.iloc[at])
            for at in range(max(0, len(frame) - BELOW), len(frame))
            if isinstance(column.iloc[at], str) and int((column == column.iloc[at]).sum()) == 1
        ]
        long = [(at, text) for at, text in said if WORDS.fullmatch(text.strip())]
        short = [(at, text) for at, text in said if SHORT.fullmatch(text.strip())]
        ends = {at for at, _ in long + short} >= set(range(min((at for at, _ in short), default=0), len(frame)))
        if long or (ends and len({text.strip().lower() for at, text in short if at >= LAST}) > 1):
            at, value = min(long + short)
            raise _total(name, at, f"Column {str(frame.columns[position])!r} says {value!r} there")
    sums = [
        str(frame.columns[position])
        for position in range(frame.shape[1])
        if _is_sum(frame.iloc[:, position]) and not pd.api.types.is_bool_dtype(frame.dtypes.iloc[position])
    ]
    if len(sums) > 1:
        raise _total(name, len(frame) - 1, f"It is the sum of the rows above in {listed(sums)}")
    numbers = {
        str(column): frame.iloc[:, at].to_numpy(dtype=float, na_value=np.nan)
        for at, column in enumerate(frame.columns)
        if pd.api.types.is_float_dtype(frame.dtypes.iloc[at])
    }
    for first in range(max(LAST, len(frame) - BELOW), len(frame)):
        for at in range(first, len(frame)):
            held = [column for column, values in numbers.items() if np.isfinite(values[at])]
            for what, statistic in (("mean", np.mean), ("SD", _sd)):
                if len(held) >= MATCHED and all(_is(statistic, numbers[column], at, first) for column in held):
                    raise _total(name, at, f"It is the {what} of the rows above in {listed(held)}")


def _sd(values: NDArray[np.float64]) -> float:
    return float(np.std(values, ddof=1))


def _is(statistic: Callable[[NDArray[np.float64]], float], values: NDArray[np.float64], at: int, first: int) -> bool:
    """Say whether a number is a statistic, rounded to two digits or more, of those above `first`, and none of them."""
    above = values[:first][np.isfinite(values[:first])]
    if len(above) < LAST or np.ptp(above) == 0 or values[at] in above:
        return False
    digits = next((d for d in range(2, 16) if round(values[at], d) == values[at]), 16)
    return bool(abs(statistic(above) - values[at]) <= 0.5000001 * 10.0**-digits + 1e-12 * abs(values[at]))


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
        "Delete it, and others like it below the scores.",
    )
