"""What a process in continuous time does over an interval, against textbook matrices and quadrature."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad_vec
from scipy.linalg import expm

from bayespanel.likelihood import kernels, smooth

GAPS = np.array([3.0, 12.0, 0.5, 12.0, 9.0])


def by_block_exponential(drift: np.ndarray, diffusion: np.ndarray, gap: float) -> tuple[np.ndarray, np.ndarray]:
    """Van Loan (1978), doi:10.1109/TAC.1978.1101743: both from one exponential of a block matrix."""
    k = len(drift)
    block = np.block([[-drift, diffusion], [np.zeros((k, k)), drift.T]])
    whole = expm(block * gap)
    lag = whole[k:, k:].T
    return lag, lag @ whole[:k, k:]


def process(k: int, seed: int, *, kind: str = "returning") -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    drift = 0.08 * rng.normal(size=(k, k)) - {"returning": 0.2, "growing": -0.02}.get(kind, 0.0) * np.eye(k)
    if kind == "oscillating":
        drift = np.array([[-0.05, 0.4], [-0.5, -0.1]])
    if kind == "singular":
        drift = np.outer(rng.normal(size=k), rng.normal(size=k)) * 0.1
    root = rng.normal(size=(k, k))
    return drift, root @ root.T / k


@pytest.mark.parametrize("kind", ["returning", "growing", "oscillating", "singular"])
@pytest.mark.parametrize("seed", range(3))
def test_lags_and_innovations_are_those_of_a_block_exponential(kind: str, seed: int) -> None:
    drift, diffusion = process(2, seed, kind=kind)
    lag, innovation = kernels.discretise(drift, diffusion[None], GAPS)
    for t, gap in enumerate(GAPS):
        f, g = by_block_exponential(drift, diffusion, gap)
        np.testing.assert_allclose(lag[t], f, rtol=1e-11, atol=1e-13)  # Van Loan itself loses some digits
        np.testing.assert_allclose(innovation[t], g, rtol=1e-9, atol=1e-12)


def test_innovations_are_the_integral_of_what_arrives() -> None:
    drift, diffusion = process(3, 5)
    _, innovation = kernels.discretise(drift, diffusion[None], np.array([7.0]))
    integral, _ = quad_vec(lambda s: expm(drift * s) @ diffusion @ expm(drift * s).T, 0.0, 7.0, epsabs=1e-12)
    np.testing.assert_allclose(innovation[0], integral, rtol=1e-10)


def test_one_variable_has_a_closed_form() -> None:
    lag, innovation = kernels.discretise([[-0.3]], [[[0.5]]], GAPS)
    np.testing.assert_allclose(lag.ravel(), np.exp(-0.3 * GAPS), rtol=1e-13)
    np.testing.assert_allclose(innovation.ravel(), 0.5 * (1 - np.exp(-0.6 * GAPS)) / 0.6, rtol=1e-13)


def test_what_never_moves_gathers_noise_alone() -> None:
    lag, innovation = kernels.discretise(np.zeros((2, 2)), np.eye(2)[None], GAPS)
    np.testing.assert_array_equal(lag, np.broadcast_to(np.eye(2), (5, 2, 2)))
    np.testing.assert_allclose(innovation, GAPS[:, None, None] * np.eye(2), rtol=1e-15)


def test_a_strong_drift_loses_no_digits() -> None:
    """A block exponential overflows here; the limit is the stationary covariance."""
    drift = np.array([[-40.0, 5.0], [2.0, -30.0]])
    lag, innovation = kernels.discretise(drift, np.eye(2)[None], np.array([24.0]))
    np.testing.assert_allclose(lag, 0.0, atol=1e-100)
    np.testing.assert_allclose(drift @ innovation[0] + innovation[0] @ drift.T, -np.eye(2), atol=1e-12)


@pytest.mark.parametrize("matrices", [1, 5])
def test_complex_arguments_take_the_same_way(matrices: int) -> None:
    drift, _ = process(3, 2)
    diffusion = np.stack([process(3, 10 + i)[1] for i in range(matrices)])
    rng = np.random.default_rng(1)
    d_lag, d_innovation = rng.normal(size=(2, 5, 3, 3))
    d_innovation = d_innovation + d_innovation.transpose(0, 2, 1)
    for fast, slow in zip(
        (
            *kernels.discretise(drift, diffusion, GAPS),
            *kernels.discretise_adjoint(drift, diffusion, GAPS, d_lag, d_innovation),
        ),
        (
            *smooth.discretise(drift, diffusion, GAPS),
            *smooth.discretise_adjoint(drift, diffusion, GAPS, d_lag, d_innovation),
        ),
        strict=True,
    ):
        np.testing.assert_allclose(fast, slow, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("matrices", [1, 5])
@pytest.mark.parametrize("kind", ["returning", "growing"])
def test_the_gradient_is_that_of_a_complex_step(kind: str, matrices: int) -> None:
    drift, _ = process(2, 3, kind=kind)
    diffusion = np.stack([process(2, 20 + i)[1] for i in range(matrices)])
    rng = np.random.default_rng(4)
    d_lag, d_innovation = rng.normal(size=(2, 5, 2, 2))
    d_innovation = d_innovation + d_innovation.transpose(0, 2, 1)

    def value(a: np.ndarray, q: np.ndarray) -> float:
        lag, innovation = kernels.discretise(a, q, GAPS)
        return float(np.imag((lag * d_lag).sum() + (innovation * d_innovation).sum()) / 1e-30)

    d_drift, d_diffusion = kernels.discretise_adjoint(drift, diffusion, GAPS, d_lag, d_innovation)
    for at in np.ndindex(drift.shape):
        moved = drift.astype(complex)
        moved[at] += 1e-30j
        assert value(moved, diffusion) == pytest.approx(d_drift[at], rel=1e-9, abs=1e-10)
    for at in np.ndindex(diffusion.shape):  # along both entries of a pair: the gradient is that for symmetric ones
        moved = diffusion.astype(complex)
        moved[at] += 0.5e-30j
        moved[at[0], at[2], at[1]] += 0.5e-30j
        assert value(drift, moved) == pytest.approx(d_diffusion[at], rel=1e-9, abs=1e-10)


def test_draws_go_along() -> None:
    each = [process(2, seed) for seed in range(4)]
    drift, diffusion = (np.stack(values) for values in zip(*each, strict=True))
    lag, innovation = smooth.discretise(drift, diffusion[:, None], GAPS)
    for draw in range(4):
        f, g = kernels.discretise(drift[draw], diffusion[draw][None], GAPS)
        np.testing.assert_allclose(lag[draw], f, rtol=1e-12)
        np.testing.assert_allclose(innovation[draw], g, rtol=1e-12, atol=1e-14)
