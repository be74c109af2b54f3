"""Draws from rows of the table of priors, with numpy alone: written without looking at how models express them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayespanel.language.prior import CORRELATION, LOCATION, Prior

Array = NDArray[np.float64]


def drawn(
    row: Prior,
    rng: np.random.Generator,
    shape: tuple[int, ...] = (),
    *,
    unit: float | Array = 1.0,
    zero: float | Array = 0.0,
) -> Array:
    """Draw a location or a standard deviation from its prior.

    Parameters
    ----------
    row
        The row; for correlations see `drawn_correlation`.
    rng
        Source of random numbers.
    shape
        Of what is drawn.
    unit, zero
        Raw size of one standardised unit, and where standardised rows of a location count from; both broadcast to
        `shape`. Rows on the raw scale ignore them.
    """
    assert row.distribution not in CORRELATION  # a row of the table knows its kind
    *freedom, spread = row.arguments
    if row.distribution in LOCATION:
        mu = row.arguments[-2]
        noise = rng.standard_t(row.arguments[0], shape) if row.distribution == "StudentT" else rng.normal(size=shape)
        value = mu + spread * noise
        return np.asarray(zero + value * unit if row.scale != "raw" else value, dtype=float)
    if row.distribution == "Exponential":
        value = rng.exponential(spread, shape)
    elif row.distribution == "HalfStudentT":
        value = spread * np.abs(rng.standard_t(freedom[0], shape))
    else:
        value = spread * np.abs(rng.normal(size=shape))
    return np.asarray(value * unit if row.scale != "raw" else value, dtype=float)


def drawn_correlation(row: Prior, rng: np.random.Generator, size: int) -> Array:
    """Draw a correlation matrix [size, size] from its LKJ prior by the onion method.

    Lewandowski, Kurowicka & Joe (2009), doi:10.1016/j.jmva.2009.04.008, section 3.2: each new row is a direction on a
    sphere, mapped by the root of the matrix so far, and its squared length has a beta distribution.
    """
    eta = row.arguments[0]
    corr = np.eye(size)
    if size == 1:
        return corr
    beta = eta + (size - 2) / 2
    corr[0, 1] = corr[1, 0] = 2 * rng.beta(beta, beta) - 1
    for k in range(2, size):
        beta -= 0.5
        length = np.sqrt(rng.beta(k / 2, beta))
        direction = rng.normal(size=k)
        z = np.linalg.cholesky(corr[:k, :k]) @ (length * direction / np.linalg.norm(direction))
        corr[k, :k] = corr[:k, k] = z
    return corr
