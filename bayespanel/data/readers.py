"""Tables from files: CSV, Parquet, SPSS and Stata."""

from __future__ import annotations

import csv
import gzip
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from bayespanel.data.wording import listed
from bayespanel.errors import DataError

SEPARATORS = (",", ";", "\t")
ENCODINGS = ("utf-8-sig", "cp1252")
"""UTF-8 with or without its mark; else what Excel writes on Windows in Western Europe."""

ENDINGS = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".parquet", ".sav", ".zsav", ".dta")
DECIMAL_COMMA = r"\s*[-+]?\d*,\d+\s*"
DECIMAL_POINT = r"\s*[-+]?\d*\.\d+\s*"
WHOLE = r"\s*[-+]?\d+\s*"


def read_table(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a table of pupils.

    Parameters
    ----------
    path
        A file ending in .csv, .tsv or .txt (also .gz; separated by comma, semicolon or tab, which is found out; with a
        decimal comma where the separator is none), .parquet, .sav or .zsav (SPSS) or .dta (Stata).

    Returns
    -------
    pandas.DataFrame
        SPSS and Stata codes stay numbers; values declared missing there are NaN. ``frame.attrs["value_labels"]``
        holds column -> {code: label}, ``frame.attrs["variable_labels"]`` column -> label; both empty for other files.

    Raises
    ------
    DataError
        No such file, an unknown ending, a damaged file, a mixture of decimal commas and points, or Parquet
        without pyarrow.
    """
    source = Path(path)
    ending = next((end for end in sorted(ENDINGS, key=len, reverse=True) if source.name.lower().endswith(end)), None)
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
    if ending == ".parquet":
        frame = _read_parquet(source)
    elif ending in (".sav", ".zsav", ".dta"):
        frame = _read_labelled(source, ending)
    else:
        frame = _read_text(source)
    frame.attrs.setdefault("value_labels", {})
    frame.attrs.setdefault("variable_labels", {})
    return frame


def _read_text(source: Path) -> pd.DataFrame:
    """Read a file of separated values."""
    encoding, header = _header(source)
    # The separator is the one that splits the header most.
    separator = max(SEPARATORS, key=lambda mark: len(next(csv.reader([header], delimiter=mark), [])))
    frame = _parse(source, separator, encoding, ".")
    commas = _columns_like(frame, DECIMAL_COMMA)
    if separator == "," or not commas:
        return frame
    points = [str(name) for name in frame.columns if _has_fractions(frame[name])] + _columns_like(frame, DECIMAL_POINT)
    if points:
        raise DataError(
            "A file writes all its numbers with a decimal comma, or all with a decimal point.",
            f"In {source.name!r}, {listed(commas)} uses the comma and {listed(points)} the point.",
            "Save the file with one decimal mark; thousands separators have to go, too.",
        )
    return _parse(source, separator, encoding, ",")


def _header(source: Path) -> tuple[str, str]:
    """Return the encoding that reads the whole file and its first line."""
    opener = gzip.open if source.name.lower().endswith(".gz") else open
    for encoding in ENCODINGS:
        try:
            with opener(source, "rt", encoding=encoding, newline="") as lines:
                header = lines.readline()
                for _ in lines:
                    pass
            return encoding, header.rstrip("\r\n")
        except UnicodeDecodeError:
            continue
        except OSError as error:
            raise _damaged(source, error) from error
    raise DataError(
        "A text file is encoded in UTF-8 (or Windows-1252).",
        f"{source.name!r} is not.",
        "Save it again as 'CSV UTF-8'.",
    )


def _parse(source: Path, separator: str, encoding: str, decimal: str) -> pd.DataFrame:
    try:
        # Without low_memory a column cannot be a number in one part of the file and text in another.
        return pd.read_csv(source, sep=separator, encoding=encoding, decimal=decimal, low_memory=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, OSError, EOFError) as error:
        raise _damaged(source, error) from error


def _columns_like(frame: pd.DataFrame, number: str) -> list[str]:
    """Return the text columns whose values are all whole numbers or like `number`, and some the latter."""
    found = []
    for name in frame.columns:
        column = frame[name].dropna()
        if len(column) and not pd.api.types.is_numeric_dtype(column.dtype):
            text = column.astype(str)
            if text.str.fullmatch(f"{number}|{WHOLE}").all() and text.str.fullmatch(number).any():
                found.append(str(name))
    return found


def _has_fractions(column: pd.Series) -> bool:
    """Say whether a column was read as numbers with decimals."""
    return bool(pd.api.types.is_float_dtype(column.dtype) and (column.dropna() % 1 != 0).any())


def _read_parquet(source: Path) -> pd.DataFrame:
    if find_spec("pyarrow") is None:
        raise DataError(
            "Parquet files are read with pyarrow.",
            "It is not installed.",
            "Install it (pip install pyarrow), or save the table as CSV.",
        )
    try:
        return pd.read_parquet(source, engine="pyarrow")
    except (OSError, ValueError) as error:
        raise _damaged(source, error) from error


def _read_labelled(source: Path, ending: str) -> pd.DataFrame:
    """Read an SPSS or Stata file with its labels."""
    import pyreadstat

    read = pyreadstat.read_dta if ending == ".dta" else pyreadstat.read_sav
    frame: pd.DataFrame
    meta: Any
    try:
        frame, meta = read(str(source))
    except (pyreadstat.ReadstatError, OSError, ValueError) as error:
        raise _damaged(source, error) from error
    frame.attrs["value_labels"] = {name: dict(labels) for name, labels in meta.variable_value_labels.items()}
    frame.attrs["variable_labels"] = {name: label for name, label in meta.column_names_to_labels.items() if label}
    return frame


def _damaged(source: Path, error: Exception) -> DataError:
    reason = str(error).strip().splitlines()
    return DataError(
        "A table is read from a whole file of the kind its ending says.",
        f"{source.name!r} could not be read ({reason[0] if reason else type(error).__name__}).",
        "Open it in the program that wrote it and save it again, or check the ending of its name.",
    )
