"""Labels of waves, classes and schools: from a column to codes in a natural order."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayespanel.data.wording import label_of, listed
from bayespanel.errors import DataWarning

NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, eq=False)
class Labelled:
    """A column of labels as codes.

    Attributes
    ----------
    codes : int64 [row]
        Position of each row's label in `labels`; -1 where the label is missing or blank.
    labels : tuple of str
        The labels that occur, in their natural order.
    """

    codes: NDArray[np.int64]
    labels: tuple[str, ...]


def labelled(column: pd.Series) -> Labelled:
    """Code a column of labels.

    Parameters
    ----------
    column : [row]
        Numbers, text, dates or categories. Labels that read the same (1, 1.0 and "1") are the same.

    Returns
    -------
    Labelled
        In the order of the categories for a categorical, otherwise in numerical order where the labels are
        numbers and in natural order ("w2" before "w10") where they are text. Labels that do not occur are left out.
    """
    raw, uniques = pd.factorize(column)
    present = [label_of(value) for value in uniques]
    known = sorted({label for label in present if label}, key=_natural)
    if isinstance(column.dtype, pd.CategoricalDtype):
        order = dict.fromkeys(label_of(value) for value in column.cat.categories)
        known = [label for label in order if label in set(present)]
    position = {label: at for at, label in enumerate(known)}
    # The last entry answers the code -1 (missing).
    table = np.array([position.get(label, -1) for label in present] + [-1], dtype=np.int64)
    return Labelled(table[raw], tuple(known))


def warn_of_guessed_order(column: pd.Series, labels: tuple[str, ...], name: str) -> None:
    """Warn where the order of the waves had to be guessed from words.

    The order is evident for numbers, dates, categories, and for labels that differ in one number only ("w1", "w2").
    Anything else ("pre", "post"; "K", "1", "2") was put in alphabetical order, which may not be the order in time.
    """
    evident = isinstance(column.dtype, pd.CategoricalDtype) or not (
        pd.api.types.is_object_dtype(column.dtype) or pd.api.types.is_string_dtype(column.dtype)
    )
    around = {NUMBER.sub("#", label) for label in labels}
    if evident or all(_is_number(label) for label in labels) or (len(around) == 1 and around.pop().count("#") == 1):
        return
    warnings.warn(
        f"The order of the waves must be known. Column {name!r} holds words, which were put in this order: "
        f"{listed(labels, 20)}. If that is not their order in time, make the column a categorical: "
        f"frame[{name!r}] = pd.Categorical(frame[{name!r}], [first, second, ...], ordered=True).",
        DataWarning,
        stacklevel=4,
    )


def _is_number(label: str) -> bool:
    try:
        float(label)
    except ValueError:
        return False
    return True


def _natural(label: str) -> tuple[int, float, list[tuple[int, float, str]], str]:
    """Numbers first and by size; then text, with the numbers inside it by size."""
    if _is_number(label):
        return 0, float(label), [], label
    pieces = re.split(r"(\d+)", label)
    return 1, 0.0, [(0, float(s), "") if s.isdecimal() else (1, 0.0, s) for s in pieces], label
