"""The kernels in numpy against the compiled ones, and second derivatives by complex steps against differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from bayespanel.likelihood import kernels, smooth
from tests.likelihood.designs import Design, statistics
from tests.likelihood.test_nested_normal import designs

STEP = 1e-30


def moved(d: Design, directions: list[np.ndarray], step: complex) -> list[np.ndarray]:
    return [p + step * direction for p, direction in zip(d.parameters, directions, strict=True)]


@settings(max_examples=80, deadline=None)
@given(designs)
def test_both_give_the_same_density_and_gradient(d: Design) -> None:
    packed = statistics(d)
    fast = kernels.nested_normal(*d.parameters, packed.index, packed.value)
    slow = smooth.nested_normal(*d.parameters, packed.index, packed.value)
    # Sums of a few hundred terms of order 1 to 1000, through inverses here and Cholesky factors there.
    for one, other in zip(fast, slow, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-8, atol=1e-8)


@settings(max_examples=40, deadline=None)
@given(designs, st.integers(0, 2**32 - 1))
def test_a_complex_step_carries_the_derivative_of_the_gradient(d: Design, seed: int) -> None:
    packed, rng = statistics(d), np.random.default_rng(seed)
    directions = []
    for i, parameter in enumerate(d.parameters):
        direction = rng.normal(size=parameter.shape)
        if i != 1:  # covariances stay symmetric
            direction = direction + np.swapaxes(direction, -1, -2)
        directions.append(direction / max(float(np.linalg.norm(direction)), 1e-9))
    exact = kernels.nested_normal(*moved(d, directions, 1j * STEP), packed.index, packed.value)[1:]

    def gradient(step: float) -> tuple[np.ndarray, ...]:
        return kernels.nested_normal(*moved(d, directions, step), packed.index, packed.value)[1:]

    # Five-point differences: an error of order step^4 leaves rounding, 1e-16 / step, as the larger part.
    h = 1e-3
    points = [gradient(s * h) for s in (2, 1, -1, -2)]
    for i, found in enumerate(exact):
        far, near, back, farthest = (point[i] for point in points)
        numeric = (8 * (near - back) - (far - farthest)) / (12 * h)
        np.testing.assert_allclose(
            found.imag / STEP, numeric, rtol=1e-5, atol=1e-5 * max(1.0, np.abs(numeric).max(initial=0))
        )


@pytest.mark.parametrize("intercepts", [True, False])
@pytest.mark.parametrize("intervals", [1, 3])
def test_the_process_is_that_of_the_compiled_kernel(intercepts: bool, intervals: int) -> None:
    rng = np.random.default_rng(3)
    k, waves = 3, 4

    def covariance(*shape: int) -> np.ndarray:
        root = rng.normal(size=(*shape, k, k + 2))
        return root @ np.swapaxes(root, -1, -2)

    parameters = (
        0.3 * rng.normal(size=(intervals, k, k)),
        covariance(),
        covariance(intervals),
        covariance() if intercepts else np.zeros((0, 0)),
    )
    sigma = kernels.autoregression(*parameters, waves)
    np.testing.assert_allclose(smooth.autoregression(*parameters, waves), sigma, rtol=1e-12)
    weight = covariance_of(rng, waves * k)
    fast = kernels.autoregression_adjoint(*parameters, sigma, weight)
    slow = smooth.autoregression_adjoint(*parameters, sigma, weight)
    for one, other in zip(fast, slow, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-10, atol=1e-10)


def covariance_of(rng: np.random.Generator, size: int) -> np.ndarray:
    root = rng.normal(size=(size, size))
    return root + root.T
