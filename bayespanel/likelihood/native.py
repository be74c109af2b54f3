"""The kernels as native functions: compiled once per machine, kept on disk, called by address.

Numba links everything a compiled function calls into it anew. Were the kernels linked into each model, each model
would optimise them again, for seconds; called by address they cost nothing to a model's compilation. PyTensor's
graphs find them by the symbols that `symbol` registers, Python by `call`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import llvmlite.binding
import numba
import numpy as np
from numba import types
from numpy.typing import NDArray

from bayespanel.likelihood import autoregression, continuous_time, correlation, latent_classes, nested_normal
from bayespanel.likelihood.packed_sums import HEADER

# Functions that numba compiles carry no type hints (it takes their types from the call), hence the silenced checks.

_SOURCE = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))

VERSION = sha256(_SOURCE).hexdigest()[:12]
"""Changes with any line of the kernels; compiled graphs carry it, so that none of them calls an older kernel."""

_D = types.CPointer(types.float64)
_I = types.CPointer(types.int64)


@numba.njit(inline="always")
def _normal(size, index, value, sigma, b, inner, outer, d_sigma, d_b, d_inner, d_outer):  # type: ignore[no-untyped-def]
    header = numba.carray(index, (HEADER,))
    p, m, k0, k1, groups = header[1], header[2], header[4], header[5], header[10]
    sizes = numba.carray(size, (2,))
    return (
        numba.carray(sigma, (groups, p, p)),
        numba.carray(b, (groups, p, m)),
        numba.carray(inner, (k0, k0)),
        numba.carray(outer, (k1, k1)),
        numba.carray(index, (sizes[0],)),
        numba.carray(value, (sizes[1],)),
        numba.carray(d_sigma, (groups, p, p)),
        numba.carray(d_b, (groups, p, m)),
        numba.carray(d_inner, (k0, k0)),
        numba.carray(d_outer, (k1, k1)),
    )


# One function each, and none made by another: numba keeps on disk only what is found by name in a module.


def _normal_of_pupils(size, index, value, sigma, b, inner, outer, logp, d_sigma, d_b, d_inner, d_outer):  # type: ignore[no-untyped-def]
    s, c, r0, r1, i, v, ds, dc, d0, d1 = _normal(
        size, index, value, sigma, b, inner, outer, d_sigma, d_b, d_inner, d_outer
    )
    numba.carray(logp, (1,))[0] = nested_normal.of_pupils(s, c, r0, r1, i, v, ds, dc, d0, d1)


def _normal_of_cells(size, index, value, sigma, b, inner, outer, logp, d_sigma, d_b, d_inner, d_outer):  # type: ignore[no-untyped-def]
    s, c, r0, r1, i, v, ds, dc, d0, d1 = _normal(
        size, index, value, sigma, b, inner, outer, d_sigma, d_b, d_inner, d_outer
    )
    numba.carray(logp, (1,))[0] = nested_normal.of_cells(s, c, r0, r1, i, v, ds, dc, d0, d1)


def _normal_of_nested(size, index, value, sigma, b, inner, outer, logp, d_sigma, d_b, d_inner, d_outer):  # type: ignore[no-untyped-def]
    s, c, r0, r1, i, v, ds, dc, d0, d1 = _normal(
        size, index, value, sigma, b, inner, outer, d_sigma, d_b, d_inner, d_outer
    )
    numba.carray(logp, (1,))[0] = nested_normal.of_nested(s, c, r0, r1, i, v, ds, dc, d0, d1)


def _normal_of_crossed(size, index, value, sigma, b, inner, outer, logp, d_sigma, d_b, d_inner, d_outer):  # type: ignore[no-untyped-def]
    s, c, r0, r1, i, v, ds, dc, d0, d1 = _normal(
        size, index, value, sigma, b, inner, outer, d_sigma, d_b, d_inner, d_outer
    )
    numba.carray(logp, (1,))[0] = nested_normal.of_crossed(s, c, r0, r1, i, v, ds, dc, d0, d1)


def _covariance(size, sd, partial, out):  # type: ignore[no-untyped-def]
    sizes = numba.carray(size, (2,))
    n, k = sizes[0], sizes[1]
    correlation.covariance(
        numba.carray(sd, (n, k)), numba.carray(partial, (n, k * (k - 1) // 2)), numba.carray(out, (n, k, k))
    )


def _covariance_adjoint(size, sd, partial, d_out, d_sd, d_partial):  # type: ignore[no-untyped-def]
    sizes = numba.carray(size, (2,))
    n, k = sizes[0], sizes[1]
    pairs = k * (k - 1) // 2
    correlation.covariance_adjoint(
        numba.carray(sd, (n, k)),
        numba.carray(partial, (n, pairs)),
        numba.carray(d_out, (n, k, k)),
        numba.carray(d_sd, (n, k)),
        numba.carray(d_partial, (n, pairs)),
    )


def _autoregression(size, lag, initial, innovation, intercept, out):  # type: ignore[no-untyped-def]
    sizes = numba.carray(size, (5,))  # variables, waves, lag matrices, innovation matrices, intercepts
    k, p, r = sizes[0], sizes[0] * sizes[1], sizes[4]
    autoregression.covariance(
        numba.carray(lag, (sizes[2], k, k)),
        numba.carray(initial, (k, k)),
        numba.carray(innovation, (sizes[3], k, k)),
        numba.carray(intercept, (r, r)),
        numba.carray(out, (p, p)),
    )


def _autoregression_adjoint(size, lag, s, q, r, sigma, d_sigma, d_lag, d_s, d_q, d_r):  # type: ignore[no-untyped-def]
    sizes = numba.carray(size, (5,))
    k, p, n = sizes[0], sizes[0] * sizes[1], sizes[4]
    autoregression.covariance_adjoint(
        numba.carray(lag, (sizes[2], k, k)),
        numba.carray(s, (k, k)),
        numba.carray(q, (sizes[3], k, k)),
        numba.carray(r, (n, n)),
        numba.carray(sigma, (p, p)),
        numba.carray(d_sigma, (p, p)),
        numba.carray(d_lag, (sizes[2], k, k)),
        numba.carray(d_s, (k, k)),
        numba.carray(d_q, (sizes[3], k, k)),
        numba.carray(d_r, (n, n)),
    )


def _autoregressions(size, lag, initial, innovation, intercept, out):  # type: ignore[no-untyped-def]
    sizes = numba.carray(size, (6,))  # as above, then groups
    k, p, r, groups = sizes[0], sizes[0] * sizes[1], sizes[4], sizes[5]
    lags, covariances = numba.carray(lag, (groups, sizes[2], k, k)), numba.carray(out, (groups, p, p))
    for g in range(groups):
        autoregression.covariance(
            lags[g],
            numba.carray(initial, (k, k)),
            numba.carray(innovation, (sizes[3], k, k)),
            numba.carray(intercept, (r, r)),
            covariances[g],
        )


def _autoregressions_adjoint(size, lag, s, q, r, sigma, d_sigma, d_lag, d_s, d_q, d_r):  # type: ignore[no-untyped-def]
    sizes = numba.carray(size, (6,))
    k, p, n, groups = sizes[0], sizes[0] * sizes[1], sizes[4], sizes[5]
    shape, square = (groups, sizes[2], k, k), (groups, p, p)
    lags, d_lags = numba.carray(lag, shape), numba.carray(d_lag, shape)
    sigmas, d_sigmas = numba.carray(sigma, square), numba.carray(d_sigma, square)
    own_s, own_q, own_r = np.empty((k, k)), np.empty((sizes[3], k, k)), np.empty((n, n))
    all_s, all_q, all_r = numba.carray(d_s, (k, k)), numba.carray(d_q, (sizes[3], k, k)), numba.carray(d_r, (n, n))
    all_s[:], all_q[:], all_r[:] = 0.0, 0.0, 0.0
    for g in range(groups):
        autoregression.covariance_adjoint(
            lags[g],
            numba.carray(s, (k, k)),
            numba.carray(q, (sizes[3], k, k)),
            numba.carray(r, (n, n)),
            sigmas[g],
            d_sigmas[g],
            d_lags[g],
            own_s,
            own_q,
            own_r,
        )
        all_s += own_s
        all_q += own_q
        all_r += own_r


def _discretise(size, drift, diffusion, gaps, lag, innovation):  # type: ignore[no-untyped-def]
    sizes = numba.carray(size, (3,))  # variables, diffusion matrices, intervals
    k, n = sizes[0], sizes[2]
    continuous_time.discretise(
        numba.carray(drift, (k, k)),
        numba.carray(diffusion, (sizes[1], k, k)),
        numba.carray(gaps, (n,)),
        numba.carray(lag, (n, k, k)),
        numba.carray(innovation, (n, k, k)),
    )


def _discretise_adjoint(size, drift, diffusion, gaps, d_lag, d_innovation, d_drift, d_diffusion):  # type: ignore[no-untyped-def]
    sizes = numba.carray(size, (3,))
    k, n = sizes[0], sizes[2]
    continuous_time.discretise_adjoint(
        numba.carray(drift, (k, k)),
        numba.carray(diffusion, (sizes[1], k, k)),
        numba.carray(gaps, (n,)),
        numba.carray(d_lag, (n, k, k)),
        numba.carray(d_innovation, (n, k, k)),
        numba.carray(d_drift, (k, k)),
        numba.carray(d_diffusion, (sizes[1], k, k)),
    )


def _latent_classes(size, phi, x, place, allowed, w, b, u, logp, dw, db, du):  # type: ignore[no-untyped-def]
    n, f, p, k, m, c, g = numba.carray(size, (7,))
    numba.carray(logp, (1,))[0] = latent_classes.evaluate(
        numba.carray(phi, (n, f)),
        numba.carray(x, (n, p)),
        numba.carray(place, (n, 4)),
        numba.carray(allowed, (g, k)),
        numba.carray(w, (m, k, f)),
        numba.carray(b, (k, p)),
        numba.carray(u, (c, k)),
        numba.carray(dw, (m, k, f)),
        numba.carray(db, (k, p)),
        numba.carray(du, (c, k)),
    )


def _latent_class_rows(size, phi, x, place, allowed, w, b, u, logp, post):  # type: ignore[no-untyped-def]
    n, f, p, k, m, c, g = numba.carray(size, (7,))
    latent_classes.rows(
        numba.carray(phi, (n, f)),
        numba.carray(x, (n, p)),
        numba.carray(place, (n, 4)),
        numba.carray(allowed, (g, k)),
        numba.carray(w, (m, k, f)),
        numba.carray(b, (k, p)),
        numba.carray(u, (c, k)),
        numba.carray(logp, (n,)),
        numba.carray(post, (n, k)),
    )


KERNELS: dict[str, tuple[Callable[..., None], types.Type]] = {
    "normal_of_pupils": (_normal_of_pupils, types.void(_I, _I, *[_D] * 10)),
    "normal_of_cells": (_normal_of_cells, types.void(_I, _I, *[_D] * 10)),
    "normal_of_nested": (_normal_of_nested, types.void(_I, _I, *[_D] * 10)),
    "normal_of_crossed": (_normal_of_crossed, types.void(_I, _I, *[_D] * 10)),
    "covariance": (_covariance, types.void(_I, *[_D] * 3)),
    "covariance_adjoint": (_covariance_adjoint, types.void(_I, *[_D] * 5)),
    "autoregression": (_autoregression, types.void(_I, *[_D] * 5)),
    "autoregression_adjoint": (_autoregression_adjoint, types.void(_I, *[_D] * 10)),
    "autoregressions": (_autoregressions, types.void(_I, *[_D] * 5)),
    "autoregressions_adjoint": (_autoregressions_adjoint, types.void(_I, *[_D] * 10)),
    "discretise": (_discretise, types.void(_I, *[_D] * 5)),
    "discretise_adjoint": (_discretise_adjoint, types.void(_I, *[_D] * 7)),
    "latent_classes": (_latent_classes, types.void(_I, _D, _D, _I, _I, *[_D] * 7)),
    "latent_class_rows": (_latent_class_rows, types.void(_I, _D, _D, _I, _I, *[_D] * 5)),
}
"""Name -> entry point and signature. The first argument is a vector of sizes, the last ones are outputs."""


@cache
def address(name: str) -> int:
    """Return where a kernel is in this process, compiled if need be."""
    function, signature = KERNELS[name]
    return int(numba.cfunc(signature, cache=True)(function).address)


def symbol(name: str) -> types.ExternalFunction:
    """Make a kernel known to the compiler under a stable name, for calls from other compiled functions."""
    label = f"bayespanel_{name}_{VERSION}"
    llvmlite.binding.add_symbol(label, address(name))
    return types.ExternalFunction(label, KERNELS[name][1])


@cache
def _callable(name: str) -> Any:
    return ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(KERNELS[name][1].args))(address(name))


def call(name: str, *arrays: NDArray[Any]) -> None:
    """Call a kernel from Python with contiguous arrays, outputs included."""
    _callable(name)(*(a.ctypes.data for a in arrays))
