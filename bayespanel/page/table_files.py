"""Evidence as a table in a file: for Word in the layout of APA (7th edition), for Excel, or as text."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from bayespanel.data.storage import write_whole
from bayespanel.files.paths import path_of
from bayespanel.language.errors import SpecError
from bayespanel.page.apa import TITLE, Language, apa_parts, apa_table
from bayespanel.summaries.table import table

TEXTS: dict[str, Language] = {".md": "markdown", ".tex": "latex", ".html": "html", ".csv": "csv"}
ENDINGS = (".docx", ".xlsx", *TEXTS)

RULE, FONT, SIZE = 8, "Times New Roman", 12
"""Width of the lines of a table, in eighths of a point, and its letters: those of the rest of a manuscript."""

INDENT = 0.2
"""Of a row below the heading of its kind, in inches."""

WIDEST = 60
"""Letters of the widest column of a sheet."""


def save_table(evidence: xr.Dataset, path: str | os.PathLike[str], *, kinds: Sequence[str] | None = None) -> Path:
    """Write evidence as a table for a paper into a file.

    Parameters
    ----------
    evidence
        The evidence of a fit.
    path
        Its ending says what is written. ".docx": a table for Word in the layout of APA, number and title above it,
        lines above and below the headings and at its end, the note below (needs the extra ``bayespanel[word]``).
        ".xlsx": a sheet with the same table, and a sheet with all numbers of the evidence, unrounded. ".md", ".tex",
        ".html" and ".csv": what `apa_table` returns. A file that is there is replaced.
    kinds
        Which kinds of pathway, in this order; all by default.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    SpecError
        Another ending, a folder that is not there, python-docx is not installed, or the evidence has no pathway of a
        kind.
    """
    target = path_of(path, "A table", error=SpecError)
    require_table_file(target)
    ending = target.suffix.lower()
    if ending in TEXTS:
        text = apa_table(evidence, format=TEXTS[ending], kinds=kinds)
        write_whole(target, lambda made: Path(made).write_text(text, encoding="utf-8", newline=""))
    elif ending == ".docx":
        document = _document(*apa_parts(evidence, kinds))
        write_whole(target, lambda made: document.save(str(made)))
    else:
        book = _workbook(*apa_parts(evidence, kinds), table(evidence, kinds=kinds))
        write_whole(target, lambda made: book.save(made))
    return target


def require_table_file(path: Path) -> None:
    """Check that a table can be written under this name, before anything is computed.

    Raises
    ------
    SpecError
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise SpecError(
            f"A table is written into a file that ends in one of {', '.join(ENDINGS)}.",
            f"You gave {path.name!r}.",
            "Choose one of these endings.",
        )
    if not path.parent.is_dir():
        raise SpecError(
            "A table is written into a folder that exists.", f"There is no {str(path.parent)!r}.", "Make it first."
        )
    if ending == ".docx" and find_spec("docx") is None:
        raise SpecError(
            "Tables for Word are written with python-docx.",
            "It is not installed.",
            'Install it (pip install "bayespanel[word]"), or write .html, which Word opens.',
        )


def _document(headings: list[str], groups: list[tuple[str, list[list[str]]]], note: str) -> Any:
    """Return a document of Word with one table in the layout of APA."""
    import docx
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Inches, Pt

    document = docx.Document()
    document.core_properties.title, document.core_properties.author = TITLE, ""
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(SIZE)
    style.paragraph_format.space_after = Pt(0)
    document.add_paragraph().add_run("Table 1").bold = True
    title = document.add_paragraph()
    title.add_run(TITLE).italic = True
    title.paragraph_format.space_before = title.paragraph_format.space_after = Pt(6)
    grid = document.add_table(rows=0, cols=len(headings))
    right, centre = WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.CENTER

    head = _line(grid, headings, [None, *[centre] * (len(headings) - 1)])
    _ruled(head, "top", "bottom")
    _marked(head, "tblHeader")
    for kind, rows in groups:
        line = _line(grid, [f"*{kind}*"], [None])
        line.cells[0].merge(line.cells[-1])
        for cells in rows:
            shown = [cells[0].replace("->", "→"), *(_minus(cell) for cell in cells[1:])]
            line = _line(grid, shown, [None, *[right] * (len(cells) - 1)], plain=True)
            line.cells[0].paragraphs[0].paragraph_format.left_indent = Inches(INDENT)
    _ruled(grid.rows[-1], "bottom")
    below = document.add_paragraph()
    below.paragraph_format.space_before = Pt(6)
    _write(below, f"*Note*. {_minus(note)}")
    return document


