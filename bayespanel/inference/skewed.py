"""A density that is nearly a standard normal one: its mean and some of its skewness, from gradients around its mode.

Let p be a density with its mode at 0 and the curvature of a standard normal there. Third derivatives t_ijk of log p say
what it is besides. Those with two equal indices come from two gradients for each coordinate. To first order in them, a
standard normal u becomes z by a triangular map (Marzouk, Moselhy, Parno & Spantini, 2016,
doi:10.1007/978-3-319-11259-6_23-1, on such maps), whose Jacobian is a product::

    mean_j = g_j + 1/2 sum_i t_iij,   g the gradient at 0                                                    (1)
    z_j = mean_j + 1/2 sum_(i<j) t_iij (u_i^2 - 1)
          + exp(1/2 sum_(i<j) t_ijj u_i) (exp(c_j u_j - c_j^2 / 2) - 1) / c_j,   c_j = t_jjj / 3             (2)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

REACH = 0.5
"""Distance from the mode over which third derivatives are taken."""

SYMMETRIC = 1e-6
"""Least c of equation (2): the formula loses digits below it."""


def around(size: int) -> Array:
    """Points [2 size + 1, size] at which the gradients tell third derivatives: ahead, behind, and the mode itself."""
    steps = REACH * np.eye(size)
    return np.concatenate([steps, -steps, np.zeros((1, size))])


@dataclass(frozen=True, eq=False)
class Skewed:
    """How a standard normal becomes a proposal, by (2).

    Attributes
    ----------
    mean : [coordinate]
        By (1).
    bend : [coordinate, coordinate]
        t_iij.
    """

    mean: Array
    bend: Array

    @classmethod
    def of(cls, value: Array, gradient: Array) -> Skewed:
        """Take third derivatives from a log-density and its gradient at the points of `around`."""
        size = gradient.shape[1]
        bend = (gradient[:size] + gradient[size:-1] - 2 * gradient[-1]) / REACH**2
        bend[~(np.isfinite(value[:size]) & np.isfinite(value[size:-1]))] = 0.0
        return cls(gradient[-1] + 0.5 * bend.sum(axis=0), bend)

    def proposed(self, u: Array) -> tuple[Array, Array]:
        """Return proposals [..., coordinate] and the logarithm [...] of their density, times (2 pi)^(size / 2)."""
        curved = np.maximum(np.abs(np.diag(self.bend)) / 3, SYMMETRIC)
        c = np.copysign(curved, np.diag(self.bend))
        log_spread = 0.5 * u @ np.tril(self.bend, -1).T
        log_slope = c * u - 0.5 * c**2
        z = self.mean + 0.5 * (u**2 - 1) @ np.triu(self.bend, 1) + np.exp(log_spread) * np.expm1(log_slope) / c
        return z, -(0.5 * u**2 + log_spread + log_slope).sum(axis=-1)
