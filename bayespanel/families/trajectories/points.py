"""Points over which random effects are summed whose integral has no closed form.

Scores with a link say of a pupil of class k with own effects u ~ N(0, L L')::

    p(y | k) = integral p(y | k, L z) N(z; 0, I) dz = sum_q v_q p(y | k, L z_q)                            (1)

Points are equally spaced: for a density that decays as the normal one does, the error of the trapezoidal rule falls as
exp(-2 (pi s / h)^2), with s the width of what is integrated and h the distance of points (Trefethen & Weideman 2014,
doi:10.1137/130932132).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

APART = {0: (), 1: (0.4,), 2: (0.5, 0.7)}
"""Number of random effects -> distance of points along each, in SDs: intercepts differ more than changes do."""

REACH = 6.0
"""Of the points, in SDs from 0."""


@dataclass(frozen=True, eq=False)
class Points:
    """Points of a standard normal.

    Attributes
    ----------
    z : [point, effect]
    log_share : [point]
        Logarithms of shares that add up to 1.
    """

    z: Array
    log_share: Array


@lru_cache(maxsize=8)
def points(effects: int, finer: int = 1) -> Points:
    """Return the points of so many random effects; one point, for none. With `finer`, they are so much closer."""
    number = [int(REACH * finer / apart) for apart in APART[effects]]
    axes = [np.arange(-n, n + 1) * apart / finer for n, apart in zip(number, APART[effects], strict=True)]
    z = np.stack([grid.ravel() for grid in np.meshgrid(*axes, indexing="ij")], axis=1) if axes else np.zeros((1, 0))
    square = (z**2).sum(axis=1)
    z, log_share = z[square <= REACH**2], -0.5 * square[square <= REACH**2]
    return Points(z, log_share - np.log(np.exp(log_share).sum()))


def locations(location: Any, root: list[list[Any]] | None, at: Points, loadings: Array) -> Any:
    """Return the locations of components [class x point, wave] from those of classes [class, wave], arrays or graphs.

    Parameters
    ----------
    location
        Of classes.
    root
        L of (1), lower triangular; None without random effects.
    at
        The points.
    loadings : [wave, effect]
        Of the random effects at the waves.
    """
    if root is None or not at.z.shape[1]:
        return location
    own = [sum(root[i][j] * at.z[:, j] for j in range(i + 1)) for i in range(len(root))]
    shift = sum(effect[:, None] * loadings[None, :, i] for i, effect in enumerate(own))
    return (location[:, None, :] + shift[None, :, :]).reshape((-1, len(loadings)))
