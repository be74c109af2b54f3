"""The kernels once more in numpy, for complex arguments: what second derivatives by complex steps read.

A complex step h i along a parameter carries the derivative in the imaginary part, and no difference is taken, so
nothing cancels (Squire & Trapp 1998, doi:10.1137/S003614459631241X). Therefore nothing here conjugates, compares or
takes a root: inverses, products and sums alone. `docs/likelihood` derives the equations; the compiled kernels take the
same quantities through Cholesky factors.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from bayespanel.likelihood.continuous_time import PIECE, TERMS
from bayespanel.likelihood.layout import Tables, tables
from bayespanel.likelihood.packed_sums import Index
from bayespanel.likelihood.small import Array


class _Kind(NamedTuple):
    """One kind on the way up: where it stands in the tables, P, D and d = sy - B sx [cell, block]."""

    cells: Index
    blocks: slice
    sxy: Array
    precision: Any
    residual: Any
    block_residual: Any


class _Level(NamedTuple):
    """One cluster level: M and v, (I + Psi M)^-1, V, and what is passed up, for each cluster."""

    information: Any
    vector: Any
    keep: Any
    variance: Any
    up_information: Any
    up_vector: Any


def nested_normal(
    sigma: Any, coefficients: Any, psi_inner: Any, psi_outer: Any, index: Index, value: Array
) -> tuple[Any, Any, Any, Any, Any]:
    """Log-density of the nested normal and its gradient, as `kernels.nested_normal`, for real or complex parameters.

    Parameters
    ----------
    sigma : [group, cell, cell]
    coefficients : [group, cell, regressor]
    psi_inner : [inner effect, inner effect]
    psi_outer : [outer effect, outer effect]
    index, value
        The vectors of `Statistics`.

    Returns
    -------
    tuple
        Log-density, and its gradient for the four parameters, in their shapes.
    """
    d: Tables = tables.py_func(index, value)
    kind = np.result_type(sigma, coefficients, psi_inner, psi_outer)
    clusters, q = int(index[7]), d.basis.shape[2]
    information, vector = np.zeros((clusters, q, q), kind), np.zeros((clusters, q), kind)
    logp, kinds = _up_kinds(sigma, coefficients, d, information, vector)
    d_sigma, d_b = np.zeros_like(sigma, dtype=kind), np.zeros_like(coefficients, dtype=kind)
    d_inner, d_outer = np.zeros_like(psi_inner, dtype=kind), np.zeros_like(psi_outer, dtype=kind)
    mean, second = vector, information
    if len(d.component_inner):
        part, mean, second, d_inner, d_outer = _crossed(information, vector, psi_inner, psi_outer, d)
        logp += part
    elif clusters:
        inner = _up(information, vector, d.inner_loading @ psi_inner @ d.inner_loading.T)
        logp += _density(inner)
        above_mean, above_cov = np.zeros_like(vector), np.zeros_like(information)
        if len(d.parent):
            top_information = np.zeros((int(index[8]), q, q), kind)
            top_vector = np.zeros((int(index[8]), q), kind)
            np.add.at(top_information, d.parent, inner.up_information)
            np.add.at(top_vector, d.parent, inner.up_vector)
            outer = _up(top_information, top_vector, d.outer_loading @ psi_outer @ d.outer_loading.T)
            logp += _density(outer)
            none = np.zeros_like(top_vector), np.zeros_like(top_information)
            top_mean, top_cov, d_basis = _down(outer, *none)
            d_outer = d.outer_loading.T @ d_basis @ d.outer_loading
            above_mean, above_cov = top_mean[d.parent], top_cov[d.parent]
        mean, cov, d_basis = _down(inner, above_mean, above_cov)
        d_inner = d.inner_loading.T @ d_basis @ d.inner_loading
        second = cov + mean[:, :, None] * mean[:, None, :]
    for r, here in enumerate(kinds):
        _kind_gradient(here, r, coefficients[d.group[r]], d, mean, second, d_sigma[d.group[r]], d_b[d.group[r]])
    return logp, d_sigma, d_b, d_inner, d_outer


def _up_kinds(sigma: Any, coefficients: Any, d: Tables, information: Any, vector: Any) -> tuple[Any, list[_Kind]]:
    """The units' part of the log-density, what is kept per kind, and M and v of every cluster."""
    m, square, block_cell = d.sxx.shape[1], 0, 0
    logp: Any = 0.0
    out = []
    for r in range(len(d.n)):
        first, end = d.cell_start[r], d.cell_start[r + 1]
        o, blocks = int(end - first), slice(d.block_start[r], d.block_start[r + 1])
        cells = d.cell[first:end]
        covariance, b = sigma[d.group[r]][np.ix_(cells, cells)], coefficients[d.group[r]][cells]
        precision = np.linalg.inv(covariance)
        sxy = d.sxy[m * first : m * end].reshape(m, o)
        half = b @ sxy - 0.5 * b @ d.sxx[r] @ b.T
        residual = d.syy[square : square + o * o].reshape(o, o) - half - half.T
        sign, logdet = np.linalg.slogdet(covariance)
        logdet = logdet + np.log(sign)
        logp -= 0.5 * (d.n[r] * (logdet + o * np.log(2.0 * np.pi)) + np.sum(precision * residual))
        count = blocks.stop - blocks.start
        sy = d.block_sy[block_cell : block_cell + o * count].reshape(o, count)
        off = sy - b @ d.block_sx[:, blocks]
        if count:
            basis = d.basis[d.group[r]][cells]
            spread = precision @ basis
            at = d.block_cluster[blocks]
            np.add.at(information, at, d.block_n[blocks][:, None, None] * (basis.T @ spread))
            np.add.at(vector, at, off.T @ spread)
        out.append(_Kind(cells, blocks, sxy, precision, residual, off))
        square += o * o
        block_cell += o * count
    return logp, out


