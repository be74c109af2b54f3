"""Who is who: one rule for pupils, classes, schools and arms."""

from __future__ import annotations

import unicodedata

import numpy as np
import pandas as pd
import pytest

from bayespanel.data import Panel, Trial
from bayespanel.data.label_text import alike, cleaned, plain_whole
from bayespanel.language.errors import DataError, DataWarning
from tests.data.tables import build, long_table


@pytest.mark.parametrize("other", ["{} ", " {}", "{}\u00a0", "\u200b{}", "{}\t", "\ufeff{}"])
def test_what_nobody_sees_makes_no_difference(other: str) -> None:
    frame = long_table()
    straight = build(frame, school="school")
    later = frame["wave"] > 1
    frame["pupil"] = [other.format(p) if late else p for p, late in zip(frame["pupil"], later, strict=True)]
    frame["school"] = [other.format(s) if late else s for s, late in zip(frame["school"], later, strict=True)]
    panel = build(frame, school="school")
    assert np.array_equal(panel.values, straight.values)
    assert (panel.pupils.tolist(), panel.school_names) == (straight.pupils.tolist(), straight.school_names)
    assert "12 pupils are written in several ways" in str(panel.guesses[0])


def test_a_letter_as_one_sign_or_as_two_is_one_letter() -> None:
    frame = long_table()
    names = [
        unicodedata.normalize("NFC" if w == 1 else "NFD", f"é{p}")
        for p, w in zip(frame["pupil"], frame["wave"], strict=True)
    ]
    assert build(frame.assign(pupil=names)).n_pupils == 12


@pytest.mark.parametrize("spell", [str, float, lambda n: f"{n}.0", lambda n: f"{n}.00"])
def test_a_whole_number_is_one_label_however_it_is_written(spell: object) -> None:
    frame = long_table()
    number = frame["pupil"].str[1:].astype(int)
    frame["pupil"] = [spell(n) if w > 1 else n for n, w in zip(number, frame["wave"], strict=True)]  # type: ignore[operator]
    panel = build(frame)
    assert panel.n_pupils == 12
    assert [str(p) for p in panel.pupils] == [str(n) for n in range(12)]


@pytest.mark.parametrize(
    "other", [lambda p: p.upper(), lambda p: p.replace("p", "p0"), lambda p: p.replace("p", "p000")]
)
@pytest.mark.parametrize("role", ["pupil", "school"])
def test_labels_that_differ_in_spelling_only_are_a_question(other: object, role: str) -> None:
    frame = long_table()
    frame["school"] = frame["school"].map({"east": "p1", "west": "p2"})
    spelt = frame.copy()
    late = frame["wave"] > 1
    spelt[role] = [other(p) if w else p for p, w in zip(frame[role], late, strict=True)]  # type: ignore[operator]
    roles = {"school": "school"} if role == "school" else {}
    with pytest.raises(DataError, match="written in two ways") as caught:
        build(spelt, **roles)
    assert "alike='merge'" in caught.value.action
    merged = build(spelt, alike="merge", **roles)
    assert np.array_equal(merged.values, build(frame, **roles).values)
    assert "one" in merged.guesses[0].done
    if role == "pupil":
        with pytest.warns(DataWarning, match="No pupil has a score both"):
            kept = build(spelt, alike="keep")
        assert kept.n_pupils == 24


def test_classes_are_compared_within_their_school_only() -> None:
    frame = long_table()
    frame["class"] = [c.upper() if s == "east" else c for c, s in zip(frame["class"], frame["school"], strict=True)]
    assert build(frame, school="school", classroom="class").class_names == ("A", "B", "a", "b")
    with pytest.raises(DataError, match="2 pairs of classes"):
        build(frame, classroom="class")


def test_numbers_that_a_float_does_not_hold_are_no_labels() -> None:
    frame = long_table()
    frame["pupil"] = 12345678901234567 + frame["pupil"].str[1:].astype(int)
    assert build(frame).n_pupils == 12
    with pytest.raises(DataError, match="last digit"):
        build(frame.astype({"pupil": float}))


def test_na_is_a_name_among_abbreviations_and_missing_among_words() -> None:
    frame = long_table()
    short = frame.assign(school=frame["school"].map({"east": "NA", "west": "BE"}))
    short.loc[short["pupil"] == "p2", "school"] = "DE"
    short.loc[short["pupil"] == "p4", "school"] = "DE"
    with pytest.warns(DataWarning, match="'NA' beside"):
        assert "NA" in build(short, school="school").school_names
    late = frame["wave"] == 3
    words = frame.assign(school=frame["school"].where(~late, "NA"))
    with pytest.warns(DataWarning, match="'NA' in 12 rows"):
        panel = build(words, school="school")
    assert panel.school_names == ("east", "west")
    assert build(words, school="school", missing=["NA"]).school_names == ("east", "west")


def test_one_school_number_in_two_districts_is_two_schools() -> None:
    frame = long_table(24)
    number = frame["pupil"].str[1:].astype(int)
    frame["gemeente"] = np.where(number % 4 < 2, "Delft", "Gouda")
    with pytest.warns(DataWarning, match="district='gemeente'"):
        assert len(build(frame, school="school").school_names) == 2
    panel = build(frame, school="school", district="gemeente")
    assert panel.school_names == ("Delft/east", "Delft/west", "Gouda/east", "Gouda/west")
    assert "more than one district" in panel.notes[0]
    with pytest.raises(DataError, match="and no school"):
        build(frame, district="gemeente")


