"""The covariance of the process and the covariances from partial correlations, against plain numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import beta

from bayespanel.families.panel.moments import within_covariance
from bayespanel.likelihood import kernels
from bayespanel.likelihood.correlation import lkj_shape
from tests.likelihood.designs import covariance_matrix

seeds = st.integers(0, 2**32 - 1)


def process(seed: int, k: int, lags: int, innovations: int, intercepts: bool) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    return (
        0.4 * rng.normal(size=(lags, k, k)),
        covariance_matrix(rng, k),
        np.array([covariance_matrix(rng, k) for _ in range(innovations)]),
        covariance_matrix(rng, k) if intercepts else np.zeros((0, 0)),
    )


def autoregression(parameters: tuple[np.ndarray, ...], waves: int) -> np.ndarray:
    return kernels.autoregression(*parameters, waves)


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(1, 4), st.integers(2, 6), st.booleans(), st.booleans(), st.booleans())
def test_the_process_has_the_covariance_that_its_equations_give(
    seed: int, k: int, waves: int, free_lags: bool, free_innovations: bool, intercepts: bool
) -> None:
    intervals = waves - 1
    counts = (intervals if free_lags else 1, intervals if free_innovations else 1)
    parameters = process(seed, k, *counts, intercepts)
    lag, initial, innovation, omega = parameters
    within = within_covariance(
        np.broadcast_to(lag, (intervals, k, k)), initial, np.broadcast_to(innovation, (intervals, k, k))
    )
    expected = within.transpose(0, 2, 1, 3).reshape(waves * k, waves * k)
    if intercepts:
        expected = expected + np.kron(np.ones((waves, waves)), omega)
    np.testing.assert_allclose(autoregression(parameters, waves), expected, rtol=1e-12, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(1, 4), st.integers(2, 5), st.booleans(), st.booleans(), st.booleans())
def test_the_adjoint_of_the_process_equals_differences(
    seed: int, k: int, waves: int, free_lags: bool, free_innovations: bool, intercepts: bool
) -> None:
    intervals = waves - 1
    counts = (intervals if free_lags else 1, intervals if free_innovations else 1)
    parameters = process(seed, k, *counts, intercepts)
    rng = np.random.default_rng(seed + 1)
    weight = rng.normal(size=(waves * k, waves * k))
    weight = weight + weight.T
    gradient = kernels.autoregression_adjoint(*parameters, autoregression(parameters, waves), weight)
    for i, parameter in enumerate(parameters):
        if parameter.size == 0:
            continue
        direction = rng.normal(size=parameter.shape)
        if i > 0:
            direction = direction + np.swapaxes(direction, -1, -2)

        def along(step: float, i: int = i, direction: np.ndarray = direction) -> float:
            moved = tuple(x + step * direction if j == i else x for j, x in enumerate(parameters))
            return float((autoregression(moved, waves) * weight).sum())

        h = 1e-3
        numeric = (8 * (along(h) - along(-h)) - (along(2 * h) - along(-2 * h))) / (12 * h)
        assert float((gradient[i] * direction).sum()) == pytest.approx(numeric, rel=1e-6, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(1, 7))
def test_any_partial_correlations_give_a_covariance(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    sd, partial = rng.uniform(0.1, 3, size=(2, k)), rng.uniform(-0.99, 0.99, size=(2, k * (k - 1) // 2))
    found = kernels.covariance(sd, partial)
    assert (np.linalg.eigvalsh(found) > 0).all()
    np.testing.assert_allclose(np.diagonal(found, axis1=1, axis2=2), sd**2)


def test_a_partial_correlation_is_what_its_name_says() -> None:
    # Three variables: z_21 is the correlation of the second and third given the first.
    partial = np.array([[0.5, -0.3, 0.6]])
    corr = kernels.covariance(np.ones((1, 3)), partial)[0]
    given_first = corr[1:, 1:] - np.outer(corr[1:, 0], corr[0, 1:])
    assert corr[1, 0] == pytest.approx(0.5)
    assert corr[2, 0] == pytest.approx(-0.3)
    assert given_first[0, 1] / np.sqrt(given_first[0, 0] * given_first[1, 1]) == pytest.approx(0.6)


def test_a_negative_scale_flips_its_correlations_only() -> None:
    partial = np.array([[0.5, -0.3, 0.6]])
    plain = kernels.covariance(np.array([[1.0, 2.0, 3.0]]), partial)[0]
    flipped = kernels.covariance(np.array([[1.0, -2.0, 3.0]]), partial)[0]
    signs = np.array([1, -1, 1])
    np.testing.assert_allclose(flipped, plain * np.outer(signs, signs))


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(2, 6))
def test_the_adjoint_of_the_covariance_equals_differences(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    sd, partial = rng.normal(size=(2, k)), rng.uniform(-0.8, 0.8, size=(2, k * (k - 1) // 2))
    weight = rng.normal(size=(2, k, k))
    d_sd, d_partial = kernels.covariance_adjoint(sd, partial, weight)
    move_sd, move_partial = rng.normal(size=sd.shape), rng.normal(size=partial.shape)

    def along(step: float) -> float:
        return float((kernels.covariance(sd + step * move_sd, partial + step * move_partial) * weight).sum())

    h = 1e-3
    numeric = (8 * (along(h) - along(-h)) - (along(2 * h) - along(-2 * h))) / (12 * h)
    analytic = float((d_sd * move_sd).sum() + (d_partial * move_partial).sum())
    assert analytic == pytest.approx(numeric, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(("k", "eta"), [(3, 1.0), (4, 2.0)])
def test_beta_partial_correlations_give_the_marginals_of_an_lkj_matrix(k: int, eta: float) -> None:
    # Every correlation of an LKJ(eta) matrix is Beta(eta - 1 + k / 2) on (-1, 1), whichever pair it belongs to
    # (Lewandowski, Kurowicka & Joe 2009, section 3).
    rng = np.random.default_rng(1)
    b = lkj_shape(k, eta)
    draws = 40_000
    partial = 2 * rng.beta(b, b, size=(draws, len(b))) - 1
    corr = kernels.covariance(np.ones((draws, k)), partial)
    shape = eta - 1 + k / 2
    for i in range(k):
        for j in range(i):
            for q in (0.1, 0.5, 0.9):
                cut = 2 * beta.ppf(q, shape, shape) - 1
                # Four standard errors of a share of 40,000 independent draws.
                assert (corr[:, i, j] < cut).mean() == pytest.approx(q, abs=4 * np.sqrt(q * (1 - q) / draws))
