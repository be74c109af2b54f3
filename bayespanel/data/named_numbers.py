"""Numbers of a published table that carry names: they are read by their names, not by their places."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from bayespanel.data.wording import label_of, listed
from bayespanel.language.errors import DataError

Array = NDArray[np.float64]
Numbers = ArrayLike | Mapping[str, float]
"""Numbers of a table: without names a list or an array; with names a mapping, a Series, or a DataFrame."""


def numbers_from(value: Any, what: str) -> Array:
    """Return numbers as an array; a DataError where there is something else.

    Parameters
    ----------
    value
        Numbers, or lists of them. Of a square table the lower triangle will do, as tables are printed: its first row
        has one number, its second two.
    what
        Name of the argument.
    """
    rows = [list(row) for row in value] if _is_ragged(value) else None
    if rows is not None and [len(row) for row in rows] == list(range(1, len(rows) + 1)):
        full = np.full((len(rows), len(rows)), np.nan, dtype=object)
        for at, row in enumerate(rows):
            full[at, : at + 1] = full[: at + 1, at] = row
        value = full
    try:
        return np.array(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(
            f"{what!r} holds numbers only, in rows of equal length.",
            f"You gave {_first_odd(value)}.",
            "Write numbers with a decimal point; of a covariance table give all rows, or its lower triangle.",
        ) from error


def _is_ragged(value: object) -> bool:
    return (
        isinstance(value, Sequence)
        and len(value) > 1
        and all(isinstance(row, Sequence | np.ndarray) and not isinstance(row, str) for row in value)
    )


def _first_odd(value: Any) -> str:
    """Return what of a table is no number, for a message."""
    for cell in np.ravel(np.array(value, dtype=object)) if not _is_ragged(value) else [c for row in value for c in row]:
        try:
            float(cell)
        except (TypeError, ValueError, OverflowError):
            return repr(cell)
    return "rows of other lengths"


def names_on(value: object, what: str) -> tuple[str, ...] | None:
    """Return the names that numbers carry; None where they carry none but their places.

    Raises
    ------
    DataError
        A name stands twice; rows and columns of a table have other names.
    """
    if isinstance(value, Mapping):
        return _once(list(map(_text, value)), what)
    if isinstance(value, pd.Series):
        return _labels(value.index, what)
    if not isinstance(value, pd.DataFrame):
        return None
    rows, columns = _labels(value.index, what), _labels(value.columns, what)
    if rows is not None and columns is not None and set(rows) != set(columns):
        raise DataError(
            f"Rows and columns of {what!r} have the same names.",
            f"Only one of both has {listed(sorted(set(rows) ^ set(columns)))}.",
            f"Give the whole square table, or {what}.to_numpy() if its places are right.",
        )
    return columns if rows is None else rows


def _labels(index: pd.Index, what: str) -> tuple[str, ...] | None:
    if isinstance(index, pd.RangeIndex) or list(index) == list(range(len(index))):
        return None
    return _once([_text(label) for label in index], what)


def _text(label: object) -> str:
    return " ".join(map(label_of, label)) if isinstance(label, tuple) else label_of(label)


def _once(names: list[str], what: str) -> tuple[str, ...]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(
            f"Each name in {what!r} stands once.", f"More than once: {listed(twice)}.", "Give each its own name."
        )
    return tuple(names)


def in_order(value: object, what: str, wanted: Sequence[str]) -> Array:
    """Return numbers in the order of `wanted`: by their names where they carry names, else as they are.

    Parameters
    ----------
    value
        A number, a list, an array, a Series, a mapping of names, or a square table with named rows and columns.
    what
        Name of the argument, for messages.
    wanted
        Names that the numbers can carry.

    Raises
    ------
    DataError
        The names are others.
    """
    names = names_on(value, what)
    if names is None:
        return numbers_from(value, what)
    if set(names) != set(wanted):
        raise DataError(
            f"Numbers with names are read by their names: those of {what!r} are {listed(wanted)}.",
            f"You gave {listed(names)}.",
            f"Rename them, or give {what} without names, in the order of the others.",
        )
    return _taken(value, what, names, wanted)


def by_cell(value: object, what: str, variables: Sequence[str], waves: Sequence[str]) -> Array:
    """Return numbers of wide cells ordered by wave, all variables of the first wave first.

    Parameters
    ----------
    value
        As of `in_order`. Names are those of cells: a variable and a wave, in this or the other order, with letters or
        marks between them, such as "read_t1" for the variable "read" at wave "1".
    what
        Name of the argument, for messages.
    variables, waves
        Their names.

    Raises
    ------
    DataError
        A name is that of no cell, or of several.
    """
    names = names_on(value, what)
    cells = [(variable, wave) for wave in waves for variable in variables]
    square = isinstance(value, pd.DataFrame) and value.shape == (len(waves), len(variables)) != (len(cells), len(cells))
    if names is None or square:
        return _by_wave(value, what, variables, waves) if square else numbers_from(value, what)
    named = {name: [cell for cell in cells if _names(name, *cell)] for name in names}
    found = {matches[0]: name for name, matches in named.items() if len(matches) == 1}
    if len(found) < len(cells) or len(names) != len(cells):
        unknown = [name for name, matches in named.items() if len(matches) != 1]
        raise DataError(
            f"A table with names is read by its names, a variable and a wave each: those of {what!r} are such as "
            f"{cells[0][0] + '_' + cells[0][1]!r}.",
            f"There are {len(cells)} cells, and {len(names)} names, of which {len(unknown)} are of no cell or of "
            f"several{': ' if unknown else '.'}{listed(unknown)}{'.' if unknown else ''}",
            f"Rename them; or give {what} as an array without names, ordered by wave: all variables of the first wave, "
            "then all of the second.",
        )
    return _taken(value, what, names, [found[cell] for cell in cells])


def _by_wave(value: Any, what: str, variables: Sequence[str], waves: Sequence[str]) -> Array:
    """Return a table of waves by variables, its columns by their names."""
    for axis, known in ((value.index, waves), (value.columns, variables)):
        names = _labels(axis, what)
        if names is not None and tuple(names) != tuple(known):
            raise DataError(
                f"Rows of {what!r} are the waves {listed(waves)}, and its columns the variables {listed(variables)}.",
                f"You gave {listed(names)}.",
                "Rename or reorder them.",
            )
    return numbers_from(value.to_numpy(), what)


def _names(name: str, variable: str, wave: str) -> bool:
    text, one, two = (re.escape(re.sub(r"[\W_]+", "", part.casefold())) for part in (name, variable, wave))
    return any(re.fullmatch(f"{a}[^\\W\\d]*{b}", re.sub(r"\\", "", text)) for a, b in ((one, two), (two, one)))


def _taken(value: Any, what: str, names: Sequence[str], wanted: Sequence[str]) -> Array:
    numbers = numbers_from(list(value.values()) if isinstance(value, Mapping) else value.to_numpy(), what)
    place = [names.index(name) for name in wanted]
    if not isinstance(value, pd.DataFrame):
        return numbers[place]
    if numbers.shape != (len(names), len(names)):
        return numbers
    down, across = (_labels(axis, what) or tuple(names) for axis in (value.index, value.columns))
    return numbers[np.ix_([down.index(name) for name in wanted], [across.index(name) for name in wanted])]
