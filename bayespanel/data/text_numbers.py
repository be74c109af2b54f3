"""Which columns of text are numbers, and what of their spelling must not be lost.

A column becomes numbers only where no two spellings become one number: "3.1" beside "3.10", "0001", "1E1" and whole
numbers of more than 15 digits stay text, so that they still name pupils, classes, schools and waves. Such a column
can be a score all the same: `Spelt.numeric` says which, and `numbers_of` reads it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayespanel.data.text_table import TextTable
from bayespanel.data.wording import listed
from bayespanel.language.errors import DataError

ABSENT = frozenset({"NA", "N/A", "n/a", "NaN", "nan", "-nan", "-NaN", "NULL", "null", "None", "<NA>", "#N/A", "#NA"})
"""Words that stand for nothing in a column of numbers: the usual words of programs that write tables."""

TRUTHS = (("True", "False"), ("TRUE", "FALSE"), ("true", "false"))
"""Truth values as programs write them; a column that mixes two ways holds words."""

INFINITE = r"[+-]?(?:inf|Inf|INF|infinity|Infinity)"
NUMBER = re.compile(rf"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|{INFINITE}")
COMMA = re.compile(r"[+-]?(?:\d+,\d*|,\d+)(?:[eE][+-]?\d+)?")
POINT = re.compile(r"[+-]?(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?")
THOUSANDS = {mark: re.compile(rf"[+-]?[1-9]\d{{0,2}}(?:{re.escape(mark)}\d{{3}})+") for mark in ".,"}
"""Mark -> numbers in which it may separate thousands."""

SHORT = re.compile(r"[+-]?\d{1,3}")
WHOLE = re.compile(r"[+-]?\d+")
LIKE_WHOLE = re.compile(r"[+-]?\d+(?:\.00?)?")
"""A whole number, also as a float is printed ("1.0"): it says nothing of the decimal mark."""

NOTHING = re.compile(r"-(?:0|0?\.0+|0\.)")
"""Zero with a sign, as rounding leaves it: the sign names nothing."""

PLAIN = re.compile(r"[+-]?(?:0|[1-9]\d*)?(?:\.\d*)?(?:[eE][+-]\d+)?|[+-]?\d+\.\d*[eE]\d+")
"""Numbers whose spelling no label needs: no zeros in front and no "1E1", which may be a class."""

EXACT = 15
"""Digits that every float holds."""

CODES = 3
"""Distinct words that a column of numbers may hold: codes for missing, such as "." and "#NULL!"."""

FEW = 200
"""Distinct values up to which a column of numbers may name waves, classes or schools."""


@dataclass(frozen=True)
class Spelt:
    """How a text file wrote its columns, where that matters beyond the numbers.

    Attributes
    ----------
    numeric : tuple of str
        Columns that stay text, for their spelling names things, and that are numbers all the same.
    as_written : dict
        Column of numbers -> number -> how the file writes it, where that is not how Python would ("1.10").
    thousands : dict
        Column -> two of its values, where the point may separate thousands: likely if the second has none.
    decimal : str
        The decimal mark.
    """

    numeric: tuple[str, ...] = ()
    as_written: dict[str, dict[float, str]] = field(default_factory=dict)
    thousands: dict[str, tuple[str, str]] = field(default_factory=dict)
    decimal: str = "."


def to_frame(table: TextTable, name: str, decimal: str | None) -> tuple[pd.DataFrame, Spelt]:
    """Return a table with numbers where its columns hold numbers, and what is to be known of their spelling.

    Parameters
    ----------
    table
        Cells of text.
    name
        Of the file, for errors.
    decimal
        "," or "."; None finds it out.

    Raises
    ------
    DataError
        Some columns use a decimal comma and others a decimal point.
    """
    coded = [_coded(column) for column in table.columns]
    if decimal is None:
        decimal, guessed = _decimal_mark(table, coded, name), True
    else:
        guessed = False
    parts: dict[int, pd.Series] = {}
    numeric, as_written, thousands = [], {}, {}
    for at, (codes, uniques) in enumerate(coded):
        title = table.names[at]
        shown = [text.strip() for text in uniques]
        if guessed and (pair := _thousands(shown, decimal)):
            thousands[title] = pair
        read = [_with_point(text, decimal, thousands=not guessed) for text in shown]
        column, exact = _column(codes, shown, read)
        parts[at] = column
        if exact is None:
            continue
        if not exact:
            numeric.append(title)
        elif len(uniques) <= FEW and (spellings := _spellings(shown, read)):
            as_written[title] = spellings
    if any(_has_decimals(uniques, decimal) for _, uniques in coded):
        # Some number of the file has a decimal mark for sure: only 1.125 beside 709 stays odd.
        thousands = {title: pair for title, pair in thousands.items() if decimal not in pair[1]}
    frame = pd.DataFrame(parts)
    frame.columns = pd.Index(table.names)
    return frame, Spelt(tuple(numeric), as_written, thousands, decimal)


def number_of(text: str, decimal: str = ".") -> float:
    """Return the number that a cell of text holds; NaN where it is blank or a word for nothing.

    Raises
    ------
    ValueError
        It is something else.
    """
    plain = _with_point(text.strip(), decimal, thousands=False)
    if not plain or plain in ABSENT:
        return float("nan")
    if not NUMBER.fullmatch(plain):
        raise ValueError(text)
    return float(plain)


def _coded(column: Sequence[str]) -> tuple[NDArray[np.int64], list[str]]:
    codes, uniques = pd.factorize(np.array(column, dtype=object))
    return np.asarray(codes, dtype=np.int64), [str(text) for text in uniques]


def _decimal_mark(table: TextTable, coded: Sequence[tuple[NDArray[np.int64], list[str]]], name: str) -> str:
    """Return "," where columns of a file without separating commas are written so, else "."."""
    if table.separator == ",":
        return "."
    commas: list[str] = []
    points: list[str] = []
    for title, (_, uniques) in zip(table.names, coded, strict=True):
        texts = [text for text in map(str.strip, uniques) if text and text not in ABSENT]
        for found, mark in ((commas, COMMA), (points, POINT)):
            marked = [text for text in texts if mark.fullmatch(text) and not LIKE_WHOLE.fullmatch(text)]
            odd = sum(not (mark.fullmatch(text) or LIKE_WHOLE.fullmatch(text)) for text in texts)
            if marked and odd <= CODES and 2 * odd < len(texts):
                found.append(title)
    if commas and points:
        raise DataError(
            "A file writes all its numbers with a decimal comma, or all with a decimal point.",
            f"In {name!r}, {listed(commas)} uses the comma and {listed(points)} the point.",
            "If what has points are labels, such as the classes 7.1 and 7.2, or the point separates thousands, say "
            "read_table(path, decimal=','). Else save the file with one decimal mark, and without separators of "
            "thousands.",
        )
    return "," if commas else "."


def _thousands(texts: Sequence[str], mark: str) -> tuple[str, str] | None:
    """Return two values of a column in which a mark may separate thousands: 1.125 beside 709, or two like 1.125."""
    present = [text for text in texts if text and text not in ABSENT]
    grouped = [text for text in present if THOUSANDS[mark].fullmatch(text)]
    short = [text for text in present if SHORT.fullmatch(text)]
    if not grouped or len(grouped + short) < max(2, len(present)):
        return None
    return grouped[0], (short or grouped[1:])[0]


def _has_decimals(texts: Sequence[str], mark: str) -> bool:
    """Say whether some number of a column has a decimal mark for sure."""
    fraction = POINT if mark == "." else COMMA
    plain = [text.strip() for text in texts]
    return any(
        fraction.fullmatch(t) and not THOUSANDS[mark].fullmatch(t) and not LIKE_WHOLE.fullmatch(t) for t in plain
    )


def _with_point(text: str, decimal: str, *, thousands: bool) -> str:
    """Return a number with a decimal point; where the decimal mark was stated, the other one separates thousands."""
    other = "," if decimal == "." else "."
    whole, mark, rest = text.partition(decimal)
    if thousands and THOUSANDS[other].fullmatch(whole) and (not mark or rest.isdecimal()):
        text = whole.replace(other, "") + mark + rest
    return text.replace(",", ".") if decimal == "," and COMMA.fullmatch(text) else text


def _column(codes: NDArray[np.int64], shown: Sequence[str], read: Sequence[str]) -> tuple[pd.Series, bool | None]:
    """Return a column, and whether its numbers say all that its text does (None: it holds no numbers)."""
    empty = [not text for text in shown]
    absent = [not text or text in ABSENT for text in shown]
    if all(absent):
        if all(empty):
            return pd.Series(np.full(len(codes), np.nan)), None
        return _text(codes, shown), None
    for yes, no in TRUTHS:
        if all(gone or text in (yes, no) for text, gone in zip(shown, absent, strict=True)):
            return _take(codes, [None if gone else text == yes for text, gone in zip(shown, absent, strict=True)]), None
    if not all(gone or NUMBER.fullmatch(text) for text, gone in zip(read, absent, strict=True)):
        return _text(codes, shown), None
    numbers = np.array([np.nan if gone else float(text) for text, gone in zip(read, absent, strict=True)])
    present = [text for text, gone in zip(read, absent, strict=True) if not gone]
    unsigned = {text.lstrip("-") if NOTHING.fullmatch(text) else text for text in present}  # -0.0 is 0.0
    distinct = len(unsigned) == len(np.unique(numbers[~np.isnan(numbers)]))
    if not distinct or not all(map(_is_plain, present)):
        return _text(codes, shown), False
    whole = not any(absent) and all(WHOLE.fullmatch(text) for text in present)
    return pd.Series(numbers.astype(np.int64)[codes] if whole else numbers[codes]), True


def _is_plain(text: str) -> bool:
    digits = re.sub(r"[^\d]", "", text) if WHOLE.fullmatch(text) else ""
    return len(digits) <= EXACT and bool(PLAIN.fullmatch(text) or re.fullmatch(INFINITE, text))


def _text(codes: NDArray[np.int64], shown: Sequence[str]) -> pd.Series:
    return _take(codes, [text or None for text in shown])


def _take(codes: NDArray[np.int64], values: Sequence[object]) -> pd.Series:
    """Return the values of the rows; a truth value that nobody lacks as such, None as NaN."""
    taken = np.array([np.nan if value is None else value for value in values], dtype=object)[codes]
    truths = all(isinstance(value, bool) for value in values)
    return pd.Series(taken.astype(bool) if truths else taken, dtype=bool if truths else object)


def _spellings(shown: Sequence[str], read: Sequence[str]) -> dict[float, str]:
    """Return how numbers are written where Python would write them otherwise."""
    found: dict[float, str] = {}
    for text, plain in zip(shown, read, strict=True):
        if NUMBER.fullmatch(plain) and repr(float(plain)) != plain and not WHOLE.fullmatch(plain):
            found[float(plain)] = text
    return found
