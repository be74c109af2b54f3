"""A data frame as the rows and cells of a page."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bayespanel.summaries.table import DIGITS

LONGEST = 1000
"""Rows of a table in a page; the file has all."""

LONG = 40
"""Characters from which on a text must not be squeezed into a narrow column."""

ABSENT = "–"

Format = str | Callable[[pd.Series], str]
"""How a column is written: a format specification, or a function of the row."""

UNKNOWN = "?"
"""What a format writes where nothing is known."""

BOUND = re.compile(r"[<>](-?[0-9.]+)")
"""What a format writes where no more than a bound is known."""

MINUS = re.compile(r"(?<![\w.)])-(?=[\d.])")
"""A hyphen that is a minus; readers that speak leave out hyphens."""


@dataclass(frozen=True)
class Cell:
    """What a cell shows, and the number by which it is sorted ("" for text, and for none)."""

    text: str
    key: str


@dataclass(frozen=True)
class Row:
    """Cells, the first of them the row's name; the values by which it is chosen; its mark: "failed", "look" or ""."""

    cells: tuple[Cell, ...]
    chosen_by: tuple[str, ...]
    mark: str


@dataclass(frozen=True)
class Filter:
    """A choice: its label, and the values in order of appearance."""

    label: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Arranged:
    """A table as shown.

    Attributes
    ----------
    headings
        Of the columns, each with its kind: "number", "long" (text of more than a few words), or "".
    rows
        Failed ones first.
    filters
        With a choice of more than one value.
    total, failures
        Rows of the frame, and how many of them failed.
    """

    headings: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    filters: tuple[Filter, ...]
    total: int
    failures: int


def arranged(
    frame: pd.DataFrame,
    columns: Mapping[str, str],
    formats: Mapping[str, Format],
    filters: Sequence[str],
    failed: str | None,
    look: str | None = None,
) -> Arranged:
    """Arrange a frame for a page: rows that failed on top, then those to look at, cells written, at most 1000 rows.

    Parameters
    ----------
    frame
        Rows.
    columns
        Which columns are shown, with their headings.
    formats
        How; by default floats have three decimals. What is missing is a dash in any case.
    filters
        Columns by which rows are chosen.
    failed, look
        Columns of booleans, or None.
    """
    given = [name for name in (failed, look) if name is not None]
    if given:
        frame = frame.sort_values(given, ascending=False, kind="stable")
    numeric = {name: _is_numeric(frame[name]) for name in columns}
    labels = {name: columns.get(name) or titled(name) for name in filters}
    values = {name: tuple(dict.fromkeys(_plain(value) for value in frame[name])) for name in filters}
    useful = [name for name in filters if len(values[name]) > 1]
    top = frame.head(LONGEST)
    raw = {name: top[name].tolist() for name in [*columns, *useful]}  # a row alone would turn integers into floats
    marks = ["" for _ in range(len(top))]
    for name, mark in ((look, "look"), (failed, "failed")):
        if name is not None:
            marks = [mark if marked else old for marked, old in zip(top[name], marks, strict=True)]
    rows = []
    for i, (_, row) in enumerate(top.iterrows()):
        cells = tuple(_cell(raw[name][i], row, formats.get(name), numeric[name]) for name in columns)
        rows.append(Row(cells, tuple(_plain(raw[name][i]) for name in useful), marks[i]))
    return Arranged(
        headings=tuple(
            (heading, "number" if numeric[name] else "long" if i and _is_long(rows, i) else "")
            for i, (name, heading) in enumerate(columns.items())
        ),
        rows=tuple(rows),
        filters=tuple(Filter(labels[name], values[name]) for name in useful),
        total=len(frame),
        failures=0 if failed is None else int(frame[failed].sum()),
    )


def titled(name: str) -> str:
    """Return the heading of a column that was given none."""
    return (name[:1].upper() + name[1:]).replace("_", " ")


def _is_numeric(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column))


def _is_long(rows: Sequence[Row], i: int) -> bool:
    return any(len(row.cells[i].text) > LONG for row in rows)


def _cell(value: Any, row: pd.Series, written: Format | None, numeric: bool) -> Cell:
    text = written(row) if callable(written) else ABSENT
    if _is_missing(value):
        # What is not known in numbers can be known in words, as a bound is; it is sorted by its number, too.
        bound = BOUND.fullmatch(text.strip())
        said = bound or text.strip() == UNKNOWN
        return Cell(text.strip() if said else ABSENT, repr(float(bound[1])) if bound else "")
    if not callable(written):
        text = _plain(value) if written is None else format(value, written)
    if not numeric:
        return Cell(text.strip().replace("->", "→") or ABSENT, "")  # a line could break within "->"
    bare = MINUS.sub("−", text.strip())
    padding = "\u2007" * (len(text) - len(text.rstrip(" ")))  # spaces as wide as digits keep decimal points aligned
    return Cell(
        bare + padding if bare else ABSENT, repr(float(value)).replace("inf", "Infinity")
    )  # as scripts write it


def _plain(value: Any) -> str:
    if _is_missing(value):
        return ABSENT
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        return f"{value:.{DIGITS}f}" if math.isfinite(value) else str(value).replace("inf", "∞")
    return str(value) or ABSENT


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float | np.floating) and bool(np.isnan(value)))
