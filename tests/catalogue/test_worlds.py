"""Worlds by name and by file: what they make, how they vary, and what is said of a wrong one, with its line."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from bayespanel import Prior, SpecError, simulate, world, worlds
from bayespanel.catalogue.worlds import (
    World,
    conditions,
    made,
    of_simulated,
    world_from_dict,
    world_to_dict,
)
from bayespanel.families.door import FAMILIES, Simulated
from bayespanel.families.panel.world import PanelWorld
from bayespanel.families.panel.worlds import null_panel, triangle_panel
from bayespanel.families.trajectories.world import TrajectoryWorld
from bayespanel.families.trajectories.worlds import persistent_victims
from bayespanel.families.trial.world import TrialWorld
from bayespanel.families.trial.worlds import small_trial

PANEL = """\
title = "Two variables"
family = "riclpm"

[world]
variables = ["home", "peers"]
months = [0, 6, 12]
lag = [[0.3, 0.1], [0.0, 0.2]]
initial_sd = [1.0, 2.0]
innovation_sd = [0.9, 1.8]
schools = 4

[world.ordinal]
peers = [0.0, 1.0]
"""

TRIAL = """\
title = "One outcome"
family = "trial"

[world]
outcomes = ["calm"]
effect = [0.2]
residual_sd = [1.0]
schools_per_arm = [3, 3]
"""

TRAJECTORIES = """\
title = "Two courses"
family = "trajectories"

[world]
outcome = "victimisation"
waves = 3
predictors = ["anxiety"]
cuts = [0.0, 1.0]

[world.leaves]
2 = 0.1

[world.intervention]
pupils = 60
schools = 4

[[world.intervention.courses]]
name = "low"
log_odds = 0
mean = [-1.0, -1.0, -1.0]

[[world.intervention.courses]]
name = "high"
log_odds = -1.0
mean = [1.0, 1.0, 1.0]

[world.intervention.courses.effects]
anxiety = 0.5
"""

CONTROL = """
[world.control]
pupils = 50
schools = 3
courses = [{name = "all", log_odds = 0.0, mean = [0.0, 0.0, 0.0]}]
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def same(a: object, b: object) -> bool:
    """Whether two worlds agree in every field, arrays compared by their entries."""
    if isinstance(a, np.ndarray | tuple):
        return np.array_equal(np.asarray(a, dtype=object), np.asarray(b, dtype=object))
    return bool(a == b)


def assert_same(a: Simulated, b: Simulated) -> None:
    assert type(a) is type(b)
    for item in fields(a):
        assert same(getattr(a, item.name), getattr(b, item.name)), item.name


@pytest.mark.parametrize("name", worlds())
def test_every_shipped_world_makes_all_its_conditions_and_survives_json(name):
    record = world(name)
    assert record.name == name
    assert record.title
    assert record.references
    again = world_from_dict(json.loads(json.dumps(world_to_dict(record))))
    assert again == record
    for condition in conditions(record):
        simulated = made(record, condition)
        assert isinstance(simulated, FAMILIES[record.family].world)
        settled = of_simulated(simulated, name)
        copy = world_from_dict(json.loads(json.dumps(world_to_dict(settled))))
        assert copy == settled
        assert_same(made(copy, {}), simulated)


def test_a_shipped_world_is_what_its_file_says():
    assert_same(made(world("triangle-panel"), {}), triangle_panel())
    assert_same(made(world("school-trial"), {}), small_trial(
        0.3, schools=40, classes_per_school=(2, 2), pupils_per_class=(20, 20), school_icc=0.06, class_icc=0.05
    ))  # fmt: skip
    assert_same(made(world("persistent-victims"), {}), persistent_victims(ordinal=True))


def test_a_grid_is_every_combination_and_the_last_field_varies_fastest():
    record = world("mulder-2023")
    found = conditions(record)
    assert len(found) == 3 * 7
    assert found[:2] == ({"waves": 3, "pupils": 200}, {"waves": 3, "pupils": 300})
    for condition in found:
        simulated = made(record, condition)
        assert (simulated.waves, simulated.pupils) == (condition["waves"], condition["pupils"])


