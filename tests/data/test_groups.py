"""Groups of pupils: read from a column, kept with the pupils and with their sums."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bayespanel.data import Moments, Panel
from bayespanel.data.group_moments import of_group, without_groups
from bayespanel.language.errors import DataError
from tests.data.tables import build, long_table, random_panel


def grouped(**changes: object) -> pd.DataFrame:
    frame = long_table(40)
    sex = np.where(frame["pupil"].str[1:].astype(int) % 3 == 0, "girl", "boy")
    return frame.assign(sex=sex, **changes)


def wide() -> pd.DataFrame:
    frame = grouped().pivot(index="pupil", columns="wave", values=["math", "read"])
    frame.columns = [f"{name}{wave}" for name, wave in frame.columns]
    return frame.reset_index().merge(grouped()[["pupil", "sex"]].drop_duplicates())


def test_a_long_and_a_wide_table_give_the_same_groups() -> None:
    long = build(grouped(), group="sex")
    columns = {name: [f"{name}{t}" for t in (1, 2, 3)] for name in ("math", "read")}
    from_wide = Panel.from_wide(wide(), columns=columns, pupil="pupil", group="sex")
    for panel in (long, from_wide):
        assert (panel.group_names, panel.grouping) == (("boy", "girl"), "sex")
        girls = {pupil for pupil, code in zip(panel.pupils, panel.group, strict=True) if code == 1}
        assert girls == {f"p{i}" for i in range(0, 40, 3)}


def test_a_label_known_at_one_wave_holds_at_all() -> None:
    frame = grouped()
    frame.loc[frame["wave"] > 1, "sex"] = None
    assert (build(frame, group="sex").group == build(grouped(), group="sex").group).all()


def test_categories_and_value_labels_give_the_names_and_their_order() -> None:
    frame = grouped()
    frame["sex"] = pd.Categorical(frame["sex"], categories=["girl", "boy"])
    assert build(frame, group="sex").group_names == ("girl", "boy")


def unknown(frame: pd.DataFrame) -> pd.DataFrame:
    frame.loc[frame["pupil"].isin(["p3", "p7"]), "sex"] = None
    return frame


def moving(frame: pd.DataFrame) -> pd.DataFrame:
    frame.loc[(frame["pupil"] == "p3") & (frame["wave"] == 2), "sex"] = "boy"
    return frame


MISTAKES = {
    "missing": (unknown, "'sex' is missing for 2 pupils of 40"),
    "two groups": (moving, "changes over time for 1 pupil of 40"),
    "one group": (lambda frame: frame.assign(sex="girl"), "holds 'girl'"),
    "all missing": (lambda frame: frame.assign(sex=np.nan), "holds nothing"),
    "a column of numbers of pupils": (lambda frame: frame.assign(sex=frame["pupil"] + "x"), "holds 40 labels"),
    "the pupil": (lambda frame: frame.assign(sex=frame["pupil"]).drop(columns="girl"), "holds 40 labels"),
    "no column": (lambda frame: frame.drop(columns="sex"), "'group' names 'sex', which is not there"),
    "an arrow": (lambda frame: frame.assign(sex=frame["sex"] + " -> x"), "holds '->'"),
    "spelling": (lambda frame: frame.assign(sex=np.where(frame["wave"] == 1, "Girl", frame["sex"])), "case"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_refused_in_three_parts(name: str) -> None:
    spoil, given = MISTAKES[name]
    with pytest.raises(DataError) as error:
        build(spoil(grouped()), group="sex")
    assert given in str(error.value)
    assert error.value.action


def test_pupils_without_a_score_need_no_group_and_make_none() -> None:
    frame = grouped()
    frame.loc[frame["sex"] == "girl", ["math", "read"]] = np.nan
    with pytest.raises(DataError, match="have 'boy' in 'sex'"):
        build(frame, group="sex")


def test_a_column_has_one_role() -> None:
    with pytest.raises(DataError, match="in both"):
        build(grouped(), group="girl", covariates=["girl"])


def random_groups(levels: tuple[str, ...] = ("class", "school")) -> Panel:
    panel = random_panel(np.random.default_rng(3), 200, 3, 2, 1, levels, 0.1)
    return replace(panel, group=np.arange(200) % 2, group_names=("boy", "girl"), grouping="sex")


@pytest.mark.parametrize("levels", [(), ("school",), ("class", "school")])
def test_moments_of_all_together_are_those_without_groups(levels: tuple[str, ...]) -> None:
    panel = random_groups(levels)
    alone = replace(panel, group=None, group_names=(), grouping="")
    together, plain = without_groups(panel.moments()), alone.moments()
    for name in (
        "observed",
        "n",
        "sxx",
        "sxy",
        "syy",
        "block_kind",
        "block_cluster",
        "block_n",
        "block_sx",
        "block_sy",
    ):
        np.testing.assert_allclose(getattr(together, name), getattr(plain, name), atol=1e-9)
    assert plain.group_names == together.group_names == ()


@pytest.mark.parametrize("levels", [(), ("school",), ("class", "school")])
def test_moments_of_one_group_are_those_of_its_pupils(levels: tuple[str, ...]) -> None:
    panel = random_groups(levels)
    girls = of_group(panel.moments(), "girl")
    own = replace(panel.of_pupils(panel.group == 1), group=None, group_names=(), grouping="").moments()
    assert girls.n_pupils == own.n_pupils == 100
    assert (girls.class_names, girls.school_names) == (own.class_names, own.school_names)
    at = girls.centre - own.centre  # they count from the means of all
    mean = girls.sxy[:, 0].sum(axis=0) / (girls.n @ girls.observed)
    np.testing.assert_allclose(mean + at, 0, atol=1e-9)
    np.testing.assert_array_equal(girls.block_cluster, own.block_cluster)
    np.testing.assert_array_equal(girls.parent, own.parent)


def test_moments_with_groups_survive_a_file_and_a_selection(tmp_path: Path) -> None:
    moments = random_groups().moments()
    moments.save(tmp_path / "m.nc")
    again = Moments.load(tmp_path / "m.nc")
    assert (again.group_names, again.grouping) == (("boy", "girl"), "sex")
    assert again.fingerprint() == moments.fingerprint()
    assert moments.fingerprint() != without_groups(moments).fingerprint()
    some = moments.select(variables=["v1"])
    assert (some.group_names, some.grouping) == (("boy", "girl"), "sex")
    assert some.n_pupils == 200


def test_the_description_counts_the_groups() -> None:
    panel = random_groups()
    for data in (panel, panel.moments()):
        assert "Groups by column 'sex', with pupils: boy (100), girl (100)." in str(data.describe())


def test_pupils_of_one_group_alone_keep_its_name() -> None:
    panel = random_groups()
    girls = panel.of_pupils(panel.group == 1)
    assert girls.group_names == ("girl",)
    assert girls.moments().group_names == ("girl",)
