"""A bad table is refused with the rule, what was given and what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bayespanel.data import Panel
from bayespanel.language.errors import DataError
from tests.data.tables import build, long_table

ROLES = {"classroom": "class", "school": "school", "covariates": ["girl"]}


def refused(act: Callable[[], object], rule: str, given: str, action: str) -> None:
    """Check that all three parts say what they should, as sentences."""
    with pytest.raises(DataError) as caught:
        act()
    error = caught.value
    assert rule in error.rule
    assert given in error.given
    assert action in error.action
    for part in (error.rule, error.given, error.action):
        assert not part[0].islower(), part
        assert part.endswith("."), part


def changed(**columns: object) -> pd.DataFrame:
    return long_table().assign(**columns)


def at(rows: object, column: str, value: object) -> pd.DataFrame:
    frame = long_table()
    if isinstance(value, str):
        frame[column] = frame[column].astype(object)
    frame.loc[rows, column] = value  # type: ignore[call-overload]
    return frame


def repeated(**columns: object) -> pd.DataFrame:
    """Return the table with its first row once more, changed."""
    return pd.concat([long_table(), long_table().iloc[[0]].assign(**columns)], ignore_index=True)


first_pupil = slice(0, 2)
second_wave = long_table()["wave"] == 2

LONG: dict[str, tuple[Callable[[], pd.DataFrame], str, str, str]] = {
    "an empty table": (lambda: long_table().iloc[:0], "at least one row", "0 rows", "filter"),
    "a missing column": (lambda: long_table().rename(columns={"math": "maths"}), "in the table", "'maths'", "Correct"),
    "a column twice": (
        lambda: pd.concat([long_table(), long_table()[["math"]]], axis=1), "once", "2 columns named 'math'", "Rename",
    ),
    "no pupil": (lambda: at([3, 4], "pupil", None), "names its pupil", "2 rows of 36", "Drop"),
    "a blank pupil": (lambda: at([3], "pupil", " "), "names its pupil", "blank", "Drop"),
    "no wave": (lambda: at([3], "wave", np.nan), "names its wave", "1 row of 36", "Drop"),
    "exact copies": (repeated, "one row per pupil and wave", "exact copies", "drop_duplicates"),
    "copies that differ": (lambda: repeated(math=0.0), "one row per pupil", "p0 at", "Decide"),
    "two schools at one wave": (
        lambda: repeated(school="west"), "one row", "1 stands in two schools at the same wave", "start again",
    ),
    "two classes at one wave": (
        lambda: repeated(**{"class": "b"}), "one row", "1 stands in two classes at the same wave", "place where",
    ),
    "text": (lambda: at([4], "math", "absent"), "score is a number", "'absent' in row 4", "convert"),
    "numbers as text": (lambda: changed(math=long_table()["math"].astype(str)), "number", "'math'", "pd.to_numeric"),
    "decimal commas": (lambda: at([4], "math", "3,5"), "number", "'3,5'", "replace(',', '.')"),
    "dates": (lambda: changed(math=pd.Timestamp("2020-01-01")), "number", "datetime", "convert"),
    "an infinite score": (lambda: at([4, 5], "math", np.inf), "finite", "2 infinite values", "NaN"),
    "a constant variable": (lambda: changed(math=3.0), "differs between pupils", "at any wave", "Leave out"),
    "a variable constant at a wave": (
        lambda: at(second_wave, "math", 3.0), "differs between pupils", "wave '2' is 3", "Leave out",
    ),
    "a variable never observed at a wave": (
        lambda: at(second_wave, "math", np.nan), "observed at every wave", "'math' at wave '2'", "Leave out",
    ),
    "no score at all": (lambda: changed(math=np.nan, read=np.nan), "pupils with scores", "All 12 pupils", "recoded"),
    "one wave": (lambda: long_table(waves=1), "at least two waves", "has 1 (1)", "Add a wave"),
    "a pupil without a school": (lambda: at(first_pupil, "school", None), "belongs to a school", "1 pupil", "Drop"),
    "a pupil without a class": (lambda: at(first_pupil, "class", ""), "belongs to a class", "1 pupil", "Drop"),
    "one school": (lambda: changed(school="east"), "at least two", "has one", "leave out the school level"),
    "classes of one": (
        lambda: changed(**{"class": long_table()["pupil"]}), "two pupils", "Each of the 12", "class level",
    ),
    "classes that are schools": (
        lambda: changed(**{"class": long_table()["school"]}), "told apart", "one class", "Leave out classroom",
    ),
    "an unknown covariate": (
        lambda: at(first_pupil, "girl", np.nan), "known for every pupil", "1 pupil, of 12", "Drop",
    ),
    "a changing covariate": (lambda: at([1], "girl", 0.0), "same at all waves", "'girl' changes", "first wave"),
    "a covariate of words": (
        lambda: changed(girl=long_table()["girl"].map({0: "boy", 1: "girl"})), "covariate is a number", "'girl'", "0/1",
    ),
    "a constant covariate": (lambda: changed(girl=1.0), "covariate differs", "1 for all 12", "Leave it out"),
}  # fmt: skip


@pytest.mark.parametrize("case", LONG)
def test_a_bad_long_table_is_refused(case: str) -> None:
    table, rule, given, action = LONG[case]
    refused(lambda: build(table(), **ROLES), rule, given, action)


def test_what_is_no_table_is_refused() -> None:
    refused(lambda: build({"math": [1]}), "pandas DataFrame", "'dict'", "read_table")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("roles", "rule", "given"),
    [
        ({"variables": ()}, "list of column names", "empty"),
        ({"variables": ("math", "math")}, "each once", "'math'"),
        ({"variables": ("math", "girl"), "covariates": ["girl"]}, "one role", "'variables' and 'covariates'"),
        ({"classroom": "school", "school": "school"}, "one role", "'school'"),
        ({"covariates": "girl"}, "list of column names", "'girl'"),
        ({"school": "scool"}, "in the table", "Nearest: 'school'"),
        ({"school": "school", "movers": "last"}, "'movers'", "'last'"),
    ],
)
def test_bad_arguments_are_refused(roles: dict[str, object], rule: str, given: str) -> None:
    refused(lambda: build(long_table(), **roles), rule, given, "")  # type: ignore[arg-type]


def test_dropping_movers_may_not_drop_everybody() -> None:
    frame = long_table()
    frame["school"] = frame["wave"].astype(str)
    refused(lambda: build(frame, school="school", movers="drop"), "needs pupils", "Every pupil", "movers='first'")


WIDE = pd.DataFrame({"id": [1, 2, 3], "a1": [1.0, 2, 3], "a2": [2.0, 1, 4], "b1": [1.0, 3, 2], "b2": [0.0, 5, 1]})


@pytest.mark.parametrize(
    ("frame", "arguments", "rule", "given"),
    [
        (WIDE, {"columns": {"a": ["a1", "a2"], "b": ["b1"]}}, "one column per wave", "'a' has 2, 'b' has 1"),
        (WIDE, {"columns": {}}, "names, for every variable", "{}"),
        (WIDE, {"columns": {"a": "a1"}}, "list of column names", "'a1'"),
        (WIDE, {"columns": {"a": ["a1", "a1"]}}, "each once", "'a1'"),
        (WIDE, {"columns": {"a": ["a1", "a2"], "b": ["b1", "a2"]}}, "one role", "'a2'"),
        (WIDE, {"columns": {"a": ["a1", "a3"]}}, "in the table", "'a3'"),
        (WIDE, {"columns": {"a": ["a1", "a2"]}, "waves": [1]}, "every wave once", "2 waves"),
        (WIDE, {"columns": {"a": ["a1", "a2"]}, "waves": [1, 1.0]}, "every wave once", "'1', '1'"),
        (WIDE, {"columns": {"b1": ["a1", "a2"]}, "covariates": ["b1"]}, "different names", "'b1'"),
        (WIDE, {"columns": {"a": ["a1"]}}, "at least two waves", "has 1"),
        (
            WIDE.assign(id=[1, 2, 2]),
            {"columns": {"a": ["a1", "a2"]}, "pupil": "id"},
            "one row per pupil",
            "1 pupil has",
        ),
        (WIDE.assign(id=[1, 2, np.nan]), {"columns": {"a": ["a1", "a2"]}, "pupil": "id"}, "names its pupil", "1 row"),
    ],
)
def test_a_bad_wide_table_is_refused(frame: pd.DataFrame, arguments: dict[str, object], rule: str, given: str) -> None:
    refused(lambda: Panel.from_wide(frame, **arguments), rule, given, "")  # type: ignore[arg-type]


def test_a_panel_built_by_hand_is_checked_for_shape() -> None:
    panel = build(long_table(), school="school")
    refused(lambda: replace(panel, waves=("1", "2")), "arrays of Panel fit", "'values' has shape", "from_long")
    refused(lambda: replace(panel, school_names=("east",)), "positions", "from 0 to 1", "from_long")
