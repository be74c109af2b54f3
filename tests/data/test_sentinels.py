"""Codes for "missing" are found where they stand apart, and real scores are left in peace."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayespanel.data.sentinels import CODES, find_sentinels
from bayespanel.errors import DataWarning
from tests.data.tables import build, long_table

likert = np.repeat([1.0, 2, 3, 4, 5], 20)
percent = np.arange(0.0, 101)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([*likert, 9], [(9, 1)]),
        ([*likert, 8, 8, 8, 8, 8, 9], [(8, 5), (9, 1)]),
        ([*likert, -1, -1, -1, -1, -1], [(-1, 5)]),
        ([*likert, -99, 999], [(-99, 1), (999, 1)]),
        ([*np.repeat(np.arange(1.0, 8), 9), 9, 9, 9, 9, 9], [(9, 5)]),
        ([*percent, 999, 999], [(999, 2)]),
        ([*percent, -9], [(-9, 1)]),
        ([*percent, -99], [(-99, 1)]),
        ([0.0, 1] * 10 + [9.0], [(9, 1)]),
        ([*np.linspace(200, 800, 100), 8888, 9999], [(8888, 1), (9999, 1)]),
        ([*likert, np.nan, 99], [(99, 1)]),
    ],
)
def test_codes_that_stand_apart_are_found(values: list[float], found: list[tuple[float, int]]) -> None:
    assert find_sentinels(np.array(values)) == found


@pytest.mark.parametrize(
    "values",
    [
        percent,
        percent[:100],
        np.arange(1.0, 10),
        np.arange(0.0, 10),
        [-1.0, 1.0] * 30,
        [-1.0, 0.0, 1.0] * 30,
        np.arange(-9.0, 10),
        [-1.0, 0, 1, 2, 3, 4] * 9,
        np.linspace(400, 999, 300),
        [9.0, 9.0],
        [],
        [np.nan],
    ],
)
def test_real_scores_are_left_in_peace(values: list[float]) -> None:
    assert find_sentinels(np.array(values)) == []


@given(st.integers(0, 2**32 - 1), st.sampled_from([1.0, 10.0, 15.0]))
def test_rounded_normal_scores_are_left_in_peace(seed: int, sd: float) -> None:
    values = np.round(np.random.default_rng(seed).normal(100, sd, 300))
    assert find_sentinels(values) == []


@given(st.integers(0, 2**32 - 1), st.sampled_from([1.0, 2.0, 4.0]))
def test_counts_are_left_in_peace(seed: int, mean: float) -> None:
    assert find_sentinels(np.random.default_rng(seed).poisson(mean, 1000).astype(float)) == []


@given(st.sampled_from(sorted(c for c in CODES if abs(c) > 500)), st.integers(0, 2**32 - 1))
def test_a_far_code_is_found_among_scores(code: float, seed: int) -> None:
    values = np.append(np.random.default_rng(seed).normal(50, 10, 100), code)
    assert find_sentinels(values) == [(code, 1)]


def test_the_warning_names_column_code_and_count() -> None:
    frame = long_table()
    frame.loc[:2, "read"] = -99.0
    with pytest.warns(DataWarning, match=r"Column 'read' holds 3 values of -99, far from the others.*replace\(\[-99\]"):
        build(frame)


def test_the_warning_can_be_silenced_as_any_other() -> None:
    frame = long_table()
    frame.loc[:2, "read"] = -99.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        assert build(frame).n_pupils == 12