def _up(information: Any, vector: Any, psi: Any) -> _Level:
    """Integrate the effects of one level out; `psi` in the basis."""
    keep = np.linalg.inv(np.eye(len(psi)) + psi @ information)  # (I + Psi M)^-1
    return _Level(
        information,
        vector,
        keep,
        keep @ psi,
        information @ keep,
        np.einsum("cba,cb->ca", keep, vector),
    )


def _density(level: _Level) -> Any:
    """-1/2 log|I + Psi M| + 1/2 v' V v, over the clusters of a level."""
    sign, logdet = np.linalg.slogdet(level.keep)
    quadratic = np.einsum("ca,cab,cb->", level.vector, level.variance, level.vector)
    return 0.5 * (np.sum(logdet + np.log(sign)) + quadratic)


def _down(level: _Level, above_mean: Any, above_cov: Any) -> tuple[Any, Any, Any]:
    """Mean and covariance of the sum of this level's effect and those above, and the gradient for Psi."""
    off = level.vector - np.einsum("cab,cb->ca", level.information, above_mean)
    mean = above_mean + np.einsum("cab,cb->ca", level.variance, off)
    cov = level.variance + level.keep @ above_cov @ np.swapaxes(level.keep, 1, 2)
    up = level.up_information
    u = level.up_vector - np.einsum("cab,cb->ca", up, above_mean)
    return mean, cov, 0.5 * (u.T @ u + np.sum(up @ above_cov @ up - up, axis=0))


