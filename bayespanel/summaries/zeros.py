"""Where a pathway is 0: the plane normal' u = point of the parameters, if it is one.

A lag or an effect is a parameter itself; a correlation of two variables is a function of one; a lag that the model
counts in other units is a parameter times a positive factor. All these are 0 on a plane. The effect of an outcome in a
family, and most correlations of more than two variables, are 0 on curved surfaces, and have no answer here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

WITNESSES = 4
"""Draws from which the plane is sought; all have to find the same."""

STEP = 1e-4
"""Step of differences, in SDs of the draws."""

TOLERANCE = 1e-5
"""Largest difference between two planes that are the same, in SDs of the draws; errors of differences are 1e-7."""

ITERATIONS = 30
"""Newton steps towards the plane: one for a linear pathway, some for a correlation."""


@dataclass(frozen=True, eq=False)
class Zero:
    """The plane normal' u = point, with normal [dimension]."""

    normal: Array
    point: float


def zeros(measure: Callable[[Array], Array], points: Array) -> list[Zero | None]:
    """Find the planes on which pathways are 0.

    Parameters
    ----------
    measure
        Points [n, dimension] -> pathways [n, pathway].
    points
        Draws [n, dimension].

    Returns
    -------
    list
        Of each pathway its plane; None where it is none, or where 0 was not reached.
    """
    sd = points.std(axis=0)
    some = points[np.linspace(0, len(points) - 1, WITNESSES).astype(int)]
    count = measure(some[:1]).shape[1]
    at = np.repeat(some[:, None, :], count, axis=1)  # [witness, pathway, dimension]
    spread = measure(points).std(axis=0)
    values, slopes = _differences(measure, at, sd)
    for _ in range(ITERATIONS):
        if (np.abs(values) <= 1e-9 * spread).all():
            break
        squared = (slopes**2).sum(axis=2)
        step = values / np.where(squared > 0, squared, np.inf)
        longest = np.abs(step) * np.sqrt(squared)  # in SDs
        at = at - (step * np.minimum(1.0, 3.0 / np.maximum(longest, 1e-300)))[..., None] * slopes * sd
        values, slopes = _differences(measure, at, sd)
    return [_plane(at[:, i], values[:, i] / spread[i], slopes[:, i], sd) for i in range(count)]


def _differences(measure: Callable[[Array], Array], at: Array, sd: Array) -> tuple[Array, Array]:
    """Values [witness, pathway] of each pathway at its own points, and slopes [..., dimension] per SD of the draws."""
    witnesses, count, dimension = at.shape
    shift = STEP * np.diag(sd)
    around = np.concatenate([at[..., None, :], at[..., None, :] + shift, at[..., None, :] - shift], axis=2)
    found = measure(around.reshape(-1, dimension)).reshape(witnesses, count, 2 * dimension + 1, count)
    own = np.einsum("wpdp->wpd", found)
    return own[..., 0], (own[..., 1 : dimension + 1] - own[..., dimension + 1 :]) / (2 * STEP)


def _plane(at: Array, values: Array, slopes: Array, sd: Array) -> Zero | None:
    length = np.sqrt((slopes**2).sum(axis=1, keepdims=True))
    if not (np.abs(values) <= 1e-6).all() or not (length > 0).all():
        return None
    unit = slopes / length
    if np.abs(unit - unit[0]).max() > TOLERANCE:
        return None
    direction = np.where(np.abs(unit[0]) > 1e-7, unit[0], 0.0)
    reach = (at / sd) @ direction
    if np.ptp(reach) > TOLERANCE:
        return None
    return Zero(direction / sd, float(reach.mean()))
