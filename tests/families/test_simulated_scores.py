"""Simulated scores are what they are: no study loses a data set because some of its numbers look like codes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bayespanel as bp
from bayespanel.catalogue.worlds import made
from bayespanel.families.door import family_of
from bayespanel.language.errors import DataError

RARE = [6.0, *[7.0] * 5, *[8.0] * 3, *[9.0] * 3]
"""A few numbers just beyond a usual scale: in a file they would be asked about."""

CASES: dict[str, tuple[Any, Any, str]] = {
    "panel": (bp.RICLPM(("rejection", "depression", "victimisation")), bp.world("small-triangle"), "rejection"),
    "trial": (bp.ClusterTrial(("score",)), bp.world("school-trial"), "score"),
    "trajectories": (bp.Trajectories("victimisation", classes=3), bp.world("persistent-victims"), "victimisation"),
}


@pytest.mark.parametrize("case", CASES)
def test_rare_numbers_that_look_like_codes_are_scores(case: str) -> None:
    spec, named, name = CASES[case]
    world = made(named, {}, np.random.default_rng(1))
    frame = bp.simulate(world, seed=1)
    few = np.minimum(np.random.default_rng(1).poisson(1.0, len(frame)), 5).astype(float)
    few[: len(RARE)], few[-len(RARE) :] = RARE, RARE
    frame[name] = few
    room = family_of(spec).truth
    found = room.observed(spec, world, frame)
    scores = np.asarray(found.values, float)
    assert np.nanmax(scores) == 9.0
    assert not any(guess.doubtful for guess in found.guesses)


def test_the_same_numbers_of_a_file_are_a_question() -> None:
    _, world, name = CASES["trajectories"]
    frame = bp.simulate(world, seed=1)
    few = np.minimum(np.random.default_rng(1).poisson(1.0, len(frame)), 5).astype(float)
    few[: len(RARE)] = RARE
    with pytest.raises(DataError, match="a code for 'missing'"):
        bp.Panel.from_long(frame.assign(**{name: few}), pupil="pupil", wave="wave", variables=[name])
