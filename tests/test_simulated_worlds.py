"""Pupils are simulated from a world by its name as from the settled world itself, and from one world only."""

from __future__ import annotations

import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.families.panel.worlds import small_triangle
from bayespanel.families.trajectories.worlds import persistent_victims
from bayespanel.families.trial.worlds import involvement

PAIRS = {
    "panel": (bp.world("small-triangle", {"pupils": 100, "schools": 4}), small_triangle(pupils=100, schools=4)),
    "trial": (bp.world("involvement-trial", {"informant": "parents", "effect": None}), involvement("parents")),
    "trajectories": (
        bp.world("persistent-victims", {"control": False, "schools": 8, "pupils": 120}),
        persistent_victims(ordinal=True, control=False, schools=8, pupils=120),
    ),
}


@pytest.mark.parametrize("family", PAIRS)
def test_a_world_by_name_gives_the_pupils_of_the_world_itself(family):
    by_name, itself = PAIRS[family]
    pd.testing.assert_frame_equal(bp.simulate(by_name, seed=3), bp.simulate(itself, seed=3))
    assert type(bp.settled(by_name)) is type(itself)


def test_a_grid_with_one_value_is_one_world():
    world = bp.World("mine", "riclpm", "small_triangle", {"schools": 4}, grid={"pupils": (100,)})
    assert bp.simulate(world, seed=1)["pupil"].nunique() == 100


def test_a_grid_is_refused_with_the_field_to_settle():
    with pytest.raises(bp.SpecError) as error:
        bp.simulate(bp.world("mulder-2023"), seed=1)
    assert "'waves' has 3 values, 'pupils' has 7 values" in error.value.given
    assert "bp.world(name, {'waves': 3})" in error.value.action


def test_design_priors_are_refused_with_the_field_to_settle():
    rows = (bp.Prior("person_share", "Normal", (0.45, 0.05), "raw"),)
    world = bp.World("mine", "riclpm", "small_triangle", {"pupils": 100, "schools": 4}, drawn=rows)
    with pytest.raises(bp.SpecError) as error:
        bp.simulate(world, seed=1)
    assert "'person_share' has a design prior" in error.value.given
    assert "bp.world(name, {'person_share': 0.45})" in error.value.action


def test_what_is_no_world_is_refused():
    with pytest.raises(bp.SpecError, match=r"bp\.world"):
        bp.simulate("small-triangle", seed=1)
