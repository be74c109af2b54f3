"""Checks of a table's columns, before anything is computed from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from decimal import Decimal
from numbers import Real

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayespanel.data.guesses import ask
from bayespanel.data.source import source_of
from bayespanel.data.text_numbers import CODES, number_of
from bayespanel.data.wording import counted, listed, shortly
from bayespanel.language.errors import DataError, nearest
from bayespanel.language.plain_names import require_distinct_names, require_plain_names

NESTED = (list, tuple, set, dict, np.ndarray)
"""What a cell can be that is several values."""


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
    """Return column names as a tuple; a DataError for a single string, an empty list, or names that will not do."""
    rule = f"{argument!r} is a list of column names, each once."
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise DataError(rule, f"You gave {given!r}.", f"Put the names into a list: {argument}=[...].")
    if not given and not allow_empty:
        raise DataError(rule, "The list is empty.", "Name at least one column.")
    twice = [name for name, times in Counter(given).items() if times > 1]
    if twice:
        raise DataError(rule, f"{listed(twice)} is listed more than once.", "List every name once.")
    require_plain_names(map(str, given), f"column in {argument!r}", error=DataError)
    require_distinct_names(map(str, given), f"column in {argument!r}", error=DataError)
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
        A column is missing from the table, stands in it twice, is named in two roles, or holds lists.
    """
    known = [str(name) for name in frame.columns]
    role_of: dict[str, str] = {}
    for role, names in roles.items():
        for name in names:
            if not isinstance(name, Hashable):
                raise DataError(
                    "A column is named by its name.",
                    f"{role!r} is {name!r}.",
                    f"Write {role}='NAME', with one name.",
                )
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
            _require_single_values(frame[name])


def _require_single_values(column: pd.Series) -> None:
    """Check that no cell is a list, as Parquet and JSON can hold it."""
    if not pd.api.types.is_object_dtype(column.dtype):
        return
    for row, cell in zip(column.index, column, strict=True):
        if isinstance(cell, NESTED):
            raise DataError(
                "A cell holds one value.",
                f"Column {str(column.name)!r} holds {type(cell).__name__} {shortly(repr(cell))} in row {row!s}.",
                "Spread its parts over columns, or over rows.",
            )


def numbers_of(
    frame: pd.DataFrame,
    column: str,
    *,
    covariate: bool = False,
    absent: Collection[str] = (),
    accept: Sequence[str] = (),
) -> NDArray[np.float64]:
    """Return a column as float64 [row], NaN where missing.

    Parameters
    ----------
    frame
        The table.
    column
        Its name. Numbers and booleans pass. Text is refused even where it could be read as numbers, because a column
        that became text usually holds something else that should be looked at; unless `read_table` found nothing but
        numbers in it, or `absent` says what the words in it are.
    covariate
        Whether the column is a covariate: the advice differs.
    absent
        Words that stand for "missing", such as "." and "#NULL!".
    accept
        Questions that were looked at; see `QUESTIONS`.

    Raises
    ------
    DataError
        The column holds something that is no number, infinite values, or points that may separate thousands.
    """
    series, spelt = frame[column], source_of(frame).spelt
    dtype = series.dtype
    grouped, short = spelt.thousands.get(column, ("", spelt.decimal))
    if spelt.decimal not in short:
        mark, other = ("point", ",") if spelt.decimal == "." else ("comma", ".")
        ask(
            "numbers",
            accept,
            rule=f"A {mark} in a number is a decimal {mark} or separates thousands, and the table must say which.",
            given=f"Column {column!r} holds {grouped!r} beside {short!r}.",
            action=f"Read the file with decimal='{other}' if the {mark} separates thousands.",
        )
    is_number = pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype)
    if not is_number:
        present = series[series.notna()]
        if column in spelt.numeric or absent:
            series = _read_text(series, absent, spelt.decimal)
            present = series[series.notna()]
        if len(present) and all(isinstance(value, Decimal | Real) for value in present):
            series = series.map(float, na_action="ignore")  # databases give exact decimals
            present = series[series.notna()]
        wrong = present[[not isinstance(value, Real) for value in present]]
        if len(wrong) or not (pd.api.types.is_object_dtype(series.dtype) or series.dtype.kind == "f"):
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


def _read_text(series: pd.Series, absent: Collection[str], decimal: str) -> pd.Series:
    """Return a column with numbers where its text holds numbers, NaN where it holds a word for missing."""
    codes, uniques = pd.factorize(series)
    read: list[object] = []
    for value in uniques:
        if isinstance(value, str) and value.strip() in absent:
            read.append(np.nan)
            continue
        try:
            read.append(number_of(value, decimal) if isinstance(value, str) else value)
        except ValueError:
            read.append(value)
    taken = np.array([*read, np.nan], dtype=object)[codes]
    return pd.Series(taken, index=series.index, dtype=object)


def _refuse_text(column: str, wrong: pd.Series, covariate: bool) -> None:
    """Raise the error for a column that is not numeric."""
    if not len(wrong):
        raise DataError(
            "A panel is made of numbers.",
            f"Column {column!r} has no value at all.",
            "Leave the column out, or fill it.",
        )
    text = wrong.astype(str)
    as_number = pd.to_numeric(text.str.replace(",", ".", regex=False), errors="coerce")
    # What cannot be read as a number is what the user has to look for; where all can be, the first will do.
    culprits = wrong[as_number.isna()] if as_number.isna().any() else wrong
    example = culprits.iloc[0]
    given = f"Column {column!r} is of type {wrong.dtype}, for example {example!r} in row {culprits.index[0]!s}."
    words = sorted(set(culprits.astype(str)))
    if as_number.notna().all():
        comma = ".astype(str).str.replace(',', '.')" if text.str.contains(",").any() else ""
        action = f"Convert it first: frame[{column!r}] = pd.to_numeric(frame[{column!r}]{comma})."
        if text[text.str.contains(",")].str.fullmatch(r"[+-]?\d{1,3}(,\d{3})+").any():
            action += " If the comma separates thousands, remove it instead."
    elif covariate:
        action = (
            f"Code it 0/1, for example (frame[{column!r}] == {example!r}).astype(float); "
            "k categories make k - 1 columns."
        )
    else:
        action = "In the file convert these values to numbers, without blanks, signs for percent and other marks."
    if len(words) <= CODES and (as_number.notna().any() or len(culprits) < len(wrong)):
        action = f"If {listed(words)} stands for 'missing', say missing={words!r}. {action}"
    raise DataError("A covariate is a number." if covariate else "A score is a number.", given, action)
