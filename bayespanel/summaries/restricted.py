"""The density of a pathway at 0 however far from its draws, from the density of the model with and without it.

With p the posterior density of all parameters u, known up to a constant, and a pathway that is 0 where a'u = t0 (or a
function of that), the density of t = a'u at t0 is a ratio of masses::

    f(t0) = integral of p over the plane a'u = t0 / integral of p                                           (1)

That below is found by bridge sampling (`bridge`) from the draws of the fit; that above without any of them, so that no
draw has to come near. Within the plane the density has a highest point. Where it is nearly normal around it, the mass
is the mean weight of independent proposals (`inference.skewed`), one evaluation each. Where their weights are uneven,
or have a heavy tail, it comes by bridge sampling from Hamiltonian moves within the plane, which begin around the
highest point and take ten times as many evaluations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bayespanel.inference.checks import HEAVIEST
from bayespanel.inference.convergence import convergence
from bayespanel.inference.skewed import Skewed, around
from bayespanel.inference.tails import pareto_k
from bayespanel.summaries.bridge import Mass, log_mass
from bayespanel.summaries.density import LogDensity
from bayespanel.summaries.zeros import Zero

Array = NDArray[np.float64]
Slope = Callable[[Array], Array]

LOG_2_PI = float(np.log(2 * np.pi))

LARGEST_ERROR = 0.4
"""Monte Carlo error of a log density from which on it is no estimate: some six draws then carry it."""

DISAGREEMENT = 1.2
"""Largest R-hat of draws within the plane from which on they are not believed; of 20 parameters that mix, 1.04."""

PROPOSALS = 1000
"""Independent proposals within the plane."""

EVEN = 0.015
"""Monte Carlo error of their mean weight up to which they are believed, an efficiency of .82: of less even ones
Pareto k does not always see the tail, and the mean is then too small by up to 0.1."""

CHAINS, WARMUP, KEPT = 8, 50, 150
"""Chains within the plane, and their moves: hardly correlated, so that the error is about 0.05."""

ROUNDS = 3
"""Most rounds of moves: where chains do not agree, they go on twice as long, in coordinates their draws make round."""

LEAPS = 8
"""Leapfrog steps of a move: a third of a round with the average step."""

STEPS = (0.1, 0.4)
"""Range of steps, drawn anew for each move: short ones where the density bends, and no chain goes in circles."""

FARTHEST = 1e10
"""Height for the optimiser where there is no density."""


@dataclass(frozen=True, eq=False)
class Known:
    """Draws of all parameters, and the density that they are of.

    Attributes
    ----------
    points : [chain, draw, dimension]
        Draws, on a scale without bounds.
    evaluate
        Points [n, dimension] -> log-density [n] up to a constant, -inf where there is none; and its gradient.
    seed
        Of the normal draws by which the mass is found.
    """

    points: Array
    evaluate: Callable[[Array], tuple[Array, Array]]
    seed: int = 0

    @cached_property
    def mean(self) -> Array:
        """Mean [dimension] of the draws."""
        return np.asarray(self.points.mean(axis=(0, 1)))

    @cached_property
    def covariance(self) -> Array:
        """Covariance [dimension, dimension] of the draws."""
        dimension = self.points.shape[2]
        return np.cov(self.points.reshape(-1, dimension).T).reshape(dimension, dimension)

    @cached_property
    def mass(self) -> Mass:
        """Mass of the density."""
        values = self.evaluate(self.points.reshape(-1, self.points.shape[2]))[0].reshape(self.points.shape[:2])
        return log_mass(self.points, values, lambda points: self.evaluate(points)[0], np.random.default_rng(self.seed))


def log_density_at(known: Known, zero: Zero, slope: Slope | None = None, seed: int = 0) -> LogDensity:
    """Estimate the density of a pathway at 0.

    Parameters
    ----------
    known
        Draws and their density.
    zero
        The plane on which the pathway is 0.
    slope
        Points [n, dimension] -> slope [n] of the pathway over a'u there; None where the pathway is a'u.
    seed
        Of the draws within the plane.

    Returns
    -------
    LogDensity
        `is_bound` with a value of NaN where the draws within the plane do not agree, or the error is too large.
    """
    rng = np.random.default_rng(seed)
    plane = _Plane.of(known, zero)
    above = _by_proposals(plane, slope, rng) or _by_moves(plane, slope, rng)
    if above is None:
        return LogDensity(np.nan, np.nan, True)
    value, error = above.log - known.mass.log, float(np.hypot(above.error, known.mass.error))
    if not np.isfinite(value) or not error < LARGEST_ERROR:
        return LogDensity(np.nan, np.nan, True)
    return LogDensity(value, error, False)


def _by_proposals(plane: _Plane, slope: Slope | None, rng: np.random.Generator) -> Mass | None:
    """Integral of (1) above by the weights of independent proposals; None where these are no good."""
    size = plane.root.shape[1]
    u = rng.normal(size=(PROPOSALS, size))
    e, proposed = Skewed.of(*plane.evaluate(around(size))).proposed(u)
    log = plane.evaluate(e)[0] - proposed
    log = np.where(np.isfinite(log), log, -np.inf)
    weights = np.exp(log - log.max())
    if not (pareto_k(log) < HEAVIEST and _error(weights) < EVEN):
        return None
    weights = weights * plane.stretch(e, slope)
    mass = float(log.max() + np.log(weights.mean())) + 0.5 * size * LOG_2_PI + plane.log_volume
    return Mass(mass, _error(weights))


def _error(weights: Array) -> float:
    """Monte Carlo error of the mean of independent weights, over that mean."""
    return float(weights.std() / (weights.mean() * np.sqrt(len(weights))))


def _by_moves(plane: _Plane, slope: Slope | None, rng: np.random.Generator) -> Mass | None:
    """Integral of (1) above by bridge sampling from moves within the plane; None where they do not agree."""
    found = _agreeing(plane, rng)
    if found is None:
        return None
    plane, draws, values = found
    above = log_mass(draws, values, lambda points: plane.evaluate(points)[0], rng)
    stretch = plane.stretch(draws.reshape(-1, draws.shape[2]), slope).reshape(values.shape)
    squared = above.error**2
    if np.ptp(stretch) > 1e-9 * stretch.mean():
        ess = float(convergence(stretch[None])["ess_bulk"][0])
        squared += float(stretch.var() / stretch.mean() ** 2) / ess
    return Mass(above.log + float(np.log(stretch.mean())) + plane.log_volume, float(np.sqrt(squared)))


def _agreeing(plane: _Plane, rng: np.random.Generator) -> tuple[_Plane, Array, Array] | None:
    """Return draws within the plane that agree, their log-densities, and the coordinates they are in; None without."""
    start = rng.normal(size=(CHAINS, plane.root.shape[1]))
    for again in range(ROUNDS):
        draws, values = plane.draws(start, 2**again, rng)
        if (convergence(np.concatenate([values[None], np.moveaxis(draws, 2, 0)]))["rhat"] < DISAGREEMENT).all():
            return plane, draws, values
        plane, start = plane.rounded(draws)
    return None


@dataclass(frozen=True, eq=False)
class _Plane:
    """Coordinates e of the plane normal' u = point: u = origin + root e, in which the density is about round.

    `root` is [dimension, dimension - 1]; `log_volume` is the logarithm of what a unit of e holds of u, per unit of t.
    """

    known: Known
    origin: Array
    root: Array
    log_volume: float

    @classmethod
    def of(cls, known: Known, zero: Zero) -> _Plane:
        """Center the plane at the highest density within it, with its curvature there."""
        along = known.covariance @ zero.normal
        origin = known.mean + (zero.point - known.mean @ zero.normal) * along / (zero.normal @ along)
        whole = np.linalg.cholesky(known.covariance)
        basis = np.linalg.qr(np.column_stack([whole.T @ zero.normal, np.eye(len(origin))]))[0]
        wide = cls._at(known, zero, origin, whole @ basis[:, 1:])
        top = wide._highest()
        return cls._at(known, zero, wide.points(top[None])[0], wide.root @ wide._spread(top))

    @classmethod
    def _at(cls, known: Known, zero: Zero, origin: Array, root: Array) -> _Plane:
        out = zero.normal / (zero.normal @ zero.normal)  # du for dt = 1, at a right angle to the plane
        return cls(known, origin, root, float(np.linalg.slogdet(np.column_stack([out, root]))[1]))

    def points(self, e: Array) -> Array:
        """Points [n, dimension] of coordinates [n, dimension - 1]."""
        return np.asarray(self.origin + e @ self.root.T)

    def evaluate(self, e: Array) -> tuple[Array, Array]:
        """Log-density [n] at coordinates [n, dimension - 1], and its gradient."""
        value, gradient = self.known.evaluate(self.points(e))
        return value, gradient @ self.root

    def stretch(self, e: Array, slope: Slope | None) -> Array:
        """What a unit of the pathway holds of t, [n], at coordinates [n, dimension - 1]."""
        return np.ones(len(e)) if slope is None else 1 / np.abs(slope(self.points(e)))

    def _highest(self) -> Array:
        def depth(e: Array) -> tuple[float, Array]:
            value, gradient = self.evaluate(e[None])
            return (-float(value[0]), -gradient[0]) if np.isfinite(value[0]) else (FARTHEST, np.zeros_like(e))

        return np.asarray(minimize(depth, np.zeros(self.root.shape[1]), jac=True, method="BFGS").x)

    def _spread(self, top: Array, step: float = 1e-3) -> Array:
        """Root of the normal covariance around a point, nowhere more than three times the draws' own."""
        shift = step * np.eye(len(top))
        ahead, behind = (self.evaluate(top + sign * shift)[1] for sign in (1, -1))
        slope = (behind - ahead) / (2 * step)
        values, vectors = np.linalg.eigh(0.5 * (slope + slope.T))
        return np.asarray(vectors / np.sqrt(np.maximum(values, 1 / 9)))

    def draws(self, start: Array, times: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """Draws [chain, draw, dimension - 1] of the density within the plane, and its logarithm there."""
        e = np.where(np.isfinite(self.evaluate(start)[0])[:, None], start, 0.0)
        value, gradient = self.evaluate(e)
        kept = []
        for move in range(times * (WARMUP + KEPT)):
            e, value, gradient = self._moved(e, value, gradient, rng)
            if move >= times * WARMUP:
                kept.append((e, value))
        return np.stack([each for each, _ in kept], axis=1), np.stack([each for _, each in kept], axis=1)

    def rounded(self, draws: Array) -> tuple[_Plane, Array]:
        """The plane in coordinates in which draws of it are about round, and the last draw of each chain in them."""
        flat = draws.reshape(-1, draws.shape[2])
        count, dimension = flat.shape
        spread = np.cov(flat.T).reshape(dimension, dimension) * count + 10 * dimension * np.eye(dimension)
        half = np.linalg.cholesky(spread / (count + 10 * dimension))
        middle = flat.mean(axis=0)
        volume = self.log_volume + float(np.log(np.diag(half)).sum())
        plane = _Plane(self.known, self.points(middle[None])[0], self.root @ half, volume)
        return plane, np.linalg.solve(half, (draws[:, -1] - middle).T).T

    def _moved(self, e: Array, value: Array, gradient: Array, rng: np.random.Generator) -> tuple[Array, Array, Array]:
        """One Hamiltonian move of every chain."""
        step, speed = rng.uniform(*STEPS, (len(e), 1)), rng.normal(size=e.shape)
        before = value - 0.5 * (speed**2).sum(axis=1)
        at, there, slope = e, value, gradient
        for _ in range(LEAPS):
            half = speed + 0.5 * step * slope
            at = at + step * half
            there, slope = self.evaluate(at)
            speed = half + 0.5 * step * slope
        gain = np.where(np.isfinite(there), there, -np.inf) - 0.5 * (speed**2).sum(axis=1) - before
        taken = np.log(rng.uniform(size=len(e))) < gain
        return (
            np.where(taken[:, None], at, e),
            np.where(taken, there, value),
            np.where(taken[:, None], slope, gradient),
        )
