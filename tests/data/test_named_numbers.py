"""Numbers of a published table that carry names are read by their names, whatever their places."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from bayespanel.data import Moments, Panel, Trial
from bayespanel.language.errors import DataError

BY_WAVE = ["read_t1", "math_t1", "read_t2", "math_t2", "read_t3", "math_t3"]
WHERE: dict[str, Any] = {"n": 400, "variables": ["read", "math"], "waves": ["1", "2", "3"]}


def scores(seed: int = 1) -> pd.DataFrame:
    """Return wide scores, ordered by wave."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(rng.normal(size=(400, 6)) @ rng.normal(size=(6, 6)) + np.arange(6), columns=BY_WAVE)


def same(one: Moments, other: Moments) -> bool:
    return np.array_equal(one.centre, other.centre) and np.allclose(one.syy, other.syy, rtol=1e-12)


@pytest.mark.parametrize("seed", range(8))
def test_the_order_of_names_makes_no_difference(seed: int) -> None:
    frame = scores(seed)
    plain = Panel.from_summary(mean=frame.mean().to_numpy(), cov=frame.cov().to_numpy(), **WHERE)
    rng = np.random.default_rng(seed)
    by_variable = frame[rng.permutation(BY_WAVE)].rename(columns=lambda name: name.upper().replace("_T", ""))
    assert same(plain, Panel.from_summary(mean=by_variable.mean(), cov=by_variable.cov(), **WHERE))
    rows = frame.cov().loc[rng.permutation(BY_WAVE), rng.permutation(BY_WAVE)]
    assert same(plain, Panel.from_summary(mean=dict(frame.mean()), cov=rows, **WHERE))
    pairs = frame.set_axis(pd.MultiIndex.from_tuples([(name[-1], name[:4]) for name in BY_WAVE]), axis=1)
    assert same(plain, Panel.from_summary(mean=pairs.mean(), cov=pairs.cov(), **WHERE))


def test_a_table_may_be_a_lower_triangle_as_papers_print_it() -> None:
    frame = scores()
    triangle = [row[: at + 1].tolist() for at, row in enumerate(frame.cov().to_numpy())]
    plain = Panel.from_summary(mean=frame.mean().to_numpy(), cov=frame.cov().to_numpy(), **WHERE)
    assert same(plain, Panel.from_summary(mean=frame.mean(), cov=triangle, **WHERE))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cov": scores().cov().rename(columns={"read_t1": "V1"}, index={"read_t1": "V1"})}, "of no cell"),
        ({"cov": scores().cov().rename(columns={"read_t1": "x"})}, "Only one of both has 'read_t1', 'x'"),
        ({"mean": scores().mean().iloc[:5]}, "6 cells, and 5 names"),
        ({"mean": pd.DataFrame(np.zeros((3, 2)), columns=["math", "read"])}, "its columns the variables"),
        ({"mean": list("abcdef")}, "You gave 'a'"),
        ({"cov": [["1,4"] * 6] * 6}, "You gave '1,4'"),
        ({"cov": [[1.0], [2.0, 3.0], [1.0]]}, "rows of other lengths"),
        ({"n": np.nan}, "number of pupils"),
        ({"n": np.inf}, "number of pupils"),
        ({"n": None}, "number of pupils"),
        ({"n": [60]}, "number of pupils"),
    ],
)
def test_what_cannot_be_placed_is_refused(change: dict[str, Any], words: str) -> None:
    table = {"mean": scores().mean().to_numpy(), "cov": scores().cov().to_numpy()} | WHERE
    with pytest.raises(DataError, match=words):
        Panel.from_summary(**(table | change))


def test_correlations_with_rounded_ones_are_noted() -> None:
    cov = scores().corr().to_numpy() * (1 - 1e-7)
    notes = Panel.from_summary(mean=np.zeros(6), cov=cov, **WHERE).notes
    assert any("correlations" in note for note in notes)


def test_published_effects_are_read_by_the_names_of_outcomes() -> None:
    found = Trial.from_estimates(
        effect=pd.Series({"b": 0.9, "a": 0.1}),
        standard_error={"a": 0.05, "b": 0.3},
        outcome=["a", "b"],
        clusters=pd.Series({"b": 20, "a": 30}),
    )
    assert found.effect.tolist() == [0.1, 0.9]
    assert found.standard_error.tolist() == [0.05, 0.3]
    assert found.clusters.tolist() == [30, 20]
    with pytest.raises(DataError, match="You gave 'c', 'a'"):
        Trial.from_estimates(effect={"c": 1, "a": 2}, standard_error=[0.1, 0.1], outcome=["a", "b"])
