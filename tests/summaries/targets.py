"""Posteriors whose density at a point is known, with autocorrelated draws: what estimates of densities are held to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import xarray as xr
from scipy import stats
from scipy.signal import lfilter
from scipy.special import log_ndtr, ndtr

from bayespanel.summaries.bayes_factors import NAMES, bayes_factors
from bayespanel.summaries.density import LogDensity
from bayespanel.summaries.nulls import Nulls
from bayespanel.summaries.restricted import Known, log_density_at
from bayespanel.summaries.zeros import Zero

Array = np.ndarray

MIXTURE = ((0.7, -0.4, 0.8), (0.3, 0.933333, 0.9))
"""Share, mean and SD of two normal hills that overlap; together mean 0 and SD about 1."""

SKEW = stats.skewnorm(3)
"""Before it is brought to mean 0 and SD 1."""


def _normal(x, mean=0.0, sd=1.0):
    return -0.5 * ((x - mean) / sd) ** 2 - np.log(sd * np.sqrt(2 * np.pi))


def _skewed(x):
    y = SKEW.mean() + SKEW.std() * x
    return np.log(2 * SKEW.std()) + _normal(y) + log_ndtr(3 * y)


def _heavy(x):
    return -3.5 * np.log1p(x**2 / 4) + stats.t(6, scale=np.sqrt(4 / 6)).logpdf(0.0)


def _mixture(x):
    return np.logaddexp(*(np.log(w) + _normal(x, m, s) for w, m, s in MIXTURE))


SHAPES = {"normal": _normal, "skewed": _skewed, "heavy": _heavy, "mixture": _mixture}
"""Log-densities with mean 0 and SD 1."""

GRID = np.linspace(-25, 25, 200_001)
"""Where distributions are tabulated, to be inverted."""


@cache
def _quantiles(shape: str) -> Array:
    """Distribution function on the grid."""
    return np.cumsum(np.exp(SHAPES[shape](GRID))) * (GRID[1] - GRID[0])


SLOPES, BENDS = np.array([0.8, -0.5, 0.3, 0.0]), np.array([0.0, 0.1, -0.05, 0.0])
"""How other parameters move with the pathway: straight, and bent."""


@dataclass(frozen=True)
class Target:
    """A pathway t with a shape, z SDs away from 0, and four other parameters that are normal given t."""

    shape: str
    z: float

    def truth(self) -> float:
        """Log-density of t at 0."""
        return float(SHAPES[self.shape](-self.z))

    def draws(self, ess: int, length: int, seed: int, chains: int = 4) -> np.ndarray:
        """Draws [chain, draw, parameter] by AR(1) chains of so many effective draws, t first."""
        phi = max(0.0, (chains * length - ess) / (chains * length + ess))
        noise = np.random.default_rng(seed).normal(size=(chains, length, 5))
        noise[:, 1:] *= np.sqrt(1 - phi**2)
        walk = lfilter([1.0], [1.0, -phi], noise, axis=1)
        t = np.interp(ndtr(walk[:, :, :1]), _quantiles(self.shape), GRID)
        return np.concatenate([t + self.z, t * SLOPES + t**2 * BENDS + 0.5 * walk[:, :, 1:]], axis=2)

    def evaluate(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Log-density and gradient."""
        t, others = points[:, 0] - self.z, points[:, 1:]
        rest = (others - t[:, None] * SLOPES - t[:, None] ** 2 * BENDS) / 0.25
        behind, here, ahead = SHAPES[self.shape](np.array([t - 1e-5, t, t + 1e-5]))
        slope = (ahead - behind) / 2e-5
        value = here - 0.125 * (rest**2).sum(axis=1)
        along = slope + (rest * (SLOPES + 2 * t[:, None] * BENDS)).sum(axis=1)
        return value, np.column_stack([along, -rest])

    def known(self, draws: np.ndarray, moved: int = 1000, seed: int = 0) -> Known:
        """Some of the draws with their density, as fits take them."""
        some = np.linspace(0, draws.shape[1] - 1, min(moved // len(draws), draws.shape[1])).astype(int)
        return Known(draws[:, some], self.evaluate, seed)

    def factor(self, ess: int, length: int, seed: int) -> tuple[float, float, float]:
        """Log-density at 0, its error and, where there is none, its bound: by the draws, or else by the density."""
        draws = self.draws(ess, length, seed)
        pathway = xr.Dataset({"raw": (("chain", "draw", "pathway"), draws[:, :, :1])}, coords={"pathway": ["t"]})
        plane = Zero(np.eye(5)[0], 0.0)

        def beyond(_rows: Sequence[int]) -> dict[int, LogDensity]:
            return {0: log_density_at(self.known(draws, seed=10_000 + seed), plane, seed=seed)}

        found = bayes_factors(pathway, Nulls(("raw",), np.zeros(1), ((),)), beyond)
        value, error, above = (float(found[name][0]) for name in NAMES)
        return -value, error, -above
