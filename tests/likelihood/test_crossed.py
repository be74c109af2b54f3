"""Units that cross clusters: the kernel against one dense normal, against the nested kernel, and its gradients."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import multivariate_normal

from bayespanel.likelihood import smooth
from bayespanel.likelihood.crossing import Crossing
from bayespanel.likelihood.dense import log_likelihood
from bayespanel.likelihood.kernels import nested_normal
from tests.likelihood.designs import CrossedDesign, crossed_design, crossed_statistics, design, statistics

LEVELS = ("inner", "both", "mixed", "both_by_wave")

designs = st.builds(
    crossed_design,
    st.integers(0, 2**32 - 1),
    units=st.integers(3, 25),
    years=st.integers(1, 3),
    variables=st.integers(1, 2),
    levels=st.sampled_from(LEVELS),
    missing=st.sampled_from([0.0, 0.2, 0.6]),
)


def kernel(d: CrossedDesign) -> tuple[float, ...]:
    packed = crossed_statistics(d)
    return nested_normal(*d.plain.parameters, packed.index, packed.value)


@settings(max_examples=150, deadline=None)
@given(designs)
def test_the_kernel_equals_one_dense_normal_of_all_units(d: CrossedDesign) -> None:
    sigma, coefficients, _, _ = d.plain.parameters
    expected = log_likelihood(d.plain.y, d.plain.x, sigma, coefficients, group=d.plain.group, effects=d.effects)
    assert kernel(d)[0] == pytest.approx(expected, rel=1e-9, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(designs, st.integers(0, 2**32 - 1))
def test_the_gradient_for_every_parameter_equals_differences(d: CrossedDesign, seed: int) -> None:
    packed = crossed_statistics(d)
    rng = np.random.default_rng(seed)
    gradient = kernel(d)[1:]
    for i, parameter in enumerate(d.plain.parameters):
        if parameter.size == 0:
            continue
        direction = rng.normal(size=parameter.shape)
        if i != 1:  # covariances stay symmetric
            direction = direction + np.swapaxes(direction, -1, -2)
        direction /= np.linalg.norm(direction)

        def along(step: float, i: int = i, direction: np.ndarray = direction) -> float:
            moved = [p + step * direction if j == i else p for j, p in enumerate(d.plain.parameters)]
            return nested_normal(*moved, packed.index, packed.value)[0]

        # Five-point differences: an error of order step^4 leaves rounding, |logL| 1e-16 / step, as the larger part.
        h = 1e-3
        numeric = (8 * (along(h) - along(-h)) - (along(2 * h) - along(-2 * h))) / (12 * h)
        assert float((gradient[i] * direction).sum()) == pytest.approx(numeric, rel=1e-6, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(designs)
def test_the_smooth_twin_gives_the_same(d: CrossedDesign) -> None:
    packed = crossed_statistics(d)
    ours, theirs = kernel(d), smooth.nested_normal(*d.plain.parameters, packed.index, packed.value)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-8)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(LEVELS), st.sampled_from([0.0, 0.3]))
def test_classes_that_never_change_are_nested_ones(seed: int, levels: str, missing: float) -> None:
    d = design(seed, units=25, waves=3, variables=2, groups=2, regressors=2, levels=levels, missing=missing)
    assert d.inner is not None
    first = np.unique(d.inner, return_index=True)[1]
    one_year = np.zeros(6, np.int64)
    outer = None if d.outer is None else d.outer[first][:, None]
    crossing = Crossing(one_year, d.inner[first][:, None], outer)
    nested = statistics(d)
    crossed = statistics(replace(d, outer=None), crossing=crossing, outer_loading=d.outer_loading)
    ours = nested_normal(*d.parameters, crossed.index, crossed.value)
    theirs = nested_normal(*d.parameters, nested.index, nested.value)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)


def _extreme(covariance: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Effects whose SDs lie up to 11 powers of ten apart; sometimes one is zero, or all correlations are one."""
    scale = 10.0 ** rng.uniform(-9, 2, len(covariance))
    if len(scale) and rng.random() < 0.2:
        scale[rng.integers(len(scale))] = 0.0
    return np.outer(scale, scale) * (1.0 if rng.random() < 0.2 else covariance)


