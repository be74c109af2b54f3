"""A good table becomes a panel as it stands; notes say what was done to it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from bayespanel.data import Panel
from bayespanel.language.errors import DataError, DataWarning
from tests.data.tables import build, long_table

COLUMNS = {"math": ["math1", "math2", "math3"], "read": ["read1", "read2", "read3"]}


def wide_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a long table with one row per pupil."""
    wide = frame.pivot(index=["pupil", "class", "school", "girl"], columns="wave", values=["math", "read"])
    wide.columns = [f"{name}{wave}" for name, wave in wide.columns]
    return wide.reset_index()


def test_every_score_is_in_its_place() -> None:
    frame = long_table()
    panel = build(frame, classroom="class", school="school", covariates=["girl"])
    assert panel.values.shape == (12, 3, 2)
    assert (panel.waves, panel.variables, panel.covariate_names) == (("1", "2", "3"), ("math", "read"), ("girl",))
    assert panel.classroom is not None
    assert panel.school is not None
    position = {label: i for i, label in enumerate(panel.pupils)}
    for row in frame.to_dict("records"):
        i = position[row["pupil"]]
        assert panel.values[i, row["wave"] - 1].tolist() == [row["math"], row["read"]]
        assert panel.covariates[i, 0] == row["girl"]
        assert panel.school_names[panel.school[i]] == row["school"]
        assert panel.class_names[panel.classroom[i]] == f"{row['school']}/{row['class']}"
    assert panel.notes == (
        "2 class labels occur in more than one school and stand for a class in each; classes are named 'school/class'.",
    )


