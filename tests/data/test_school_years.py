"""Classes that are formed anew every school year: read, kept wherever data go, and refused where they are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from bayespanel.command.columns import Columns
from bayespanel.command.intake import read_panel
from bayespanel.data import Moments, Panel
from bayespanel.language.errors import DataError
from tests.data.tables import build, long_table

YEARS = [1, 1, 2]
WRONG: list[Any] = [
    [1, 2], [1, 2, 2, 3], [1, 2, 1], "1,1,2", {1: 1, 2: 1, 3: 2}, 12, 0, -12.0, True, float("nan"), [], 1j,
]  # fmt: skip


def re_formed(pupils: int = 24, seed: int = 1) -> pd.DataFrame:
    """Return `long_table` whose classes of wave 3 are new ones, under the old labels."""
    frame = long_table(pupils, seed=seed)
    rng = np.random.default_rng(seed)
    new = dict(zip(frame["pupil"].unique(), rng.permuted(np.repeat(["a", "b"], pupils // 2)), strict=True))
    return frame.assign(**{"class": frame["class"].where(frame["wave"] < 3, frame["pupil"].map(new))})


def members(panel: Panel) -> pd.Series:
    """Return who shares a class of a year with whom: (year, number of the class) -> labels of its pupils."""
    assert panel.courses is not None
    assert panel.classroom is not None
    of_pupils = panel.courses[panel.classroom]
    found = {
        (year, code): tuple(sorted(panel.pupils[of_pupils[:, year] == code]))
        for year in range(of_pupils.shape[1])
        for code in np.unique(of_pupils[:, year])
    }
    return pd.Series(found)


@pytest.mark.parametrize("years", [YEARS, ("2019", "2019", "2020"), np.array([3, 3, 7])])
def test_pupils_share_the_class_of_each_year(years: Any) -> None:
    frame = re_formed()
    panel = build(frame, classroom="class", school="school", school_years=years)
    np.testing.assert_array_equal(panel.school_years, [0, 0, 1])
    by_hand = set()
    for wave in (1, 3):
        rows = frame[frame["wave"] == wave]
        by_hand |= {
            (0 if wave == 1 else 1, tuple(sorted(group["pupil"]))) for _, group in rows.groupby(["school", "class"])
        }
    assert {(year, pupils) for (year, _), pupils in members(panel).items()} == by_hand
    assert any("formed anew" in note for note in panel.notes)


def test_the_length_of_a_year_counts_from_the_first_wave() -> None:
    frame = re_formed()
    panel = build(frame, classroom="class", school="school", school_years=12, times=[0, 5, 13])
    np.testing.assert_array_equal(panel.school_years, [0, 0, 1])


def test_moments_file_and_selection_keep_them(tmp_path: Path) -> None:
    panel = build(re_formed(), classroom="class", school="school", school_years=YEARS)
    moments = panel.moments()
    moments.save(tmp_path / "moments.nc")
    loaded = Moments.load(tmp_path / "moments.nc")
    np.testing.assert_array_equal(loaded.courses, panel.courses)
    assert loaded.fingerprint() == moments.fingerprint()
    assert moments.describe().clusters.equals(panel.describe().clusters)
    assert list(panel.describe().clusters["number"]) == [8, 2]
    later = moments.select(waves=["1", "3"])
    np.testing.assert_array_equal(later.school_years, [0, 1])
    one_year = moments.select(waves=["1", "2"])
    assert one_year.courses is not None
    assert one_year.courses.shape[1] == 1
    assert one_year.courses.max() == 3


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_fewer_pupils_are_as_if_read_alone(seed: int, kept: int) -> None:
    frame = re_formed(seed=seed % 1000)
    panel = build(frame, classroom="class", school="school", school_years=YEARS)
    rng = np.random.default_rng(seed)
    keep = rng.random(panel.n_pupils) < kept / 5
    keep[:9] = True
    some = panel.of_pupils(keep)
    alone = build(
        frame[frame["pupil"].isin(panel.pupils[keep])], classroom="class", school="school", school_years=YEARS
    )
    assert set(members(some)) == set(members(alone))
    assert some.moments().courses is not None


def test_wide_tables_and_the_command_line_read_the_same() -> None:
    frame = re_formed()
    wide = frame.pivot(index="pupil", columns="wave")
    wide.columns = [f"{name}{wave}" for name, wave in wide.columns]
    wide = wide.reset_index()
    roles: dict[str, Any] = {"classroom": ["class1", "class2", "class3"], "school": ["school1", "school2", "school3"]}
    panel = Panel.from_wide(
        wide,
        columns={"math": ["math1", "math2", "math3"], "read": ["read1", "read2", "read3"]},
        pupil="pupil",
        school_years=YEARS,
        accept=["labels"],
        **roles,
    )
    assert set(members(panel)) == set(members(build(frame, classroom="class", school="school", school_years=YEARS)))
    columns = Columns(
        pupil="pupil",
        wave="wave",
        variables=("math", "read"),
        classroom=("class",),
        school=("school",),
        school_years=("1", "1", "2"),
    )
    assert set(members(read_panel(frame, columns))) == set(members(panel))
    assert "--school-years 1,1,2" in " ".join(columns.words())


@pytest.mark.parametrize("years", WRONG, ids=range(len(WRONG)))
def test_what_names_no_year_of_each_wave_is_refused(years: Any) -> None:
    with pytest.raises(DataError, match="school year") as error:
        build(re_formed(), classroom="class", school="school", school_years=years)
    assert error.value.given
    assert error.value.action


def test_moving_within_a_year_is_moving() -> None:
    frame = re_formed()
    frame.loc[(frame["pupil"] == "p0") & (frame["wave"] == 2), "class"] = "b"
    roles = {"classroom": "class", "school": "school", "school_years": YEARS}
    with pytest.raises(DataError, match="stays in one class"):
        build(frame, **roles)
    assert build(frame, movers="drop", **roles).n_pupils == 23
    assert build(frame, movers="first", **roles).n_pupils == 24


def test_a_missing_class_matters_in_years_with_a_score_alone() -> None:
    frame = re_formed()
    last = (frame["pupil"] == "p0") & (frame["wave"] == 3)
    frame.loc[last, "class"] = None
    roles = {"classroom": "class", "school": "school", "school_years": YEARS}
    with pytest.raises(DataError, match="1 pupil with scores in school year 2"):
        build(frame, **roles)
    frame.loc[last, ["math", "read"]] = np.nan
    panel = build(frame, **roles)
    assert panel.courses is not None
    assert panel.classroom is not None
    assert panel.courses[panel.classroom[list(panel.pupils).index("p0")], 1] == -1


def test_one_class_for_all_waves_is_refused_beside_years() -> None:
    frame = long_table().pivot(index="pupil", columns="wave")
    frame.columns = [f"{name}{wave}" for name, wave in frame.columns]
    with pytest.raises(DataError, match="known at every wave"):
        Panel.from_wide(
            frame.reset_index(),
            columns={"math": ["math1", "math2", "math3"]},
            classroom="class1",
            school_years=YEARS,
            accept=["labels"],
        )
    with pytest.raises(DataError, match="known at every wave"):
        build(long_table(), school_years=YEARS)


def test_pupils_who_change_class_from_year_to_year_are_told_of_school_years() -> None:
    with pytest.raises(DataError, match="school_years=") as error:
        build(re_formed(), classroom="class", school="school")
    assert "school_years=[1, 1, 2, 2, 3]" in error.value.given
