"""Where the posterior is and how it lies: the coordinates in which a sampler walks.

A gradient of the collapsed likelihood is so cheap that the exact Hessian at the mode costs less than a second. In
coordinates that make it the identity, NUTS needs a handful of steps, however correlated the parameters are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from bayespanel.inference.addresses import LOGP, as_pointer
from bayespanel.inference.evaluations import call, evaluated
from bayespanel.inference.explicit import bent, bent_logp
from bayespanel.inference.posterior import Array, Posterior
from bayespanel.language.errors import FitError

# Functions that numba compiles carry no type hints (it takes their types from the call), hence the silenced checks.

# Step of the central differences of the gradient, on the unconstrained scale where a parameter's posterior SD is
# between about 0.01 and 1; only the sampler's coordinates depend on it, never a result.
STEP = 1e-4

OPTIONS = {"maxiter": 2000, "maxfun": 4000, "maxcor": 30, "ftol": 1e-9}
"""Of the search for the mode; a Newton step follows."""


ROUNDS, ARRIVED, GAIN = 8, 0.5, 0.01
"""The search goes on at most so often, in coordinates that are round where it stopped, while it is more than so many
standard deviations from the mode and the log-density rises by more than so much."""

LEAST = 0.2
"""Scales are held at no less than this share of where they start: at 0 nothing is known of effects."""

WALL = 1e4
"""By how much minus the log-density is larger where it is infinite, for the search alone."""


@dataclass(frozen=True, eq=False)
class Coordinates:
    """An affine map z -> centre + factor z, but for effects that are sampled beside their scale.

    Attributes
    ----------
    centre : [dimension]
        Near the mode.
    factor : [dimension, dimension]
        Root of the inverse negative Hessian there.
    scales : [dimension]
        Where the scale of each effect is, -1 for other entries, see `explicit`; None where there is none.
    """

    centre: Array
    factor: Array
    scales: NDArray[np.int64] | None = None

    def points(self, z: Array) -> Array:
        """Map z [..., dimension] to points."""
        if self.scales is None:
            return self.centre + z @ self.factor.T
        return bent(z, self.centre, self.factor, self.scales)


def whitening(
    posterior: Posterior,
    held: Sequence[str] = (),
    rivals: Sequence[Array] = (),
    scales: NDArray[np.int64] | None = None,
) -> Coordinates:
    """Find the mode and the coordinates that make its curvature the identity.

    Parameters
    ----------
    posterior
        The density.
    held
        Variables that stay at their starting values meanwhile. Where cluster effects are explicit, the joint mode
        over these and their standard deviation is far from where the posterior lies; given the standard deviation, it
        is not. A held variable keeps coordinates of its own, as wide as its starting value is large; where the vector
        holds its logarithm, 1 wide.
    rivals
        Other points [dimension] from which the mode is sought; the highest found is taken.
    scales : [dimension]
        Where the scale of each explicit effect is, -1 for other entries, see `explicit`. In the coordinates that this
        gives the scales have a mode too: there they are held in the end, and as wide as the curvature says.

    Raises
    ------
    FitError
        When the density is zero at the model's initial point.
    """
    if not np.isfinite(posterior(posterior.start)[0]):
        raise FitError(
            "The posterior density is positive at the starting point.",
            "It is zero there.",
            "Check the data for variables that are nearly copies of each other, and the priors for contradictions.",
        )
    found = _given(posterior, held, rivals)
    if scales is None or (scales < 0).all():
        return found
    centre, width = _scales_at_mode(posterior, replace(found, scales=scales))
    found = _given(replace(posterior, start=centre), held, ())
    factor, at = found.factor.copy(), np.unique(scales[scales >= 0])
    factor[at, at] = width[at]
    return replace(_rounded(found.centre, factor), scales=scales)


def _scales_at_mode(posterior: Posterior, coordinates: Coordinates) -> tuple[Array, Array]:
    """Return where scales have their mode in coordinates with explicit effects, and how wide all entries are there."""
    assert coordinates.scales is not None  # as the caller sees to; mypy does not know
    density, size = whitened(posterior, coordinates), len(coordinates.centre)

    def negative(z: Array) -> tuple[float, Array]:
        value, slope = evaluated(density.address, density.user, z[None], gradients=True)
        return (-float(value[0]), -slope[0]) if np.isfinite(value[0]) else (WALL, np.zeros(size))

    with threadpool_limits(limits=1, user_api="blas"):
        end = minimize(negative, np.zeros(size), jac=True, method="L-BFGS-B", options=OPTIONS)
        z = end.x if np.isfinite(end.fun) else np.zeros(size)
        curvature = _curvature(density.address, density.user, z, np.ones(size, dtype=bool))
        width = np.diag(coordinates.factor) * np.sqrt(np.diag(np.linalg.inv(curvature)))
    point, scales = coordinates.points(z), coordinates.scales
    at, effects = np.unique(scales[scales >= 0]), np.flatnonzero(scales >= 0)
    side = np.where(point[at] < 0, -1.0, 1.0)
    centre = point.copy()
    centre[at] = np.maximum(np.abs(point[at]), LEAST * np.abs(posterior.start[at]))
    centre[effects] *= side[np.searchsorted(at, scales[effects])]
    return centre, width


def _given(posterior: Posterior, held: Sequence[str], rivals: Sequence[Array]) -> Coordinates:
    """Find the mode given the held variables, and coordinates that make its curvature the identity."""
    start = posterior.start
    free = ~posterior.entries(held)

    def point_of(values: Array) -> Array:
        point = start.copy()
        point[free] = values
        return point

    def negative(values: Array) -> tuple[float, Array]:
        value, gradient = posterior(point_of(values))
        return -value, -gradient[free]

    # More threads would wait for each other: matrices are small, and with another process beside they cost twentyfold.
    with threadpool_limits(limits=1, user_api="blas"):
        begins = [begin[free] for begin in (start, *rivals)]
        ends = [minimize(negative, begin, jac=True, method="L-BFGS-B", options=OPTIONS) for begin in begins]
        found = min(ends, key=lambda end: end.fun if np.isfinite(end.fun) else np.inf)
        centre, root = _stepped(posterior, point_of(found.x) if np.isfinite(found.fun) else start, free)
        for _ in range(ROUNDS):
            if _distance(posterior, centre, root, free) < ARRIVED:
                break
            height = posterior(centre)[0]
            density = _within(negative, centre[free], root, height)
            end = minimize(density, np.zeros(len(root)), jac=True, method="L-BFGS-B", options=OPTIONS)
            if not -end.fun > height + GAIN:
                break
            centre, root = _stepped(posterior, point_of(centre[free] + root @ end.x), free)
    names = zip(posterior.names, posterior.transforms, strict=True)
    logarithms = posterior.entries([name for name, transform in names if transform == "log"])
    factor = np.diag(np.where(free | logarithms, 1.0, np.maximum(np.abs(start), 1e-3)))
    factor[np.ix_(free, free)] = root
    return _rounded(centre, factor)


def _stepped(posterior: Posterior, centre: Array, free: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Return a point after a Newton step, where that helps, and a root of the inverse curvature before it."""
    curvature = _curvature(posterior.address, posterior.user, centre, free)
    step = np.zeros_like(centre)
    step[free] = np.linalg.solve(curvature, posterior(centre)[1][free])
    if posterior(centre + step)[0] > posterior(centre)[0]:
        centre = centre + step
    return centre, np.linalg.cholesky(np.linalg.inv(curvature))


