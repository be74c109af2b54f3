"""The kernel against its slow, obvious twin, and its gradient against differences of its value."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from bayespanel.likelihood.dense import log_likelihood
from bayespanel.likelihood.kernels import nested_normal
from tests.likelihood.designs import Design, design, statistics

OF_GROUPS = ("inner_by_group", "by_group", "slopes", "apart", "partly")
LEVELS = ("none", "inner", "inner_by_wave", "both", "both_by_wave", "mixed", "free", *OF_GROUPS)

designs = st.builds(
    design,
    st.integers(0, 2**32 - 1),
    units=st.integers(3, 30),
    waves=st.integers(1, 3),
    variables=st.integers(1, 3),
    groups=st.integers(1, 3),
    regressors=st.integers(1, 3),
    levels=st.sampled_from(LEVELS),
    missing=st.sampled_from([0.0, 0.2, 0.6]),
)


def kernel(d: Design) -> tuple[float, ...]:
    packed = statistics(d)
    return nested_normal(*d.parameters, packed.index, packed.value)


@settings(max_examples=150, deadline=None)
@given(designs)
def test_the_kernel_equals_one_dense_normal_of_all_units(d: Design) -> None:
    sigma, coefficients, _, _ = d.parameters
    expected = log_likelihood(d.y, d.x, sigma, coefficients, group=d.group, effects=d.effects)
    # Both sum a few hundred terms of order 1 to 1000 in double precision.
    assert kernel(d)[0] == pytest.approx(expected, rel=1e-9, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(designs, st.integers(0, 2**32 - 1))
def test_the_gradient_for_every_parameter_equals_differences(d: Design, seed: int) -> None:
    packed = statistics(d)
    rng = np.random.default_rng(seed)
    gradient = kernel(d)[1:]
    for i, parameter in enumerate(d.parameters):
        if parameter.size == 0:
            continue
        direction = rng.normal(size=parameter.shape)
        if i != 1:  # covariances stay symmetric
            direction = direction + np.swapaxes(direction, -1, -2)
        direction /= np.linalg.norm(direction)

        def along(step: float, i: int = i, direction: np.ndarray = direction) -> float:
            moved = [p + step * direction if j == i else p for j, p in enumerate(d.parameters)]
            return nested_normal(*moved, packed.index, packed.value)[0]

        # Five-point differences: an error of order step^4 leaves rounding, |logL| 1e-16 / step, as the larger part.
        h = 1e-3
        numeric = (8 * (along(h) - along(-h)) - (along(2 * h) - along(-2 * h))) / (12 * h)
        analytic = float((gradient[i] * direction).sum())
        assert analytic == pytest.approx(numeric, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("levels", LEVELS)
def test_many_clusters_fill_more_than_one_bundle(levels: str) -> None:
    d = design(5, units=400, waves=2, variables=1, groups=2, regressors=2, levels=levels, missing=0.3)
    sigma, coefficients, _, _ = d.parameters
    expected = log_likelihood(d.y, d.x, sigma, coefficients, group=d.group, effects=d.effects)
    assert kernel(d)[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("level", [2, 3])
def test_a_level_without_variance_changes_nothing(level: int) -> None:
    d = design(7, units=30, waves=2, variables=2, groups=1, regressors=1, levels="both", missing=0.2)
    packed = statistics(d)
    parameters = list(d.parameters)
    parameters[level] = np.zeros_like(parameters[level])
    other = 5 - level
    effects = tuple(e for j, e in enumerate(d.effects) if j + 2 == other)
    expected = log_likelihood(d.y, d.x, parameters[0], parameters[1], group=d.group, effects=effects)
    assert nested_normal(*parameters, packed.index, packed.value)[0] == pytest.approx(expected, rel=1e-9)


def test_cluster_effects_that_are_perfectly_correlated_are_allowed() -> None:
    d = design(8, units=30, waves=2, variables=2, groups=1, regressors=1, levels="inner", missing=0.2)
    packed = statistics(d)
    root = np.array([[0.7], [-0.3]])
    psi = root @ root.T
    parameters = (d.parameters[0], d.parameters[1], psi, d.parameters[3])
    assert d.inner is not None
    effects = ((d.inner, d.inner_loading @ root, np.eye(1)),)
    expected = log_likelihood(d.y, d.x, *parameters[:2], group=d.group, effects=effects)
    assert nested_normal(*parameters, packed.index, packed.value)[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("broken", [0, 2, 3])
def test_a_covariance_that_is_none_has_log_density_minus_infinity_and_no_gradient(broken: int) -> None:
    d = design(9, units=20, waves=2, variables=2, groups=1, regressors=1, levels="both", missing=0.1)
    packed = statistics(d)
    for spoil in (lambda a: -a, lambda a: np.full_like(a, np.nan), lambda a: np.full_like(a, np.inf)):
        parameters = list(d.parameters)
        parameters[broken] = spoil(parameters[broken])
        logp, *gradient = nested_normal(*parameters, packed.index, packed.value)
        assert logp == -np.inf
        assert all((g == 0).all() for g in gradient)


def test_the_cost_in_memory_does_not_depend_on_the_number_of_units() -> None:
    few = design(3, units=30, waves=2, variables=2, groups=1, regressors=1, levels="none", missing=0.0)
    many = design(3, units=300, waves=2, variables=2, groups=1, regressors=1, levels="none", missing=0.0)
    assert len(statistics(few).value) == len(statistics(many).value)


@pytest.mark.parametrize("levels", ["inner", "both", "both_by_wave", "mixed", "free"])
def test_loadings_that_groups_share_are_packed_as_one(levels: str) -> None:
    d = design(4, units=30, waves=2, variables=2, groups=3, regressors=2, levels=levels, missing=0.2)
    each = replace(
        d,
        inner_loading=np.repeat(d.inner_loading[None], 3, axis=0),
        outer_loading=np.repeat(d.outer_loading[None], 3, axis=0),
    )
    one, other = statistics(d), statistics(each)
    assert np.array_equal(one.index, other.index)
    assert np.array_equal(one.value, other.value)
