"""Cell by cell against kind by kind and against the dense normal: two orders of one density."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

import bayespanel as bp
from bayespanel.families.panel.statistics import data_for, statistics as of_panel
from bayespanel.likelihood import cell_tree
from bayespanel.likelihood.dense import log_likelihood
from bayespanel.likelihood.kernels import nested_normal
from bayespanel.likelihood.packed_sums import Statistics
from tests.likelihood.designs import Design, design, statistics

ALWAYS, NEVER = np.inf, 0.0

designs = st.builds(
    design,
    st.integers(0, 2**32 - 1),
    units=st.integers(3, 60),
    waves=st.integers(1, 4),
    variables=st.integers(1, 3),
    groups=st.integers(1, 3),
    regressors=st.integers(1, 3),
    levels=st.just("none"),
    missing=st.sampled_from([0.0, 0.1, 0.3, 0.6]),
)


def packed(d: Design, squares: float) -> Statistics:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cell_tree, "SQUARES", squares)
        return statistics(d)


@settings(max_examples=150, deadline=None)
@given(designs)
def test_cell_by_cell_is_kind_by_kind_and_the_dense_normal(d: Design) -> None:
    tree, kinds = packed(d, ALWAYS), packed(d, NEVER)
    assert tree.index[13] > 0 == kinds.index[13]
    sigma, coefficients, _, _ = d.parameters
    expected = log_likelihood(d.y, d.x, sigma, coefficients, group=d.group, effects=())
    logp, *gradient = nested_normal(*d.parameters, tree.index, tree.value)
    assert logp == pytest.approx(expected, rel=1e-9, abs=1e-9)
    _, *other = nested_normal(*d.parameters, kinds.index, kinds.value)
    for one, two in zip(gradient, other, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-9 * max(1.0, np.abs(two).max(initial=0.0)))


@settings(max_examples=30, deadline=None)
@given(designs)
def test_each_node_has_the_units_that_begin_like_it(d: Design) -> None:
    # The slow twin counts units: those of the group that have the node's cells, and none else before its last one.
    tree = packed(d, ALWAYS)
    number = int(tree.index[13])
    group, depth, cell, _ = tree.index[-4 * number :].reshape(4, number)
    observed = np.isfinite(d.y)
    seen = {
        (int(g), tuple(map(bool, row[:j])), j)
        for g, row in zip(d.group, observed, strict=True)
        for j in np.flatnonzero(row)
    }
    assert number == len(seen)
    path: list[int] = []
    for g, k, j in zip(group, depth, cell, strict=True):
        path = [*path[:k], int(j)]
        assert (int(g), tuple(i in path for i in range(j)), int(j)) in seen
        assert len(path) == k + 1


@pytest.mark.parametrize("missing", [0.0, 0.4])
def test_a_covariance_that_is_none_has_no_density_and_no_gradient(missing: float) -> None:
    d = design(9, units=20, waves=2, variables=2, groups=2, regressors=2, levels="none", missing=missing)
    tree = packed(d, ALWAYS)
    for spoil in (lambda a: -a, lambda a: np.full_like(a, np.nan), lambda a: np.full_like(a, np.inf)):
        parameters = [spoil(d.parameters[0]), *d.parameters[1:]]
        logp, *gradient = nested_normal(*parameters, tree.index, tree.value)
        assert logp == -np.inf
        assert all((g == 0).all() for g in gradient)


def test_the_shorter_way_is_taken() -> None:
    many = design(1, units=400, waves=5, variables=2, groups=1, regressors=1, levels="none", missing=0.3)
    long = design(1, units=40, waves=10, variables=4, groups=1, regressors=1, levels="none", missing=0.0)
    assert statistics(many).index[13] > 0
    assert statistics(long).index[13] == 0


def test_clusters_and_sums_that_are_written_anew_stand_for_each_kind() -> None:
    clustered = design(1, units=60, waves=2, variables=2, groups=1, regressors=1, levels="inner", missing=0.3)
    assert packed(clustered, ALWAYS).index[13] == 0
    rng = np.random.default_rng(3)
    columns = [f"{name}{wave}" for name in "xy" for wave in range(3)]
    table = pd.DataFrame(rng.integers(0, 3, (80, 6)), columns=columns).astype(float)
    panel = bp.Panel.from_wide(table, columns={name: [f"{name}{wave}" for wave in range(3)] for name in "xy"})
    for names, nodes in (((), 6), (("x",), 0)):
        spec = bp.RICLPM(variables=["x", "y"], levels=("pupil",), ordered=names)
        assert of_panel(spec, data_for(spec, panel)).index[13] == nodes
