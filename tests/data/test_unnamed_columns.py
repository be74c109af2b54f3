"""Columns that nobody named and that say that rows are copies, or that names of classes begin again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bayespanel.data import Panel
from bayespanel.data.trial import Trial
from bayespanel.data.unnamed_columns import guess_of_unnamed
from bayespanel.language.errors import DataError, DataWarning

WIDE = {"x": ["x1", "x2", "x3"]}


def frame(pupils: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    out = pd.DataFrame(rng.normal(size=(pupils, 3)), columns=WIDE["x"])
    out["id"], out["school"] = np.arange(pupils), [f"s{i % 6}" for i in range(pupils)]
    out["class"], out["arm"] = ["1a" if i % 12 < 6 else "1b" for i in range(pupils)], [i % 2 for i in range(pupils)]
    return out


def test_copies_of_pupils_are_said_where_no_pupil_is_named() -> None:
    copies = pd.concat([frame(), frame().head(5)], ignore_index=True)
    with pytest.warns(DataWarning, match="5 rows repeat a value of column 'id'"):
        assert Panel.from_wide(copies, columns=WIDE).n_pupils == 65
    with pytest.warns(DataWarning, match="say pupil='id'"):
        Trial.from_frame(copies, arm="arm", control=0, outcomes=["x3"], randomised="pupil")
    with pytest.raises(DataError, match="one row per pupil"):
        Panel.from_wide(copies, columns=WIDE, pupil="id")


def test_numbers_that_begin_again_in_every_place_are_no_copies() -> None:
    again = frame()
    again["id"] = again.groupby("school").cumcount()
    assert guess_of_unnamed(again, {"columns": WIDE["x"]}) == ()
    assert guess_of_unnamed(again, {"columns": WIDE["x"], "school": ["school"]}) == ()
    assert guess_of_unnamed(again.drop(columns="school"), {"columns": WIDE["x"]}) != ()
    assert guess_of_unnamed(frame(), {"columns": WIDE["x"]}) == ()


def test_a_score_with_the_name_of_a_child_is_no_pupil() -> None:
    scores = frame().drop(columns="id")
    for values in (np.arange(60) // 2, np.arange(60) / 4 // 0.5 * 0.5):
        assert guess_of_unnamed(scores.assign(kind=values), {"columns": WIDE["x"]}) == ()
    assert guess_of_unnamed(scores.assign(child=np.arange(60) // 2 + 0.5), {"columns": WIDE["x"]}) == ()


def test_names_of_classes_in_several_schools_are_said_where_no_school_is_named() -> None:
    with pytest.warns(DataWarning, match="2 of 2 classes occur in two or more values of column 'school'"):
        Panel.from_wide(frame(), columns=WIDE, pupil="id", classroom="class")
    roles = {"columns": WIDE["x"], "pupil": ["id"], "classroom": ["class"]}
    assert guess_of_unnamed(frame(), roles | {"school": ["school"]}) == ()
    own = frame().assign(**{"class": lambda table: table["school"] + table["class"]})
    assert guess_of_unnamed(own, roles) == ()
