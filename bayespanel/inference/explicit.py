"""Effects of clusters that are sampled beside their own standard deviation, in coordinates in which they are even.

Such effects are s z: a scale s, and z standard normal before the data are seen. The data know an effect as well as a
measurement of precision I would, so that of z, given s and all that comes before z in the vector, they leave::

    mean   s b / (1 + s^2 I),   variance   1 / (1 + s^2 I),   b = I times what was measured                (1)

The coordinates of a posterior are affine at one scale s0, where mean m and own part o of z are known (variance f^2, so
I = (1 / f^2 - 1) / s0^2). At another scale z is the mean and the own part that (1) gives there::

    z = k m + r o,   k = s q0 / (s0 q),   r = sqrt(q0 / q),   q = 1 + s^2 I,   q0 = 1 + s0^2 I                (2)

which is standard normal alone at s = 0, and the effect that was measured where s is large: the funnel is straight. What
comes later in the vector, as classes after their school, sees the effect s z in place of s0 z.

References
----------
Papaspiliopoulos, Roberts & Skold (2007), Statistical Science 22, 59-73, doi:10.1214/088342307000000014, on parts of
effects that are centred, and Gorinova, Moore & Hoffman (2020), Proceedings of Machine Learning Research 119, 3648-3657.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numba
import numpy as np
import pymc as pm
from numpy.typing import NDArray

from bayespanel.inference.addresses import LOGP, as_pointer
from bayespanel.inference.evaluations import call
from bayespanel.inference.posterior import Array, Posterior

# Functions that numba compiles carry no type hints (it takes their types from the call), hence the silenced checks.

SCALE, STANDARD = "_scale", "_standard"
"""How names of the two end: `class_scale` is the scale of `class_standard`."""


def scales_of(model: pm.Model, posterior: Posterior, held: Sequence[str]) -> NDArray[np.int64]:
    """Return for each entry of the vector where its scale is, -1 where it has none.

    Parameters
    ----------
    model
        Whose dimensions tell which effects a scale is of.
    posterior
        Its compiled density.
    held
        Variables that stay at their start while the mode is sought; those that end in `_scale` have effects.
    """
    sizes = [int(np.prod(shape)) for shape in posterior.shapes]
    begins = np.cumsum([0, *sizes])
    at = {
        name: np.arange(begins[i], begins[i + 1]).reshape(posterior.shapes[i]) for i, name in enumerate(posterior.names)
    }
    out = np.full(begins[-1], -1)
    dims = model.named_vars_to_dims
    for name in held:
        effects = name.removesuffix(SCALE) + STANDARD
        if not name.endswith(SCALE) or effects not in at:
            continue
        mine, theirs = dims.get(name, ()), dims.get(effects, ())
        shape = [1] * at[effects].ndim
        if at[name].size > 1:
            if not mine or not set(mine) <= set(theirs):
                continue  # nothing says which scale is whose
            shape = [size if dim in mine else 1 for dim, size in zip(theirs, at[effects].shape, strict=True)]
        out[at[effects].ravel()] = np.broadcast_to(at[name].reshape(shape), at[effects].shape).ravel()
    return out


@numba.njit(error_model="numpy")
def _forward(z, centre, factor, scales, point, seen, mean):  # type: ignore[no-untyped-def]
    """Fill a point, what later entries see of it in coordinates, and means; return the logarithm of the volume."""
    volume = 0.0
    for i in range(len(z)):
        total, f = centre[i], factor[i, i]
        for j in range(i):
            total += factor[i, j] * seen[j]
        mean[i], point[i], seen[i] = total, total + f * z[i], z[i]
        if scales[i] >= 0:
            s, s0 = point[scales[i]], centre[scales[i]]
            information = max(1.0 / (f * f) - 1.0, 0.0) / (s0 * s0)
            q, q0 = 1.0 + s * s * information, 1.0 + s0 * s0 * information
            point[i] = s * q0 / (s0 * q) * total + np.sqrt(q0 / q) * f * z[i]  # (2)
            seen[i] = (s * point[i] / s0 - total) / f
            volume += 0.5 * np.log(q0 / q)
    return volume


@numba.njit(error_model="numpy")
def _backward(z, centre, factor, scales, point, mean, slope, gradient):  # type: ignore[no-untyped-def]
    """Turn a slope at a point, which is used up, into the gradient with respect to the coordinates."""
    n = len(z)
    later = np.zeros(n)  # slopes with respect to what later entries see
    for i in range(n - 1, -1, -1):
        f = factor[i, i]
        if scales[i] < 0:
            of_mean = slope[i]
            gradient[i] = f * slope[i] + later[i]
        else:
            at = scales[i]
            s, s0 = point[at], centre[at]
            information = max(1.0 / (f * f) - 1.0, 0.0) / (s0 * s0)
            q, q0 = 1.0 + s * s * information, 1.0 + s0 * s0 * information
            k, r = s * q0 / (s0 * q), np.sqrt(q0 / q)
            own = slope[i] + s / (s0 * f) * later[i]
            of_mean = k * own - later[i] / f
            gradient[i] = r * f * own
            bent = q0 / s0 * (1.0 - s * s * information) / (q * q) * mean[i] - r * s * information / q * f * z[i]
            slope[at] += own * bent + point[i] / (s0 * f) * later[i] - s * information / q
        for j in range(i):
            later[j] += factor[i, j] * of_mean


def _bent_logp(dimension, z, gradient, value, user):  # type: ignore[no-untyped-def]
    header = numba.carray(user, (5,))
    n = np.int64(dimension)
    z, gradient = numba.carray(z, (n,)), numba.carray(gradient, (n,))
    centre = numba.carray(as_pointer(header[2]), (n,), np.float64)
    factor = numba.carray(as_pointer(header[3]), (n, n), np.float64)
    scales = numba.carray(as_pointer(header[4]), (n,), np.int64)
    point, slope, seen, mean = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    volume = _forward(z, centre, factor, scales, point, seen, mean)
    at, to = as_pointer(np.uint64(point.ctypes.data)), as_pointer(np.uint64(slope.ctypes.data))
    status = call(header[0], dimension, at, to, value, as_pointer(header[1]))
    value[0] += volume
    _backward(z, centre, factor, scales, point, mean, slope, gradient)
    # Reading `point` once more keeps it alive until the call has returned.
    return status if len(point) == n else -1


@cache
def bent_logp() -> Any:
    """Return the compiled function."""
    return numba.cfunc(LOGP, cache=True)(_bent_logp)


def _all_forward(z, centre, factor, scales, points):  # type: ignore[no-untyped-def]
    seen, mean = np.empty(z.shape[1]), np.empty(z.shape[1])
    for d in range(len(z)):
        _forward(z[d], centre, factor, scales, points[d], seen, mean)


@cache
def _on_all() -> Any:
    return numba.njit(cache=True)(_all_forward)


def bent(z: Array, centre: Array, factor: Array, scales: NDArray[np.int64]) -> Array:
    """Map coordinates z [..., dimension] to points by (2)."""
    flat = np.ascontiguousarray(z, dtype=float).reshape(-1, z.shape[-1])
    points = np.empty_like(flat)
    _on_all()(flat, centre, factor, scales, points)
    return points.reshape(z.shape)
