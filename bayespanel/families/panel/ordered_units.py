"""The unit of the scores behind categories, which nothing in the data tells.

The model has the standard deviation within pupils at the first wave move freely while everything else counts in it, and
each step ends with that standard deviation at 1 again: parameter expansion by a group of scales under its Haar measure
(Liu & Wu 1999, doi:10.1080/01621459.1999.10473879). It is exact where steps do not depend on the unit in which they
begin. So they are taken in the logarithm of the unit u and in parameters in that unit, z, with the density::

    log p(x) + sum over x without a logarithm of e log u,    x = z u^e, or z + e log u of logarithms            (33)

where e is the power of the unit in which a parameter counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bayespanel.families.panel.ordered import is_ordered
from bayespanel.families.panel.spec import RICLPM
from bayespanel.inference.posterior import Posterior

Array = NDArray[np.float64]

UP, DOWN = ("variable", "target"), ("source", "effect")
"""Dimensions over variables in whose unit a parameter counts, and per whose unit it counts."""

UNITLESS = ("intercept_loading",)
"""Parameters of one variable alone that have no unit, though they have one for each variable."""


class Units:
    """How the parameters of a model count in the units of its variables.

    Parameters
    ----------
    spec
        The model.
    posterior
        Its density.
    dims
        Dimensions of its free variables.
    """

    def __init__(self, spec: RICLPM, posterior: Posterior, dims: Mapping[str, Sequence[str | None]]) -> None:
        k, each = len(spec.variables), zip(posterior.names, posterior.shapes, strict=True)
        power = [powers(name, shape, dims.get(name) or (), k).reshape(-1, k) for name, shape in each]
        names = zip(posterior.names, posterior.transforms, strict=True)
        self.logarithm = posterior.entries([name for name, how in names if how == "log"])
        self.ordered = is_ordered(spec)
        self.at = np.flatnonzero(posterior.entries(["initial_sd"]))[self.ordered]
        self.exponents = np.concatenate(power)[:, self.ordered]
        self.exponents[self.at] = 0.0

    def of(self, point: Array) -> Array:
        """Return the unit of each variable [variable]: 1 for numbers."""
        out = np.ones(len(self.ordered))
        out[self.ordered] = np.exp(point[self.at])
        return out

    def inside(self, point: Array) -> Array:
        """Return parameters in units of their own, with the logarithms of these, of a point of the model."""
        power = self.exponents @ point[self.at]
        return np.asarray(np.where(self.logarithm, point - power, point * np.exp(-power)))

    def outside(self, inner: Array) -> Array:
        """Return the point of the model."""
        power = self.exponents @ inner[self.at]
        return np.asarray(np.where(self.logarithm, inner + power, inner * np.exp(power)))

    def settled(self, inner: Array) -> Array:
        """Return the same parameters in the unit 1."""
        out = inner.copy()
        out[self.at] = 0.0
        return out

    def density(self, posterior: Posterior, inner: Array) -> tuple[float, Array]:
        """Return the log-density, equation (33), and its gradient."""
        power = self.exponents @ inner[self.at]
        stretch = np.where(self.logarithm, 1.0, np.exp(power))
        point = np.where(self.logarithm, inner + power, inner * stretch)
        height, slope = posterior(point)
        free = self.exponents[~self.logarithm].sum(axis=0)
        along = self.exponents.T @ (slope * np.where(self.logarithm, 1.0, point)) + free
        slope = slope * stretch
        slope[self.at] += along
        return height + float(free @ inner[self.at]), slope

    def turned(self, factor: Array, inner: Array) -> Array:
        """Return a root of a covariance of points of the model as one of parameters in their units, at the unit 1."""
        moves = np.eye(len(inner))
        moves[:, self.at] += self.exponents * np.where(self.logarithm, 1.0, inner)[:, None]
        return np.asarray(np.linalg.solve(moves, factor))


def powers(name: str, shape: tuple[int, ...], dims: Sequence[str | None], variables: int) -> Array:
    """Return the power of each variable's unit in which the entries [...] of a parameter count, [..., variable]."""
    out = np.zeros((*shape, variables))
    if name.endswith("_corr"):
        return out
    if name.endswith(("_sd", "_scale")):  # over variables, or copies of them, of which variables go fastest
        out += np.eye(variables)[np.arange(shape[-1]) % variables]
    elif name not in UNITLESS and not (name in ("moving_average", "first_loading") and len(shape) == 1):
        for axis, dim in enumerate(dims):
            if dim in UP or dim in DOWN:
                own = np.eye(variables)[np.arange(shape[axis]) % variables] * (1.0 if dim in UP else -1.0)
                out += own.reshape(*(-1 if i == axis else 1 for i in range(len(shape))), variables)
    return out
