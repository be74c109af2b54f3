"""Student-t tails: a scale for each pupil, and the degrees of freedom.

With S the covariance of what a pupil has around the means and the effects of classes and schools, w the weight of the
pupil and v the degrees of freedom, the scores y of a pupil who has o of them are::

    y ~ N(mean, S / w),   w ~ Gamma(v / 2, rate (v - 2) / 2)                                                     (37)

The mean of 1 / w is 1, so that S is the covariance and its standard deviations are those of scores, whatever the tails.
Without w, with d = (y - mean)' S^-1 (y - mean)::

    log p(y) = log G((v + o) / 2) - log G(v / 2) - o / 2 log(v - 2) - (v + o) / 2 log(1 + d / (v - 2)) + ...     (38)

where G is the gamma function and what is left out does not depend on v (Lange, Little & Taylor 1989,
doi:10.1080/01621459.1989.10478852).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from bayespanel.inference.positive import log_density

if TYPE_CHECKING:
    from bayespanel.families.panel.spec import RICLPM
    from bayespanel.inference.posterior import Posterior

Array = NDArray[np.float64]

LEAST = 2.0
"""Degrees of freedom from which on scores have a variance."""

FIRST = 10.0
"""Degrees of freedom with which a chain begins."""

SCALE = ("_sd", "_scale")
"""Ends of the names of standard deviations, and of those with a sign."""

SLICES, WIDTH = 3, 2.0
"""Slices for a move, and the steps by which the ends of one are sought."""

STEPS = np.array([0.05, 0.2])
"""How far the logarithms of the scale and of v - 2 go, about, in a step."""


def draw_weights(squares: Array, scores: Array, df: float, rng: np.random.Generator) -> Array:
    """Draw the weights [pupil] given squared distances [pupil] and numbers of scores [pupil], equation (37)."""
    shape = rng.standard_gamma(0.5 * (df + scores))
    return np.asarray(shape / (0.5 * (df - LEAST + squares)))


class Tails:
    """The degrees of freedom and the scale of a pupil's covariance, which move together without the weights.

    Heavier tails go with larger standard deviations: each given the other would move little. The scale multiplies every
    standard deviation of pupils by c, along which the density has, beside equation (38) with d / c^2, the prior there,
    the determinant of S, and c for each parameter that is no logarithm (Liu & Sabatti 2000,
    doi:10.1093/biomet/87.2.353).

    Parameters
    ----------
    spec
        The model.
    prior
        The log-density of its parameters without data.
    """

    def __init__(self, spec: RICLPM, prior: Posterior) -> None:
        own = [part.name for part in spec.components() if part.level not in spec.cluster_levels]
        scale = prior.entries([name for name in prior.names if name.rsplit("_", 1)[0] in own and name.endswith(SCALE)])
        logs = prior.entries([name for name, how in zip(prior.names, prior.transforms, strict=True) if how == "log"])
        self.row, self.prior = spec.prior("tail_df"), prior
        self.logarithm, self.signed = scale & logs, scale & ~logs

    def stretched(self, point: Array, by: float) -> Array:
        """Return the parameters with standard deviations of pupils that are exp(by) times as large."""
        return np.where(self.signed, point * np.exp(by), point + self.logarithm * by)

    def move(
        self, point: Array, df: float, squares: Array, scores: Array, rng: np.random.Generator
    ) -> tuple[Array, float, Array]:
        """Draw degrees of freedom and scale, by slices in directions drawn at random; return point, these, distances.

        Parameters
        ----------
        point : [dimension]
            The parameters.
        df
            The degrees of freedom.
        squares, scores : [pupil]
            Squared distances at the point, and numbers of scores.
        rng
            Random numbers.
        """
        here = np.array([0.0, np.log(df - LEAST)])
        number, each = np.unique(scores, return_counts=True)
        cells = float(scores.sum()) - int(self.signed.sum())

        def height(by: float, at: float) -> float:
            gammas = each @ (gammaln(0.5 * (LEAST + np.exp(at) + number)) - gammaln(0.5 * (LEAST + np.exp(at))))
            distances = np.log1p(squares * np.exp(-2 * by - at))
            tails = gammas - 0.5 * scores.sum() * at - 0.5 * (LEAST + np.exp(at) + scores) @ distances
            before = self.prior(self.stretched(point, by))[0] + at + float(log_density(self.row, np.exp(at)))
            return float(tails) + before - cells * by

        for _ in range(SLICES):
            way = rng.standard_normal(2) * STEPS
            here = here + way * _slice(partial(_along, height, here, way), 0.0, rng)
        return self.stretched(point, here[0]), float(LEAST + np.exp(here[1])), squares * np.exp(-2 * here[0])


def _along(height: Callable[[float, float], float], here: Array, way: Array, by: float) -> float:
    return height(*(here + by * way))


def _slice(height: Callable[[float], float], at: float, rng: np.random.Generator) -> float:
    """Draw from a density of one number by a slice: Neal (2003), doi:10.1214/aos/1056562461."""
    level = height(at) - rng.exponential()
    low = at - WIDTH * rng.random()
    high = low + WIDTH
    while height(low) > level:
        low -= WIDTH
    while height(high) > level:
        high += WIDTH
    while True:
        there = low + (high - low) * rng.random()
        if height(there) >= level:
            return float(there)
        low, high = (there, high) if there < at else (low, there)


def scales(df: float | None, pupils: int, rng: np.random.Generator) -> Array | float:
    """Return by what deviations of new pupils are stretched [pupil, 1]: 1 where tails are normal."""
    if df is None:
        return 1.0
    return np.asarray(np.sqrt(0.5 * (df - LEAST) / rng.standard_gamma(0.5 * df, pupils)))[:, None]
