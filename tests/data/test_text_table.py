"""Separated values: every cell stays in its column, or the file is refused by name."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bayespanel.data import Panel, read_table
from bayespanel.data.source import source_of
from bayespanel.language.errors import DataError, DataWarning
from tests.data.tables import long_table


def written(folder: Path, text: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


GOOD = "id,w,x\na,1,2.5\nb,1,3.5\na,2,4.5\nb,2,1.5\n"


@pytest.mark.parametrize(
    "text",
    [
        "id,w,x\na,1,2.5,\nb,1,3.5,\na,2,4.5,\nb,2,1.5,\n",
        "id,w,x,\na,1,2.5\nb,1,3.5\na,2,4.5\nb,2,1.5\n",
        "id,w,x,,\na,1,2.5,,\nb,1,3.5,,\na,2,4.5,,\nb,2,1.5,,\n",
        "sep=,\n" + GOOD,
        "sep=;\n" + GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\n\n"),
        GOOD + ",,\n,,\n",
        GOOD.replace(",", ";").replace(".", ","),
        "\ufeff" + GOOD,
        GOOD.replace("id,w", ' id ,"w"'),
        '"id","w","x"\n"a","1","2.5"\n"b","1","3.5"\n"a","2","4.5"\n"b","2","1.5"\n',
        GOOD.encode("utf-16"),
        GOOD.encode("utf-16-le"),
        ("sep=;\n" + GOOD.replace(",", ";")).encode("utf-16"),
    ],
)
def test_one_table_spelt_differently_is_the_same_table(tmp_path: Path, text: str | bytes) -> None:
    frame = read_table(written(tmp_path, text))
    pd.testing.assert_frame_equal(frame, read_table(written(tmp_path, GOOD, "good.csv")), check_dtype=False)


@pytest.mark.parametrize(
    ("text", "given"),
    [
        (GOOD.replace("b,1,3.5", "b,1"), "line 3 has 2 fields"),
        (GOOD.replace("b,1,3.5", "b,1,3.5,7"), "line 3 has 4 fields"),
        (GOOD.replace("b,1,3.5", "b,1,3.5,"), "line 3 has 4 fields"),
        ("1,a,1,2.5\n".join(["id,w,x\n", "", ""]), "line 2 has 4 fields (as 1 other row)"),
        ("Results of the study\n" + GOOD, "line 2 has 3 fields"),
        ("Results;;\n" + GOOD.replace(",", ";"), "column 2 has values and no name"),
        ("id,,\n" + GOOD, "column 2 has values and no name"),
        (GOOD + GOOD, "stands again in line 6"),
        (GOOD.replace("b,1", '"b,1'), "row that begins in line 3"),
        (GOOD.replace("a,2", 'a"b"c",2').replace('a"b', '"a"b'), "row that begins in line 4"),
        (GOOD.replace("3.5", "3\x00.5"), "line 3 holds a null"),
        (GOOD + "Total,,12.5\n", "says 'Total'"),
        ("id,x,y\na,2.5,1\nb,3.5,2\nc,4.5,3\n,10.5,6\n", "sum of the rows above in 'x', 'y'"),
        (GOOD[:-1].replace("2,1.5", "2,1."), "shorter than every other"),
        ("id,x\n1,12.25\n2,13.75\n3,1", "shorter than every other"),
        ("sep=|\n" + GOOD.replace(",", "|"), "sep=|"),
    ],
)
def test_what_would_shift_or_miscount_is_refused(tmp_path: Path, text: str, given: str) -> None:
    with pytest.raises(DataError) as caught:
        read_table(written(tmp_path, text))
    assert given in caught.value.given
    assert caught.value.action


def test_two_columns_of_one_name_are_refused_where_the_name_is_used(tmp_path: Path) -> None:
    frame = read_table(written(tmp_path, "id,w,x,x,y\na,1,1,9,1\nb,1,2,9,3\na,2,3,9,4\nb,2,1,9,6\n"))
    assert Panel.from_long(frame, pupil="id", wave="w", variables=["y"]).n_pupils == 2
    with pytest.raises(DataError, match="2 columns named 'x'"):
        Panel.from_long(frame, pupil="id", wave="w", variables=["x"])


def test_a_file_whose_last_line_does_not_end_may_be_cut(tmp_path: Path) -> None:
    text = "id,w,x\na,1,2.25\nb,1,13.75\na,2,4.75\nb,2,11.2"
    frame = read_table(written(tmp_path, text))
    with pytest.warns(UserWarning, match=r"'11\.2'"):
        panel = Panel.from_long(frame, pupil="id", wave="w", variables=["x"])
    assert panel.guesses[0].doubtful


def test_a_cut_gz_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(long_table(200).to_csv(index=False).encode())
    with pytest.raises(DataError, match="could not be read"):
        read_table(written(tmp_path, whole[: len(whole) // 2], "t.csv.gz"))


@pytest.mark.parametrize(
    "labels",
    [["0001", "1"], ["1E1", "10"], ["3.1", "3.10"], ["12345678901234567", "12345678901234568"], ["1e5", "100000"]],
)
def test_two_labels_never_become_one_number(tmp_path: Path, labels: list[str]) -> None:
    rows = [f"{label},{t},{i + t * 1.5}" for i, label in enumerate([*labels, "7"]) for t in (1, 2)]
    frame = read_table(written(tmp_path, "id,w,x\n" + "\n".join(rows) + "\n"))
    panel = Panel.from_long(frame, pupil="id", wave="w", variables=["x"], alike="keep")
    assert panel.pupils.tolist() == [*labels, "7"]


def test_a_column_that_keeps_its_spelling_is_a_score_all_the_same(tmp_path: Path) -> None:
    frame = read_table(written(tmp_path, "id,w,x\na,1,3.1\nb,1,3.10\nd,1,2\na,2,04\nb,2,7\nc,1,NA\nc,2,5\n"))
    assert source_of(frame).spelt.numeric == ("x",)
    panel = Panel.from_long(frame, pupil="id", wave="w", variables=["x"])
    assert np.array_equal(panel.values[:, :, 0], [[3.1, 4], [3.1, 7], [2, np.nan], [np.nan, 5]], equal_nan=True)


def test_a_point_may_separate_thousands(tmp_path: Path) -> None:
    path = written(tmp_path, "id;w;rt\na;1;1.125\nb;1;709\na;2;2.250\nb;2;820\n")
    frame = read_table(path)
    with pytest.raises(DataError, match=r"'1\.125' beside '709'"):
        Panel.from_long(frame, pupil="id", wave="w", variables=["rt"])
    as_it_is = Panel.from_long(frame, pupil="id", wave="w", variables=["rt"], accept=["numbers"])
    assert as_it_is.values[0, 0, 0] == 1.125
    told = Panel.from_long(read_table(path, decimal=","), pupil="id", wave="w", variables=["rt"])
    assert told.values[:, :, 0].tolist() == [[1125, 2250], [709, 820]]


def test_words_for_missing_are_taken_where_they_are_named(tmp_path: Path) -> None:
    frame = read_table(written(tmp_path, "id;w;x\na;1;3,5\nb;1;.\na;2;4,5\nb;2;#NULL!\nc;1;2\nc;2;1,5\n"))
    with pytest.raises(DataError) as caught:
        Panel.from_long(frame, pupil="id", wave="w", variables=["x"])
    assert "missing=['#NULL!', '.']" in caught.value.action
    panel = Panel.from_long(frame, pupil="id", wave="w", variables=["x"], missing=[".", "#NULL!"])
    assert panel.values[:, :, 0].tolist() == [[3.5, 4.5], [2.0, 1.5]]
    assert "in 2 rows" in panel.guesses[0].seen


def test_a_column_of_spss_whose_date_cannot_be_costs_nothing(tmp_path: Path) -> None:
    import pyreadstat

    frame = long_table().assign(born=pd.Timestamp("2010-05-01").as_unit("ns"))
    pyreadstat.write_sav(frame, tmp_path / "t.sav", variable_format={"born": "DATE11"})
    content = (tmp_path / "t.sav").read_bytes()
    seconds = np.float64((np.datetime64("2010-05-01") - np.datetime64("1582-10-14")) / np.timedelta64(1, "s")).tobytes()
    assert seconds in content
    (tmp_path / "t.sav").write_bytes(content.replace(seconds, np.float64(3.5e11).tobytes(), 1))
    read = read_table(tmp_path / "t.sav")
    panel = Panel.from_long(read, pupil="pupil", wave="wave", variables=["math"])
    assert "year of five digits" in str(panel.guesses[0])


@pytest.mark.parametrize(("mark", "other"), [(".", ","), (",", ".")])
def test_either_mark_may_separate_thousands(tmp_path: Path, mark: str, other: str) -> None:
    rows = "id;w;rt\na;1;1.125\nb;1;709\na;2;2.250\nb;2;820\n"
    path = written(tmp_path, rows.replace(".", mark))
    with pytest.raises(DataError, match="separates thousands") as caught:
        Panel.from_long(read_table(path), pupil="id", wave="w", variables=["rt"])
    assert f"decimal='{other}'" in caught.value.action
    told = Panel.from_long(read_table(path, decimal=other), pupil="id", wave="w", variables=["rt"])  # type: ignore[arg-type]
    assert told.values[:, :, 0].tolist() == [[1125, 2250], [709, 820]]
    all_so = written(tmp_path, rows.replace("709", "3.709").replace("820", "4.820").replace(".", mark))
    with pytest.warns(DataWarning, match="three digits after it"):
        panel = Panel.from_long(read_table(all_so), pupil="id", wave="w", variables=["rt"])
    assert panel.values[1, 0, 0] == 3.709


@pytest.mark.parametrize("nothing", ["0.0", "0.00", "0.", ".0", "0"])
def test_zero_with_a_sign_is_zero(tmp_path: Path, nothing: str) -> None:
    """Rounded z-scores hold both: the column is one of numbers, as is each half of it."""
    text = f"id,w,x\na,1,{nothing}\nb,1,-{nothing}\na,2,4.5\nb,2,-1.5\n"
    column = read_table(written(tmp_path, text))["x"]
    assert column.dtype == float
    np.testing.assert_array_equal(column, [0.0, 0.0, 4.5, -1.5])
