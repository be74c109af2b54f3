"""Prior densities of pathways at 0, exact: what a Savage-Dickey ratio sets the posterior's against.

Every family says on which scale a pathway has a prior of its own, and what its log-density at 0 is. A pathway without
one, such as a product of lags, has NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.integrate import quad
from scipy.special import betaln

from bayespanel.language.prior import Prior

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Nulls:
    """What Bayes factors of pathways need.

    Attributes
    ----------
    scale : of str [pathway]
        Name of the draws on which the ratio is taken, where the pathway's prior counts: "raw", "standardised", or
        another of the family's; "" where there is no ratio. 0 is 0 on all of them.
    log_prior : [pathway]
        Log-density of the prior at 0 on that scale; NaN where there is none.
    legs : of tuples of int [pathway]
        For a product, the rows of its factors, which lend it the smaller of their Bayes factors; else ().
    """

    scale: tuple[str, ...]
    log_prior: Array
    legs: Sequence[tuple[int, ...]]


def location_at_zero(row: Prior, unit: float = 1.0, zero: float = 0.0) -> float:
    """Log-density at 0 of a parameter with a Normal or StudentT prior; standardised rows count from zero in units."""
    *freedom, mu, sigma = row.arguments
    place, spread = (zero + mu * unit, sigma * unit) if row.scale != "raw" else (mu, sigma)
    if row.distribution == "StudentT":
        return float(stats.t.logpdf(0.0, freedom[0], place, spread))
    return float(stats.norm.logpdf(0.0, place, spread))


def correlation_at_zero(row: Prior, size: int) -> float:
    """Log-density at 0 of one correlation of a matrix with an LKJ prior: a Beta distribution, moved to (-1, 1).

    Lewandowski, Kurowicka & Joe (2009), doi:10.1016/j.jmva.2009.04.008: each of the entries of a size x size matrix
    has the shape eta + size / 2 - 1.
    """
    shape = row.arguments[0] + size / 2 - 1
    return float(stats.beta.logpdf(0.5, shape, shape) - np.log(2.0))


def difference_at_zero(row: Prior, unit: float = 1.0) -> float:
    """Log-density at 0 of the difference of two parameters with the same Normal or StudentT prior: of f, int f(x)^2 dx.

    Standardised rows count in units.
    """
    *freedom, _, sigma = row.arguments
    spread = sigma * unit if row.scale != "raw" else sigma
    if row.distribution == "StudentT":
        return float(np.log(quad(lambda x: stats.t.pdf(x, freedom[0]) ** 2, -np.inf, np.inf)[0] / spread))
    return float(-np.log(2 * spread * np.sqrt(np.pi)))


def difference_of_correlations_at_zero(row: Prior, size: int) -> float:
    """Log-density at 0 of the difference of two correlations, each as in `correlation_at_zero`; NaN if infinite."""
    shape = row.arguments[0] + size / 2 - 1
    if shape <= 0.5:
        return float("nan")
    return float(betaln(2 * shape - 1, 2 * shape - 1) - 2 * betaln(shape, shape) - np.log(2.0))


def pooled_at_zero(centre: Prior, spread: Prior) -> float:
    """Log-density at 0 of centre + spread z with z standard normal: the prior of an effect in a family, integrated."""
    *_, mu, sigma = centre.arguments
    *_, width = spread.arguments
    hill = stats.norm(mu, sigma) if centre.distribution == "Normal" else stats.t(centre.arguments[0], mu, sigma)
    flank = {
        "HalfNormal": stats.halfnorm(scale=width),
        "HalfStudentT": _HalfT(spread.arguments[0], width),
        "Exponential": stats.expon(scale=width),
    }[spread.distribution]

    def given_spread(t: float) -> float:
        if centre.distribution == "Normal":
            return float(stats.norm.pdf(0.0, mu, np.hypot(sigma, t)))
        return float(quad(lambda z: hill.pdf(-t * z) * stats.norm.pdf(z), -np.inf, np.inf)[0])

    return float(np.log(quad(lambda t: flank.pdf(t) * given_spread(t), 0.0, np.inf)[0]))


class _HalfT:
    """A Student-t folded at 0."""

    def __init__(self, df: float, scale: float) -> None:
        self.whole = stats.t(df, scale=scale)

    def pdf(self, t: float) -> float:
        """Density at t >= 0."""
        return float(2 * self.whole.pdf(t))
