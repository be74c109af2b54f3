"""Tables come out of files as they went in."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from bayespanel.data import Panel, read_table
from bayespanel.language.errors import DataError
from tests.data.tables import long_table

FRAME = pd.DataFrame({"id": [1.0, 2, 3], "sex": [1.0, 2, np.nan], "score": [1.5, np.nan, -9]})
LABELS = {"sex": {1: "girl", 2: "boy"}}
COLUMN_LABELS = {"id": "Pupil", "sex": "Sex of the pupil", "score": "Score, autumn"}


@pytest.mark.parametrize("ending", [".sav", ".zsav", ".dta"])
def test_labelled_files_keep_codes_and_labels(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"table{ending}"
    if ending == ".dta":
        pyreadstat.write_dta(FRAME, path, column_labels=COLUMN_LABELS, variable_value_labels=LABELS)
    else:
        pyreadstat.write_sav(
            FRAME, path, column_labels=COLUMN_LABELS, variable_value_labels=LABELS, compress=ending == ".zsav"
        )
    frame = read_table(path)
    pd.testing.assert_frame_equal(frame, FRAME, check_dtype=False)
    assert frame.attrs["value_labels"] == LABELS
    assert frame.attrs["variable_labels"] == COLUMN_LABELS


def test_values_declared_missing_in_spss_are_missing(tmp_path: Path) -> None:
    pyreadstat.write_sav(FRAME, tmp_path / "t.sav", missing_ranges={"score": [-9]})
    assert read_table(tmp_path / "t.sav")["score"].isna().tolist() == [False, True, True]


def test_an_spss_file_becomes_a_panel_with_clean_labels(tmp_path: Path) -> None:
    frame = long_table().replace({"school": {"east": 1.0, "west": 2.0}})
    frame["school"] = frame["school"].astype(float)
    pyreadstat.write_sav(frame, tmp_path / "t.sav")
    panel = Panel.from_long(
        read_table(tmp_path / "t.sav"), pupil="pupil", wave="wave", variables=["math"], school="school"
    )
    assert panel.waves == ("1", "2", "3")
    assert panel.school_names == ("1", "2")


def test_parquet_comes_back(tmp_path: Path) -> None:
    long_table().to_parquet(tmp_path / "t.parquet")
    frame = read_table(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(frame, long_table(), check_dtype=False)
    assert frame.attrs == {"value_labels": {}, "variable_labels": {}}


def test_parquet_without_pyarrow_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long_table().to_parquet(tmp_path / "t.parquet")
    monkeypatch.setattr("bayespanel.data.readers.find_spec", lambda _: None)
    with pytest.raises(DataError) as caught:
        read_table(tmp_path / "t.parquet")
    assert "pyarrow" in caught.value.rule
    assert "pip install pyarrow" in caught.value.action


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("packed", [False, True])
def test_the_separator_is_found_out(tmp_path: Path, separator: str, packed: bool) -> None:
    text = long_table().to_csv(index=False, sep=separator)
    path = tmp_path / ("t.csv.gz" if packed else "t.csv")
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    pd.testing.assert_frame_equal(read_table(path), long_table(), check_dtype=False)


def test_a_decimal_comma_is_read_where_the_separator_is_a_semicolon(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    long_table().to_csv(path, index=False, sep=";", decimal=",")
    pd.testing.assert_frame_equal(read_table(path), long_table(), check_dtype=False)


def test_commas_and_points_in_one_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("id;a;b\n1;3,5;1.25\n2;4,5;2.5\n")
    with pytest.raises(DataError) as caught:
        read_table(path)
    assert "'a' uses the comma and 'b' the point" in caught.value.given
    assert "one decimal mark" in caught.value.action


def test_a_decimal_comma_in_quotes_stays_text_and_the_panel_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('id,a1,a2\n1,"3,5",4\n2,"4,5",5\n')
    with pytest.raises(DataError) as caught:
        Panel.from_wide(read_table(path), columns={"a": ["a1", "a2"]})
    assert "'3,5'" in caught.value.given
    assert ".str.replace(',', '.')" in caught.value.action


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_umlauts_survive_whatever_excel_wrote(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("schüler;größe\nJörg;1\n".encode(encoding))
    frame = read_table(path)
    assert list(frame.columns) == ["schüler", "größe"]
    assert frame["schüler"].tolist() == ["Jörg"]


def test_a_single_column_is_a_table(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n1\n2\n")
    assert read_table(tmp_path / "t.csv")["a"].tolist() == [1, 2]


def test_a_file_that_is_not_there_is_named_with_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "pupils.csv").write_text("a\n1\n")
    with pytest.raises(DataError) as caught:
        read_table(tmp_path / "pupil.csv")
    assert "pupil.csv" in caught.value.given
    assert "'pupils.csv'" in caught.value.given
    assert caught.value.action == "Check the path."


def test_an_unknown_ending_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "t.xls").write_bytes(b"PK")
    with pytest.raises(DataError) as caught:
        read_table(tmp_path / "t.xls")
    assert ".sav" in caught.value.rule
    assert "'t.xls'" in caught.value.given
    assert "CSV" in caught.value.action


@pytest.mark.parametrize("name", ["t.sav", "t.zsav", "t.dta", "t.parquet", "t.csv", "t.csv.gz"])
@pytest.mark.parametrize("content", [b"", b"\x81\x00 no table at all"])
def test_a_damaged_file_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_table(tmp_path / name)
    assert repr(name) in caught.value.given
    assert caught.value.action


def test_ragged_rows_are_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2\n1,2,3,4\n")
    with pytest.raises(DataError) as caught:
        read_table(tmp_path / "t.csv")
    assert "line 3" in caught.value.given
