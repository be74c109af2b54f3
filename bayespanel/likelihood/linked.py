"""Kernels as functions that numba links into graphs: for models that PyMC's own samplers run.

Our samplers call kernels by address (`calls.py`) and need none of these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from bayespanel.likelihood import native

# Functions that numba compiles carry no type hints (it takes their types from the call), hence the silenced checks.


def nested_normal() -> Callable[..., Any]:
    """Return the log-density of the nested normal with its gradients."""
    names = ("normal_of_pupils", "normal_of_cells", "normal_of_nested", "normal_of_crossed")
    of_pupils, of_cells, of_nested, of_crossed = map(native.symbol, names)

    @numba.njit
    def nested_normal(sigma, coefficients, psi_inner, psi_outer, index, value):  # type: ignore[no-untyped-def]
        s, b = np.ascontiguousarray(sigma), np.ascontiguousarray(coefficients)
        inner, outer = np.ascontiguousarray(psi_inner), np.ascontiguousarray(psi_outer)
        i, v = np.ascontiguousarray(index), np.ascontiguousarray(value)
        sizes = np.array([i.size, v.size])
        logp = np.empty(1)
        ds, db, d0, d1 = np.empty_like(s), np.empty_like(b), np.empty_like(inner), np.empty_like(outer)
        at = (sizes.ctypes, i.ctypes, v.ctypes, s.ctypes, b.ctypes, inner.ctypes, outer.ctypes)
        to = (logp.ctypes, ds.ctypes, db.ctypes, d0.ctypes, d1.ctypes)
        if i[13] > 0:  # as `packed_sums.kernel_of`
            of_cells(*at, *to)
        elif i[11] > 0:
            of_crossed(*at, *to)
        elif i[7] > 0 or i[4] + i[5] > 0:
            of_nested(*at, *to)
        else:
            of_pupils(*at, *to)
        # The kernel sees addresses only: naming the inputs once more keeps them alive until it has returned.
        alive = sizes.size + i.size + v.size + s.size + b.size + inner.size + outer.size
        return np.array(logp[0] if alive >= 0 else 0.0), ds, db, d0, d1

    return nested_normal


def covariance() -> Callable[..., Any]:
    """Return covariances from standard deviations and partial correlations."""
    kernel = native.symbol("covariance")

    @numba.njit
    def covariance(sd, partial):  # type: ignore[no-untyped-def]
        s, z = np.ascontiguousarray(sd), np.ascontiguousarray(partial)
        n, k = s.shape
        sizes = np.array([n, k])
        out = np.empty((n, k, k))
        kernel(sizes.ctypes, s.ctypes, z.ctypes, out.ctypes)
        alive = sizes.size + s.size + z.size
        return out if alive >= 0 else out[:0]

    return covariance


def covariance_adjoint() -> Callable[..., Any]:
    """Return their adjoint."""
    kernel = native.symbol("covariance_adjoint")

    @numba.njit
    def covariance_adjoint(sd, partial, d_covariance):  # type: ignore[no-untyped-def]
        s, z, d = np.ascontiguousarray(sd), np.ascontiguousarray(partial), np.ascontiguousarray(d_covariance)
        sizes = np.array([s.shape[0], s.shape[1]])
        d_s, d_z = np.empty_like(s), np.empty_like(z)
        kernel(sizes.ctypes, s.ctypes, z.ctypes, d.ctypes, d_s.ctypes, d_z.ctypes)
        alive = sizes.size + s.size + z.size + d.size
        return (d_s, d_z) if alive >= 0 else (d_z, d_s)

    return covariance_adjoint


def autoregression(waves: int) -> Callable[..., Any]:
    """Return the covariance of a vector autoregression."""
    kernel = native.symbol("autoregression")

    @numba.njit
    def autoregression(lag, initial, innovation, intercept):  # type: ignore[no-untyped-def]
        a, s = np.ascontiguousarray(lag), np.ascontiguousarray(initial)
        q, r = np.ascontiguousarray(innovation), np.ascontiguousarray(intercept)
        sizes = np.array([s.shape[0], waves, a.shape[0], q.shape[0], r.shape[0]])
        out = np.empty((waves * s.shape[0], waves * s.shape[0]))
        kernel(sizes.ctypes, a.ctypes, s.ctypes, q.ctypes, r.ctypes, out.ctypes)
        alive = sizes.size + a.size + s.size + q.size + r.size
        return out if alive >= 0 else out[:0]

    return autoregression


def autoregression_adjoint(waves: int) -> Callable[..., Any]:
    """Return its adjoint."""
    kernel = native.symbol("autoregression_adjoint")

    @numba.njit
    def autoregression_adjoint(lag, initial, innovation, intercept, sigma, d_sigma):  # type: ignore[no-untyped-def]
        a, s = np.ascontiguousarray(lag), np.ascontiguousarray(initial)
        q, r = np.ascontiguousarray(innovation), np.ascontiguousarray(intercept)
        c, d = np.ascontiguousarray(sigma), np.ascontiguousarray(d_sigma)
        sizes = np.array([s.shape[0], waves, a.shape[0], q.shape[0], r.shape[0]])
        d_a, d_s, d_q, d_r = np.empty_like(a), np.empty_like(s), np.empty_like(q), np.empty_like(r)
        kernel(
            sizes.ctypes, a.ctypes, s.ctypes, q.ctypes, r.ctypes, c.ctypes, d.ctypes,
            d_a.ctypes, d_s.ctypes, d_q.ctypes, d_r.ctypes,
        )  # fmt: skip
        alive = sizes.size + a.size + s.size + q.size + r.size + c.size + d.size
        return (d_a, d_s, d_q, d_r) if alive >= 0 else (d_a, d_r, d_q, d_s)

    return autoregression_adjoint


def discretise() -> Callable[..., Any]:
    """Return lags and innovation covariances in continuous time."""
    kernel = native.symbol("discretise")

    @numba.njit
    def discretise(drift, diffusion, gaps):  # type: ignore[no-untyped-def]
        d, q = np.ascontiguousarray(drift), np.ascontiguousarray(diffusion)
        h = np.ascontiguousarray(gaps)
        sizes = np.array([d.shape[0], q.shape[0], h.shape[0]])
        lag, innovation = np.empty((h.shape[0], *d.shape)), np.empty((h.shape[0], *d.shape))
        kernel(sizes.ctypes, d.ctypes, q.ctypes, h.ctypes, lag.ctypes, innovation.ctypes)
        alive = sizes.size + d.size + q.size + h.size
        return (lag, innovation) if alive >= 0 else (innovation, lag)

    return discretise


def discretise_adjoint() -> Callable[..., Any]:
    """Return their adjoint."""
    kernel = native.symbol("discretise_adjoint")

    @numba.njit
    def discretise_adjoint(drift, diffusion, gaps, d_lag, d_innovation):  # type: ignore[no-untyped-def]
        d, q = np.ascontiguousarray(drift), np.ascontiguousarray(diffusion)
        h, f, g = np.ascontiguousarray(gaps), np.ascontiguousarray(d_lag), np.ascontiguousarray(d_innovation)
        sizes = np.array([d.shape[0], q.shape[0], h.shape[0]])
        d_d, d_q = np.empty_like(d), np.empty_like(q)
        kernel(sizes.ctypes, d.ctypes, q.ctypes, h.ctypes, f.ctypes, g.ctypes, d_d.ctypes, d_q.ctypes)
        alive = sizes.size + d.size + q.size + h.size + f.size + g.size
        return (d_d, d_q) if alive >= 0 else (d_d, d_q[:0])

    return discretise_adjoint


def latent_classes() -> Callable[..., Any]:
    """Return the log-density of latent classes with its gradients."""
    kernel = native.symbol("latent_classes")

    @numba.njit
    def latent_classes(w, b, u, phi, x, place, allowed):  # type: ignore[no-untyped-def]
        cw, cb, cu = np.ascontiguousarray(w), np.ascontiguousarray(b), np.ascontiguousarray(u)
        cp, cx = np.ascontiguousarray(phi), np.ascontiguousarray(x)
        ci, ca = np.ascontiguousarray(place), np.ascontiguousarray(allowed)
        sizes = np.array([cp.shape[0], cp.shape[1], cx.shape[1], cb.shape[0], cw.shape[0], cu.shape[0], ca.shape[0]])
        logp = np.empty(1)
        dw, db, du = np.empty_like(cw), np.empty_like(cb), np.empty_like(cu)
        kernel(
            sizes.ctypes, cp.ctypes, cx.ctypes, ci.ctypes, ca.ctypes, cw.ctypes, cb.ctypes, cu.ctypes,
            logp.ctypes, dw.ctypes, db.ctypes, du.ctypes,
        )  # fmt: skip
        alive = sizes.size + cp.size + cx.size + ci.size + ca.size + cw.size + cb.size + cu.size
        return np.array(logp[0] if alive >= 0 else 0.0), dw, db, du

    return latent_classes


def autoregressions(waves: int) -> Callable[..., Any]:
    """Return the covariances of the vector autoregressions of groups."""
    kernel = native.symbol("autoregressions")

    @numba.njit
    def autoregressions(lag, initial, innovation, intercept):  # type: ignore[no-untyped-def]
        a, s = np.ascontiguousarray(lag), np.ascontiguousarray(initial)
        q, r = np.ascontiguousarray(innovation), np.ascontiguousarray(intercept)
        sizes = np.array([s.shape[0], waves, a.shape[1], q.shape[0], r.shape[0], a.shape[0]])
        out = np.empty((a.shape[0], waves * s.shape[0], waves * s.shape[0]))
        kernel(sizes.ctypes, a.ctypes, s.ctypes, q.ctypes, r.ctypes, out.ctypes)
        alive = sizes.size + a.size + s.size + q.size + r.size
        return out if alive >= 0 else out[:0]

    return autoregressions


def autoregressions_adjoint(waves: int) -> Callable[..., Any]:
    """Return their adjoint."""
    kernel = native.symbol("autoregressions_adjoint")

    @numba.njit
    def autoregressions_adjoint(lag, initial, innovation, intercept, sigma, d_sigma):  # type: ignore[no-untyped-def]
        a, s = np.ascontiguousarray(lag), np.ascontiguousarray(initial)
        q, r = np.ascontiguousarray(innovation), np.ascontiguousarray(intercept)
        c, d = np.ascontiguousarray(sigma), np.ascontiguousarray(d_sigma)
        sizes = np.array([s.shape[0], waves, a.shape[1], q.shape[0], r.shape[0], a.shape[0]])
        d_a, d_s, d_q, d_r = np.empty_like(a), np.empty_like(s), np.empty_like(q), np.empty_like(r)
        kernel(
            sizes.ctypes, a.ctypes, s.ctypes, q.ctypes, r.ctypes, c.ctypes, d.ctypes,
            d_a.ctypes, d_s.ctypes, d_q.ctypes, d_r.ctypes,
        )  # fmt: skip
        alive = sizes.size + a.size + s.size + q.size + r.size + c.size + d.size
        return (d_a, d_s, d_q, d_r) if alive >= 0 else (d_a, d_r, d_q, d_s)

    return autoregressions_adjoint