def _line(grid: Any, cells: Sequence[str], places: Sequence[Any], *, plain: bool = False) -> Any:
    """Add a row that no page break splits; a name is plain, whatever stands in it."""
    row = grid.add_row()
    _marked(row, "cantSplit")
    for cell, text, place in zip(row.cells, cells, places, strict=False):
        paragraph = cell.paragraphs[0]
        paragraph.alignment = place
        if plain:
            paragraph.add_run(text)
        else:
            _write(paragraph, text)
    return row


def _write(paragraph: Any, text: str) -> None:
    """Write text, what stands between asterisks in italics and the index of a Bayes factor low."""
    for i, part in enumerate(re.split(r"\*([^*]+)\*", text)):
        for j, piece in enumerate(re.split("(₁₀)", part)):
            if piece:
                run = paragraph.add_run("10" if j % 2 else piece)
                run.italic, run.font.subscript = bool(i % 2) or None, bool(j % 2) or None


def _marked(row: Any, name: str) -> None:
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement(f"w:{name}"))


def _ruled(row: Any, *sides: str) -> None:
    """Draw lines along sides of a row."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for cell in row.cells:
        borders = OxmlElement("w:tcBorders")
        for side in sides:
            line = OxmlElement(f"w:{side}")
            for name, value in (("val", "single"), ("sz", str(RULE)), ("space", "0"), ("color", "000000")):
                line.set(qn(f"w:{name}"), value)
            borders.append(line)
        cell._tc.get_or_add_tcPr().append(borders)


def _workbook(headings: list[str], groups: list[tuple[str, list[list[str]]]], note: str, frame: pd.DataFrame) -> Any:
    """Return a workbook: the table as it is printed, and all numbers as numbers."""
    import openpyxl
    from openpyxl.styles import Alignment, Border, Font, Side

    line = Side(style="thin")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Table 1"
    lines = [["Table 1"], [TITLE], [_flat(heading) for heading in headings]]
    for kind, rows in groups:
        lines += [[kind], *([cells[0].replace("->", "→"), *map(_minus, cells[1:])] for cells in rows)]
    _fill(sheet, lines)
    for cell in sheet[3]:
        cell.border, cell.alignment = Border(top=line, bottom=line), Alignment(horizontal="center")
    for row in sheet.iter_rows(min_row=4, min_col=2):
        for cell in row:
            cell.alignment = Alignment(horizontal="right")
    for cell in sheet[sheet.max_row]:
        cell.border = Border(bottom=line)
    sheet["A1"].font, sheet["A2"].font = Font(bold=True), Font(italic=True)
    _fill(sheet, [[f"Note. {_flat(_minus(note))}"]])
    numbers = book.create_sheet("Numbers")
    _fill(numbers, [list(map(str, frame.columns)), *frame.astype(object).to_numpy().tolist()])
    numbers.freeze_panes = "B2"
    for one, last in ((sheet, sheet.max_row - 1), (numbers, numbers.max_row)):
        for column in one.iter_cols(min_row=1 if one is numbers else 3, max_row=last):
            widest = max(len(str(cell.value)) for cell in column)
            one.column_dimensions[column[0].column_letter].width = min(widest + 2, WIDEST)
    return book


def _fill(sheet: Any, lines: Sequence[Sequence[object]]) -> None:
    """Append rows; text is text, also where it looks like a formula, and what is not finite is an empty cell."""
    for cells in lines:
        sheet.append([])
        row = sheet._current_row
        for at, value in enumerate(cells, start=1):
            if value is None or (isinstance(value, float) and not math.isfinite(value)):
                continue
            cell = sheet.cell(row, at, value if isinstance(value, bool | int | float) else str(value))
            if isinstance(value, str):
                cell.data_type = "s"


def _minus(text: str) -> str:
    return re.sub(r"(?<![\w.)])-(?=[\d.])", "−", text)


def _flat(text: str) -> str:
    return re.sub(r"\*(\w+)\*", r"\1", text).replace("₁₀", "10")
