"""Value labels of a file hold for its codes: not for codes that were changed since, nor for those of other columns."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from bayespanel.data import Panel, Trial, read_table
from bayespanel.language.errors import DataError, DataWarning

ARMS = {0: "programme", 1: "control"}
ANSWERS = ("never", "rarely", "sometimes", "often", "always")
COLUMNS = {"y": ["y1", "y2", "y3"]}


def written(path: Path, frame: pd.DataFrame, **about: Any) -> pd.DataFrame:
    """Return a table as it comes back from an SPSS file."""
    pyreadstat.write_sav(frame, str(path / "t.sav"), **about)
    return read_table(path / "t.sav")


@pytest.fixture
def trial(tmp_path: Path) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    school = np.repeat(np.arange(20.0), 20)
    arm = (school % 2 == 1) * 1.0
    frame = pd.DataFrame({"school": school, "arm": arm, "y": rng.normal(size=400) - arm})
    return written(tmp_path, frame, variable_value_labels={"arm": ARMS})


def arms_of(frame: pd.DataFrame, control: str = "control") -> Trial:
    return Trial.from_frame(frame, arm="arm", control=control, randomised="school", outcomes=["y"], school="school")


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.sample(frac=1, random_state=1),
        lambda frame: frame.sample(frac=1, random_state=1).reset_index(drop=True),
        lambda frame: frame.iloc[:300],
        lambda frame: frame[frame["y"] < 0].copy(),
        lambda frame: frame.assign(y=frame["y"] * 2),
        lambda frame: pd.concat([frame, frame.iloc[:7]], ignore_index=True),
    ],
)
def test_rows_that_move_keep_their_labels(trial: pd.DataFrame, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    assert arms_of(change(trial)).arms == ("control", "programme")


@pytest.mark.parametrize("change", [lambda arm: 1 - arm, lambda arm: arm + 1, lambda arm: arm.replace({1: 0, 0: 2})])
def test_codes_that_were_changed_lose_their_labels(trial: pd.DataFrame, change: Callable[[Any], Any]) -> None:
    trial["arm"] = change(trial["arm"])
    with pytest.raises(DataError, match="other numbers now than the file had"):
        arms_of(trial)
    with pytest.warns(DataWarning, match="taken as they are, without the labels"):
        assert "control" not in arms_of(trial, control=f"{trial['arm'].min():g}").arms


def test_missing_codes_that_are_filled_in_change_no_label(trial: pd.DataFrame, tmp_path: Path) -> None:
    gaps = trial.assign(arm=trial["arm"].mask(trial["school"] == 3))
    frame = written(tmp_path, gaps, variable_value_labels={"arm": ARMS})
    assert arms_of(frame.assign(arm=frame["arm"].fillna(1))).arms == ("control", "programme")


def test_labels_that_somebody_gives_anew_hold(trial: pd.DataFrame) -> None:
    trial["arm"] = 1 - trial["arm"]
    trial.attrs["value_labels"] = {"arm": {1: "programme", 0: "control"}}
    assert arms_of(trial).arms == ("control", "programme")


def pupils(**columns: Any) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    return pd.DataFrame({name: rng.integers(1, 6, 60) * 1.0 for name in COLUMNS["y"]} | columns)


def test_schools_of_columns_with_other_labels_are_known_by_name(tmp_path: Path) -> None:
    first = np.repeat([1.0, 2.0, 3.0], 20)
    later = np.select([first == 1, first == 2], [2.0, 1.0], 3.0)
    labels = {1: "Anna", 2: "Berg", 3: "Cusa"}, {1: "Berg", 2: "Anna", 3: "Cusa"}
    frame = written(
        tmp_path,
        pupils(s1=first, s2=later, s3=later),
        variable_value_labels={"s1": labels[0], "s2": labels[1], "s3": labels[1]},
    )
    with pytest.warns(DataWarning, match="1 is 'Anna', 'Berg'"):
        panel = Panel.from_wide(frame, columns=COLUMNS, school=["s1", "s2", "s3"], movers="error")
    assert panel.school_names == ("Anna", "Berg", "Cusa")
    assert np.array_equal(panel.school, np.repeat([0, 1, 2], 20))


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (dict(zip(range(1, 6), ANSWERS[::-1], strict=True)), "'always' is 5 in the column 'y1', and 1 in 'y2'"),
        ({1: "Never", 2: "sometimes", 3: "often", 4: "always"}, "'sometimes' is 3 in the column 'y1', and 2 in 'y2'"),
    ],
)
def test_an_answer_with_two_numbers_is_said(tmp_path: Path, labels: dict[int, str], words: str) -> None:
    usual = dict(zip(range(1, 6), ANSWERS, strict=True))
    frame = written(tmp_path, pupils(), variable_value_labels={"y1": usual, "y2": labels, "y3": usual})
    with pytest.warns(DataWarning, match=words):
        Panel.from_wide(frame, columns=COLUMNS)


def test_the_same_answers_and_other_codes_for_missing_are_not_spoken_of(tmp_path: Path) -> None:
    usual = dict(zip(range(1, 6), ANSWERS, strict=True))
    labels = {"y1": usual | {9: "no answer"}, "y2": usual | {99: "no answer"}, "y3": {1: "never", 5: "always"}}
    assert Panel.from_wide(written(tmp_path, pupils(), variable_value_labels=labels), columns=COLUMNS).guesses == ()


def test_kinds_are_no_amounts(tmp_path: Path) -> None:
    tracks = {1: "Hauptschule", 2: "Realschule", 3: "Gymnasium"}
    frame = pupils(track=np.tile([1.0, 2, 3], 20))
    for measure in ("ordinal", "nominal"):
        read = written(tmp_path, frame, variable_value_labels={"track": tracks}, variable_measure={"track": measure})
        if measure == "nominal":
            with pytest.warns(DataWarning, match="give a column of 0 and 1 for each kind but one"):
                Panel.from_wide(read, columns=COLUMNS, covariates=["track"])
        else:
            (said,) = Panel.from_wide(read, columns=COLUMNS, covariates=["track"]).guesses
            assert "1 is 'Hauptschule' and 2 is 'Realschule'" in said.seen


def test_rows_that_a_program_filters_are_said(tmp_path: Path) -> None:
    frame = pupils(chosen=np.tile([0.0, 1.0], 30))
    read = written(tmp_path, frame, column_labels=["", "", "", "y1 > 2 (FILTER)"])
    with pytest.warns(DataWarning, match="'chosen' selects 30 of 60 rows"):
        Panel.from_wide(read, columns=COLUMNS)
    assert Panel.from_wide(read[read["chosen"] == 1], columns=COLUMNS).guesses == ()


def test_rows_that_a_sheet_hides_are_said(tmp_path: Path) -> None:
    import openpyxl

    pupils().to_excel(tmp_path / "t.xlsx", index=False)
    assert Panel.from_wide(read_table(tmp_path / "t.xlsx"), columns=COLUMNS).guesses == ()
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    for line in range(2, 12):
        book.active.row_dimensions[line].hidden = True
    book.save(tmp_path / "t.xlsx")
    with pytest.warns(DataWarning, match="hides 10 rows of 60"):
        Panel.from_wide(read_table(tmp_path / "t.xlsx"), columns=COLUMNS)


def test_numbers_that_two_formulas_give_are_one_label() -> None:
    rows = [(value, wave, wave + i) for wave in (1, 2, 3) for i, value in enumerate(np.arange(40) / 10)]
    frame = pd.DataFrame(rows, columns=["id", "wave", "y"])
    frame["y"] = np.random.default_rng(1).normal(size=len(frame))
    second = frame["wave"] == 2
    frame.loc[second, "id"] = np.arange(40) * 0.1
    assert frame["id"].nunique() > 40
    assert Panel.from_long(frame, pupil="id", wave="wave", variables=["y"]).n_pupils == 40


def test_what_is_kept_of_a_file_is_shared_and_not_changed_in_place(trial: pd.DataFrame, tmp_path: Path) -> None:
    assert trial["arm"].attrs["value_labels"] is trial.attrs["value_labels"]
    with pytest.raises(TypeError, match="a new dictionary"):
        trial.attrs["value_labels"]["arm"] = {0: "control"}
    again = pickle.loads(pickle.dumps(trial))  # what was written the line before
    assert arms_of(again).arms == ("control", "programme")
    trial.to_parquet(tmp_path / "t.parquet")
    assert arms_of(read_table(tmp_path / "t.parquet")).arms == ("control", "programme")
