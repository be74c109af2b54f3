"""Tables as CSV files that a spreadsheet opens without running what stands in them.

A cell of text that begins with `=`, `+`, `-`, `@`, a tab or a line break is a formula to Excel, LibreOffice and Google
Sheets, quoted or not. Names of variables, schools and arms come from other people's files, so such a cell gets an
apostrophe before it and is text. Numbers, also those written as text, stay.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pandas as pd

FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""First letters of a formula; the last four are the same signs in full width, which some languages' programs read."""

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def as_text(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula; what is no text, and what is a number, as it is."""
    if isinstance(cell, str) and FORMULA.match(cell) and not NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def csv_text(frame: pd.DataFrame, *, float_format: str | None = None) -> str:
    """Return a table as comma-separated values: a line of names, then its rows, without the index.

    Parameters
    ----------
    frame
        The table.
    float_format
        How floats are written, "%.17g"; all digits by default.
    """
    safe = frame.copy(deep=False)
    for at, dtype in enumerate(frame.dtypes):
        if not (pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_datetime64_any_dtype(dtype)):
            safe.isetitem(at, [as_text(cell) for cell in frame.iloc[:, at]])
    safe.columns = pd.Index([as_text(str(name)) for name in frame.columns])
    text: str = safe.to_csv(index=False, float_format=float_format, lineterminator="\n")
    return text


def write_csv(frame: pd.DataFrame, path: str | os.PathLike[str], *, float_format: str | None = None) -> None:
    """Write a table as `csv_text` returns it, in UTF-8."""
    Path(path).write_text(csv_text(frame, float_format=float_format), encoding="utf-8", newline="")
