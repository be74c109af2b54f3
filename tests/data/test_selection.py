"""Moments counted from another centre are those of data that were shifted before they were summed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bayespanel.data.moments import moved
from tests.data.tables import random_panel

LEVELS = [(), ("class",), ("school",), ("class", "school")]


@pytest.mark.parametrize("levels", LEVELS, ids=["no clusters", "classes", "schools", "both"])
def test_moved_moments_are_those_of_moved_scores(levels):
    panel = random_panel(np.random.default_rng(1), 40, 3, 2, 1, levels, missing=0.3)
    moments = panel.moments()
    centre = np.array([100.0, -3.0, 0.0, 7.0, 55.0, 1.0])
    found = moved(moments, centre)
    y = np.nan_to_num(panel.values.reshape(40, 6) - centre)
    y[np.isnan(panel.values.reshape(40, 6))] = 0.0
    x = np.column_stack([np.ones(40), panel.covariates - panel.covariates.mean(axis=0)])
    seen = ~np.isnan(panel.values.reshape(40, 6))
    kind = np.array([np.flatnonzero((moments.observed == own).all(axis=1)).item() for own in seen])
    assert moments.n_kinds > 5  # many patterns of missing cells
    for r in range(moments.n_kinds):
        own = kind == r
        # Sums of 40 numbers of up to 150, and of their squares, in double precision.
        np.testing.assert_allclose(found.sxy[r], x[own].T @ y[own], rtol=1e-10, atol=1e-8)
        np.testing.assert_allclose(found.syy[r], y[own].T @ y[own], rtol=1e-10, atol=1e-8)
    if levels:
        cluster = panel.classroom if "class" in levels else panel.school
        for b in range(moments.n_blocks):
            own = (kind == moments.block_kind[b]) & (cluster == moments.block_cluster[b])
            np.testing.assert_allclose(found.block_sy[b], y[own].sum(axis=0), rtol=1e-10, atol=1e-8)
    for name in ("sxx", "block_sx", "n", "block_n", "observed", "scale", "covariate_centre"):
        np.testing.assert_array_equal(getattr(found, name), getattr(moments, name))


def test_moving_there_and_back_changes_nothing():
    panel = random_panel(np.random.default_rng(2), 30, 3, 2, 0, ("class", "school"), missing=0.2)
    moments = panel.moments()
    back = moved(moved(moments, moments.centre + 2.0), moments.centre)
    for name in ("centre", "sxy", "syy", "block_sy"):
        # Sums of up to 30 products of numbers of about 5.
        np.testing.assert_allclose(getattr(back, name), getattr(moments, name), rtol=1e-10, atol=1e-9)


def test_moments_moved_by_a_shift_are_those_of_a_shifted_panel():
    panel = random_panel(np.random.default_rng(3), 30, 3, 2, 1, ("class", "school"), missing=0.2)
    shift = np.arange(6.0).reshape(3, 2)
    shifted = replace(panel, values=panel.values + shift).moments()  # whose centre has moved along
    found = moved(shifted, panel.moments().centre)
    once = panel.moments()
    seen = once.observed[:, None, :] * shift.ravel()
    np.testing.assert_allclose(found.sxy, once.sxy + once.sxx[:, 0, :, None] * seen, rtol=1e-10, atol=1e-9)
