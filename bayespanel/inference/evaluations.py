"""A native log-density at many points: one compiled loop, without Python between the points."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from bayespanel.inference.addresses import as_pointer
from bayespanel.inference.posterior import Array

# Functions that numba compiles carry no type hints (it takes their types from the call), hence the silenced checks.


# numba calls it while it compiles: its arguments are types and parts of code, for which numba has no annotations.
@intrinsic
def call(_typing, address, dimension, point, gradient, value, user):  # type: ignore[no-untyped-def]
    """Call a function with the signature `LOGP` by its address."""
    signature = types.int64(address, dimension, point, gradient, value, user)

    def codegen(context, builder, sig, args):  # type: ignore[no-untyped-def]
        kinds = [context.get_value_type(t) for t in sig.args[1:]]
        function_type = ir.FunctionType(context.get_value_type(sig.return_type), kinds)
        function = builder.inttoptr(args[0], function_type.as_pointer())
        return builder.call(function, list(args[1:]))

    return signature, codegen


def _loop(address, user, points, values, gradients):  # type: ignore[no-untyped-def]
    n, dimension = points.shape
    value = np.empty(1)
    for i in range(n):
        at = as_pointer(np.uint64(points[i].ctypes.data))
        slope = as_pointer(np.uint64(gradients[i % len(gradients)].ctypes.data))
        to = as_pointer(np.uint64(value.ctypes.data))
        status = call(address, np.uint64(dimension), at, slope, to, as_pointer(user))
        values[i] = value[0] if status == 0 else -np.inf
    # Naming the arrays once more keeps them alive until the last call has returned.
    return points.size + gradients.size + value.size


@cache
def _compiled() -> Any:
    return numba.njit(nogil=True, cache=True)(_loop)


def evaluated(
    address: int, user: NDArray[np.uint64], points: Array, *, threads: int = 1, gradients: bool = False
) -> tuple[Array, Array]:
    """Return the log-density at many points, and its gradients.

    Parameters
    ----------
    address, user
        Of a native function with the signature `LOGP`.
    points : [point, dimension]
        Where.
    threads
        How many parts of the points are evaluated at once.
    gradients
        Whether gradients are kept.

    Returns
    -------
    values : [point]
        -inf where there is no density.
    gradients : [point, dimension]
        Empty where they are not kept.
    """
    loop = _compiled()
    points = np.ascontiguousarray(points, dtype=float)
    values, slopes = np.empty(len(points)), np.empty((len(points) if gradients else 0, points.shape[1]))

    def part(rows: slice) -> None:
        kept = slopes[rows] if gradients else np.empty((1, points.shape[1]))
        loop(np.uint64(address), np.uint64(user.ctypes.data), points[rows], values[rows], kept)

    edges = np.linspace(0, len(points), max(1, min(threads, len(points))) + 1).astype(int)
    parts = [slice(begin, end) for begin, end in pairwise(edges)]
    if len(parts) == 1:
        part(parts[0])
    else:
        with ThreadPoolExecutor(len(parts)) as pool:
            list(pool.map(part, parts))
    return values, slopes
