"""Distinct rows count equal pupils, keep missing waves apart, and come back from disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bayespanel.data import Panel, PanelRows
from bayespanel.data.panel_rows import rows_and_pupils, rows_of
from bayespanel.language.errors import DataError

FRAME = pd.DataFrame(
    {
        "y1": [0.0, 0.0, 1.0, 0.0, np.nan, np.nan],
        "y2": [2.0, 2.0, 2.0, np.nan, 3.0, np.nan],
        "z1": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        "z2": [1.0, 2.0, 3.0, 5.0, 4.0, 6.0],
        "girl": [1, 1, 0, 1, 1, 0],
        "class": ["a", "a", "b", "c", "c", "c"],
        "school": ["s", "s", "s", "t", "t", "t"],
    }
)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return Panel.from_wide(
        FRAME, columns={"y": ["y1", "y2"], "z": ["z1", "z2"]}, covariates=["girl"], classroom="class", school="school"
    )


def test_equal_pupils_are_one_row(panel: Panel) -> None:
    rows, at = rows_and_pupils(panel, "y", ["girl"], ["class", "school"])
    assert rows.n_pupils == 5
    assert sorted(rows.count.tolist()) == [1, 1, 1, 2]
    assert at[0] == at[1]
    assert at[5] == -1  # no score in y, though in z
    assert "1 pupil without a score in 'y' left out." in rows.notes
    for pupil in range(5):
        np.testing.assert_array_equal(rows.values[at[pupil]], panel.values[pupil, :, 0])
        assert rows.x[at[pupil], 0] == FRAME["girl"][pupil]
        name = rows.class_names[rows.cluster[at[pupil]]]
        assert name == FRAME["class"][pupil]
        assert rows.school_names[rows.parent[rows.cluster[at[pupil]]]] == FRAME["school"][pupil]


def test_rows_do_not_know_clusters_that_the_model_does_not(panel: Panel) -> None:
    rows = rows_of(panel, "y", [], [])
    assert rows.levels == rows.class_names == rows.school_names == ()
    assert (rows.cluster == 0).all()


def test_rows_come_back_from_disk(panel: Panel, tmp_path: Path) -> None:
    rows = rows_of(panel, "y", ["girl"], ["school"])
    rows.save(tmp_path / "rows.nc")
    back = PanelRows.load(tmp_path / "rows.nc")
    assert back.fingerprint() == rows.fingerprint()
    np.testing.assert_array_equal(back.values, rows.values)
    assert (back.covariates, back.levels, back.notes) == (rows.covariates, rows.levels, rows.notes)


def test_what_the_panel_lacks_is_named(panel: Panel) -> None:
    with pytest.raises(DataError, match="Nearest: 'girl'"):
        rows_of(panel, "y", ["girls"], [])
    with pytest.raises(DataError, match="outcome"):
        rows_of(panel, "x", [], [])
    bare = Panel.from_wide(FRAME, columns={"y": ["y1", "y2"]})
    with pytest.raises(DataError, match="has the level 'school'"):
        rows_of(bare, "y", [], ["school"])
