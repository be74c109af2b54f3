"""Times of waves: taken as they are given, kept wherever data go, and refused where they are no times."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bayespanel.command.columns import Columns
from bayespanel.command.intake import read_panel
from bayespanel.data import Moments, Panel
from bayespanel.language.errors import DataError
from tests.data.tables import build, long_table

WRONG: list[Any] = [
    [0, 5], [0, 5, 12, 17], [0, 5, 5], [0, 12, 5], [5, 3, 1], [0, 5, float("nan")], [0, 5, float("inf")], "0,5,12",
    ["0", "5", "12"], [True, False, True], [0, None, 12], 3, {"1": 0, "2": 5}, {"1": 0, "2": 5, "4": 12}, [],
    {1: 0, "1": 3, "2": 5, "3": 12}, [[0, 5, 12]], {0, 5, 12}, [0, 5, 10**5000], [0, 1e308, 1.7e308],
    np.array([[0.0, 5.0, 12.0]]), 1j,
]  # fmt: skip


def labels(panel: Panel) -> tuple[str, ...]:
    return panel.waves


@pytest.mark.parametrize("times", [[0, 5, 12], (0.0, 5.0, 12.0), np.array([0, 5, 12]), {3: 12, 1: 0, "2": 5.0}])
def test_times_are_kept_with_panel_moments_and_file(times: Any, tmp_path: Path) -> None:
    panel = build(long_table(), times=times)
    np.testing.assert_array_equal(panel.times, [0.0, 5.0, 12.0])
    moments = panel.moments()
    np.testing.assert_array_equal(moments.times, panel.times)
    np.testing.assert_array_equal(moments.select(waves=["1", "3"]).times, [0.0, 12.0])
    moments.save(tmp_path / "moments.nc")
    loaded = Moments.load(tmp_path / "moments.nc")
    np.testing.assert_array_equal(loaded.times, panel.times)
    assert loaded.fingerprint() == moments.fingerprint()


def test_data_without_times_are_what_they_were(tmp_path: Path) -> None:
    moments = build(long_table()).moments()
    assert moments.times is None
    moments.save(tmp_path / "moments.nc")
    loaded = Moments.load(tmp_path / "moments.nc")
    assert loaded.times is None
    assert loaded.fingerprint() == moments.fingerprint()
    assert moments.fingerprint() != build(long_table(), times=[0, 5, 12]).moments().fingerprint()


@pytest.mark.parametrize("times", WRONG, ids=range(len(WRONG)))
def test_what_is_no_time_for_each_wave_is_refused(times: Any) -> None:
    with pytest.raises(DataError, match="'times' holds one number for each wave") as error:
        build(long_table(), times=times)
    assert error.value.given
    assert error.value.action


def test_wide_tables_summaries_and_the_command_line_take_times() -> None:
    wide = long_table().pivot(index="pupil", columns="wave", values="math").add_prefix("math").reset_index()
    columns = {"math": ["math1", "math2", "math3"]}
    np.testing.assert_array_equal(Panel.from_wide(wide, columns=columns, times=[0, 5, 12]).times, [0, 5, 12])
    typed = Columns(wide=(("math", tuple(columns["math"])),), times=(0.0, 5.0, 12.0))
    np.testing.assert_array_equal(read_panel(wide, typed).times, [0, 5, 12])
    assert "--times=0,5,12" in typed.words()
    summary = Panel.from_summary(
        mean=np.zeros(3),
        cov=np.eye(3) + 0.5,
        n=50,
        variables=["y"],
        waves=["a", "b", "c"],
        times={"a": 0, "b": 5, "c": 7},
    )
    np.testing.assert_array_equal(summary.times, [0, 5, 7])


def test_unequal_gaps_are_said_in_time() -> None:
    (note,) = build(long_table(), times=[0, 3, 12]).notes
    assert "(1, 3, the shortest as 1)" in note
    assert "time='continuous'" in note
    assert build(long_table(), times=[0, 6, 12]).notes == ()