def test_without_a_grid_there_is_one_condition():
    assert conditions(world("triangle-null")) == ({},)


def test_changes_take_the_place_of_what_the_file_says():
    record = world("mulder-2023", {"waves": 3, "pupils": [100, 200], "icc": [0.3], "cross": (0.0, 0.1)})
    assert record.grid == {"pupils": (100, 200)}
    assert record.fields == {"waves": 3, "icc": 0.3, "cross": (0.0, 0.1)}  # a list of one value is that value
    simulated = made(record, {"pupils": 100})
    np.testing.assert_array_equal(simulated.lag, [[0.2, 0.1], [0.0, 0.3]])


def test_a_field_of_a_world_without_a_grid_can_become_one():
    record = world("triangle-null", {"variables": [("rejection", "victimisation"), ("a", "b", "c")], "pupils": 1200})
    made_of = [made(record, condition).variables for condition in conditions(record)]
    assert made_of == [("rejection", "victimisation"), ("a", "b", "c")]


def test_a_design_prior_is_drawn_anew_and_lies_at_its_centre_without_a_generator():
    rows = (
        Prior("carry_over", "Normal", (0.3, 0.02), "raw"),
        Prior("school_icc", "HalfNormal", (0.01,), "raw"),
        Prior("class_icc", "Exponential", (0.02,), "raw"),
        Prior("within_corr", "StudentT", (10.0, 0.2, 0.01), "raw"),
    )
    record = World("mine", "riclpm", "null_panel", drawn=rows)
    centre = made(record, {})
    assert centre.lag[0, 0] == 0.3
    np.testing.assert_allclose(centre.school_sd**2, 0.01)
    np.testing.assert_allclose(centre.class_sd**2, 0.02)
    assert centre.initial_corr[0, 1] == 0.2
    rng = np.random.default_rng(1)
    lags = [made(record, {}, rng).lag[0, 0] for _ in range(200)]
    # Five standard errors of a mean and of an SD of 200 draws.
    assert np.mean(lags) == pytest.approx(0.3, abs=5 * 0.02 / np.sqrt(200))
    assert np.std(lags) == pytest.approx(0.02, abs=5 * 0.02 / np.sqrt(400))
    assert world_from_dict(json.loads(json.dumps(world_to_dict(record)))) == record


def test_a_change_of_a_field_takes_its_design_prior_away(tmp_path):
    text = """\
title = "Drawn"
family = "riclpm"
ready = "null_panel"

[[drawn]]
field = "carry_over"
distribution = "Normal"
arguments = [0.3, 0.05]
reason = "earlier waves"
"""
    [row] = world(written(tmp_path, text)).drawn
    assert (row.parameter, row.scale, row.reason) == ("carry_over", "raw", "earlier waves")
    record = world(written(tmp_path, text), {"carry_over": 0.4})
    assert record.drawn == ()
    assert made(record, {}, np.random.default_rng(1)).lag[0, 0] == 0.4


def test_a_panel_can_be_written_with_its_own_fields(tmp_path):
    record = world(written(tmp_path, PANEL))
    simulated = made(record, {})
    assert isinstance(simulated, PanelWorld)
    assert record.name == "mine"
    np.testing.assert_array_equal(simulated.lag, [[0.3, 0.1], [0.0, 0.2]])
    assert simulated.ordinal == {"peers": (0.0, 1.0)}
    frame = simulate(simulated, 1)
    assert set(frame["peers"].dropna().unique()) <= {0.0, 1.0, 2.0}


def test_a_trial_can_be_written_with_its_own_fields_and_a_grid_of_them(tmp_path):
    record = world(written(tmp_path, TRIAL.replace("effect = [0.2]\n", "") + "[grid]\neffect = [[0.0], [0.4]]\n"))
    found = [made(record, condition).effect.item() for condition in conditions(record)]
    assert found == [0.0, 0.4]  # though a trial without an effect is none
    assert isinstance(made(record, conditions(record)[0]), TrialWorld)


