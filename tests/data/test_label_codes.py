"""Codes for "missing" among labels name no school, arm or group: they become missing, or they are a question."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from bayespanel.data import Panel
from bayespanel.data.code_answers import require_code_answers
from bayespanel.data.guesses import Guess
from bayespanel.data.label_codes import LabelColumn, without_codes
from bayespanel.data.trial import Trial
from bayespanel.language.errors import DataError, DataWarning
from tests.data.tables import build, long_table

SCHOOLS = {"east": 1.0, "west": 2.0}


def wide(sex: object, labels: dict[str, dict[float, str]] | None = None) -> pd.DataFrame:
    """Forty pupils with two scores at three waves; `sex` [4] is repeated."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({f"x{t}": rng.normal(size=40) for t in (1, 2, 3)})
    frame["sex"] = np.tile(np.array(sex, dtype=object), 10)
    frame["sex"] = frame["sex"].infer_objects()
    frame.attrs["value_labels"] = labels or {}
    return frame


def panel(frame: pd.DataFrame, **answers: object) -> Panel:
    return Panel.from_wide(frame, columns={"x": ["x1", "x2", "x3"]}, group="sex", **answers)  # type: ignore[arg-type]


@pytest.mark.parametrize("code", [-9, -99, 9, 99, 999, 88])
def test_a_group_that_looks_like_a_code_is_a_question(code: float) -> None:
    frame = wide([1, 2, 1, code])
    with pytest.raises(DataError, match="and not a code") as caught:
        panel(frame)
    assert f"missing={{'sex': [{code}]}}" in caught.value.action
    assert f"keep_codes=[{code}]" in caught.value.action
    assert f"{code} in 10 rows" in caught.value.given
    kept = panel(frame, keep_codes=[code])
    assert str(code) in kept.group_names
    assert "as you said" in str(kept.guesses[0])
    for missing in ({"sex": [code]}, {"group": [code]}):
        with pytest.raises(DataError, match="'sex' is missing for 10 pupils"):
            panel(frame, missing=missing)


def test_several_codes_that_look_like_codes_are_asked_about_together() -> None:
    with pytest.raises(DataError, match="8 in 10 rows, 9 in 10 rows"):
        panel(wide([1, 2, 8, 9]))
    column = LabelColumn("class", "class", (), {})
    many = pd.Series([*range(1, 5000), 99998, 99999])
    with pytest.raises(DataError, match="99998 in 1 row, 99999 in 1 row"):
        without_codes(many, column, require_code_answers(None, None, ()), [])


def test_a_code_that_was_named_for_all_columns_is_one_in_labels_too() -> None:
    frame = wide([1, 2, 1, -9])
    frame.loc[:4, "x1"] = -9.0
    with pytest.raises(DataError, match="'sex' is missing for 10 pupils"):
        panel(frame, missing=[-9])
    only_in_labels = wide([1, 2, 1, -9])
    for answers in ({}, {"accept": ["codes"]}, {"keep_codes": [55]}):
        with pytest.raises(DataError, match="'sex' is missing"):
            panel(only_in_labels, missing=[-9], **answers)


def test_a_number_named_for_all_columns_that_can_be_a_school_is_a_question() -> None:
    frame = long_table().replace({"school": SCHOOLS})
    frame["school"] = frame["school"].astype(float)
    frame.loc[0, "math"] = 2.0
    with pytest.raises(DataError, match="or a code for 'missing'") as caught:
        build(frame, school="school", missing=[2])
    assert "names for all columns" in caught.value.given
    assert build(frame, school="school", missing={"math": [2]}).school_names == ("1", "2")
    assert build(frame, school="school", missing=[2], accept=["codes"]).school_names == ("1", "2")


@pytest.mark.parametrize("word", ["refused", "missing", "keine Angabe", "onbekend", "weiß nicht"])
def test_a_value_label_that_says_nothing_names_no_group_among_labels_for_all(word: str) -> None:
    frame = wide([1, 2, 1, 9], {"sex": {1: "boy", 2: "girl", 9: word}})
    with pytest.raises(DataError, match="'sex' is missing for 10 pupils"):
        panel(frame)
    assert word in panel(frame, keep_codes=True).group_names


