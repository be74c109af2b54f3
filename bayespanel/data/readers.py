"""Tables from files: separated values, workbooks, Parquet, SPSS and Stata."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from bayespanel.data.guesses import Guess
from bayespanel.data.kept import Kept
from bayespanel.data.source import Source, with_source
from bayespanel.data.text_numbers import to_frame
from bayespanel.data.text_table import damaged, read_text_table
from bayespanel.data.total_row import refuse_total_row
from bayespanel.data.value_labels import LABELS, NOMINAL, note_as_read
from bayespanel.data.wording import listed
from bayespanel.data.workbook import read_workbook
from bayespanel.files.paths import path_of
from bayespanel.language.errors import DataError

ENDINGS = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".xlsx", ".parquet", ".sav", ".zsav", ".dta")


def read_table(
    path: str | os.PathLike[str], *, decimal: Literal[",", "."] | None = None, sheet: str | None = None
) -> pd.DataFrame:
    """Read a table of pupils from a file.

    Parameters
    ----------
    path
        A file that ends in .csv, .tsv or .txt (or one of these with .gz), .xlsx (a workbook), .parquet, .sav or .zsav
        (SPSS), or .dta (Stata). In a text file the separator (comma, semicolon or tab) is detected. A decimal comma is
        detected too, unless the comma is the separator.
    decimal
        The decimal mark of a text file, "." or ",". By default it is detected. If it is ",", points separate thousands.
    sheet
        Name of the sheet of a workbook. By default it is the only one that holds something.

    Returns
    -------
    pandas.DataFrame
        Codes with labels stay numbers, and values that the file declares to be missing become NaN. A column of a
        text file becomes numbers only if nothing of its spelling is lost: "0001", "1E1", and "3.1" beside "3.10" stay
        text. ``frame.attrs["value_labels"]`` has the labels of the codes of each column, ``{column: {code: label}}``,
        and ``frame.attrs["variable_labels"]`` the label of each column; both are empty for other files.
        ``frame.attrs["source"]`` says what was detected (`Source`).

    Raises
    ------
    DataError
        The file does not exist, has an unknown ending or is damaged; rows have different lengths; there is a second
        header or a row of totals; a workbook has several sheets; decimal commas and points are mixed; or a Parquet
        file is read without pyarrow.
    """
    source = path_of(path, "A table")
    ending = next((end for end in sorted(ENDINGS, key=len, reverse=True) if source.name.lower().endswith(end)), None)
    if decimal not in (None, ",", "."):
        raise DataError(
            "A decimal mark is ',' or '.'.", f"You gave {decimal!r}.", "Give one of the two, or leave it out."
        )
    if not source.is_file():
        there = sorted(p.name for p in source.parent.glob("*")) if source.parent.is_dir() else []
        found = f" Its folder holds {listed(there)}." if there else ""
        raise DataError("A table is read from a file.", f"There is no file {str(source)!r}.{found}", "Check the path.")
    if ending is None:
        raise DataError(
            f"A table is read from a file that ends in one of {', '.join(ENDINGS)}.",
            f"You gave {source.name!r}.",
            "Save the table as CSV or Parquet, or read it with pandas and pass the DataFrame on.",
        )
    if sheet is not None and ending != ".xlsx":
        raise DataError(
            "Workbooks have sheets.",
            f"You gave sheet={sheet!r} for {source.name!r}.",
            "Leave it out, or give a file that ends in .xlsx.",
        )
    if ending == ".xlsx":
        frame, known = read_workbook(source, decimal, sheet)
    elif ending == ".parquet":
        frame, known = _read_parquet(source), Source()
    elif ending in (".sav", ".zsav", ".dta"):
        frame, known = _read_labelled(source, ending)
    else:
        table = read_text_table(source)
        frame, spelt = to_frame(table, source.name, decimal)
        known = Source(spelt=spelt, guesses=table.guesses)
    refuse_total_row(frame, source.name)
    for part in (LABELS, "variable_labels"):
        frame.attrs[part] = Kept(frame.attrs.get(part) or {})
    note_as_read(frame)
    return with_source(frame, known)


def _read_parquet(source: Path) -> pd.DataFrame:
    if find_spec("pyarrow") is None:
        raise DataError(
            "Parquet files are read with pyarrow.",
            "It is not installed.",
            "Install it (pip install pyarrow), or save the table as CSV.",
        )
    try:
        frame = pd.read_parquet(source, engine="pyarrow")
    except (OSError, ValueError, ArithmeticError, TypeError) as error:
        raise damaged(source.name, _reason(error)) from error
    for position, dtype in enumerate(frame.dtypes):
        column = frame.iloc[:, position]
        present = column.dropna()
        if pd.api.types.is_object_dtype(dtype) and len(present) and all(isinstance(v, Decimal) for v in present):
            frame.isetitem(position, column.astype(float).to_numpy())
    labels = frame.attrs.get(LABELS)
    if isinstance(labels, dict):  # codes are words in what a Parquet file keeps beside its cells
        frame.attrs[LABELS] = {name: {_code(code): text for code, text in of.items()} for name, of in labels.items()}
    return frame


def _code(written: object) -> object:
    try:
        return float(str(written))
    except ValueError:
        return written


def _read_labelled(source: Path, ending: str) -> tuple[pd.DataFrame, Source]:
    """Read an SPSS or Stata file with its labels; dates that cannot be stay what the file holds."""
    import pyreadstat

    read: Callable[..., tuple[pd.DataFrame, Any]] = pyreadstat.read_dta if ending == ".dta" else pyreadstat.read_sav
    broken = (pyreadstat.ReadstatError, OSError, ValueError, UnicodeDecodeError)
    guesses: tuple[Guess, ...] = ()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            try:
                frame, meta = read(str(source))
            except ArithmeticError:  # a year of five digits overflows what a date can hold
                frame, meta = read(str(source), disable_datetime_conversion=True)
                guesses = (
                    Guess(
                        "dates",
                        f"{source.name!r} holds a date that cannot be, such as a year of five digits.",
                        "Its dates were left as numbers (SPSS: seconds since 1582-10-14; Stata: days since 1960).",
                        "Correct the date in the program that wrote it if you need the column.",
                    ),
                )
    except broken as error:
        raise damaged(source.name, _reason(error)) from error
    frame.attrs[LABELS] = Kept({name: dict(labels) for name, labels in meta.variable_value_labels.items()})
    frame.attrs["variable_labels"] = Kept({name: label for name, label in meta.column_names_to_labels.items() if label})
    frame.attrs[NOMINAL] = Kept({name: True for name, measure in meta.variable_measure.items() if measure == "nominal"})
    return frame, Source(guesses=guesses)


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
