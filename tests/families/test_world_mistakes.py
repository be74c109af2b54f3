"""Every mistake that one world refuses, all refuse: in three parts, before anything is simulated."""

from __future__ import annotations

from dataclasses import fields
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from bayespanel.families.door import FAMILIES, Simulated
from bayespanel.families.panel.world import PanelWorld
from bayespanel.families.panel.worlds import null_panel, small_triangle, triangle_panel, two_variables
from bayespanel.families.trajectories.world import TrajectoryWorld, from_tables
from bayespanel.families.trajectories.worlds import persistent_victims
from bayespanel.families.trial.world import TrialWorld
from bayespanel.families.trial.worlds import involvement, small_trial
from bayespanel.language.errors import SpecError
from tests.families.world_mistakes import GOOD, INF, MISTAKES, NAN


def made(kind: type, changes: dict[str, Any]) -> Simulated:
    """Return the world; a value that is a function makes what a world takes."""
    values = {name: value() if callable(value) else value for name, value in changes.items()}
    world: Simulated = kind(**(GOOD[kind] | values))
    return world


def assert_refused(make: Any) -> None:
    with pytest.raises(SpecError) as caught:
        make()
    error = caught.value
    assert all(part.strip() for part in (error.rule, error.given, error.action))
    assert len(str(error)) < 2000


WORLDS = {family.world: family for family in FAMILIES.values()}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_every_world_says_whether_the_mistake_can_be_made(mistake: str) -> None:
    assert set(MISTAKES[mistake]) == set(WORLDS) == set(GOOD)


@pytest.mark.parametrize("kind", WORLDS, ids=lambda kind: kind.__name__)
def test_every_field_of_a_world_is_in_some_mistake(kind: type) -> None:
    spoiled = {name for wrong in MISTAKES.values() for changes in wrong[kind] or () for name in changes}
    assert spoiled == {item.name for item in fields(kind)}


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        pytest.param(kind, changes, id=f"{mistake}: {kind.__name__}, {number}")
        for mistake, worlds in MISTAKES.items()
        for kind, wrong in worlds.items()
        for number, changes in enumerate(wrong or ())
    ],
)
def test_a_mistake_is_refused_in_three_parts(kind: type, changes: dict[str, Any]) -> None:
    assert_refused(lambda: made(kind, changes))


@pytest.mark.parametrize("kind", WORLDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("seed", [-1, 1.5, True, None, "1", NAN, (1,)])
def test_a_seed_is_a_whole_number(kind: type, seed: Any) -> None:
    assert_refused(lambda: WORLDS[kind].simulate.simulate(made(kind, {}), seed))


GENEROUS: dict[type, dict[str, Any]] = {
    PanelWorld: {"variables": ["x", "y", "z"], "months": np.array([0, 6]), "schools": np.int64(30),
                 "initial_sd": [Fraction(1, 2), 1, np.float32(1.0)], "pupils_per_class": [18, 25],
                 "ordinal": {"x": [0, 1]}},
    TrialWorld: {"outcomes": ["x", "y", "z"], "effect": [0, 0, 0], "schools_per_arm": [15, np.int64(15)],
                 "girls": 1, "ordinal": {"y": np.array([0.0, 1.0])}},
    TrajectoryWorld: {"predictors": ["x", "v", "w"], "class_sizes": [18, 25], "cuts": [0, 1], "waves": np.int64(2),
                      "predictor_corr": np.eye(3).tolist(), "leaves": {np.int64(1): 0}},
}  # fmt: skip
"""Lists for tuples, whole numbers for others, numpy's numbers: what is meant is plain."""


@pytest.mark.parametrize("kind", WORLDS, ids=lambda kind: kind.__name__)
def test_what_is_meant_is_taken_and_its_pupils_have_ids_of_their_own(kind: type) -> None:
    for changes in ({}, GENEROUS[kind]):
        frame = WORLDS[kind].simulate.simulate(made(kind, changes), 1)
        assert frame["pupil"].nunique() == frame["pupil"].max() > 50
        assert frame.columns.is_unique


READY = {
    triangle_panel: [{"schools": 0}, {"schools": "99"}, {"schools": None}, {"pupils": 1.5}, {"variables": "warmth"},
                     {"variables": ()}, {"variables": ("warm",)}, {"variables": ("warmth", "warmth")},
                     {"variables": None}, {"direct": NAN}, {"direct": 5.0}, {"reliability": 0.0}, {"ordinal": 1},
                     {"skew": -1.0}, {"school": 9}, {"cohorts": 9.5}, {"person_share": 0.95}, {"pupils": 10**9}],
    small_triangle: [{"waves": 0}, {"waves": 1}, {"waves": 10**9}, {"waves": "4"}, {"class_icc": -0.1},
                     {"person_share": NAN}, {"person_share": None}, {"schools": -1}],
    null_panel: [{"variables": 3}, {"carry_over": 1.1}, {"intercept_corr": 1.5}, {"within_corr": -2.0},
                 {"missing_wave": 1.0}, {"missing_wave": "0"}],
    two_variables: [{"carry_over": 0.3}, {"cross": (0.1,)}, {"cross": ("a", "b")}, {"icc": 1.0}, {"pupils": 0},
                    {"pupils": -4}, {"within_corr": NAN}],
    involvement: [{"informant": "parent"}, {"informant": None}, {"schools": 0}, {"schools": 1}, {"effect": "0.2"},
                  {"effects": {"bulying": 0.1}}, {"effects": {"bullying": "0.1"}}, {"effects": ["bullying"]},
                  {"school_icc": 0.99}, {"outcome_corr": 1.0}, {"baseline": None}, {"victimisation_ordinal": "yes"}],
    small_trial: [{"effect": None}, {"effect": NAN}, {"schools": 1}, {"schools": "6"}, {"schools": (6, "6")},
                  {"schools": None}, {"pupils_per_class": 8}, {"class_icc": 1.5}, {"randomised": "schools"}],
    persistent_victims: [{"schools": 0}, {"schools": 1}, {"pupils": -1}, {"pupils": "all"}, {"control": "no"},
                         {"school_sd": -0.1}, {"pupil_sd": None}, {"missing_wave": INF}],
}  # fmt: skip
"""Ready world -> arguments that cannot be."""


def test_every_ready_world_is_tried() -> None:
    assert {make.__name__ for make in READY} == {name for family in FAMILIES.values() for name in family.ready_worlds}


@pytest.mark.parametrize(
    ("make", "changes"),
    [pytest.param(make, row, id=f"{make.__name__}: {row}"[:70]) for make, rows in READY.items() for row in rows],
)
def test_a_ready_world_refuses_what_cannot_be(make: Any, changes: dict[str, Any]) -> None:
    assert_refused(lambda: make(**changes))


@pytest.mark.parametrize(
    "changes",
    [{"wave": 2}, {"intervention": {"pupils": 60}}, {"intervention": {"pupil": 60}}, {"leaves": {"two": 0.1}},
     {"leaves": 3}, {"intervention": {"pupils": 60, "schools": 4, "courses": 3}}, {"intervention": 3},
     {"intervention": {"pupils": 60, "schools": 4, "courses": [{"name": "a"}]}},
     {"intervention": {"pupils": 60, "schools": 4, "courses": ["a"]}}],
)  # fmt: skip
def test_tables_of_a_file_are_refused_like_fields(changes: dict[str, Any]) -> None:
    assert_refused(lambda: from_tables(**(GOOD[TrajectoryWorld] | changes)))
