"""Tables in files say what the table for a paper says, in the layout of APA, and no cell is a formula."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import docx
import numpy as np
import openpyxl
import pytest
from docx.oxml.ns import qn

from bayespanel.language.errors import SpecError
from bayespanel.page import table_files
from bayespanel.page.apa import TITLE, apa_table
from bayespanel.page.table_files import TEXTS, save_table
from bayespanel.summaries.table import table
from tests.page.test_apa import NAMES, evidence


def printed() -> list[list[str]]:
    """The twin: the rows of the table as comma-separated values, without kinds and note."""
    rows = [row for row in csv.reader(io.StringIO(apa_table(evidence(), format="csv"))) if len(row) > 2][1:]
    return [[row[1].replace("->", "→"), *(cell or "—" for cell in row[2:])] for row in rows]


def plain(cells: list[str]) -> list[str]:
    return [cell.replace("−", "-") for cell in cells]


def borders(cell) -> set[str]:
    found = cell._tc.tcPr.find(qn("w:tcBorders"))
    return set() if found is None else {one.tag.split("}")[1] for one in found}


@pytest.fixture
def word(tmp_path: Path):
    return docx.Document(str(save_table(evidence(), tmp_path / "t.docx")))


def test_word_shows_the_rows_of_the_table_below_their_kinds(word):
    (grid,) = word.tables
    rows = [[cell.text for cell in row.cells] for row in grid.rows]
    kinds = [row for row in rows if len(set(row)) == 1]
    assert len(kinds) == 3
    assert [plain(row) for row in rows[1:] if row not in kinds] == printed()


def test_word_has_number_title_and_note_where_apa_wants_them(word):
    number, title, *_, note = word.paragraphs
    assert (number.text, title.text) == ("Table 1", TITLE)
    assert number.runs[0].bold
    assert title.runs[0].italic
    assert note.text.startswith("Note. Estimate and SD = ")
    assert note.runs[0].text == "Note"
    assert note.runs[0].italic
    assert [run.text for run in note.runs if run.italic] == ["Note", "SD", "pd"]
    assert [run.text for run in note.runs if run.font.subscript] == ["10"]
    body = list(word.element.body)
    assert body.index(title._p) < body.index(word.tables[0]._tbl) < body.index(note._p)


def test_word_has_three_lines_and_no_others(word):
    (grid,) = word.tables
    ruled = [set().union(*(borders(cell) for cell in row.cells)) for row in grid.rows]
    assert ruled[0] == {"top", "bottom"}
    assert ruled[-1] == {"bottom"}
    assert not any(ruled[1:-1])
    assert grid.style.name == "Normal Table"  # which has none of its own


def test_word_repeats_the_headings_and_splits_no_row(word):
    (grid,) = word.tables
    assert grid.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in grid.rows)
    assert [run.text for run in grid.rows[0].cells[2].paragraphs[0].runs if run.italic] == ["SD"]


def test_excel_shows_the_table_and_every_number_unrounded(tmp_path: Path):
    book = openpyxl.load_workbook(save_table(evidence(), tmp_path / "t.xlsx"))
    assert book.sheetnames == ["Table 1", "Numbers"]
    rows = [[cell for cell in row if cell is not None] for row in book["Table 1"].iter_rows(values_only=True)]
    assert rows[0] == ["Table 1"]
    assert rows[2][:3] == ["Pathway", "Estimate", "SD"]
    assert [plain(row) for row in rows[3:-1] if len(row) > 1] == printed()
    assert rows[-1][0].startswith("Note. ")
    frame = table(evidence())
    names, *numbers = book["Numbers"].iter_rows(values_only=True)
    assert list(names) == list(frame.columns)
    means = [row[names.index("mean")] for row in numbers]
    np.testing.assert_allclose(means, frame["mean"], rtol=1e-15)  # openpyxl writes 16 digits
    bayes = [row[names.index("log_bf10")] for row in numbers]
    assert [value is None for value in bayes] == frame["log_bf10"].isna().tolist()


def test_no_name_is_a_formula(tmp_path: Path):
    names = ["=1+1 -> b", "+a -> b", "@x -> y", *NAMES[3:]]
    found = evidence().assign_coords(pathway=names)
    book = openpyxl.load_workbook(save_table(found, tmp_path / "t.xlsx"))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    assert "=1+1 → b" in [cell.value for cell in cells]


@pytest.mark.parametrize("ending", TEXTS)
def test_text_is_what_the_table_returns(tmp_path: Path, ending: str):
    path = save_table(evidence(), tmp_path / f"t{ending}", kinds=["direct"])
    assert path.read_text(encoding="utf-8") == apa_table(evidence(), format=TEXTS[ending], kinds=["direct"])


def test_kinds_are_chosen(tmp_path: Path):
    found = docx.Document(str(save_table(evidence(), tmp_path / "t.docx", kinds=["between"])))
    assert [row.cells[0].text for row in found.tables[0].rows][2:] == [NAMES[3]]


@pytest.mark.parametrize("name", ["t.pdf", "t", "t.doc"])
def test_another_ending_is_refused_with_the_known_ones(tmp_path: Path, name: str):
    with pytest.raises(SpecError, match=r"\.docx, \.xlsx"):
        save_table(evidence(), tmp_path / name)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(SpecError, match="folder that exists"):
        save_table(evidence(), tmp_path / "no" / "t.docx")


def test_without_the_extra_the_error_says_how_to_have_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(table_files, "find_spec", lambda _: None)
    with pytest.raises(SpecError) as caught:
        save_table(evidence(), tmp_path / "t.docx")
    assert "bayespanel[word]" in caught.value.action
    save_table(evidence(), tmp_path / "t.html")
