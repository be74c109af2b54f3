"""Columns that look like sampling weights are named, and not used."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.language.errors import DataWarning

RNG = np.random.default_rng(4)


def table(**columns: Any) -> pd.DataFrame:
    number = 60
    scores = {f"{name}{wave}": RNG.normal(size=number).round(3) for name in "xy" for wave in (1, 2, 3)}
    return pd.DataFrame({"id": range(number), **scores, "arm": np.arange(number) % 2, **columns})


WEIGHTS = RNG.uniform(0.2, 3, 60)


def read(frame: pd.DataFrame, how: str, **roles: Any) -> Any:
    if how == "trial":
        return bp.Trial.from_frame(
            frame, arm="arm", outcomes=["x3"], baseline={"x3": "x1"}, control=0, randomised="pupil", **roles
        )
    columns = {name: [f"{name}{wave}" for wave in (1, 2, 3)] for name in "xy"}
    if how == "wide":
        return bp.Panel.from_wide(frame, columns=columns, pupil="id", **roles)
    kept = frame.columns.difference([one for names in columns.values() for one in names])
    long = pd.concat([frame[kept].assign(wave=t, x=frame[f"x{t}"], y=frame[f"y{t}"]) for t in (1, 2, 3)])
    return bp.Panel.from_long(long, pupil="id", wave="wave", variables=["x", "y"], **roles)


@pytest.mark.parametrize("how", ["wide", "long", "trial"])
@pytest.mark.parametrize("name", ["weging", "W1_wgt", "pweight", "Weegfactor"])
def test_weights_are_named_in_a_warning_and_change_nothing(how: str, name: str) -> None:
    frame = table(**{name: WEIGHTS})
    with pytest.warns(DataWarning, match=f"Column '{name}' looks like sampling weights. It is not used"):
        found = read(frame, how)
    assert [guess.about for guess in found.guesses] == ["weights"]
    assert read(frame.drop(columns=name), how).values == pytest.approx(found.values, nan_ok=True)


@pytest.mark.parametrize("how", ["wide", "long", "trial"])
def test_what_may_weigh_a_body_is_said_without_a_warning(how: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        found = read(table(weight=WEIGHTS * 20), how)
        named = read(table(weight=WEIGHTS * 20), how, covariates=["weight"])
    assert [guess.about for guess in found.guesses] == ["weights"]
    assert named.guesses == ()


@pytest.mark.parametrize(
    "column", [np.ones(60), np.arange(60) - 3.0, np.array(["a", "b"] * 30), np.full(60, np.nan), np.arange(60) % 2 == 0]
)
def test_what_cannot_weigh_is_passed_over(column: np.ndarray[Any, Any]) -> None:
    assert read(table(weging=column), "wide").guesses == ()


def test_weights_of_pupils_who_were_not_chosen_and_codes_do_not_hide_the_others() -> None:
    for value in (0.0, -9.0):
        frame = table(weging=np.where(np.arange(60) < 3, value, WEIGHTS))
        with pytest.warns(DataWarning, match="looks like sampling weights"):
            read(frame, "wide")