def _distance(posterior: Posterior, centre: Array, root: Array, free: NDArray[np.bool_]) -> float:
    """Return how far a point is from the mode, in standard deviations of the posterior, as its slope says."""
    return float(np.linalg.norm(root.T @ posterior(centre)[1][free]))


def _within(
    negative: Callable[[Array], tuple[float, Array]], centre: Array, root: Array, height: float
) -> Callable[[Array], tuple[float, Array]]:
    """Return minus the log-density in coordinates around a point; where it is infinite, a wall that can be seen."""

    def density(z: Array) -> tuple[float, Array]:
        value, slope = negative(centre + root @ z)
        if not np.isfinite(value):
            return WALL - height, np.zeros_like(z)
        return value, root.T @ slope

    return density


def _rounded(centre: Array, factor: Array) -> Coordinates:
    """Round coordinates to what they are good for, so that the same seed gives the same draws.

    Linear algebra libraries and freshly compiled code differ in the last bits, differences of gradients multiply that,
    and a chain carries it on. A hundredth of a posterior SD in the centre and a thousandth in the factor are nothing to
    a sampler, and far more than the last bits.
    """
    fraction, exponent = np.frexp(factor)
    factor = np.ldexp(np.round(fraction * 1024.0) / 1024.0, exponent)
    grid = 2.0 ** np.round(np.log2(0.01 * np.linalg.norm(factor, axis=1)))
    return Coordinates(np.round(centre / grid) * grid, factor)


