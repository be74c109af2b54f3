"""The nested normal: exact log-density and gradient with pupils, classes and schools integrated out.

Model, for unit i of group g in inner cluster c and outer cluster s, restricted to its observed cells::

    y_i = B_g x_i + L_inner,g b_c + L_outer,g a_s + e_i,   e ~ N(0, Sigma_g),  b ~ N(0, Psi_inner),  a ~ N(0, Psi_outer)

The data enter through `Statistics` only, so the cost does not depend on the number of units. The gradient follows
from Fisher's identity: it is the posterior expectation of the complete-data gradient (Louis 1982,
doi:10.1111/j.2517-6161.1982.tb01203.x).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bayespanel.likelihood import cell_by_cell
from bayespanel.likelihood.crossed import integrate
from bayespanel.likelihood.layout import Tables, nodes, tables
from bayespanel.likelihood.packed_sums import Index
from bayespanel.likelihood.small import (
    Array,
    cholesky,
    cholesky_semidefinite,
    compiled,
    inverse_from_cholesky,
    multiply,
    multiply_left_transposed,
    multiply_right_transposed,
)
from bayespanel.likelihood.tree import climb


@compiled()
def _effect_root(psi: Array, loading: Array) -> tuple[bool, Array]:
    """Root R = C chol(Psi) [basis, effect] of the cluster covariance in the common basis, and whether it exists."""
    q, k = loading.shape
    factor = psi.copy()
    valid = cholesky_semidefinite(factor, k)
    root = np.zeros((q, k))
    multiply(loading, factor, q, k, k, root)
    return valid, root


@compiled()
def _to_effects(d_basis: Array, loading: Array, out: Array) -> None:
    """Carry a gradient [basis, basis] back to the effects: C' D C."""
    q, k = loading.shape
    for i in range(k):
        for j in range(k):
            total = 0.0
            for a in range(q):
                for b in range(q):
                    total += loading[a, i] * d_basis[a, b] * loading[b, j]
            out[i, j] = total


@compiled()
def _cross_products(b: Array, cells: Index, sxx: Array, sxy: Array, syy: Array, half: Array, d: Array) -> None:
    """Write D = Syy - B Sxy - (B Sxy)' + B Sxx B', over the observed cells of one kind, into `d`."""
    o, m = len(cells), sxx.shape[0]
    for i in range(o):
        bi = b[cells[i]]
        for j in range(o):
            half[i, j] = 0.0
        for x in range(m):
            f = 0.0
            for x2 in range(m):
                f += 0.5 * bi[x2] * sxx[x2, x]
            for j in range(o):
                half[i, j] += bi[x] * sxy[x, j] - f * b[cells[j], x]
    for i in range(o):
        for j in range(o):
            d[i, j] = syy[i, j] - half[i, j] - half[j, i]


@compiled()
def _spread(precision: Array, cells: Index, basis: Array, w: Array, info: Array) -> None:
    """Write P U [observed cell, basis] into `w` and the lower triangle of U'P U into `info`."""
    o, q = w.shape
    for i in range(o):
        for a in range(q):
            w[i, a] = 0.0
        for j in range(o):
            f = precision[i, j]
            for a in range(q):
                w[i, a] += f * basis[cells[j], a]
    at = 0
    for a in range(q):
        for c in range(a + 1):
            info[at] = 0.0
            for i in range(o):
                info[at] += basis[cells[i], a] * w[i, c]
            at += 1


@compiled()
def _score_blocks(w: Array, b: Array, cells: Index, sx: Array, sy: Array, first: int, v: Array) -> None:
    """Write v = (P U)' (sy - B sx) into `v` [basis, block], for the blocks of one kind, which begin at `first`."""
    o, q = w.shape
    multiply_left_transposed(w, sy, o, q, v)
    for a in range(q):
        for x in range(sx.shape[0]):
            f = 0.0
            for i in range(o):
                f += w[i, a] * b[cells[i], x]
            for k in range(v.shape[1]):
                v[a, k] -= f * sx[x, first + k]


