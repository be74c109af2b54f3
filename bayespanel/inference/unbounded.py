"""Draws of a model in coordinates without bounds or mirror images, and the density there.

The sign of a signed scale means nothing where mirroring it, with the partial correlations of its effect, leaves the
density as it is; each draw is then taken with a positive scale s, and in place of s stands y, which is like s where s
is large and goes to minus infinity, like a logarithm, where s goes to 0::

    y = s + c log(1 - exp(-s / c)),   s = c log(1 + exp(y / c)),   ds / dy = 1 / (1 + exp(-y / c))         (1)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit

from bayespanel.inference.evaluations import evaluated
from bayespanel.inference.posterior import Array, Posterior

Index = NDArray[np.int64]

WITNESSES = 3
"""Draws at which a mirrored density is held against the density."""

FARTHEST = 300.0
"""Logarithm of a positive variable beyond which there is no density: its exponential would be 0 or without bounds."""


@dataclass(frozen=True, eq=False)
class Unbounded:
    """Coordinates of a posterior.

    Attributes
    ----------
    posterior
        The density.
    mirrors : list of (int, [entry])
        Entry of the vector that holds a signed scale, and those of the partial correlations that change sign with it.
    width : [mirror]
        c of equation (1).
    """

    posterior: Posterior
    mirrors: tuple[tuple[int, Index], ...]
    width: Array

    @property
    def scales(self) -> Index:
        """Entries of the signed scales."""
        return np.array([entry for entry, _ in self.mirrors], dtype=int)

    @cached_property
    def transformed(self) -> NDArray[np.bool_]:
        """Which entries are those of bounded variables."""
        hows = zip(self.posterior.names, self.posterior.transforms, strict=True)
        return self.posterior.entries([name for name, how in hows if how != "none"])

    def coordinates(self, points: Array) -> Array:
        """Turn vectors of the posterior [n, dimension] into these coordinates."""
        out = _positive(points, self.mirrors)
        s = np.maximum(out[:, self.scales], 1e-300)
        out[:, self.scales] = s + self.width * np.log(-np.expm1(-s / self.width))  # (1)
        return out

    def points(self, coordinates: Array) -> Array:
        """Turn coordinates [n, dimension] into vectors of the posterior."""
        out = coordinates.copy()
        out[:, self.scales] = self.width * np.logaddexp(0.0, coordinates[:, self.scales] / self.width)
        return out

    def evaluate(self, coordinates: Array) -> tuple[Array, Array]:
        """Return the log-density [n] in these coordinates, up to a constant, and its gradient [n, dimension]."""
        points = self.points(coordinates)
        value, gradient = np.full(len(points), -np.inf), np.zeros_like(points)
        inside = np.isfinite(points).all(axis=1) & (np.abs(points[:, self.transformed]) < FARTHEST).all(axis=1)
        value[inside], gradient[inside] = evaluated(
            self.posterior.address, self.posterior.user, points[inside], gradients=True
        )
        gradient[~np.isfinite(value)] = 0.0
        y = coordinates[:, self.scales] / self.width
        gradient[:, self.scales] = gradient[:, self.scales] * expit(y) + expit(-y) / self.width
        return value + log_expit(y).sum(axis=1), gradient


def unbounded(posterior: Posterior, points: Array) -> Unbounded:
    """Choose the coordinates for draws [n, dimension]."""
    found = mirrors(posterior, points)
    scales = np.array([entry for entry, _ in found], dtype=int)
    spread = np.abs(points[:, scales]).std(axis=0)
    return Unbounded(posterior, found, 0.5 * np.where(spread > 0, spread, 1.0))


def mirrors(posterior: Posterior, points: Array) -> tuple[tuple[int, Index], ...]:
    """Return the entries of signed scales whose sign means nothing, each with what changes sign with it.

    Parameters
    ----------
    posterior
        The density.
    points : [n, dimension]
        Where the density is held against its mirror image.
    """
    return tuple(found for found in _candidates(posterior) if _is_mirrored(posterior, points, found))


def vectors(posterior: Posterior, free: Mapping[str, Array]) -> Array:
    """Return draws of free variables [chain, draw, ...] as vectors [chain, draw, dimension]; undoes `constrain`."""
    columns = []
    for name, transform in zip(posterior.names, posterior.transforms, strict=True):
        value = np.asarray(free[name], float)
        if transform == "log":
            value = np.log(np.maximum(value, 1e-300))
        elif transform == "logodds":
            value = np.clip(value, 1e-16, 1 - 1e-16)
            value = np.log(value) - np.log1p(-value)
        columns.append(value.reshape(*value.shape[:2], -1))
    return np.concatenate(columns, axis=2)


def _candidates(posterior: Posterior) -> list[tuple[int, Index]]:
    """Signed scales with their effects, or the partial correlations of these: pairs are (1, 0), (2, 0), (2, 1), ...

    A scale of several dimensions is that of several matrices, such as one for each group. Effects have the dimensions
    of their scale first, or last: where shapes do not tell, both are candidates.
    """
    sizes = [int(np.prod(shape)) for shape in posterior.shapes]
    begin = dict(zip(posterior.names, np.concatenate([[0], np.cumsum(sizes)[:-1]]).tolist(), strict=True))
    shapes = dict(zip(posterior.names, posterior.shapes, strict=True))
    out = []
    for name, shape, whole in zip(posterior.names, posterior.shapes, sizes, strict=True):
        explicit = name.removesuffix("_scale") + "_standard"
        if name.endswith("_scale") and explicit in begin:
            across = np.arange(begin[explicit], begin[explicit] + int(np.prod(shapes[explicit])))
            if shapes[explicit][: len(shape)] == shape:
                out += [(begin[name] + i, own) for i, own in enumerate(across.reshape(whole, -1))]
            if shape and shapes[explicit][-len(shape) :] == shape:
                out += [(begin[name] + i, own) for i, own in enumerate(across.reshape(-1, whole).T)]
        elif name.endswith("_scale"):
            mate, size = begin.get(name.removesuffix("_scale") + "_partial"), (shape or (1,))[-1]
            row, column = np.tril_indices(size, -1)
            for matrix, effect in np.ndindex(whole // size, size):
                pairs = np.flatnonzero((row == effect) | (column == effect)) if mate is not None else np.empty(0, int)
                out.append((begin[name] + matrix * size + effect, pairs + (mate or 0) + matrix * len(row)))
    return out


def _is_mirrored(posterior: Posterior, points: Array, mirror: tuple[int, Index]) -> bool:
    entry, pairs = mirror
    some = points[np.linspace(0, len(points) - 1, WITNESSES).astype(int)]
    mirrored = some.copy()
    mirrored[:, [entry, *pairs]] *= -1
    ours, theirs = (np.array([posterior(point)[0] for point in each]) for each in (some, mirrored))
    return bool(np.allclose(ours, theirs, rtol=1e-9, atol=1e-7))


def _positive(points: Array, mirrors: tuple[tuple[int, Index], ...]) -> Array:
    out = points.copy()
    for entry, pairs in mirrors:
        below = out[:, entry] < 0
        out[np.ix_(below, [entry, *pairs])] *= -1
    return out