@settings(max_examples=150, deadline=None)
@given(designs, st.integers(0, 2**32 - 1))
def test_gradients_hold_where_effects_hardly_vary_and_where_they_vary_very_much(d: CrossedDesign, seed: int) -> None:
    packed, rng = crossed_statistics(d), np.random.default_rng(seed)
    sigma, coefficients, *covariances = d.plain.parameters
    parameters = sigma, coefficients, *(_extreme(covariance, rng) for covariance in covariances)
    ours, theirs = (each(*parameters, packed.index, packed.value) for each in (nested_normal, smooth.nested_normal))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6 * np.abs(other).max(initial=0.0))


def test_units_that_change_schools_tie_these_into_one_component() -> None:
    rng = np.random.default_rng(11)
    units, school = 14, np.array([0, 1, 2])
    homes = np.where(rng.random((units, 2)) < 0.3, rng.integers(0, 3, (units, 2)), np.repeat(school, 5)[:units, None])
    rooms = np.unique(2 * homes + rng.integers(0, 2, (units, 2)) + 100 * np.arange(2), return_inverse=True)[1]
    rooms = rooms.reshape(units, 2)
    course = np.unique(np.hstack([rooms, homes]), axis=0, return_inverse=True)[1].ravel()
    first = np.unique(course, return_index=True)[1]
    d = crossed_design(5, units=units, years=2, variables=1, levels="both", missing=0.0).plain
    d = replace(d, y=rng.normal(size=(units, 2)), group=np.zeros(units, np.int64), inner=course, outer=None,
                inner_loading=np.ones((2, 1)), outer_loading=np.ones((2, 1)))  # fmt: skip
    sigma, beta, inner, outer = (
        np.array([[[1.0, 0.3], [0.3, 0.8]]]),
        np.zeros((1, 2, 2)),
        np.eye(1) * 0.4,
        np.eye(1) * 0.6,
    )
    packed = statistics(d, crossing=Crossing(np.arange(2), rooms[first], homes[first]), outer_loading=d.outer_loading)
    assert packed.index[11] < 3, "somebody has moved"
    whole = np.kron(np.eye(units), sigma[0])
    whole += 0.4 * (rooms.ravel()[:, None] == rooms.ravel()) + 0.6 * (homes.ravel()[:, None] == homes.ravel())
    expected = multivariate_normal(np.zeros(2 * units), whole).logpdf(d.y.ravel())
    assert nested_normal(sigma, beta, inner, outer, packed.index, packed.value)[0] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("level", [2, 3])
def test_a_level_without_variance_changes_nothing(level: int) -> None:
    d = crossed_design(7, units=30, years=2, variables=2, levels="both", missing=0.2)
    packed = crossed_statistics(d)
    parameters = list(d.plain.parameters)
    parameters[level] = np.zeros_like(parameters[level])
    effects = d.effects[-1:] if level == 2 else d.effects[:-1]
    expected = log_likelihood(d.plain.y, d.plain.x, *parameters[:2], group=d.plain.group, effects=effects)
    assert nested_normal(*parameters, packed.index, packed.value)[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("broken", [0, 2, 3])
def test_a_covariance_that_is_none_has_log_density_minus_infinity_and_no_gradient(broken: int) -> None:
    d = crossed_design(9, units=20, years=2, variables=2, levels="both", missing=0.1)
    packed = crossed_statistics(d)
    for spoil in (lambda a: -a, lambda a: np.full_like(a, np.nan), lambda a: np.full_like(a, np.inf)):
        parameters = list(d.plain.parameters)
        parameters[broken] = spoil(parameters[broken])
        logp, *gradient = nested_normal(*parameters, packed.index, packed.value)
        assert logp == -np.inf
        assert all((g == 0).all() for g in gradient)
