"""Data made by hand are refused in three parts where an array or a name is wrong, in every class of data.

The wrong values are made from the layout of each class, so that a new field is tried without a line here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bayespanel.data
from bayespanel.data import Moments, Panel, Trial, TrialMoments
from bayespanel.data.layouts import LAYOUTS, TABLES, Array, Words
from bayespanel.data.panel_rows import rows_of
from bayespanel.language.errors import DataError
from tests.data.tables import random_panel

NAN, INF, HUGE = float("nan"), float("inf"), 10**5000
ALL = LAYOUTS | TABLES


def panel() -> Panel:
    made = random_panel(np.random.default_rng(1), 60, 3, 2, 1, ("class", "school"), 0.1)
    groups = {"group": np.arange(60) % 2, "group_names": ("boy", "girl"), "grouping": "sex"}
    return replace(made, times=np.array([0.0, 5.0, 12.0]), **groups)


def trial() -> Trial:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"school": np.arange(80) // 10, "class": np.arange(80) // 5, "pupil": np.arange(80)})
    frame["arm"], frame["age"] = frame["school"] % 2, rng.normal(10, 1, 80)
    frame["x"], frame["y"], frame["x0"] = rng.integers(0, 3, (3, 80)).astype(float)
    frame.loc[[4, 40], ["x0", "y"]] = np.nan
    return Trial.from_frame(
        frame, arm="arm", outcomes=["x", "y"], baseline={"x": "x0"}, covariates=["age"], classroom="class",
        school="school",
    )  # fmt: skip


GOOD: dict[str, Any] = {
    "Panel": panel(),
    "Trial": trial(),
    "Moments": panel().moments(),
    "TrialMoments": trial().moments(),
    "TrialCounts": trial().counts(),
    "TrialEstimates": Trial.from_estimates(effect=[0.1, 0.2], standard_error=[0.1, 0.1], outcome=["x", "y"]),
    "PanelRows": rows_of(panel(), "v0", ("x0",), ("class", "school")),
}
"""Class -> an object that is good."""


def kinds_of(layout: dict[str, Any]) -> list[tuple[str, str]]:
    return [(kind, name) for kind in ALL for name in getattr(ALL[kind], layout)]


def wrong_arrays(row: Array, good: Any) -> Iterator[Any]:
    """Yield values that are no array of the row: other kinds of values, other types, shapes and entries."""
    yield from ("", "abc", b"x", True, 1.5, NAN, object(), {}, {"x": 1}, {1, 2}, int, pd.DataFrame({"x": [1]}))
    if not row.optional:
        yield None
    if not row.dims:
        yield from (-1, 0, HUGE, np.zeros(3), np.array(["a"]), (1,))
        return
    if good is None:  # it need not be there
        good = np.zeros([2] * len(row.dims), np.dtype(bool) if row.dtype == "|i1" else np.dtype(row.dtype))
    yield from (0, 1, HUGE, np.float64(1.0), [], [1, 2], (), np.zeros(()), good.tolist(), list(good))
    yield from (pd.Series(good.ravel()), good[None], good[..., None], np.zeros((0, 0, 0, 0)))
    yield np.concatenate([good, good[:1]]) if good.size else np.zeros((3, *good.shape[1:]), good.dtype)
    for other in (np.float32, np.int32, np.complex128, str, object):
        if row.dtype != "O" and good.dtype != other:
            yield np.nan_to_num(good).astype(other) if row.dtype == "<f8" else good.astype(other)
    if good.size and row.dtype == "<f8":
        yield from (spoiled(good, entry) for entry in ((INF, -INF) if row.gaps else (INF, -INF, NAN)))
    if good.size and row.dtype == "<i8":
        yield from (spoiled(good, entry) for entry in ((-7, 10**9) if row.below else (-7,)))
    if good.size and row.above is not None:
        yield from (spoiled(good, row.above), spoiled(good, -1.0))


def spoiled(good: np.ndarray, entry: float) -> np.ndarray:
    out = good.copy()
    out.flat[-1] = entry
    return out


def wrong_words(row: Words, name: str, good: Any) -> Iterator[Any]:
    """Yield values that are no words of the row."""
    yield from (None, 3, NAN, True, object(), b"x", [], {}, {"x": 1}, np.array(["x"]), (3,), (None,), (b"x",), HUGE)
    yield from ((("x", 3),), (("x",),), ((("x", "y", "z"),),), pd.Series(["x"]), (NAN,), range(2), (HUGE,))
    if row.form in ("name", "word"):
        yield from ("", ("x",), ["x"])
        yield from ("nobody",) if row.among else ()
        return
    yield from ("", "x", list(good) or ["x"])
    if row.form == "names":
        yield from (("x", 3), (("x",),))
        if name != "notes":  # a note is a sentence
            yield from (("x" * 2000,), ("a\nb", *good[1:]))
        yield from ((good[0], good[0], *good[2:]), ("", *good[1:])) if row.distinct and good else ()
        yield from (("district", *good[1:]),) if row.among else ()
    if good and row.form in ("pairs", "labelled"):
        first, second = good[0]
        yield from (((first, second), (first, second)), ((first, 3),), ((3, second),), ((first,),), (("q", second),))
    if row.form == "guesses":
        yield from (("a guess",), (("a", "b", "c", "d", True),), (object(),))


def assert_refused(kind: str, changes: dict[str, Any]) -> None:
    good = {item.name: getattr(GOOD[kind], item.name) for item in fields(GOOD[kind])}
    with pytest.raises(DataError) as caught:  # every other error is a traceback for the user
        getattr(bayespanel.data, kind)(**(good | changes))
    assert all(part.strip() for part in (caught.value.rule, caught.value.given, caught.value.action)), changes
    assert len(str(caught.value)) < 2000, changes


def test_every_class_and_every_field_of_it_is_tried() -> None:
    assert set(ALL) == set(GOOD) == set(bayespanel.data.__all__) - {"read_table"}
    for kind, good in GOOD.items():
        tried = {*ALL[kind].arrays, *ALL[kind].words} | ({"sums"} if ALL[kind].sums else set())
        assert tried == {item.name for item in fields(good)}


@pytest.mark.parametrize(("kind", "name"), kinds_of("arrays"))
def test_a_wrong_array_is_refused(kind: str, name: str) -> None:
    good = getattr(GOOD[kind], name)
    for value in wrong_arrays(ALL[kind].arrays[name], good):
        assert_refused(kind, {name: value})


@pytest.mark.parametrize(("kind", "name"), kinds_of("words"))
def test_wrong_words_are_refused(kind: str, name: str) -> None:
    good = getattr(GOOD[kind], name)
    for value in wrong_words(ALL[kind].words[name], name, good):
        assert_refused(kind, {name: value})


@pytest.mark.parametrize("sums", [None, "x", 3, {}, panel(), trial(), trial().moments(), panel().moments()])
def test_sums_of_a_trial_are_its_moments(sums: Any) -> None:
    assert_refused("TrialMoments", {"sums": sums})


def test_names_and_codes_come_together() -> None:
    for kind in TABLES:
        for codes, names in (("classroom", "class_names"), ("school", "school_names")):
            assert_refused(kind, {codes: None})
            assert_refused(kind, {names: ()})
            replace(GOOD[kind], **{codes: None, names: ()})


def test_what_models_read_can_no_longer_be_written_to() -> None:
    for kind, layout in LAYOUTS.items():
        for name in layout.arrays:
            array = getattr(GOOD[kind], name)
            assert not isinstance(array, np.ndarray) or not array.flags.writeable, (kind, name)


def test_good_data_stay_good() -> None:
    for good in GOOD.values():
        replace(good)
    assert isinstance(replace(GOOD["TrialMoments"], sums=replace(GOOD["TrialMoments"].sums)), TrialMoments)
    assert isinstance(replace(GOOD["Moments"]), Moments)