@compiled()
def _expect(
    b: Array, cells: Index, basis: Array, second: Array, mean: Array, sx: Array, sy: Array, first: int,
    sx_mean: Array, cross: Array, e: Array,
) -> None:  # fmt: skip
    """Turn D of one kind into E, its posterior expectation given the cluster effects.

    With X = sum over blocks of (sy - B sx) m' and F the sum over units of the effects' second moment::

        E = D - X U' - U X' + U F U' = D - Y U' - U Y',   Y = X - U F / 2
    """
    o, q, m = len(cells), second.shape[0], sx.shape[0]
    multiply_right_transposed(sy, mean, o, q, cross)
    for x in range(m):
        for a in range(q):
            total = 0.0
            for k in range(mean.shape[1]):
                total += mean[a, k] * sx[x, first + k]
            sx_mean[x, a] = total
    for i in range(o):
        for x in range(m):
            f = b[cells[i], x]
            for a in range(q):
                cross[i, a] -= f * sx_mean[x, a]
        for a in range(q):
            f = 0.5 * basis[cells[i], a]
            if f != 0.0:
                for c in range(q):
                    cross[i, c] -= f * second[a, c]
    for i in range(o):
        for j in range(i + 1):
            total = 0.0
            for a in range(q):
                total += cross[i, a] * basis[cells[j], a] + basis[cells[i], a] * cross[j, a]
            e[i, j] -= total
            if j < i:
                e[j, i] -= total


@compiled()
def _kind_gradient(
    pr: Array, e: Array, n: float, b: Array, cells: Index, sxx: Array, sxy: Array, basis: Array, sx_mean: Array,
    work: Array, other: Array, d_sigma: Array, d_b: Array,
) -> None:  # fmt: skip
    """Add dSigma = (P E P - n P) / 2 and dB = P (Sxy' - B Sxx - U (sum of m x')) of one kind."""
    o, m, q = len(cells), sxx.shape[0], basis.shape[1]
    multiply(pr, e, o, o, o, work)
    multiply(work, pr, o, o, o, other)
    for i in range(o):
        for j in range(o):
            d_sigma[cells[i], cells[j]] += 0.5 * (other[i, j] - n * pr[i, j])
    residual = work[0]
    for x in range(m):
        for i in range(o):
            total = sxy[x, i]
            for x2 in range(m):
                total -= b[cells[i], x2] * sxx[x2, x]
            for a in range(q):
                total -= basis[cells[i], a] * sx_mean[x, a]
            residual[i] = total
        for i in range(o):
            total = 0.0
            for j in range(o):
                total += pr[i, j] * residual[j]
            d_b[cells[i], x] += total


