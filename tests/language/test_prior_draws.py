"""Draws from rows of the table of priors have the distributions of their names, and those of the models."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from scipy import stats

from bayespanel import Prior
from bayespanel.language.prior_draws import drawn, drawn_correlation
from bayespanel.likelihood.correlation import lkj_shape
from bayespanel.likelihood.kernels import correlations

N = 20_000

# A Kolmogorov-Smirnov distance beyond this has probability 1e-6 under the right distribution: 2 exp(-2 N d^2).
DISTANCE = np.sqrt(np.log(2 / 1e-6) / (2 * N))

ROWS = [
    (Prior("x", "Normal", (0.5, 2.0)), stats.norm(0.5, 2.0)),
    (Prior("x", "StudentT", (4.0, -1.0, 0.3)), stats.t(4.0, -1.0, 0.3)),
    (Prior("x", "HalfNormal", (1.5,)), stats.halfnorm(0, 1.5)),
    (Prior("x", "Exponential", (0.7,)), stats.expon(0, 0.7)),
]


@pytest.mark.parametrize(("row", "law"), ROWS, ids=[row.distribution for row, _ in ROWS])
def test_draws_have_the_distribution_of_the_row(row, law):
    draws = drawn(row, np.random.default_rng(1), (N,))
    assert stats.kstest(draws, law.cdf).statistic < DISTANCE


def test_a_half_student_is_the_size_of_a_student():
    draws = drawn(Prior("x", "HalfStudentT", (3.0, 0.8)), np.random.default_rng(2), (N,))
    assert draws.min() >= 0
    assert stats.kstest(draws, lambda x: 2 * stats.t(3.0, 0, 0.8).cdf(x) - 1).statistic < DISTANCE


@pytest.mark.parametrize(("row", "law"), ROWS, ids=[row.distribution for row, _ in ROWS])
def test_models_draw_from_the_same_distribution(row, law):
    from bayespanel.inference.parameters import deviation, location

    with pm.Model(coords={"number": range(N)}):
        if row.distribution in ("Normal", "StudentT"):
            rv = location("x", row, 0.0, pt.as_tensor(1.0), (N,), ("number",))
        else:
            rv = deviation("x", row, pt.as_tensor(1.0), (N,), ("number",), signed=False)
    assert stats.kstest(pm.draw(rv, random_seed=3), law.cdf).statistic < DISTANCE


def test_standardised_rows_count_in_units_from_an_origin_and_raw_rows_do_not():
    unit, zero = np.array([2.0, 5.0]), np.array([10.0, -3.0])
    for distribution, arguments in (("Normal", (0.5, 1.0)), ("StudentT", (5.0, 0.5, 1.0))):
        standardised, raw = (
            drawn(Prior("x", distribution, arguments, scale), np.random.default_rng(4), (3, 2), unit=unit, zero=zero)
            for scale in ("standardised", "raw")
        )
        np.testing.assert_allclose(standardised, zero + unit * raw)  # the same noise, moved
    for distribution, arguments in (("HalfNormal", (1.0,)), ("HalfStudentT", (3.0, 1.0)), ("Exponential", (1.0,))):
        standardised, raw = (
            drawn(Prior("x", distribution, arguments, scale), np.random.default_rng(4), (3, 2), unit=unit, zero=zero)
            for scale in ("standardised", "raw")
        )
        np.testing.assert_allclose(standardised, unit * raw)  # a standard deviation has no origin


def test_a_single_number_can_be_drawn():
    value = drawn(Prior("x", "Normal", (0, 1)), np.random.default_rng(5))
    assert value.shape == ()
    assert value.dtype == float


def onion(eta: float, size: int, number: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    row = Prior("corr", "LKJ", (eta,))
    return np.array([drawn_correlation(row, rng, size) for _ in range(number)])


@pytest.mark.parametrize(("eta", "size"), [(1.0, 2), (2.0, 3), (0.5, 4), (2.0, 7)])
def test_every_correlation_of_an_lkj_prior_is_beta(eta, size):
    number = 4000
    found = onion(eta, size, number, seed=6)
    alpha = eta + (size - 2) / 2  # Lewandowski, Kurowicka & Joe (2009), section 3.1
    # Probability 1e-6 of a larger distance for each of the correlations.
    distance = np.sqrt(np.log(2 / 1e-6) / (2 * number))
    for i, j in zip(*np.tril_indices(size, -1), strict=True):
        assert stats.kstest(found[:, i, j], stats.beta(alpha, alpha, -1, 2).cdf).statistic < distance
    np.testing.assert_array_equal(found, found.swapaxes(1, 2))
    np.testing.assert_array_equal(np.einsum("nii->ni", found), 1.0)
    assert np.linalg.eigvalsh(found).min() > 0


def determinant_mean(eta: float, size: int) -> float:
    """Mean determinant: that of the density det^(eta - 1), whose constants are products of beta functions.

    With partial correlations p ~ Beta(b, b) on (-1, 1), the determinant is the product of 1 - p^2 over all pairs, and
    E(1 - p^2) = 4 E(q (1 - q)) = 4 b^2 / (2 b (2 b + 1)) for q ~ Beta(b, b).
    """
    out = 1.0
    for k in range(1, size):
        b = eta + (size - 1 - k) / 2
        out *= (4 * b**2 / (2 * b * (2 * b + 1))) ** (size - k)
    return out


@pytest.mark.parametrize(("eta", "size"), [(1.0, 2), (2.0, 3), (0.5, 4), (2.0, 5)])
def test_the_determinant_of_an_lkj_prior_has_its_mean(eta, size):
    determinant = np.linalg.det(onion(eta, size, 4000, seed=7))
    error = determinant.std() / np.sqrt(4000)
    assert abs(determinant.mean() - determinant_mean(eta, size)) < 5 * error  # probability 6e-7


@pytest.mark.parametrize("size", [2, 3, 5])
def test_the_onion_method_and_the_partial_correlations_of_models_agree(size):
    eta, number = 1.5, 4000
    rng = np.random.default_rng(8)
    b = lkj_shape(size, eta)
    partial = rng.beta(b, b, (1, number, size * (size - 1) // 2))
    model = correlations(np.ones((1, number, size)), partial)[0]
    ours = onion(eta, size, number, seed=9)
    for statistic in (np.linalg.det, lambda m: np.linalg.eigvalsh(m)[:, -1], lambda m: m[:, -1, 0]):
        # Two samples of 4,000 from one distribution.
        assert stats.ks_2samp(statistic(ours), statistic(model)).pvalue > 1e-6


def test_one_variable_has_no_correlations():
    np.testing.assert_array_equal(onion(2.0, 1, 1, seed=1)[0], np.eye(1))
