"""A table in which imputations stand below each other, read as a list of panels or trials."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from bayespanel.data.columns import require_columns, require_table
from bayespanel.data.guesses import Guess
from bayespanel.data.imputations import in_order_of, require_imputations
from bayespanel.data.panel import Panel
from bayespanel.data.source import source_of, with_source
from bayespanel.data.trial import Trial
from bayespanel.data.wording import counted, label_of, listed
from bayespanel.language.errors import DataError, DataWarning

ROUNDING = 1e-6
"""Relative difference between an observed score and its copy in an imputation, which a text file may round."""


def read_imputed[D: (Panel, Trial)](
    frame: pd.DataFrame, read: Callable[[pd.DataFrame], D], *, imputation: str
) -> list[D]:
    """Read a table in which imputations stand below each other, as one panel or trial per imputation.

    Parameters
    ----------
    frame
        The table, wide or long, whose rows are those of every imputation in turn.
    read
        Reads the rows of one imputation, such as
        ``lambda one: bp.Panel.from_wide(one, pupil="id", columns=columns)``.
    imputation
        Column with the number of the imputation, from 1, such as ``.imp`` or ``Imputation_``. Rows with the number 0
        are the table before it was imputed. They are left out, which is recorded as a guess; but what was observed
        there must be the same in every imputation.

    Returns
    -------
    list of Panel or Trial
        One for each imputation, in the order of their numbers, for `bp.fit_imputed`.

    Raises
    ------
    DataError
        The column is missing or holds no whole numbers; there are fewer than two imputations; they differ in pupils,
        waves or variables, or fill different gaps; an observed score is another one in an imputation; or `read` refuses
        the rows of an imputation.
    """
    table = require_table(frame)
    require_columns(table, {"imputation": [imputation]})
    numbers = _numbers(table, imputation)
    found = sorted(set(numbers.tolist()) - {0})
    if len(found) < 2:
        raise DataError(
            "What is missing shows in the difference between imputations, so there are two or more.",
            f"Column {imputation!r} holds {listed(sorted(set(numbers.tolist())))}; 0 stands for the table before it "
            "was imputed.",
            "Name the column that numbers the imputations, or read a single table with from_long or from_wide.",
        )
    guesses: tuple[Guess, ...] = ()
    original: D | None = None
    if (numbers == 0).any():
        original, guess = _original(_rows(table, numbers == 0, ()), read, imputation, int((numbers == 0).sum()))
        guesses = (guess,)
    every = [_read(_rows(table, numbers == number, guesses), read, number) for number in found]
    require_imputations(every)
    if original is not None:
        for number, one in zip(found, every, strict=True):
            _require_observed(original, one, number)
    return every


def _numbers(table: pd.DataFrame, column: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the number of the imputation of every row."""
    values = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    with np.errstate(invalid="ignore"):
        wrong = ~(np.isfinite(values) & (values >= 0) & (values == np.floor(values)))
    if wrong.any():
        row, number = int(np.flatnonzero(wrong)[0]), int(wrong.sum())
        raise DataError(
            "Imputations are numbered by whole numbers: 1, 2, 3, ..., and 0 for the table before it was imputed.",
            f"Column {column!r} holds {label_of(table[column].iloc[row])} in row {table.index[row]!s}; "
            f"{counted(number, 'row')} {'holds' if number == 1 else 'hold'} no such number.",
            "Name the column that numbers the imputations, or correct these rows.",
        )
    return values.astype(np.int64)


def _rows(table: pd.DataFrame, chosen: np.ndarray[Any, np.dtype[np.bool_]], guesses: tuple[Guess, ...]) -> pd.DataFrame:
    """Return the rows of one imputation, with all that is known of their file, and further guesses."""
    rows = table.loc[chosen].copy()
    rows.attrs = dict(table.attrs)
    known = source_of(table)
    return with_source(rows, replace(known, guesses=(*known.guesses, *guesses)))


def _read[D: (Panel, Trial)](rows: pd.DataFrame, read: Callable[[pd.DataFrame], D], number: int) -> D:
    try:
        one = read(rows)
    except DataError as error:
        raise DataError(error.rule, f"Imputation {number}: {error.given}", error.action) from error
    if not isinstance(one, Panel | Trial):
        raise DataError(
            "'read' makes a panel or a trial of the rows of one imputation.",
            f"It returned {type(one).__name__}.",
            "Write for example lambda one: bp.Panel.from_long(one, pupil=..., wave=..., variables=[...]).",
        )
    return one


def _original[D: (Panel, Trial)](
    rows: pd.DataFrame, read: Callable[[pd.DataFrame], D], column: str, number: int
) -> tuple[D | None, Guess]:
    """Return the table before it was imputed, if it can be read, and what was decided about it."""
    done = "They were left out."
    one: D | None = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataWarning)  # the imputations give the same ones
            one = _read(rows, read, 0)
    except DataError as error:
        done += f" Whether imputations changed observed scores was not looked at, as they cannot be read: {error.given}"
    seen = f"Column {column!r} holds 0 in {counted(number, 'row')}: the table before it was imputed."
    return one, Guess("imputations", seen, done, "If 0 is an imputation like the others, count from 1.")


def _require_observed(original: Panel | Trial, one: Panel | Trial, number: int) -> None:
    """Check that what was observed is the same in an imputation."""
    lost = set(original.pupils.tolist()) - set(one.pupils.tolist())
    if lost:
        raise DataError(
            "Every pupil is in every imputation.",
            f"{counted(len(lost), 'pupil')} of the table before it was imputed {'is' if len(lost) == 1 else 'are'} not "
            f"in imputation {number}, for example {min(lost, key=str)!r}.",
            "Impute them too, or leave them out of the whole table.",
        )
    before, after = original.values, in_order_of(original.pupils, one.pupils, one.values)
    if before.shape != after.shape:
        return
    with np.errstate(invalid="ignore"):
        changed = ~np.isnan(before) & ~np.isclose(before, after, rtol=ROUNDING, atol=ROUNDING)
    if changed.any():
        at = tuple(int(i) for i in np.argwhere(changed)[0])
        raise DataError(
            "Imputing leaves what was observed as it is.",
            f"{counted(int(changed.sum()), 'observed score')} "
            f"{'is' if changed.sum() == 1 else 'are'} another in imputation {number}: for example, pupil "
            f"{original.pupils[at[0]]!r} has {before[at]:g} in the table before, and {after[at]:g} there.",
            "Look for rows in another order, or for scores that were transformed or rounded while imputing.",
        )
