"""Codes for "missing" among labels: a school -9 or an arm 9 beside 0 and 1 names no school and no arm.

Numbers that were named for the column or for all columns become missing; those that nobody named and that look like
codes are a question, as among scores. Words are in `labels`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bayespanel.data.code_answers import CodeAnswers, shown
from bayespanel.data.code_labels import absence_in
from bayespanel.data.guesses import Guess, ask
from bayespanel.data.wording import counted, listed

APART = (3, 2)
"""How many times as large as the other labels a number of nines or eights is that looks like a code: of places, and of
arms and groups, which are few."""

NINES = re.compile(r"-?(9+|8+|9+[78]|7{2,})")
"""Numbers that surveys use as codes: 9, 99, 98, 97, 88, 777."""


@dataclass(frozen=True)
class LabelColumn:
    """A column of labels, or several of the same kind, and what is said of the numbers in it.

    Attributes
    ----------
    title
        Of the column, in messages.
    what
        What a label names: "pupil", "class", "school", "district", "arm", "group" or "wave".
    own
        Numbers that stand for "missing" here.
    names
        Code -> its value label.
    """

    title: str
    what: str
    own: Collection[float]
    names: Mapping[float, str]


def without_codes(labels: pd.Series, column: LabelColumn, answers: CodeAnswers, guesses: list[Guess]) -> pd.Series:
    """Return labels without the numbers that stand for "missing".

    Parameters
    ----------
    labels : [row]
    column
        What is known of it.
    answers
        What the caller said of codes.
    guesses
        Where to add what was replaced, and what was kept although it looks like a code.

    Raises
    ------
    DataError
        A number looks like a code and nobody named it; or one that was named for all columns can be a label here.
    """
    found = numbers_among(labels)
    value, count = np.unique(found.dropna().to_numpy(float), return_counts=True)
    rows = dict(zip(value.tolist(), count.tolist(), strict=True))
    here = {number for number in column.own if number in rows}
    numbers = set(rows) - here
    anybody = column.what == "pupil"  # any number can be that of a pupil: only what was named for the column counts
    alike = [] if anybody else _codes_among(numbers, column)
    named = [n for n in numbers if not anybody and n in answers.missing and not _is_name(n, column.names)]
    doubtful = sorted(n for n in named if n >= 0 and n not in alike and len(numbers) > len(named))
    if doubtful and answers.keep is not True:
        codes, others = ", ".join(map(shown, doubtful)), numbers - set(doubtful)
        ask(
            "codes",
            (),
            rule=f"A label is the name of a {column.what}, or a code for 'missing'.",
            given=f"Column {column.title!r} holds {_counted(doubtful, rows)}, which 'missing' names for all columns; "
            f"its other labels run from {shown(min(others))} to {shown(max(others))}.",
            action=f"Say in which columns it is a code: missing={{'a score': [{codes}]}}, and {column.title!r} too if "
            f"it names no {column.what} (on the command line --missing NAME={codes.replace(' ', '')}).",
        )
    here |= set(named) - set(doubtful)
    left = sorted(n for n in alike if n not in here)
    kept, asked = ([n for n in left if answers.keeps(n) == said] for said in (True, False))
    if kept:
        seen = f"Column {column.title!r} holds {_counted(kept, rows)}, which looks like a code for 'missing'."
        guesses.append(Guess("codes", seen, f"It was kept as the name of a {column.what}, as you said.", ""))
    if asked:
        codes = ", ".join(map(shown, asked))
        ask(
            "codes",
            (),
            rule=f"A label is the name of a {column.what}, and not a code for 'missing'.",
            given=f"Column {column.title!r} holds {_counted(asked, rows)}; its other labels are "
            f"{listed(map(shown, sorted(numbers - set(asked))), 6)}.",
            action=f"If it is a code, write missing={{{column.title!r}: [{codes}]}} (on the command line "
            f"--missing {column.title}={codes.replace(' ', '')}); if it names a {column.what}, keep_codes=[{codes}].",
        )
    if not here:
        return labels
    guesses.append(
        Guess(
            "codes",
            f"Column {column.title!r} holds codes for 'missing': {_counted(sorted(here), rows)}.",
            f"They were taken as a missing {column.what}.",
            "Leave out of 'missing' what is a label.",
        )
    )
    return labels.mask(found.isin(list(here)))


def numbers_among(labels: pd.Series) -> pd.Series:
    """Return the numbers among the labels [row], as numbers or as text; NaN for words, dates and truth values."""
    kind = labels.dtype
    if pd.api.types.is_bool_dtype(kind) or pd.api.types.is_datetime64_any_dtype(kind):
        return pd.Series(np.nan, index=labels.index)
    return labels if pd.api.types.is_numeric_dtype(kind) else pd.to_numeric(labels.astype(object), errors="coerce")


def _is_name(number: float, names: Mapping[float, str]) -> bool:
    """Say whether a value label gives the number a meaning."""
    return number in names and not absence_in(names[number])


def _codes_among(numbers: Collection[float], column: LabelColumn) -> list[float]:
    """Return the numbers that stand apart from the others as codes do: below 0, or nines far above."""
    usual = sorted(n for n in numbers if n >= 0)
    few, apart = column.what in ("arm", "group"), list[float]()
    for at in range(len(usual) - 1, 1, -1):
        n = usual[at]
        if n in column.names or not NINES.fullmatch(shown(n)) or not (few or n > 9):  # months 0, 3 and 9
            break
        if n >= APART[few] * usual[at - 1] > 0:
            apart = usual[at:]
    if len(usual) > 1 and column.what != "wave":  # weeks before an event
        apart += [n for n in numbers if n < 0 and n not in column.names and n.is_integer()]
    return apart


def _counted(numbers: Collection[float], rows: Mapping[float, int]) -> str:
    return listed([f"{shown(number)} in {counted(rows[number], 'row')}" for number in numbers], 6).replace("'", "")
