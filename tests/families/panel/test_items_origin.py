"""Which intercepts can be released: those without which the means of all waves are still told."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

import bayespanel as bp
from bayespanel.families.panel.item_data import require_items
from bayespanel.families.panel.measurement import measured
from bayespanel.language.errors import SpecError

ITEMS, WAVES = ("d1", "d2"), ("1", "2", "3", "4")
NAMES = [f"intercept {item}@{wave}" for item, wave in product(ITEMS, WAVES)]


def moments() -> bp.Moments:
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(60, 1)) + rng.normal(size=(60, 12))
    frame = pd.DataFrame(scores, columns=[f"{name}_{wave}" for name in (*ITEMS, "v1") for wave in WAVES])
    columns = {name: [f"{name}_{wave}" for wave in WAVES] for name in (*ITEMS, "v1")}
    return bp.Panel.from_wide(frame, columns=columns).moments()


DATA = moments()


def spec_of(released: list[str]) -> bp.RICLPM:
    return bp.RICLPM(("dep", "v1"), indicators={"dep": ITEMS}, invariance="scalar", released=tuple(released))


@given(released=st.lists(st.sampled_from(NAMES), unique=True, max_size=6))
@settings(max_examples=80, deadline=None)
def test_means_are_told_where_the_matrix_of_means_lacks_one_rank_only(released: list[str]) -> None:
    spec = spec_of(released)
    at = measured(spec, WAVES).intercept_at[:, :2]  # [wave, item]
    intercepts = np.unique(at)
    matrix = np.zeros((at.size, len(intercepts) + len(WAVES)))
    for row, (wave, item) in enumerate(product(range(len(WAVES)), range(2))):
        matrix[row, np.searchsorted(intercepts, at[wave, item])] = 1.0
        matrix[row, len(intercepts) + wave] = 1.0 + 0.3 * item  # a loading
    told = matrix.shape[1] - np.linalg.matrix_rank(matrix) <= 1
    if told:
        require_items(spec, DATA)
    else:
        with pytest.raises(SpecError, match="connect all waves"):
            require_items(spec, DATA)


def test_two_halves_are_named() -> None:
    released = ["intercept d1@3", "intercept d1@4", "intercept d2@1", "intercept d2@2"]
    with pytest.raises(SpecError, match="connects wave 3, 4 with wave 1"):
        require_items(spec_of(released), DATA)