def _crossed(information: Any, vector: Any, psi_inner: Any, psi_outer: Any, d: Tables) -> tuple[Any, ...]:
    """The part of clusters that units cross, as `crossed.integrate`, and the second moment of what courses feel."""
    logp: Any = 0.0
    mean, second = np.empty_like(vector), np.empty_like(information)
    d_inner, d_outer = np.zeros_like(psi_inner, vector.dtype), np.zeros_like(psi_outer, vector.dtype)
    sides = (psi_inner, d.component_inner, d_inner), (psi_outer, d.component_outer, d_outer)
    for g in range(len(d.component_inner)):
        spots = [(i, psi, out) for psi, number, out in sides for i in [len(psi)] * number[g] if i]
        ends = np.cumsum([0, *(size for size, _, _ in spots)])
        prior = np.zeros((ends[-1], ends[-1]), vector.dtype)
        for start, (size, psi, _) in zip(ends, spots, strict=False):
            prior[start : start + size, start : start + size] = psi
        courses = d.component_course[d.component_start[g] : d.component_start[g + 1]]
        picks = np.zeros((len(courses), vector.shape[1], ends[-1]))
        place = d.place_start[g] + d.course_place[courses]
        for effects in (d.place_inner, d.place_outer)[: 1 + bool(len(psi_outer))]:
            np.put_along_axis(picks, effects[place][:, :, None], 1.0, axis=2)
        m = np.einsum("cai,cab,cbj->ij", picks, information[courses], picks, optimize=True)
        level = _up(m[None], np.einsum("cai,ca->i", picks, vector[courses])[None], prior)
        logp += _density(level)
        mean[courses] = picks @ (level.variance[0] @ level.vector[0])
        second[courses] = picks @ level.variance[0] @ np.swapaxes(picks, 1, 2)
        u = level.up_vector[0]
        whole = 0.5 * (np.outer(u, u) - level.up_information[0])
        for start, (size, _, out) in zip(ends, spots, strict=False):
            out += whole[start : start + size, start : start + size]
    return logp, mean, second + mean[:, :, None] * mean[:, None, :], d_inner, d_outer


def _kind_gradient(
    here: _Kind, r: int, b: Any, d: Tables, mean: Any, second: Any, d_sigma: Any, d_b: Any
) -> None:  # fmt: skip
    """Add dSigma = (P E P - n P) / 2 and dB = P (Sxy' - B Sxx - U (sum of m x')) of one kind."""
    cells, basis, e = here.cells, d.basis[d.group[r]][here.cells], here.residual
    right = here.sxy.T - b[cells] @ d.sxx[r]
    if here.blocks.stop > here.blocks.start:
        at = d.block_cluster[here.blocks]
        means = mean[at]
        cross = here.block_residual @ means @ basis.T
        total = np.einsum("k,kab->ab", d.block_n[here.blocks], second[at])
        e = e - cross - cross.T + basis @ total @ basis.T
        right = right - basis @ (d.block_sx[:, here.blocks] @ means).T
    p = here.precision
    d_sigma[np.ix_(cells, cells)] += 0.5 * (p @ e @ p - d.n[r] * p)
    d_b[cells] += p @ right


def autoregression(lag: Any, initial: Any, innovation: Any, intercept: Any, waves: int) -> Any:
    """Covariance [cell, cell] of the process, as `kernels.autoregression`."""
    k = len(initial)
    out = np.zeros((waves * k, waves * k), np.result_type(lag, initial, innovation, intercept))
    out[:k, :k] = initial
    for t in range(1, waves):
        a, q = lag[min(t - 1, len(lag) - 1)], innovation[min(t - 1, len(innovation) - 1)]
        now, before = slice(t * k, (t + 1) * k), slice((t - 1) * k, t * k)
        out[now, : t * k] = a @ out[before, : t * k]
        out[: t * k, now] = out[now, : t * k].T
        out[now, now] = out[now, before] @ a.T + q
    if len(intercept):
        out += np.tile(intercept, (waves, waves))
    return out


def autoregression_adjoint(
    lag: Any, initial: Any, innovation: Any, intercept: Any, sigma: Any, d_sigma: Any
) -> tuple[Any, Any, Any, Any]:
    """Gradient for the parameters of the process, as `kernels.autoregression_adjoint`."""
    k = len(initial)
    waves = len(sigma) // k
    kind = np.result_type(lag, initial, innovation, intercept, sigma, d_sigma)
    d_lag, d_innovation = np.zeros_like(lag, dtype=kind), np.zeros_like(innovation, dtype=kind)
    d_intercept = np.zeros_like(intercept, dtype=kind)
    g, within = 2.0 * d_sigma, sigma
    if len(intercept):
        d_intercept = d_sigma.reshape(waves, k, waves, k).sum(axis=(0, 2))
        within = sigma - np.tile(intercept, (waves, waves))
    for t in range(waves):
        here = slice(t * k, (t + 1) * k)
        g[here, here] *= 0.5
    for t in range(waves - 1, 0, -1):
        at, qt = min(t - 1, len(lag) - 1), min(t - 1, len(innovation) - 1)
        now, before = slice(t * k, (t + 1) * k), slice((t - 1) * k, t * k)
        a, own, past = lag[at], g[now, now], slice(0, t * k)
        d_innovation[qt] += own
        d_lag[at] += 2.0 * own @ within[now, before] + g[now, past] @ within[before, past].T
        half = a.T @ g[now, before]
        g[before, : (t - 1) * k] += a.T @ g[now, : (t - 1) * k]
        g[before, before] += 0.5 * (half + half.T) + a.T @ own @ a
    return d_lag, g[:k, :k].copy(), d_innovation, d_intercept