@pytest.mark.parametrize("control", ["", CONTROL], ids=["one arm", "two arms"])
def test_trajectories_can_be_written_with_arms_and_courses(tmp_path, control):
    record = world(written(tmp_path, TRAJECTORIES + control))
    simulated = made(record, {})
    assert isinstance(simulated, TrajectoryWorld)
    low, high = simulated.intervention.courses
    assert (low.name, high.log_odds, high.effects) == ("low", -1.0, {"anxiety": 0.5})
    assert high.mean == (1.0, 1.0, 1.0)
    assert simulated.leaves == {2: 0.1}
    assert (simulated.control is None) == (not control)
    copy = world_from_dict(json.loads(json.dumps(world_to_dict(record))))
    assert copy == record
    assert_same(made(copy, {}), simulated)
    assert simulate(simulated, 1)["pupil"].nunique() == (110 if control else 60)


def test_a_simulated_world_without_a_control_arm_becomes_a_record():
    simulated = persistent_victims(control=False, schools=9)
    assert_same(made(of_simulated(simulated), {}), simulated)


def test_sizes_that_fit_in_every_condition_need_not_fit_without_the_grid(tmp_path):
    text = 'title = "x"\nfamily = "riclpm"\nready = "null_panel"\n[world]\npupils = 300\n[grid]\nschools = [4, 6]\n'
    record = world(written(tmp_path, text))  # 25 schools, the usual number, could not have 300 pupils
    assert [made(record, condition).schools for condition in conditions(record)] == [4, 6]


READY_PANEL = """\
title = "Nothing"
family = "riclpm"
ready = "null_panel"

[world]
pupils = 500
schools = 10

[grid]
carry_over = [0.1, 0.3]

[[drawn]]
field = "within_corr"
distribution = "Normal"
arguments = [0.2, 0.05]
"""

WRONG = [
    # What is replaced, by what, the line of the error, and what is said.
    ('ready = "null_panel"', 'ready = "null_panle"', 3, ("Ready worlds", "'null_panle'", "'null_panel'")),
    ('family = "riclpm"', 'family = "rilpm"', 2, ("'family' is one of", "'rilpm'")),
    ("[world]", "[wrold]", 5, ("keys of a world", "'wrold' is not among them. Nearest: 'world'")),
    ("pupils = 500", "pupil = 500", 6, ("fields of null_panel", "'pupil' is not among them. Nearest: 'pupils'")),
    ("pupils = 500", "pupils = 50.5", 6, ("'pupils' is a whole number", "It is 50.5")),
    ("schools = 10", 'schools = "ten"', 7, ("'schools' is a whole number", "It is 'ten'")),
    ("schools = 10", "schools = true", 7, ("'schools' is a whole number", "It is True")),
    ("schools = 10", "schools 10", 7, ("written in TOML",)),
    ("schools = 10", "schools = 400", 5, ("schools can hold the pupils", "not 500")),
    ("carry_over = [", "cary_over = [", 10, ("'cary_over' is not among them. Nearest: 'carry_over'",)),
    ("[0.1, 0.3]", "[]", 10, ("has a list of values", "'carry_over' is ()")),
    ("[0.1, 0.3]", "0.1", 10, ("'grid.carry_over' is",)),
    ("[0.1, 0.3]", '[0.1, "much"]', 10, ("'carry_over' is a number", "It is 'much'")),
    ("[0.1, 0.3]", "[0.1, 1.1]", 5, ("Lags leave something to innovations",)),
    ('field = "within_corr"', 'field = "wihin_corr"', 13, ("'wihin_corr' is not among them. Nearest: 'within_corr'",)),
    ('field = "within_corr"', 'field = "carry_over"', 13, ("A field has one value", "'carry_over' has two of these")),
    ('field = "within_corr"', 'field = "pupils"', 13, ("A field has one value", "'pupils' has two of these")),
    ("carry_over = [0.1, 0.3]", "schools = [10, 12]", 10, ("A field has one value", "'schools' has two of these")),
    ('"Normal"', '"Norml"', 14, ("one of the known distributions", "Nearest: 'Normal'")),
    ('"Normal"\narguments = [0.2, 0.05]', '"LKJ"\narguments = [2]', 14, ("is a number, drawn anew", "has LKJ")),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "words"), WRONG, ids=[new for _, new, _, _ in WRONG])