@compiled(inline="always")
def _up_kinds(
    sigma: Array, coefficients: Array, d: Tables, precision: Array, residual: Array, information: Array, vector: Array
) -> float:
    """The units' part of the log-density; keep P and D per kind, and what each cluster knows of its effect."""
    kinds, m, p, q = len(d.n), d.sxx.shape[1], d.basis.shape[1], d.basis.shape[2]
    factor, work = np.empty((p, p)), np.empty((p, p))
    spread, info = np.empty((p, q)), np.empty(q * (q + 1) // 2)
    logp = 0.0
    square, block_cell = 0, 0
    for r in range(kinds):
        first, o = d.cell_start[r], d.cell_start[r + 1] - d.cell_start[r]
        cells = d.cell[first : first + o]
        s, b = sigma[d.group[r]], coefficients[d.group[r]]
        for i in range(o):
            for j in range(i + 1):
                factor[i, j] = s[cells[i], cells[j]]
        logdet = cholesky(factor, o)
        if logdet == -np.inf:
            return -np.inf
        pr = precision[square : square + o * o].reshape(o, o)
        dr = residual[square : square + o * o].reshape(o, o)
        inverse_from_cholesky(factor, o, work, pr)
        syy = d.syy[square : square + o * o].reshape(o, o)
        sxy = d.sxy[m * first : m * (first + o)].reshape(m, o)
        _cross_products(b, cells, d.sxx[r], sxy, syy, work, dr)
        trace = 0.0
        for i in range(o):
            for j in range(o):
                trace += pr[i, j] * dr[i, j]
        logp -= 0.5 * (d.n[r] * (logdet + o * np.log(2.0 * np.pi)) + trace)
        start, count = d.block_start[r], d.block_start[r + 1] - d.block_start[r]
        if count > 0:
            w = spread[:o]
            _spread(pr, cells, d.basis[d.group[r]], w, info)
            sy = d.block_sy[block_cell : block_cell + o * count].reshape(o, count)
            v = np.empty((q, count))
            _score_blocks(w, b, cells, d.block_sx, sy, start, v)
            for k in range(count):
                c, size = d.block_cluster[start + k], d.block_n[start + k]
                for a in range(q):
                    vector[c, a] += v[a, k]
                for a in range(len(info)):
                    information[c, a] += size * info[a]
        square += o * o
        block_cell += o * count
    return logp


@compiled(inline="always")
def _down_kinds(
    coefficients: Array, d: Tables, precision: Array, residual: Array, moment: Array, mean: Array,
    d_sigma: Array, d_coefficients: Array,
) -> None:  # fmt: skip
    """The gradients for Sigma and B, from P and D per kind and the posterior of the cluster effects."""
    kinds, m, p, q = len(d.n), d.sxx.shape[1], d.basis.shape[1], d.basis.shape[2]
    work, other = np.empty((p, p)), np.empty((p, p))
    second, packed = np.empty((q, q)), np.empty(q * (q + 1) // 2)
    sx_mean, cross = np.zeros((m, q)), np.empty((p, q))
    square, block_cell = 0, 0
    for r in range(kinds):
        first, o = d.cell_start[r], d.cell_start[r + 1] - d.cell_start[r]
        cells = d.cell[first : first + o]
        b, basis = coefficients[d.group[r]], d.basis[d.group[r]]
        pr = precision[square : square + o * o].reshape(o, o)
        e = residual[square : square + o * o].reshape(o, o)
        start, count = d.block_start[r], d.block_start[r + 1] - d.block_start[r]
        sx_mean[:] = 0.0
        if count > 0:
            packed[:] = 0.0
            block_mean = np.empty((q, count))
            for k in range(count):
                c, size = d.block_cluster[start + k], d.block_n[start + k]
                for a in range(len(packed)):
                    packed[a] += size * moment[c, a]
                for a in range(q):
                    block_mean[a, k] = mean[c, a]
            at = 0
            for a in range(q):
                for c in range(a + 1):
                    second[a, c] = packed[at]
                    second[c, a] = packed[at]
                    at += 1
            sy = d.block_sy[block_cell : block_cell + o * count].reshape(o, count)
            _expect(b, cells, basis, second, block_mean, d.block_sx, sy, start, sx_mean, cross, e)
        sxy = d.sxy[m * first : m * (first + o)].reshape(m, o)
        _kind_gradient(
            pr, e, d.n[r], b, cells, d.sxx[r], sxy, basis, sx_mean,
            work, other, d_sigma[d.group[r]], d_coefficients[d.group[r]],
        )  # fmt: skip
        square += o * o
        block_cell += o * count


@compiled(inline="always")
def _nested(
    information: Array, vector: Array, psi_inner: Array, psi_outer: Array, d: Tables, outer_clusters: int,
    mean: Array, cov: Array, d_inner: Array, d_outer: Array,
) -> float:  # fmt: skip
    """The clusters' part of the log-density where clusters are nested; as `crossed.integrate`."""
    inner_valid, inner_root = _effect_root(psi_inner, d.inner_loading)
    outer_valid, outer_root = _effect_root(psi_outer, d.outer_loading)
    if not (inner_valid and outer_valid):
        return -np.inf
    if len(vector) == 0:
        return 0.0
    q = d.basis.shape[2]
    d_basis_inner, d_basis_outer = np.zeros((q, q)), np.zeros((q, q))
    logp = climb(
        information, vector, d.parent, outer_clusters, inner_root, outer_root, mean, cov, d_basis_inner, d_basis_outer
    )
    _to_effects(d_basis_inner, d.inner_loading, d_inner)
    _to_effects(d_basis_outer, d.outer_loading, d_outer)
    return logp


@compiled(inline="always")
def _crossed(
    information: Array, vector: Array, psi_inner: Array, psi_outer: Array, d: Tables, _outer_clusters: int,
    mean: Array, cov: Array, d_inner: Array, d_outer: Array,
) -> float:  # fmt: skip
    """The clusters' part where units cross them; see `crossed.integrate`."""
    return float(integrate(information, vector, psi_inner, psi_outer, d, mean, cov, d_inner, d_outer))


@compiled(inline="always")
def _absent(
    _information: Array, _vector: Array, _psi_inner: Array, _psi_outer: Array, _d: Tables, _outer_clusters: int,
    _mean: Array, _cov: Array, _d_inner: Array, _d_outer: Array,
) -> float:  # fmt: skip
    """The clusters' part without clusters."""
    return 0.0


def _evaluation(clusters: Callable[..., float]) -> Callable[..., float]:
    """Return the exact log-density of data whose clusters are integrated out in this way.

    Only what data have needs compiling: `packed_sums.kernel_of` says which of the log-densities they need. Each takes
    sigma [group, cell, cell], coefficients [group, cell, regressor], psi_inner and psi_outer [effect, effect], of which
    a level that is absent has no effects, then the two vectors of `Statistics`. Its gradient goes into the last four
    arrays, in the shapes of the parameters. It returns -inf, with a gradient of zeros, where a covariance is not
    positive definite.
    """

    @compiled(inline="always")
    def evaluate(
        sigma: Array, coefficients: Array, psi_inner: Array, psi_outer: Array, index: Index, value: Array,
        d_sigma: Array, d_coefficients: Array, d_inner: Array, d_outer: Array,
    ) -> float:  # fmt: skip
        d_sigma[:] = 0.0
        d_coefficients[:] = 0.0
        d_inner[:] = 0.0
        d_outer[:] = 0.0
        d = tables(index, value)
        q, number = d.basis.shape[2], index[7]
        precision, residual = np.empty(len(d.syy)), np.empty(len(d.syy))
        information, vector = np.zeros((number, q * (q + 1) // 2)), np.zeros((number, q))
        logp = _up_kinds(sigma, coefficients, d, precision, residual, information, vector)
        mean, moment = np.empty_like(vector), np.empty_like(information)
        if logp > -np.inf:
            logp += clusters(information, vector, psi_inner, psi_outer, d, index[8], mean, moment, d_inner, d_outer)
        if not np.isfinite(logp):
            d_inner[:] = 0.0
            d_outer[:] = 0.0
            return -np.inf
        for c in range(number):
            at = 0
            for a in range(q):
                for b in range(a + 1):
                    moment[c, at] += mean[c, a] * mean[c, b]
                    at += 1
        _down_kinds(coefficients, d, precision, residual, moment, mean, d_sigma, d_coefficients)
        return logp

    return evaluate


of_pupils = _evaluation(_absent)
of_nested = _evaluation(_nested)
of_crossed = _evaluation(_crossed)


@compiled(inline="always")
def of_cells(
    sigma: Array, coefficients: Array, _psi_inner: Array, _psi_outer: Array, index: Index, value: Array,
    d_sigma: Array, d_coefficients: Array, d_inner: Array, d_outer: Array,
) -> float:  # fmt: skip
    """The same for pupils with many missing patterns, cell by cell; see `_evaluation`."""
    d_sigma[:] = 0.0
    d_coefficients[:] = 0.0
    d_inner[:] = 0.0
    d_outer[:] = 0.0
    logp = cell_by_cell.evaluate(sigma, coefficients, nodes(index, value), d_sigma, d_coefficients)
    if not np.isfinite(logp):
        d_sigma[:] = 0.0
        d_coefficients[:] = 0.0
        return -np.inf
    return logp