@pytest.mark.parametrize("word", ["unknown", "?", "-", "missing", "no answer"])
def test_a_word_that_says_nothing_names_no_school_and_is_said(word: str) -> None:
    frame = long_table(24)
    frame["school"] = frame["school"].where(frame["wave"] < 3, word)
    with pytest.warns(DataWarning, match="taken as a missing school"):
        assert build(frame, school="school").school_names == ("east", "west")


@pytest.mark.parametrize("names", [("KA", "NC"), ("1", "2", "9"), ("101", "999"), ("DK", "NL", "BE")])
def test_names_that_only_look_like_codes_stay_names(names: tuple[str, ...]) -> None:
    frame = long_table(24)
    number = frame["pupil"].str[1:].astype(int) % len(names)
    frame["school"] = np.array(names, dtype=object)[number]
    assert sorted(build(frame, school="school").school_names) == sorted(names)


def test_a_code_that_was_named_for_pupils_is_no_pupil_and_any_other_number_is_one() -> None:
    frame = long_table()
    frame["pupil"] = frame["pupil"].str[1:].astype(int)
    frame.loc[frame["pupil"] == 3, "pupil"] = 999
    assert 999 in build(frame).pupils
    assert 999 in build(frame, missing=[999]).pupils
    for missing in ({"pupil": [999]}, {"pupil": 999}):
        with pytest.raises(DataError, match="names its pupil"):
            build(frame, missing=missing)


def test_an_arm_that_looks_like_a_code_is_a_question() -> None:
    frame = pd.DataFrame({"arm": np.tile([0, 1, 0, 1, 0, 9], 10), "y": np.random.default_rng(1).normal(size=60)})
    with pytest.raises(DataError, match="9 in 10 rows"):
        Trial.from_frame(frame, arm="arm", outcomes=["y"], randomised="pupil", control=0)
    frame.attrs["value_labels"] = {"arm": {0: "usual", 1: "new", 9: "missing"}}
    with pytest.raises(DataError, match="is missing in 10 rows"):
        Trial.from_frame(frame, arm="arm", outcomes=["y"], randomised="pupil", control=0)


def test_waves_whose_value_labels_say_another_order_are_a_question() -> None:
    frame = long_table()
    orders = ((("spring 2020", "autumn 2019", "spring 2019"), (3, 2, 1)), (("post", "pre", "follow-up"), (2, 1, 3)))
    for names, order in orders:
        frame.attrs["value_labels"] = {"wave": dict(zip((1, 2, 3), names, strict=True))}
        with pytest.raises(DataError, match="ascend with time") as caught:
            build(frame)
        assert "In time their order is" in caught.value.given
        assert f"waves=[{', '.join(map(str, order))}]" in caught.value.action
        assert build(frame, waves=list(order)).waves == tuple(map(str, order))
    frame.attrs["value_labels"] = {"wave": {1: "pre", 2: "post", 3: "follow-up"}}
    assert build(frame).waves == ("1", "2", "3")


@given(
    st.sets(st.integers(1, 60), min_size=2, max_size=12),
    st.sampled_from([-9, -99, -1, 999, 9999, 99999]),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_no_code_that_stands_apart_stays_a_label_in_silence(ids: set[int], code: int, text: bool) -> None:
    labels = pd.Series([*ids, code] * 3, name="school")
    if text:
        labels = labels.astype(str)
    column, guesses = LabelColumn("school", "school", (), {}), list[Guess]()
    with pytest.raises(DataError, match="and not a code"):
        without_codes(labels, column, require_code_answers(None, None, ()), guesses)
    left = without_codes(labels, column, require_code_answers([code], None, ()), guesses)
    assert set(left.dropna().astype(int)) == ids
    assert "in 3 rows" in str(guesses[-1])
    kept = without_codes(labels, column, require_code_answers(None, [code], ()), guesses)
    assert kept is labels
