"""Rows that another program has left out of sight: they are in its file, and are read."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

import pandas as pd

from bayespanel.data.guesses import Guess
from bayespanel.data.wording import counted

SPSS = re.compile(r"filter_\$?", re.IGNORECASE)
"""Name of a column that a program for statistics keeps of a filter; its label ends in "(FILTER)"."""

SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
HIDDEN = re.compile(rb'<row\b(?=[^>]*\shidden="(?:1|true)")[^>]*\sr="(\d+)"')


def guess_of_filter(frame: pd.DataFrame) -> tuple[Guess, ...]:
    """Return a doubtful guess where a column of a filter says that only some of the rows are selected."""
    labels = frame.attrs.get("variable_labels")
    for at, name in enumerate(map(str, frame.columns)):
        label = str(labels.get(name, "")) if isinstance(labels, dict) else ""
        if not (SPSS.fullmatch(name) or label.rstrip().endswith("(FILTER)")):
            continue
        chosen = pd.to_numeric(frame.iloc[:, at], errors="coerce").eq(1)
        if chosen.any() and not chosen.all():
            return (
                Guess(
                    "rows",
                    f"Column {name!r} selects {int(chosen.sum())} of {counted(len(frame), 'row')}, as a filter does.",
                    "All rows were read, as the file holds them.",
                    "If only these are meant, leave out the others before the table is read.",
                    True,
                ),
            )
    return ()


def guess_of_hidden_rows(source: Path, sheet: str, lines: range) -> tuple[Guess, ...]:
    """Return a doubtful guess where a sheet of a workbook hides some of its rows, as a filter does.

    Parameters
    ----------
    source
        The workbook, known to be one.
    sheet
        Name of the sheet.
    lines
        Numbers of the rows below the header.
    """
    with ZipFile(source) as archive:
        sheets = ElementTree.fromstring(archive.read("xl/workbook.xml")).iter(f"{SPACE}sheet")
        wanted = {one.get(RELATION) for one in sheets if one.get("name") == sheet}
        relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        paths = [str(one.get("Target")) for one in relations if one.get("Id") in wanted]
        if not paths:
            return ()
        path = paths[0].lstrip("/")
        content = archive.read(path if path.startswith("xl/") else f"xl/{path}")
    hidden = sum(int(line) in lines for line in HIDDEN.findall(content))
    if not hidden:
        return ()
    return (
        Guess(
            "rows",
            f"The sheet {sheet!r} hides {counted(hidden, 'row')} of {len(lines)}, as a filter does.",
            "All rows were read, as the file holds them.",
            "If only those in sight are meant, copy them to a sheet of their own.",
            True,
        ),
    )