def test_pupils_who_are_never_seen_again_are_said() -> None:
    frame = long_table()
    frame["pupil"] = np.where(frame["wave"] == 3, "x" + frame["pupil"], frame["pupil"])
    with pytest.warns(DataWarning, match="up to wave '2' and from wave '3' on"):
        build(frame)


def test_value_labels_name_schools_and_arms() -> None:
    frame = long_table()
    frame["school"] = frame["school"].map({"east": 1.0, "west": 2.0})
    frame.attrs["value_labels"] = {"school": {1: "De Regenboog", 2: "'t Ven"}}
    assert build(frame, school="school").school_names == ("'t Ven", "De Regenboog")
    one = frame[frame["wave"] == 1].assign(arm=frame["school"] - 1)
    one.attrs["value_labels"] = {"arm": {0: "usual", 1: "new"}}
    for control in (0, "usual"):
        trial = Trial.from_frame(one, arm="arm", outcomes=["math"], randomised="pupil", control=control)
        assert trial.arms == ("usual", "new")


def test_value_labels_of_some_codes_only_are_said_to_be_left_out() -> None:
    frame = long_table()
    frame["school"] = frame["school"].map({"east": 1.0, "west": 2.0})
    frame.attrs["value_labels"] = {"school": {1: "De Regenboog"}}
    panel = build(frame, school="school")
    assert panel.school_names == ("1", "2")
    assert "such as 'De Regenboog', and none for '2'" in " ".join(map(str, panel.guesses))


def test_a_value_label_that_says_missing_names_no_school() -> None:
    frame = long_table()
    frame["school"] = frame["school"].map({"east": 1.0, "west": 2.0}).where(frame["wave"] < 3, 99.0)
    frame.attrs["value_labels"] = {"school": {99: "onbekend"}}
    assert build(frame, school="school").school_names == ("1", "2")


def test_a_wide_table_names_schools_and_classes_per_wave() -> None:
    frame = long_table(40)
    moved = (frame["pupil"] == "p4") & (frame["wave"] > 1)
    frame.loc[moved, "school"] = "west"
    long = build(frame, school="school", classroom="class", movers="first")
    wide = frame.pivot(index="pupil", columns="wave", values=["math", "read", "school", "class"])
    wide.columns = pd.Index([f"{name}{wave}" for name, wave in wide.columns])
    scores = [f"{v}{t}" for v in ("math", "read") for t in (1, 2, 3)]
    wide = wide.reset_index().astype(dict.fromkeys(scores, float))
    wide = wide.set_index("pupil").loc[list(long.pupils)].reset_index()
    columns = {v: [f"{v}{t}" for t in (1, 2, 3)] for v in ("math", "read")}
    places = {"school": [f"school{t}" for t in (1, 2, 3)], "classroom": [f"class{t}" for t in (1, 2, 3)]}
    with pytest.raises(DataError, match="1 pupil of 40 with scores is seen in two"):
        Panel.from_wide(wide, columns=columns, pupil="pupil", **places)  # type: ignore[arg-type]
    panel = Panel.from_wide(wide, columns=columns, pupil="pupil", movers="first", **places)  # type: ignore[arg-type]
    assert np.array_equal(panel.values, long.values)
    assert np.array_equal(panel.school, long.school)  # type: ignore[arg-type]
    assert np.array_equal(panel.classroom, long.classroom)  # type: ignore[arg-type]
    assert panel.notes == long.notes
    with pytest.raises(DataError, match="2 columns for 3 waves"):
        Panel.from_wide(wide, columns=columns, school=["school1", "school2"])
    with pytest.raises(DataError, match="order of time"):
        Panel.from_wide(wide, columns=columns, school=["school1", "school3", "school2"], movers="first")


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("P-07", "p–7", True), ("a b", "a_b", True), ("0", "00", True), ("3.1", "3.10", False), ("p1", "p10", False),
        ("11", "1-1", False), ("A1", "a01", True), ("100", "1", False),
    ],
)  # fmt: skip
def test_what_is_alike(one: str, two: str, same: bool) -> None:
    assert (alike(one) == alike(two)) is same


def test_texts_are_cleaned_without_loss() -> None:
    assert cleaned(" a\u00a0 b\n") == "a b"
    assert [plain_whole(text) for text in ("1.0", "01", "-2.00", "3.10", "1E1")] == ["1", "01", "-2", "3.10", "1E1"]


@pytest.mark.parametrize("name", ["sch", "school"])
def test_a_number_for_missing_is_named_by_the_column_or_the_level(name: str) -> None:
    frame = long_table().rename(columns={"school": "sch"})
    frame["sch"] = frame["sch"].map({"east": 1, "west": 2}).where(frame["wave"] < 3, 99)
    assert build(frame, school="sch", missing={name: [99]}).school_names == ("1", "2")
    with pytest.raises(DataError, match="stays in one school"):
        build(frame, school="sch", keep_codes=[99])