def discretise(drift: Any, diffusion: Any, gaps: Array) -> tuple[Any, Any]:
    """Lags and innovation covariances of intervals, as `continuous_time.discretise`; leading dimensions go along.

    Parameters
    ----------
    drift : [..., target, source]
    diffusion : [..., interval or 1, variable, variable]
    gaps : [interval]

    Returns
    -------
    tuple
        Lags and innovation covariances [..., interval, ., .].
    """
    every = _doubled(drift, diffusion, gaps)
    return every.f[-1], every.g[-1]


def discretise_adjoint(drift: Any, diffusion: Any, gaps: Array, d_lag: Any, d_innovation: Any) -> tuple[Any, Any]:
    """Gradients for drift and diffusion of `discretise` without leading dimensions, as the compiled kernel."""
    every = _doubled(drift, diffusion, gaps)
    df, dg = d_lag, d_innovation
    for f, g in zip(every.f[-2::-1], every.g[-2::-1], strict=True):
        df = df @ _turned(f) + _turned(f) @ df + 2.0 * dg @ f @ g
        dg = dg + _turned(f) @ dg @ f
    d_drift, above_f, above_g = np.zeros_like(df), df, dg
    for term in range(TERMS, 0, -1):
        share = every.piece / term
        d_drift = d_drift + share * above_f @ _turned(every.x[term - 1])
        above_f = df + share * _turned(drift) @ above_f
        if term > 1:
            d_drift = d_drift + 2.0 * share * above_g @ every.c[term - 1]
            above_g = dg + share * (_turned(drift) @ above_g + above_g @ drift)
    d_diffusion = every.piece * above_g
    shared = len(diffusion) == 1
    return d_drift.sum(axis=0), d_diffusion.sum(axis=0, keepdims=True) if shared else d_diffusion


class _Doubled(NamedTuple):
    """Equations (1)-(3) of `continuous_time`: the terms x and c, f and g of each doubling, and the pieces' length."""

    x: list[Any]
    c: list[Any]
    f: list[Any]
    g: list[Any]
    piece: Any


def _doubled(drift: Any, diffusion: Any, gaps: Array) -> _Doubled:
    d = np.asarray(drift)[..., None, :, :]
    size = np.abs(np.real(d)).sum(axis=-2).max(initial=0.0) * np.max(gaps)
    times = int(max(0.0, np.ceil(np.log2(size / PIECE)))) if PIECE < size < np.inf else 0
    piece = (gaps * 0.5**times)[:, None, None]
    shape = np.broadcast_shapes((*d.shape[:-3], len(gaps), *d.shape[-2:]), np.shape(diffusion))
    x = [np.broadcast_to(np.eye(d.shape[-1]), shape)]
    c = [np.zeros(shape), np.broadcast_to(piece * diffusion, shape)]
    for term in range(1, TERMS + 1):
        x.append(piece / term * d @ x[-1])
        if term > 1:
            half = piece / term * d @ c[-1]
            c.append(half + _turned(half))
    f: list[Any] = [sum(x[::-1])]
    g: list[Any] = [sum(c[::-1])]
    for _ in range(times):
        g.append(f[-1] @ g[-1] @ _turned(f[-1]) + g[-1])
        f.append(f[-1] @ f[-1])
    return _Doubled(x, c, f, g, piece)


def _turned(matrix: Any) -> Any:
    return np.swapaxes(matrix, -1, -2)
