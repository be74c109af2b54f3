"""Sums of the same pupils are known again, in whatever order their rows stood."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.data.moments_alike import alike


def frame() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    y = rng.normal(50, 10, size=(240, 6))
    y[rng.random(y.shape) < 0.1] = np.nan
    table = pd.DataFrame(y, columns=[f"{name}_{wave}" for name in "xy" for wave in (1, 2, 3)])
    table["class"] = rng.permutation(np.repeat(np.arange(24), 10))
    table["school"] = table["class"] // 4
    table["age"] = rng.normal(12, 1, 240)
    return table


def moments(table: pd.DataFrame, **roles: object) -> bp.Moments:
    columns = {name: [f"{name}_{wave}" for wave in (1, 2, 3)] for name in "xy"}
    own = {"classroom": "class", "school": "school", "covariates": ["age"]} | roles
    return bp.Panel.from_wide(table, columns=columns, **own).moments()  # type: ignore[arg-type]  # roles by their names


@pytest.mark.parametrize("roles", [{}, {"classroom": None}, {"classroom": None, "school": None}])
def test_another_order_of_rows_is_the_same(roles: dict[str, object]) -> None:
    table = frame()
    other = table.sample(frac=1, random_state=5).reset_index(drop=True)
    one, same = moments(table, **roles), moments(other, **roles)
    assert one.fingerprint() != same.fingerprint()
    assert alike(one, same)


def changed(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    score, swapped, moved, age = (table.copy() for _ in range(4))
    score.loc[7, "x_2"] = score.loc[7, "x_2"] + 0.01
    swapped.loc[[0, 200], ["class", "school"]] = table.loc[[200, 0], ["class", "school"]].to_numpy()
    moved["school"] = (moved["class"] % 6).to_numpy()
    age.loc[3, "age"] += 0.01
    return {"a score": score, "two pupils": swapped, "schools of classes": moved, "a covariate": age}


@pytest.mark.parametrize("what", ["a score", "two pupils", "schools of classes", "a covariate"])
def test_other_pupils_are_others(what: str) -> None:
    table = frame()
    assert not alike(moments(table), moments(changed(table)[what]))


def test_fewer_pupils_and_other_names_are_others() -> None:
    table = frame()
    assert not alike(moments(table), moments(table.iloc[1:]))
    assert not alike(moments(table), moments(table, covariates=[]))
