"""Checks of a table's columns, before anything is computed from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from numbers import Real

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayespanel.data.wording import counted, listed
from bayespanel.errors import DataError, nearest


def require_table(frame: object) -> pd.DataFrame:
    """Return the table, if it is one and has rows; a DataError otherwise."""
    if not isinstance(frame, pd.DataFrame):
        raise DataError(
            "A panel is built from a pandas DataFrame.",
            f"You gave {type(frame).__name__!r}.",
            "Read a file with bayespanel.data.read_table(path), or wrap the values with pd.DataFrame(...).",
        )
    if frame.empty:
        raise DataError(
            "A panel needs at least one row of data.",
            f"The table has {counted(len(frame), 'row')} and {counted(frame.shape[1], 'column')}.",
            "Check the filter or the file it came from.",
        )
    return frame


def require_names(given: object, argument: str, *, allow_empty: bool = False) -> tuple[str, ...]:
    """Return column names as a tuple; a DataError for a single string, an empty list or a name given twice."""
    rule = f"{argument!r} is a list of column names, each once."
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise DataError(rule, f"You gave {given!r}.", f"Put the names into a list: {argument}=[...].")
    if not given and not allow_empty:
        raise DataError(rule, "The list is empty.", "Name at least one column.")
    twice = [name for name, times in Counter(given).items() if times > 1]
    if twice:
        raise DataError(rule, f"{listed(twice)} is listed more than once.", "List every name once.")
    return tuple(given)


def require_columns(frame: pd.DataFrame, roles: Mapping[str, Sequence[str]]) -> None:
    """Check that every column exists, once, and has one role only.

    Parameters
    ----------
    frame
        The table.
    roles
        Argument -> the columns named in it.

    Raises
    ------
    DataError
        A column is missing from the table, stands in it twice, or is named in two roles.
    """
    known = [str(name) for name in frame.columns]
    role_of: dict[str, str] = {}
    for role, names in roles.items():
        for name in names:
            if name not in frame.columns:
                raise DataError(
                    "Every column that is named must be in the table.",
                    f"{role!r} names {name!r}, which is not there. {nearest(str(name), known)}",
                    "Correct the name, or add the column.",
                )
            if known.count(str(name)) > 1:
                raise DataError(
                    "A column that is used must stand in the table once.",
                    f"The table has {known.count(str(name))} columns named {name!r}.",
                    "Rename or drop the extra ones.",
                )
            if name in role_of:
                both = f"in both {role_of[name]!r} and {role!r}" if role_of[name] != role else f"twice in {role!r}"
                raise DataError(
                    "A column has one role.",
                    f"Column {name!r} is named {both}.",
                    "Name it once; copy the column under another name if you mean two things.",
                )
            role_of[name] = role


def numbers_of(frame: pd.DataFrame, column: str, *, covariate: bool = False) -> NDArray[np.float64]:
    """Return a column as float64 [row], NaN where missing.

    Parameters
    ----------
    frame
        The table.
    column
        Its name. Numbers and booleans pass; text is refused even where it could be read as numbers, because a
        column that became text usually holds something else that should be looked at.
    covariate
        Whether the column is a covariate: the advice differs.

    Raises
    ------
    DataError
        The column holds something that is no number, or infinite values.
    """
    series = frame[column]
    dtype = series.dtype
    is_number = pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype)
    if not is_number:
        present = series[series.notna()]
        wrong = present[[not isinstance(value, Real) for value in present]]
        if len(wrong) or not pd.api.types.is_object_dtype(dtype):
            _refuse_text(column, wrong if len(wrong) else present, covariate)
    values = np.asarray(series.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    infinite = int(np.isinf(values).sum())
    if infinite:
        raise DataError(
            "Every value is finite or missing.",
            f"Column {column!r} holds {counted(infinite, 'infinite value')}.",
            "Replace them by NaN, or undo the division or logarithm that made them.",
        )
    return values


def _refuse_text(column: str, wrong: pd.Series, covariate: bool) -> None:
    """Raise the error for a column that is not numeric."""
    if not len(wrong):
        raise DataError(
            "A panel is made of numbers.",
            f"Column {column!r} has no value at all.",
            "Leave the column out, or fill it.",
        )
    as_number = pd.to_numeric(wrong.astype(str).str.replace(",", ".", regex=False), errors="coerce")
    # What cannot be read as a number is what the user has to look for; where all can be, the first will do.
    culprits = wrong[as_number.isna()] if as_number.isna().any() else wrong
    example = culprits.iloc[0]
    given = f"Column {column!r} is of type {wrong.dtype}, for example {example!r} in row {culprits.index[0]!s}."
    if as_number.notna().all():
        comma = ".astype(str).str.replace(',', '.')" if wrong.astype(str).str.contains(",").any() else ""
        action = f"Convert it first: frame[{column!r}] = pd.to_numeric(frame[{column!r}]{comma})."
    elif covariate:
        action = (
            f"Code it 0/1, for example (frame[{column!r}] == {example!r}).astype(float); "
            "k categories make k - 1 columns."
        )
    else:
        action = (
            f"Look at these values, then convert: pd.to_numeric(frame[{column!r}], errors='coerce') makes them missing."
        )
    raise DataError("A covariate is a number." if covariate else "A score is a number.", given, action)