@given(st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(random: object) -> None:
    frame = long_table()
    order = list(range(len(frame)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = build(frame.iloc[order], classroom="class", school="school")
    panel = build(frame, classroom="class", school="school")
    sort = np.argsort(shuffled.pupils.astype(str))
    straight = np.argsort(panel.pupils.astype(str))
    assert np.array_equal(shuffled.values[sort], panel.values[straight])
    assert shuffled.class_names == panel.class_names
    assert shuffled.classroom is not None
    assert panel.classroom is not None
    assert np.array_equal(shuffled.classroom[sort], panel.classroom[straight])


def test_long_and_wide_tables_give_the_same_panel() -> None:
    frame = long_table()
    frame.loc[::5, "math"] = np.nan
    long = build(frame, classroom="class", school="school", covariates=["girl"])
    wide = Panel.from_wide(
        wide_table(frame), columns=COLUMNS, pupil="pupil", classroom="class", school="school", covariates=["girl"]
    )
    order = [wide.pupils.tolist().index(label) for label in long.pupils]
    assert np.array_equal(long.values, wide.values[order], equal_nan=True)
    assert np.array_equal(long.covariates, wide.covariates[order])
    assert (long.waves, long.class_names, long.school_names) == (wide.waves, wide.class_names, wide.school_names)
    assert (long.classroom == wide.classroom[order]).all()  # type: ignore[index]
    assert (long.school == wide.school[order]).all()  # type: ignore[index]


def test_an_absent_row_is_a_missing_score() -> None:
    frame = long_table()
    panel = build(frame.drop(index=[1]))
    assert np.isnan(panel.values[0, 1]).all()
    assert np.isnan(panel.values).sum() == 2


def test_pupils_of_a_wide_table_are_numbered_unless_named() -> None:
    wide = wide_table(long_table())
    assert Panel.from_wide(wide, columns=COLUMNS).pupils.tolist() == list(range(1, 13))
    panel = Panel.from_wide(wide, columns=COLUMNS, waves=["autumn", "winter", 3.0])
    assert panel.waves == ("autumn", "winter", "3")


@pytest.mark.parametrize(
    ("waves", "order"),
    [
        ([10, 9, 2], ("2", "9", "10")),
        ([2.0, 1.0, 1.5], ("1", "1.5", "2")),
        (["10", "9", "2"], ("2", "9", "10")),
        (["w10", "w9", "w2"], ("w2", "w9", "w10")),
        (["K", "1", "2"], ("K", "1", "2")),
        (pd.Categorical(["K", "1", "2"], ["K", "1", "2", "never"], ordered=True), ("K", "1", "2")),
        (pd.to_datetime(["2021-05-01", "2020-09-01", "2021-01-15"]), ("2020-09-01", "2021-01-15", "2021-05-01")),
    ],
)
def test_waves_stand_in_their_natural_order(waves: object, order: tuple[str, ...]) -> None:
    frame = long_table()
    labels = pd.Series(waves)  # type: ignore[call-overload]
    frame["wave"] = labels.iloc[frame["wave"].to_numpy() - 1].array
    assert build(frame).waves == order


@pytest.mark.parametrize(
    "waves",
    [
        ["start", "1", "2"],
        ["pre", "post", "later"],
        pd.Categorical(["start", "1", "2"], ["1", "2", "start"]),  # the alphabet, as of a factor
    ],
)
def test_an_order_of_waves_that_nobody_can_tell_is_asked_for(waves: object) -> None:
    frame = long_table()
    labels = pd.Series(waves)  # type: ignore[call-overload]
    frame["wave"] = labels.iloc[frame["wave"].to_numpy() - 1].array
    with pytest.raises(DataError, match="order of the waves must be known") as caught:
        build(frame)
    assert "waves=[" in caught.value.action
    order = [str(label) for label in labels]
    assert build(frame, waves=order).waves == tuple(order)


def test_numbers_and_text_of_the_same_school_are_one_school() -> None:
    frame = long_table()
    frame["school"] = [
        1 if s == "east" else "2" if w == 1 else 2.0 for s, w in zip(frame["school"], frame["wave"], strict=True)
    ]
    assert build(frame, school="school").school_names == ("1", "2")


def test_pupils_without_scores_are_kept_out_and_counted() -> None:
    frame = long_table()
    frame.loc[frame["pupil"].isin(["p1", "p5"]), ["math", "read"]] = np.nan
    panel = build(frame)
    assert panel.n_pupils == 10
    assert panel.notes == ("2 pupils without any observed score were kept out.",)
    assert build(frame.drop(columns="read").assign(read=long_table()["read"])).notes == ()


def test_nullable_and_boolean_columns_are_numbers() -> None:
    frame = long_table()
    frame["math"] = frame["math"].round().astype("Int64")
    frame.loc[0, "math"] = pd.NA
    frame["girl"] = frame["girl"].astype(bool)
    frame["read"] = frame["read"].astype(object)
    panel = build(frame, covariates=["girl"])
    assert np.isnan(panel.values[0, 0, 0])
    assert set(panel.covariates[:, 0].tolist()) == {0.0, 1.0}


def test_a_covariate_known_at_one_wave_holds_for_all() -> None:
    frame = long_table()
    full = build(frame, covariates=["girl"]).covariates
    frame.loc[frame["wave"] > 1, "girl"] = np.nan
    assert np.array_equal(build(frame, covariates=["girl"]).covariates, full)


def test_a_class_without_a_school_keeps_its_label() -> None:
    assert build(long_table().drop(columns="school"), classroom="class").class_names == ("a", "b")


def test_classes_that_restart_in_every_school_are_warned_of() -> None:
    with pytest.warns(DataWarning, match="2 classes, half of them with more than 150 pupils.*school="):
        build(long_table(300, 2).drop(columns="school"), classroom="class")


def test_class_labels_unique_over_schools_stay_as_they_are() -> None:
    frame = long_table()
    frame["class"] = frame["school"].str[0] + frame["class"]
    panel = build(frame, classroom="class", school="school")
    assert panel.class_names == ("ea", "eb", "wa", "wb")
    assert panel.notes == ()


def moved(pupils: list[str], column: str, to: str, wave: int) -> pd.DataFrame:
    """Return the table with some pupils in another school or class from a wave on."""
    frame = long_table()
    frame.loc[frame["pupil"].isin(pupils) & (frame["wave"] >= wave), column] = to
    return frame


@pytest.mark.parametrize(("column", "role", "to"), [("school", "school", "west"), ("class", "classroom", "b")])
def test_movers_are_an_error_unless_a_rule_is_chosen(column: str, role: str, to: str) -> None:
    other = {"school": "class", "class": "school"}[column]  # a school that is not named would be asked for
    frame, still = (table.drop(columns=other) for table in (moved(["p0", "p4"], column, to, 2), long_table()))
    with pytest.raises(DataError) as caught:
        build(frame, **{role: column})
    assert f"stays in one {column}" in caught.value.rule
    assert "2 pupils of 12" in caught.value.given
    assert "movers='first'" in caught.value.action
    assert "movers='drop'" in caught.value.action

    first = build(frame, movers="first", **{role: column})
    straight = build(still, **{role: column})
    codes = {"school": (first.school, straight.school), "classroom": (first.classroom, straight.classroom)}[role]
    assert np.array_equal(*codes)  # type: ignore[arg-type]
    assert first.notes == (
        f"2 pupils who changed {column} were counted in the {column} of the first wave with a score.",
    )

    dropped = build(frame, movers="drop", **{role: column})
    assert "p0" not in dropped.pupils
    assert dropped.notes == (f"2 pupils who changed {column} were left out.",)


def test_a_school_seen_without_a_score_is_no_move() -> None:
    frame = moved(["p0"], "school", "west", 2)
    frame.loc[(frame["pupil"] == "p0") & (frame["wave"] >= 2), ["math", "read"]] = np.nan
    panel = build(frame, school="school")
    assert panel.school_names[panel.school[0]] == "east"  # type: ignore[index]


def test_the_first_wave_with_a_score_decides() -> None:
    frame = moved(["p0"], "school", "west", 2)
    frame.loc[(frame["pupil"] == "p0") & (frame["wave"] == 1), ["math", "read"]] = np.nan
    panel = build(frame, school="school")
    assert panel.school_names[panel.school[0]] == "west"  # type: ignore[index]


def test_who_changes_school_changes_class_too_and_stays_nested() -> None:
    frame = moved(["p0"], "school", "west", 2)
    panel = build(frame, classroom="class", school="school", movers="first")
    assert panel.class_names[panel.classroom[0]] == "east/a"  # type: ignore[index]
    assert [note.split(" who")[0] for note in panel.notes if "changed" in note] == ["1 pupil", "1 pupil"]
    assert panel.moments().parent.tolist() == [0, 0, 1, 1]


def test_a_school_missing_at_some_wave_is_taken_from_another_and_noted() -> None:
    frame = long_table()
    frame.loc[0, "school"] = None
    panel = build(frame, school="school")
    assert panel.school_names[panel.school[0]] == "east"  # type: ignore[index]
    assert panel.notes == ("For 1 pupil the school is missing at some wave; the one known at another wave was used.",)


def test_clusters_of_one_pupil_are_noted() -> None:
    frame = long_table()
    frame.loc[frame["pupil"] == "p0", "school"] = "north"
    assert build(frame, school="school").notes == (
        "1 school with one pupil: kept, but such say little about the school level.",
    )


def test_the_description_reads_well_and_becomes_json() -> None:
    frame = long_table(24)
    frame.loc[::7, "math"] = np.nan
    description = build(frame, classroom="class", school="school", covariates=["girl"]).describe()
    text = str(description)
    assert text.startswith("Panel of 24 pupils, 3 waves (1, 2, 3), 2 variables (math, read)\n\nScores\n")
    assert "xx xx xx" in text
    assert "Pupils per cluster" in text
    assert "  - 2 class labels occur" in text
    assert max(map(len, text.splitlines())) <= 120
    scores = description.scores.set_index(["wave", "variable"])
    first = frame[frame["wave"] == 1]["math"]
    row = scores.loc[("1", "math")]
    expected = [first.count(), first.isna().mean(), first.mean(), first.std(), first.min(), first.max()]
    assert np.allclose(row.to_numpy(float), np.array(expected, float), rtol=1e-12)
    assert description.patterns["pupils"].sum() == 24
    assert description.clusters.to_dict("list")["number"] == [4, 2]
    back = json.loads(json.dumps(description.to_dict(), allow_nan=False))
    assert back["scores"][0]["observed"] == int(first.count())


def test_many_rare_patterns_are_counted_not_printed() -> None:
    frame = long_table(40, 4)
    rng = np.random.default_rng(0)
    frame.loc[rng.random(len(frame)) < 0.4, "math"] = np.nan
    frame.loc[rng.random(len(frame)) < 0.4, "read"] = np.nan
    text = str(build(frame).describe())
    assert "rarer patterns" in text
