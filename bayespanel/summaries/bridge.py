"""The mass of an unnormalised density, from draws of it: bridge sampling between the density and a normal one.

With p the density up to its mass Z, x its draws, g a normal density with the mean and covariance of the draws, and y
draws of g, Z is the fixed point of (Meng & Wong 1996; Gronau et al. 2017, doi:10.1016/j.jmp.2017.09.005)::

    Z = mean[ l(y) / (s l(y) + (1 - s) Z) ] / mean[ 1 / (s l(x) + (1 - s) Z) ],   l = p / g                 (1)

with s the share of the x among all. All terms are bounded, so that a tail of p that g lacks, or the reverse, costs
draws and not the estimate. Its relative variance is that of the two means (Frühwirth-Schnatter 2004,
doi:10.1111/j.1368-423X.2004.00125.x), with as many x as are effective.

g comes from one half of the draws and (1) from the other, and the reverse, so that no draw is held against a density
that was fitted to it. The two estimates are averaged. What g misses is how the halves differ, which both estimates see
alike: their errors from the x are taken as fully correlated, those from the y are independent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.special import logsumexp

from bayespanel.inference.convergence import convergence

Array = NDArray[np.float64]

ROUNDS = 1000
"""Most iterations of (1); 10 to 30 are usual."""


@dataclass(frozen=True)
class Mass:
    """Logarithm of a mass, and its Monte Carlo standard error."""

    log: float
    error: float


def log_mass(draws: Array, at_draws: Array, evaluate: Callable[[Array], Array], rng: np.random.Generator) -> Mass:
    """Estimate the mass of a density.

    Parameters
    ----------
    draws : [chain, draw, dimension]
        From the density, on a scale without bounds; more than dimension + 1 in each half of the chains.
    at_draws : [chain, draw]
        Log-density there, up to a constant.
    evaluate
        Points [n, dimension] -> log-density [n]; -inf where there is none.
    rng
        For the draws of the normal density.
    """
    half = draws.shape[1] // 2
    first, second = slice(0, half), slice(half, None)
    logs, own, theirs = [], [], []
    for fit, use in ((first, second), (second, first)):
        normal = _Normal.of(draws[:, fit].reshape(-1, draws.shape[2]))
        x = draws[:, use].reshape(-1, draws.shape[2])
        y = normal.draws(len(x), rng)
        log, at_x, at_y = _bridge(at_draws[:, use].ravel() - normal.log_density(x), evaluate(y) - normal.log_density(y))
        logs.append(log)
        own.append(_error(at_x.reshape(len(draws), -1)))
        theirs.append(float(at_y.std() / np.sqrt(len(y))))
    return Mass(float(np.mean(logs)), float(np.hypot(np.mean(own), np.linalg.norm(theirs) / 2)))


def _error(terms: Array) -> float:
    """Monte Carlo standard error of the mean of terms [chain, draw] whose mean is 1."""
    if np.ptp(terms) == 0:
        return 0.0
    ess = float(convergence(terms[None])["ess_bulk"][0])
    return float(terms.std() / np.sqrt(min(ess, terms.size)))


def _bridge(at_x: Array, at_y: Array) -> tuple[float, Array, Array]:
    """Solve (1), given log l at x and at y; the terms of its two means, over their means."""
    share = len(at_x) / (len(at_x) + len(at_y))
    ours, theirs = np.log(share), np.log1p(-share)
    log = float(np.median(at_x))
    for _ in range(ROUNDS):
        over = -np.logaddexp(ours + at_x, theirs + log)
        under = at_y - np.logaddexp(ours + at_y, theirs + log)
        before, log = log, float(logsumexp(under) - np.log(len(under)) - logsumexp(over) + np.log(len(over)))
        if abs(log - before) < 1e-8:
            break
    return log, *(np.exp(each - logsumexp(each) + np.log(len(each))) for each in (over, under))


@dataclass(frozen=True, eq=False)
class _Normal:
    """A normal density with a mean [dimension] and a lower root [dimension, dimension] of its covariance."""

    mean: Array
    root: Array

    @classmethod
    def of(cls, points: Array) -> _Normal:
        return cls(points.mean(axis=0), np.linalg.cholesky(np.cov(points.T).reshape(points.shape[1], -1)))

    def draws(self, n: int, rng: np.random.Generator) -> Array:
        return np.asarray(self.mean + rng.normal(size=(n, len(self.mean))) @ self.root.T)

    def log_density(self, points: Array) -> Array:
        apart = solve_triangular(self.root, (points - self.mean).T, lower=True)
        constant = np.log(np.diag(self.root)).sum() + 0.5 * len(self.mean) * np.log(2 * np.pi)
        return np.asarray(-0.5 * (apart**2).sum(axis=0) - constant)