def _curvature(address: int, user: NDArray[np.uint64], centre: Array, free: NDArray[np.bool_]) -> Array:
    """Negative Hessian of the free entries, made positive definite: directions without curvature get a weak one."""
    steps = STEP * np.eye(len(centre))[free]
    points = np.concatenate([centre - steps, centre + steps])
    found, gradients = evaluated(address, user, points, gradients=True)
    gradients[~np.isfinite(found)] = 0.0
    out = ((gradients[: len(steps)] - gradients[len(steps) :]) / (2 * STEP))[:, free]
    values, vectors = np.linalg.eigh(0.5 * (out + out.T))
    # Curvature 0.1 is a posterior SD of 3 on the unconstrained scale: wider than any prior of ours.
    values = np.maximum(np.abs(values), 0.1)
    return np.asarray((vectors * values) @ vectors.T)


def _whitened_logp(dimension, z, gradient, value, user):  # type: ignore[no-untyped-def]
    header = numba.carray(user, (4,))
    n = np.int64(dimension)
    centre = numba.carray(as_pointer(header[2]), (n,), np.float64)
    factor = numba.carray(as_pointer(header[3]), (n, n), np.float64)
    point, slope = np.empty(n), np.empty(n)
    for i in range(n):
        total = centre[i]
        for j in range(i + 1):
            total += factor[i, j] * z[j]
        point[i] = total
    at, to = as_pointer(np.uint64(point.ctypes.data)), as_pointer(np.uint64(slope.ctypes.data))
    status = call(header[0], dimension, at, to, value, as_pointer(header[1]))
    for j in range(n):
        gradient[j] = 0.0
    for i in range(n):
        for j in range(i + 1):
            gradient[j] += factor[i, j] * slope[i]
    # Reading `point` once more keeps it alive until the call has returned.
    return status if len(point) == n else -1


@cache
def _whitened() -> Any:
    return numba.cfunc(LOGP, cache=True)(_whitened_logp)


@dataclass(frozen=True, eq=False)
class Whitened:
    """A posterior in whitened coordinates, as a native function for the sampler.

    Attributes
    ----------
    address
        Of the native function; its signature is `LOGP`.
    user : uint64 vector
        Its user data.
    keep
        What must stay alive as long as the function is called.
    """

    address: int
    user: NDArray[np.uint64]
    keep: tuple[Any, ...]


def whitened(posterior: Posterior, coordinates: Coordinates) -> Whitened:
    """Return the posterior as a function of the coordinates."""
    centre, factor = np.ascontiguousarray(coordinates.centre), np.ascontiguousarray(coordinates.factor)
    header = [posterior.address, posterior.user.ctypes.data, centre.ctypes.data, factor.ctypes.data]
    if coordinates.scales is None:
        return Whitened(int(_whitened().address), np.array(header, dtype=np.uint64), (posterior, centre, factor))
    header.append(coordinates.scales.ctypes.data)
    keep = (posterior, centre, factor, coordinates.scales)
    return Whitened(int(bent_logp().address), np.array(header, dtype=np.uint64), keep)
