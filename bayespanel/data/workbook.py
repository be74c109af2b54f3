"""A sheet of a workbook as columns of text, read by the same rules as a file of separated values."""

from __future__ import annotations

import datetime
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import pandas as pd

from bayespanel.data.guesses import Guess
from bayespanel.data.row_filters import guess_of_hidden_rows
from bayespanel.data.source import Source
from bayespanel.data.text_numbers import Spelt, to_frame
from bayespanel.data.text_table import TextTable, damaged, table_of
from bayespanel.data.wording import counted, listed
from bayespanel.language.errors import DataError, nearest

Cell = Any
"""What a cell holds: nothing, text, a number, a truth value, or a date."""

NO_COMMA = ";"
"""What would stand between cells in a text file; commas in cells can then be decimal marks."""

Numbered = tuple[int, tuple[Cell, ...]]
"""A row of a sheet with its number, counted from 1."""


def read_workbook(source: Path, decimal: str | None, sheet: str | None) -> tuple[pd.DataFrame, Source]:
    """Read one sheet of an .xlsx file; its first row that is not empty names the columns.

    Numbers are those that the cells hold, however many digits are shown. A cell of text stays text, so that "0001" is
    a label. Dates become text, year first.

    Parameters
    ----------
    source
        The file.
    decimal
        The decimal mark of numbers that are written as text.
    sheet
        Name of the sheet; without one, the only sheet that holds something.

    Raises
    ------
    DataError
        No workbook; several sheets and none named; a sheet that is not there; a formula whose result the file lacks;
        and whatever is refused of separated values.
    """
    if find_spec("openpyxl") is None:
        raise DataError(
            "Workbooks are read with openpyxl.",
            "It is not installed.",
            "Install it (pip install openpyxl), or save the sheet as CSV.",
        )
    name = source.name
    sheets = _sheets(source, results=True)
    chosen = _chosen(name, {title: rows for title, rows in sheets.items() if rows}, list(sheets), sheet)
    rows = sheets[chosen]
    if not rows:
        raise damaged(name, f"its sheet {chosen!r} is empty" if sheet else "it is empty")
    _require_results(name, chosen, rows, _sheets(source, results=False)[chosen])
    width = max(len(row) for _, row in rows)
    texts = [(line, [_text(cell, decimal) for cell in _filled(row, width)]) for line, row in rows]
    table = table_of(name, texts, NO_COMMA)
    frame, spelt = to_frame(table, name, decimal)
    hidden = _hidden(source, chosen, range(rows[0][0] + 1, rows[-1][0] + 1))
    return frame, Source(spelt=_without_doubt(spelt, rows, table), guesses=(*table.guesses, *hidden))


def _hidden(source: Path, sheet: str, lines: range) -> tuple[Guess, ...]:
    try:
        return guess_of_hidden_rows(source, sheet, lines)
    except (LookupError, ValueError, SyntaxError):  # a workbook that openpyxl reads, laid out in a way of its own
        return ()


def _sheets(source: Path, *, results: bool) -> dict[str, list[Numbered]]:
    """Return the rows of every sheet that hold something, with the results of formulas or with formulas."""
    from xml.etree.ElementTree import ParseError

    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    broken = (OSError, ValueError, TypeError, LookupError, AttributeError, BadZipFile, InvalidFileException, ParseError)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # extensions of the format that hold no cells
            book = openpyxl.load_workbook(source, read_only=True, data_only=results)
            try:
                return {sheet.title: list(_rows(sheet)) for sheet in book.worksheets}
            finally:
                book.close()
    except BadZipFile as error:
        raise damaged(source.name, "it is no workbook, or a password protects it") from error
    except broken as error:
        lines = str(error).strip().splitlines()
        raise damaged(source.name, lines[0] if lines else type(error).__name__) from error


def _rows(sheet: Any) -> Iterator[Numbered]:
    sheet.reset_dimensions()  # some programs state a size that is too small
    for line, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        held = next((at for at in range(len(row), 0, -1) if not _blank(row[at - 1])), 0)
        if held:
            yield line, tuple(row[:held])


def _blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _chosen(name: str, held: dict[str, list[Numbered]], titles: Sequence[str], sheet: str | None) -> str:
    """Return the name of the sheet to read."""
    if sheet is not None:
        if sheet in titles:
            return sheet
        raise DataError(
            "A sheet is named as in its workbook.",
            f"{name!r} has no sheet {sheet!r}. {nearest(sheet, list(titles))}",
            "Correct the name.",
        )
    if len(held) > 1:
        raise DataError(
            "A table is one sheet of a workbook.",
            f"{name!r} has {counted(len(held), 'sheet')} that hold something: {listed(held)}.",
            f"Name the one to read: sheet={next(iter(held))!r}.",
        )
    if not titles:
        raise damaged(name, "it has no sheet of cells")
    return next(iter(held), titles[0])


def _require_results(name: str, sheet: str, rows: Sequence[Numbered], written: Sequence[Numbered]) -> None:
    """Refuse a formula whose result is not in the file: no missing score, but one that nobody has computed."""
    known = dict(rows)
    for line, row in written:
        results = known.get(line, ())
        for at, cell in enumerate(row):
            if isinstance(cell, str) and cell.startswith("=") and (at >= len(results) or results[at] is None):
                from openpyxl.utils import get_column_letter

                raise DataError(
                    "A cell holds a value, or a formula with its result.",
                    f"Cell {get_column_letter(at + 1)}{line} of the sheet {sheet!r} in {name!r} holds the formula "
                    f"{cell!r}, and the program that wrote it has not computed it.",
                    "Open the file in a spreadsheet program and save it again, or save the values alone.",
                )


def _filled(row: tuple[Cell, ...], width: int) -> tuple[Cell, ...]:
    return (*row, *(None,) * (width - len(row)))


def _text(cell: Cell, decimal: str | None) -> str:
    """Return a cell as text; numbers with all their digits, and with the decimal mark that the reader will look for."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        text = f"{cell:.0f}" if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
        return text.replace(".", ",") if decimal == "," else text
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return cell.date().isoformat()
    return str(cell)


def _without_doubt(spelt: Spelt, rows: Sequence[Numbered], table: TextTable) -> Spelt:
    """Take out doubts about thousands where every cell below the header is a number or empty."""
    doubtful = {
        str(header).strip(): any(isinstance(row[at], str) for _, row in rows[1:] if at < len(row))
        for at, header in enumerate(rows[0][1])
        if header is not None
    }
    kept = {name: pair for name, pair in spelt.thousands.items() if name in table.names and doubtful.get(name, True)}
    return replace(spelt, thousands=kept)
