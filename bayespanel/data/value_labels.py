"""Value labels of SPSS and Stata: they hold for the codes that they were read with, each column for itself."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayespanel.data.code_labels import absence_in
from bayespanel.data.guesses import Guess
from bayespanel.data.kept import Kept
from bayespanel.data.wording import label_of, listed

LABELS = "value_labels"
"""Where `DataFrame.attrs` holds column -> code -> label, as files of programs for statistics have them."""

AS_READ = "as_read"
"""Where it holds, as lists and dicts, what labelled columns were when a file was read."""

NOMINAL = "nominal"
"""Where it holds the columns of which a file says that their codes are kinds and no amounts."""

KINDS = 3
"""Codes from which on kinds need more than one column of 0 and 1."""

Labels = Mapping[float, str]


def note_as_read(frame: pd.DataFrame) -> None:
    """Keep with a table how often each code of a labelled column stands in it, and a digest of every column."""
    labels = frame.attrs.get(LABELS) or {}
    codes = {name: _counts(frame[name]) for name in labels if name in frame.columns}
    if codes:
        content = {
            "codes": {name: list(map(list, counts.items())) for name, counts in codes.items()},
            "labels": {name: _digest_of_labels(labels[name]) for name in codes},
            "columns": {str(name): _digest(frame.iloc[:, at]) for at, name in enumerate(frame.columns)},
        }
        frame.attrs[AS_READ] = Kept(content)


def value_labels_of(frame: pd.DataFrame, column: str) -> dict[float, str]:
    """Return code -> label of a column; codes that are no numbers left out, and labels of codes that were changed."""
    labels = frame.attrs.get(LABELS, {})
    found = labels.get(column, {}) if isinstance(labels, dict) else {}
    if not found or is_outdated(frame, column):
        return {}
    return {float(code): str(label) for code, label in found.items() if isinstance(code, int | float)}


def is_outdated(frame: pd.DataFrame, column: str) -> bool:
    """Return whether the codes of a column were changed since its labels were read with it.

    Rows that were dropped, doubled or sorted change nothing, nor do codes that were set to missing, or missing ones
    that were filled in. Else a code that is there more often than the file had it was made; and where each is there as
    often, but in other rows while another column is as it was, they were exchanged.
    """
    known = frame.attrs.get(AS_READ)
    if not isinstance(known, dict) or column not in known["codes"] or not isinstance(frame[column], pd.Series):
        return False
    if _digest_of_labels(frame.attrs[LABELS][column]) != known["labels"][column]:
        return False  # somebody gave it others, which then hold
    then, now = dict(map(tuple, known["codes"][column])), _counts(frame[column])
    if any(code not in then for code in now):
        return True
    if len(frame) > then.pop(ROWS, len(frame)):
        return False
    now.pop(ROWS, None)
    if all(now.get(code, 0) >= number for code, number in then.items()) and now != then:
        return False  # missing ones were filled in
    if any(number > then[code] for code, number in now.items()):
        return True
    if now != then or _digest(frame[column]) == known["columns"][column]:
        return False
    others = (name for name in known["columns"] if name != column and name in frame.columns)
    return any(isinstance(frame[name], pd.Series) and _digest(frame[name]) == known["columns"][name] for name in others)


ROWS = "rows"
"""Beside the counts of codes: the number of rows."""


def _counts(column: pd.Series) -> dict[float | str, int]:
    numbers = pd.to_numeric(column, errors="coerce") if not isinstance(column, pd.DataFrame) else pd.Series(dtype=float)
    values, counts = np.unique(numbers.dropna().to_numpy(float), return_counts=True)
    return {**dict(zip(values.tolist(), counts.tolist(), strict=True)), ROWS: len(column)}


def _digest(column: pd.Series) -> str:
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column.dtype):
        content = column.to_numpy(dtype=float, na_value=np.nan).tobytes()
    else:
        content = "\0".join(map(str, column)).encode("utf-8", "surrogatepass")
    return hashlib.sha256(content).hexdigest()[:16]


def _digest_of_labels(labels: Mapping[object, object]) -> str:
    content = sorted(f"{label_of(code)}={text}" for code, text in labels.items())
    return hashlib.sha256("\0".join(content).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def guess_of_outdated(column: str) -> Guess:
    """Return what is said of labels that were left out because codes are others now."""
    return Guess(
        "labels",
        f"Column {column!r} has value labels of its file, and other numbers now than the file had.",
        "Its numbers were taken as they are, without the labels.",
        "If the new numbers have names, write these names into the column in place of the numbers.",
        True,
    )


def several_names(of: Mapping[str, Labels]) -> Guess | None:
    """Return what is said where columns of the same kind give one code several names; None where they agree."""
    names: dict[float, list[str]] = {}
    for labels in of.values():
        for code, text in labels.items():
            known = names.setdefault(code, [])
            if _plain(text) not in map(_plain, known):
                known.append(text)
    torn = {code: texts for code, texts in names.items() if len(texts) > 1}
    if not torn:
        return None
    code, texts = next(iter(torn.items()))
    return Guess(
        "labels",
        f"The value labels of the columns {listed(of)} differ: {label_of(code)} is {listed(texts, 3)}.",
        "Each number was taken by the label that its own column gives it.",
        "If the numbers are right and a label is not, correct the labels in the file.",
        True,
    )


def by_name(column: pd.Series, labels: Labels) -> pd.Series:
    """Return a column of codes with the label in place of each code that has one."""
    texts = {code: text for code, text in labels.items() if not absence_in(text)}
    return column.astype(object).map(
        lambda code: texts.get(float(code), code) if isinstance(code, int | float) else code, na_action="ignore"
    )


def moved_labels(variable: str, of: Mapping[str, Labels]) -> Guess | None:
    """Return a doubt where an answer has one code in one column of a variable, and another code in another column.

    Parameters
    ----------
    variable
        Its name.
    of
        Column -> its labels, one column for each wave.
    """
    seen: dict[str, tuple[str, float, str]] = {}
    for column, labels in of.items():
        once: Sequence[str] = [_plain(text) for text in labels.values()]
        for code, text in labels.items():
            plain = _plain(text)
            if not plain or absence_in(text) or once.count(plain) > 1:
                continue
            other, before, _ = seen.setdefault(plain, (column, code, text))
            if before != code:
                return Guess(
                    "direction",
                    f"Value labels of {variable!r} differ between waves: {text!r} is {label_of(before)} in the column "
                    f"{other!r}, and {label_of(code)} in {column!r}.",
                    "The numbers were taken as they are.",
                    "Give the same answer the same number at all waves before the table is read: lags, stable parts "
                    "and means would come out wrong.",
                    True,
                )
    return None


def guess_of_kinds(frame: pd.DataFrame, name: str, values: NDArray[np.float64], labels: Labels) -> Guess | None:
    """Return what is said of a covariate whose codes all have value labels; a doubt if its file calls it nominal."""
    codes = np.unique(values[~np.isnan(values)]).tolist()
    if len(codes) < KINDS or not all(code in labels for code in codes):
        return None
    some = " and ".join(f"{label_of(code)} is {labels[code]!r}" for code in codes[:2])
    return Guess(
        "covariates",
        f"Each number of the covariate {name!r} has a value label, such as {some}.",
        "It was taken as an amount: one slope, the same for each step from one number to the next.",
        "If its numbers are kinds, give a column of 0 and 1 for each kind but one.",
        name in frame.attrs.get(NOMINAL, ()),
    )


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