def test_what_is_wrong_in_a_file_is_said_in_three_parts_with_its_line(tmp_path, old, new, line, words):
    assert READY_PANEL.count(old) == 1
    with pytest.raises(SpecError) as caught:
        world(written(tmp_path, READY_PANEL.replace(old, new)))
    error = caught.value
    assert error.rule
    assert error.action
    assert f"mine.toml, line {line}" in error.given
    for word in words:
        assert word in str(error)


@pytest.mark.parametrize(
    ("text", "old", "new", "words"),
    [
        (PANEL, "schools = 4", "shools = 4", "'shools' is not among them. Nearest: 'schools'"),
        (PANEL, "initial_sd = [1.0, 2.0]\n", "", "'initial_sd'"),
        (PANEL, "[0.0, 0.2]]", "[0.0]]", "'lag' holds numbers, the same number in each row"),
        (PANEL, "[0.9, 1.8]", '"much"', "'innovation_sd' holds numbers"),
        (TRIAL, "[3, 3]", '"many"', "'schools_per_arm' is a tuple of whole numbers"),
        (TRAJECTORIES, "waves = 3", "waves = 4", "'low' has 3; there are 4 waves"),
        (TRAJECTORIES, "pupils = 60", "pupils = 60.5", "whole numbers of pupils"),
        (TRAJECTORIES, "pupils = 60", "pupil = 60", "'pupil' is not one of them. Nearest: 'pupils'"),
        (TRAJECTORIES, "[1.0, 1.0, 1.0]", '["a", "b", "c"]', "finite numbers"),
        (TRAJECTORIES, "anxiety = 0.5", "anxeity = 0.5", "'high' names 'anxeity'. Nearest: 'anxiety'"),
        (TRAJECTORIES, "2 = 0.1", "second = 0.1", "'leaves' gives, for waves before the last"),
        (TRAJECTORIES, "[world.leaves]\n2 = 0.1", "[world.control]\npupils = 3\nschools = 1", "at least one of each"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_world_of_its_own_fields_is_an_error_of_three_parts(tmp_path, text, old, new, words):
    assert text.count(old) == 1
    with pytest.raises(SpecError) as caught:
        world(written(tmp_path, text.replace(old, new)))
    assert words in str(caught.value)
    assert caught.value.rule
    assert "mine.toml, line" in caught.value.given
    assert caught.value.action


def test_an_unknown_world_is_named_with_its_neighbours():
    with pytest.raises(SpecError, match=r"shipped ones.*'triangle-pnel' is neither. Nearest: 'triangle-panel'"):
        world("triangle-pnel")


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(SpecError, match="A world is a file that can be read"):
        world(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pupil": 500}, "'pupil' is not among them. Nearest: 'pupils'"),
        ({"pupils": []}, "Give one value or more"),
        ({"pupils": "many"}, "'pupils' is a whole number"),
        ({"variables": ("a", "a")}, "list of names, each once"),
    ],
)
def test_changes_are_checked_like_files(changes, words):
    with pytest.raises(SpecError) as caught:
        world("triangle-null", changes)
    assert words in str(caught.value)


def test_records_are_checked_when_they_are_made_by_hand():
    with pytest.raises(SpecError, match="A field has one value"):
        World("mine", "riclpm", "null_panel", {"pupils": 1500}, {"pupils": (1500, 1600)})
    with pytest.raises(SpecError, match="A field of the grid has a list of values"):
        World("mine", "riclpm", "null_panel", grid={"pupils": 1500})
    row = Prior("carry_over", "Normal", (0.3, 0.1))
    with pytest.raises(SpecError, match="A field has one value"):
        World("mine", "riclpm", "null_panel", grid={"carry_over": (0.2,)}, drawn=(row,))
    with pytest.raises(SpecError, match="A field has one value"):
        World("mine", "riclpm", "null_panel", drawn=(row, row))


def test_lists_become_tuples_so_that_records_compare():
    a = World("mine", "riclpm", "null_panel", {"variables": ["x", "y"]})
    b = World("mine", "riclpm", "null_panel", {"variables": ("x", "y")})
    assert a == b
    assert_same(made(a, {}), null_panel(variables=("x", "y")))
