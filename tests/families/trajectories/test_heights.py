"""Names of classes that say how high they are."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.families.trajectories.checks import _heights


def expected(**courses: float) -> xr.Dataset:
    levels = np.array(list(courses.values()))
    values = levels[:, None] + np.random.default_rng(1).normal(0, 0.1, (2, 100, len(levels), 3))
    dims = ("chain", "draw", "trajectory", "wave")
    return xr.Dataset({"expected": (dims, values)}, coords={"trajectory": list(courses)})


@pytest.mark.parametrize(
    ("courses", "state"),
    [
        ({"low": 3.0, "high": 1.0}, [False]),
        ({"high": 3.0, "low": 1.0}, [True]),
        ({"high": 3.0, "middle": 2.0, "low": 1.0}, [True, True]),
        ({"middle": 3.0, "high": 2.0, "never": 1.0}, [True, False]),
        ({"persistent": 3.0, "low": 1.0}, []),
    ],
)
def test_a_class_that_is_named_low_lies_below_one_that_is_named_high(
    courses: dict[str, float], state: list[bool]
) -> None:
    spec = bp.Trajectories("y", classes=tuple(courses))
    assert [check.passed for check in _heights(spec, expected(**courses))] == state
