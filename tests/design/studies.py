"""Small studies that the tests share."""

from __future__ import annotations

from typing import Any

import bayespanel as bp
from bayespanel.design.power import power_study
from bayespanel.design.study import Condition, Study

SPEC = bp.RICLPM(variables=("x", "y"))


def study(replicates: int = 10, **changes: Any) -> Study:
    """A power study of two variables; `changes` are fields of its world."""
    world = bp.world("mulder-2023", {"waves": 3, "pupils": 100, **changes})
    return power_study(SPEC, world, replicates=replicates, seed=1, rope=0.03, sampling=bp.Sampling(draws=100, tune=50))


def calibration(replicates: int = 200) -> Study:
    world = bp.world("mulder-2023", {"waves": 3, "pupils": 100})
    return Study("calibration", (Condition({}, SPEC),), replicates, 1, world=world)
