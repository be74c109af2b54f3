"""Score tests of the shape of courses and of the spread around them: a model that is right, and two that are not."""

from __future__ import annotations

import numpy as np
import pytest

import bayespanel as bp
from bayespanel.families.trajectories import appraised as keeping
from bayespanel.families.trajectories.fit_rows import COURSES, SPREAD, fit_rows
from bayespanel.families.trajectories.shape import Shape, shapes
from bayespanel.families.trajectories.statistics import data_for
from tests.families.trajectories.tables import small_panel, wide_panel
from tests.families.trajectories.test_fit import fake

SPEC = bp.Trajectories("y", classes=3, times=(0, 1, 2, 3, 4))


def scores(seed: int, *, bend: float = 0.0, wide: float = 1.0) -> np.ndarray:
    """400 pupils of three straight courses; `bend` lifts the middle of two, `wide` is the spread of the first."""
    rng = np.random.default_rng(seed)
    time = np.linspace(0, 1, 5)
    kind = rng.choice(3, 400, p=[0.2, 0.3, 0.5])
    lifted = bend * np.outer([0, 1, 1], [0, 0, 1, 0, 0])
    mean = np.array([np.full(5, 2.5), 2.2 - 2.0 * time, np.full(5, 0.3)]) + lifted
    y = mean[kind] + 0.6 * rng.normal(size=(400, 5)) * np.where(kind == 0, wide, 1.0)[:, None]
    y[rng.random((400, 5)) < 0.05] = np.nan
    return y


def found(**world: float) -> dict[str, Shape]:
    return shapes(SPEC, data_for(SPEC, wide_panel(scores(0, **world))))


def test_straight_courses_leave_nothing_to_say() -> None:
    """Three classes at five waves: 15 means less 6 coefficients, 15 variances less one."""
    test = found()
    assert (test["course"].df, test["spread"].df) == (9, 14)
    assert min(test["course"].p, test["spread"].p) > 0.01


def test_a_bend_and_a_wider_class_are_each_seen_in_their_own_row() -> None:
    bent, wide = found(bend=0.3), found(wide=1.5)
    assert bent["course"].p < 0.001
    assert wide["spread"].p < 0.001
    assert wide["course"].p > 0.01
    assert bent["course"].where.endswith("at 3")


def test_rows_say_which_option_to_try() -> None:
    spec = bp.Trajectories("victimisation", classes=("decreasing", "low"), times=(0, 5, 12, 17), growth="linear")
    rows = data_for(spec, small_panel())
    of = {"p": 1e-5, "square": 40.0, "df": 4, "where": "'low' at 5", "size": 0.2}
    attrs = {f"{name}_{key}": value for name in ("course", "spread") for key, value in of.items()}
    table = {row.check: row for row in fit_rows(spec, fake(spec, **attrs), rows)}
    assert {table[name].state for name in (COURSES, SPREAD)} == {"look"}
    assert "growth='quadratic' or 'free'" in table[COURSES].hint
    assert "residual=" in table[SPREAD].hint


def test_a_test_that_fails_is_a_row_and_not_the_end_of_a_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise np.linalg.LinAlgError("singular")

    monkeypatch.setattr(keeping, "shapes", fail)
    kept = keeping.appraised(SPEC, data_for(SPEC, wide_panel(scores(0))))
    assert kept["shape_failed"] == "LinAlgError: singular"
    assert "within_z" in kept
    (row,) = fit_rows(
        SPEC, fake(bp.Trajectories("y", classes=2, times=(0, 1, 2)), shape_failed="LinAlgError: singular"), None
    )
    assert "could not be computed (LinAlgError: singular)" in row.hint
