"""A workbook gives the table that its sheet shows, and says what it does not hold."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from bayespanel.data import Panel, read_table
from bayespanel.language.errors import DataError
from tests.command.lines import Run
from tests.data.tables import long_table

Rows = Sequence[Sequence[Any]]


def workbook(path: Path, **sheets: Rows) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def rows_of(frame: pd.DataFrame) -> list[list[Any]]:
    cells = frame.astype(object).where(frame.notna(), None)
    return [list(frame.columns), *cells.to_numpy().tolist()]


def refused(path: Path, **words: Any) -> DataError:
    with pytest.raises(DataError) as caught:
        read_table(path, **words)
    return caught.value


def test_a_workbook_is_the_table_that_was_written(tmp_path: Path) -> None:
    frame = read_table(workbook(tmp_path / "t.xlsx", pupils=rows_of(long_table())))
    pd.testing.assert_frame_equal(frame, long_table(), check_dtype=False)


def test_a_workbook_and_a_text_file_make_one_panel(tmp_path: Path) -> None:
    """The twin: the same table as comma-separated values. openpyxl writes 16 digits, so the scores have fewer."""
    table = long_table().round(6)
    table.to_csv(tmp_path / "t.csv", index=False)
    workbook(tmp_path / "t.xlsx", pupils=rows_of(table))
    how: dict[str, Any] = {"pupil": "pupil", "wave": "wave", "variables": ["math"], "school": "school"}
    one, two = (Panel.from_long(read_table(tmp_path / name), **how) for name in ("t.csv", "t.xlsx"))
    assert one.moments().fingerprint() == two.moments().fingerprint()


def test_numbers_have_all_their_digits_and_labels_their_zeros(tmp_path: Path) -> None:
    rows = [["id", "score", "year"], ["0001", 0.123456789012345, 2019], ["0002", 1e-7, 2020.0], ["0010", -3, None]]
    frame = read_table(workbook(tmp_path / "t.xlsx", pupils=rows))
    assert frame["id"].tolist() == ["0001", "0002", "0010"]
    assert frame["score"].tolist() == [0.123456789012345, 1e-7, -3.0]
    assert frame["year"].tolist()[:2] == [2019, 2020]
    assert pd.isna(frame["year"].iloc[2])


@pytest.mark.parametrize("decimal", [None, ".", ","])
def test_a_decimal_mark_is_about_text_and_never_about_numbers(tmp_path: Path, decimal: Any) -> None:
    path = workbook(tmp_path / "t.xlsx", pupils=[["id", "score"], ["a", 1.125], ["b", 2.25], ["c", 709.0]])
    assert read_table(path, decimal=decimal)["score"].tolist() == [1.125, 2.25, 709]


def test_numbers_that_are_numbers_leave_no_doubt_about_thousands(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", pupils=[["id", "score"], ["a", 1.125], ["b", 2.375], ["c", 709.0]])
    assert "source" not in read_table(path).attrs or not read_table(path).attrs["source"]["thousands"]


def test_decimal_commas_in_cells_of_text_are_read_as_in_a_text_file(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", pupils=[["id", "score"], ["a", "3,5"], ["b", "4,5"]])
    assert read_table(path)["score"].tolist() == [3.5, 4.5]
    path = workbook(tmp_path / "t.xlsx", pupils=[["id", "score", "x"], ["a", "3,5", 1.5], ["b", "4,5", 2.5]])
    assert "comma" in refused(path).given


def test_dates_are_text_and_truth_values_are_numbers_later(tmp_path: Path) -> None:
    day = datetime.datetime(2012, 9, 3)
    path = workbook(tmp_path / "t.xlsx", pupils=[["id", "born", "girl"], ["a", day, True], ["b", day, False]])
    frame = read_table(path)
    assert frame["born"].tolist() == ["2012-09-03"] * 2
    assert frame["girl"].tolist() == [True, False]


def test_a_number_that_became_a_date_is_refused_as_a_score(tmp_path: Path) -> None:
    table = long_table()
    table["math"] = table["math"].astype(object)
    table.loc[2, "math"] = datetime.datetime(2026, 3, 10)
    frame = read_table(workbook(tmp_path / "t.xlsx", pupils=rows_of(table)))
    with pytest.raises(DataError, match="2026-03-10"):
        Panel.from_long(frame, pupil="pupil", wave="wave", variables=["math"])


def test_empty_rows_and_columns_around_a_table_are_no_cells(tmp_path: Path) -> None:
    rows = [[], [None, None], ["a", "b", None], [1, 2, None], [None, None, None], [3, 4, " "]]
    frame = read_table(workbook(tmp_path / "t.xlsx", pupils=rows))
    assert frame.to_dict("list") == {"a": [1, 3], "b": [2, 4]}


def test_the_only_sheet_that_holds_something_is_read(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", Sheet1=[], pupils=[["a"], [1], [2]], Sheet3=[[None]])
    assert read_table(path)["a"].tolist() == [1, 2]


def test_several_sheets_are_a_question_and_a_name_its_answer(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", autumn=[["a"], [1]], spring=[["a"], [2]])
    error = refused(path)
    assert "'autumn', 'spring'" in error.given
    assert "sheet='autumn'" in error.action
    assert read_table(path, sheet="spring")["a"].tolist() == [2]
    assert "Nearest: 'spring'" in refused(path, sheet="sprin").given


def test_a_sheet_of_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n1\n")
    assert refused(tmp_path / "t.csv", sheet="a").rule == "Workbooks have sheets."


def test_a_formula_that_nobody_computed_is_no_missing_score(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", pupils=[["id", "sum"], ["a", 3], ["b", "=B2+1"]])
    error = refused(path)
    assert "Cell B3 of the sheet 'pupils'" in error.given
    assert "'=B2+1'" in error.given


def test_a_title_above_the_header_is_no_header(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", pupils=[["Our study", None, None], ["id", "a", "b"], [1, 2, 3], [2, 3, 4]])
    assert "first line" in refused(path).action


@pytest.mark.parametrize("content", [b"", b"\x81\x00 no workbook", b"PK\x03\x04" + bytes(60)])
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.xlsx").write_bytes(content)
    assert "'t.xlsx' could not be read" in refused(tmp_path / "t.xlsx").given


def test_an_empty_workbook_is_refused(tmp_path: Path) -> None:
    assert "it is empty" in refused(workbook(tmp_path / "t.xlsx", Sheet1=[])).given
    path = workbook(tmp_path / "t.xlsx", Sheet1=[], pupils=[["a"], [1]])
    assert "'Sheet1' is empty" in refused(path, sheet="Sheet1").given


def test_the_command_line_names_a_sheet(tmp_path: Path, run: Run) -> None:
    path = workbook(tmp_path / "t.xlsx", info=[["who"], ["me"]], pupils=rows_of(long_table()))
    code, _, err = run("describe", str(path))
    assert code == 2
    assert "--sheet 'info'" in err
    code, out, _ = run("describe", str(path), "--sheet", "pupils")
    assert code == 0
    assert "math" in out
    assert "--sheet pupils" in out
