"""A table of a trial comes in whole, or is refused with the reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from bayespanel.data import Trial
from bayespanel.language.errors import DataError, DataWarning
from tests.data.trial_tables import build, table


def refusal(frame: pd.DataFrame, **changes: Any) -> DataError:
    with pytest.raises(DataError) as caught:
        build(frame, **changes)
    return caught.value


def test_cells_are_the_outcomes_and_then_their_baselines() -> None:
    frame = table()
    trial = build(frame, outcomes=["read", "math"], baseline={"math": "math_pre"}, covariates=["age"])
    assert trial.cells == ("read", "math", "math_pre")
    assert np.array_equal(trial.values, frame[["read", "math", "math_pre"]])
    assert trial.baseline == (("math", "math_pre"),)
    assert np.array_equal(trial.covariates[:, 0], frame["age"])
    assert trial.arms == ("0", "1")
    assert trial.arm.tolist() == frame["arm"].tolist()
    assert trial.school_names == tuple(str(s) for s in range(8))


@pytest.mark.parametrize(
    ("arm", "control", "arms"),
    [
        (lambda a: a == 1, None, ("False", "True")),
        (lambda a: a == 1, True, ("True", "False")),
        (lambda a: a * 2.0 + 1, None, ("1", "3")),
        (lambda a: a * 2.0 + 1, 3, ("3", "1")),
        (lambda a: a.astype(object), None, ("0", "1")),
        (lambda a: pd.Categorical(np.where(a == 1, "a", "usual"), ["usual", "a"]), None, ("usual", "a")),
        (lambda a: np.where(a == 1, "a", "usual"), "usual", ("usual", "a")),
    ],
)
def test_the_reference_is_the_lowest_or_the_first_category_or_the_one_named(
    arm: Any, control: object, arms: tuple[str, ...]
) -> None:
    frame = table()
    first = frame["arm"].to_numpy()[0]
    trial = build(frame.assign(arm=arm(frame["arm"])), control=control)
    assert trial.arms == arms
    assert any(f"'{arms[0]}'" in note for note in trial.notes)
    assert first == 0
    assert trial.arm[0] == (0 if control in (None, "usual") else 1)


def test_arms_in_words_need_a_named_reference() -> None:
    frame = table()
    found = refusal(frame.assign(arm=np.where(frame["arm"] == 1, "new", "usual")))
    assert "'new', 'usual'" in found.given
    assert "control=" in found.action


def test_an_unknown_control_a_missing_arm_and_a_single_arm_are_refused() -> None:
    frame = table()
    assert "'2' is not known" in refusal(frame, control=2).given
    assert "missing in 3 rows" in refusal(frame.assign(arm=frame["arm"].where(frame.index > 2))).given
    assert "'0' only" in refusal(frame[frame["arm"] == 0]).given


def test_an_arm_that_varies_within_schools_is_refused_with_their_names() -> None:
    frame = table()
    frame.loc[frame.index % 6 == 0, "arm"] = 1 - frame["arm"]
    found = refusal(frame)
    assert "8 schools: '0', '1', '2', '3', '4', '5', ..." in found.given
    assert build(frame, randomised="pupil").n_pupils == len(frame)


def test_class_labels_that_restart_in_every_school_are_classes_of_their_school() -> None:
    frame = table()
    trial = build(frame, classroom="class", randomised="class")
    assert len(trial.class_names) == 16
    frame.loc[0, "arm"] = 1
    assert "1 class: '0/a'" in refusal(frame, classroom="class", randomised="class").given


def test_an_arm_needs_two_randomised_schools() -> None:
    frame = table()
    assert "Arm '1' has 1" in refusal(frame[frame["school"] < 5]).given


def test_what_was_randomised_has_to_be_known() -> None:
    frame = table()
    assert "school=... was not given" in refusal(frame, school=None).given
    assert "classroom=... was not given" in refusal(frame, randomised="class").given
    assert "'region'" in refusal(frame, randomised="region").given


def test_a_pupil_stands_in_one_row_and_one_school() -> None:
    frame = table()
    frame["pupil"] = [f"p{i}" for i in range(len(frame))]
    assert build(frame, pupil="pupil").pupils[3] == "p3"
    frame.loc[1, "pupil"] = "p0"
    assert "1 pupil has several rows" in refusal(frame, pupil="pupil").given
    frame.loc[1, "school"] = 7
    found = refusal(frame, pupil="pupil")
    assert "one school" in found.rule
    assert "1 pupil stands in two, for example 'pupil' p0 in '0', '7'" in found.given


def test_rows_without_any_score_are_left_out_and_noted() -> None:
    frame = table()
    frame.loc[[0, 1], "read"] = np.nan
    frame.loc[1, "pre"] = np.nan
    trial = build(frame, baseline={"read": "pre"})
    assert trial.n_pupils == len(frame) - 1
    assert any(note.startswith("1 row without any") for note in trial.notes)


def test_an_outcome_is_seen_and_varies_in_every_arm() -> None:
    frame = table()
    usual = frame["arm"] == 0
    unseen = refusal(frame.assign(read=frame["read"].where(usual)), outcomes=["read", "math"])
    assert "'read' is never observed in arm '1'" in unseen.given
    constant = refusal(frame.assign(read=frame["read"].where(~usual, 5)))
    assert "'read' is 5 for all 24 pupils of arm '0'" in constant.given


def test_ordered_categories_are_scored_in_their_order_without_those_that_never_occur() -> None:
    frame = table()
    labels = np.array(["never", "once", "weekly"])[np.arange(len(frame)) % 3]
    order = ["never", "once", "monthly", "weekly"]
    trial = build(frame.assign(read=pd.Categorical(labels, order, ordered=True)))
    assert trial.categories == (("read", ("never", "once", "weekly")),)
    assert trial.values[:3, 0].tolist() == [0, 1, 2]
    assert any("'monthly'" in note for note in trial.notes)


@pytest.mark.parametrize("kind", [str, "category"])
def test_categories_without_an_order_are_refused(kind: Any) -> None:
    frame = table()
    labels = pd.Series(np.array(["never", "often"])[np.arange(len(frame)) % 2]).astype(kind)
    found = refusal(frame.assign(read=labels))
    assert "unordered category labels: 'never', 'often'" in found.given
    assert "ordered=True" in found.action


def test_truth_values_and_numbers_kept_as_objects_are_numbers() -> None:
    frame = table()
    seen = (frame["read"] > 50).astype(object)
    seen[0] = None
    trial = build(frame.assign(read=seen, age=frame["age"].astype(object)), covariates=["age"])
    assert trial.n_pupils == len(frame) - 1  # the first has no score
    assert trial.covariate_names == ("age",)


@pytest.mark.parametrize(
    ("baseline", "given"),
    [
        ({"reed": "pre"}, "Nearest: 'read'"),
        ({"read": "pre", "math": "pre"}, "'pre' is named as the baseline of 'read', 'math'"),
        ({"read": "math"}, "in both 'outcomes' and 'baseline'"),
        ({"read": "age"}, "in both 'baseline' and 'covariates'"),
        (["pre"], "['pre']"),
    ],
)
def test_a_baseline_that_cannot_be_is_refused(baseline: Any, given: str) -> None:
    found = refusal(table(), outcomes=["read", "math"], baseline=baseline, covariates=["age"])
    assert given in found.given


def test_a_baseline_is_seen_in_every_arm_and_varies_in_some() -> None:
    frame, pair = table(), {"read": "pre"}
    assert "1 only" in refusal(frame.assign(pre=1.0), baseline=pair).given
    unseen = refusal(frame.assign(pre=frame["pre"].where(frame["arm"] == 0)), baseline=pair)
    assert "never observed in arm '1'" in unseen.given
    assert "Within every arm" in refusal(frame.assign(pre=frame["arm"]), baseline=pair).given


def test_categories_become_columns_against_the_first() -> None:
    frame = table()
    trial = build(
        frame.assign(lang=np.array(["nl", "en", "tr"])[np.arange(len(frame)) % 3]), covariates=["lang", "age"]
    )
    assert trial.covariate_names == ("lang[nl]", "lang[tr]", "age")
    assert trial.covariates[:3, :2].tolist() == [[1, 0], [0, 0], [0, 1]]
    assert any("the reference is 'en'" in note for note in trial.notes)


@pytest.mark.parametrize("gap", [None, " "])
def test_a_covariate_that_somebody_lacks_is_refused_blank_text_too(gap: str | None) -> None:
    frame = table()
    frame.loc[[2, 3], "sex"] = gap
    assert "'sex' is missing for 2 pupils" in refusal(frame, covariates=["sex"]).given


def test_a_category_that_only_left_out_rows_have_is_no_column() -> None:
    frame = table()
    frame.loc[0, "sex"], frame.loc[0, "read"] = "unknown", np.nan
    assert build(frame, covariates=["sex"]).covariate_names == ("sex[M]",)


def test_a_constant_covariate_and_a_name_that_a_baseline_needs_are_refused() -> None:
    frame = table()
    assert "'age' is the same" in refusal(frame.assign(age=1.0), covariates=["age"]).given
    named = frame.rename(columns={"age": "pre missing"})
    assert "'pre missing'" in refusal(named, baseline={"read": "pre"}, covariates=["pre missing"]).given


def test_codes_for_missing_are_asked_about() -> None:
    frame = table().assign(read=np.arange(48) % 5)
    frame.loc[0, "read"] = -99
    with pytest.raises(DataError, match="'read' holds 1 value of -99"):
        Trial.from_frame(frame, arm="arm", outcomes=["read"], school="school")
    answered = Trial.from_frame(frame, arm="arm", outcomes=["read"], school="school", missing=-99)
    assert (answered.n_pupils, answered.values.min()) == (47, 0)
    assert "-99" in str(answered.guesses[0])


def test_a_doubtful_guess_is_warned_of_where_the_user_called() -> None:
    frame = table().assign(school=np.array(["NA", "BE", "DE", "FR", "NL", "LU", "IT", "ES"])[table()["school"]])
    with pytest.warns(DataWarning, match="'NA' beside") as caught:
        trial = Trial.from_frame(frame, arm="arm", outcomes=["read"], school="school")
    assert caught[0].filename == __file__
    assert "NA" in trial.school_names


def test_clusters_wholly_in_one_arm_that_nobody_allocated_are_said() -> None:
    with pytest.warns(DataWarning, match="Every school is wholly in one arm, and randomised='pupil'"):
        build(table(), randomised="pupil")
    own = table().assign(arm=np.arange(48) % 2)
    assert build(own, randomised="pupil").guesses == ()
    # One class for each school and arm is made so, and no sign of classes that were allocated.
    place = own["school"].astype(str) + " " + own["arm"].astype(str)
    assert build(own.assign(place=place), randomised="pupil", classroom="place").guesses == ()


def test_an_arm_that_may_be_a_slip_is_said() -> None:
    frame = table().assign(arm=np.where(np.arange(48) % 2, "control", "training"))
    frame.loc[[1, 3], "arm"] = "controll"
    with pytest.warns(DataWarning, match="'controll' in 2 rows, nearly 'control'"):
        build(frame, randomised="pupil", control="control")
