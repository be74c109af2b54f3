"""A specification curve keeps what failed, in sight and countable."""

from __future__ import annotations

import numpy as np
import pytest

import bayespanel as bp
from bayespanel.design.kept_numbers import FAILED
from bayespanel.design.multiverse import _options, specification_curve, specifications
from bayespanel.design.study import Condition, Study
from bayespanel.language.errors import SpecError
from tests.design.mock import gathered, mock
from tests.design.studies import SPEC


def test_failed_specifications_stand_last_and_are_not_dropped() -> None:
    cells = tuple(Condition({"choice": name}, SPEC) for name in "abc")
    world = bp.world("mulder-2023", {"waves": 3, "pupils": 100})
    of = Study("power", cells, 1, 1, world=world)  # a world, so that names need no data
    found = gathered(of, mock)
    found["statistics"][1] = np.nan
    found["run"][1, 0, 0] = FAILED
    one = specification_curve(specifications(found, of), "x -> y")
    assert one["choice"].values[-1] == "b"
    assert one.sizes["specification"] == 3
    assert list(np.diff(one["mean"].values[:2]) >= 0) == [True]


def test_options_that_read_alike_are_refused() -> None:
    with pytest.raises(SpecError, match="Two options of 'lags' look the same"):
        _options(SPEC, {"lags": ["free", "free"]})
