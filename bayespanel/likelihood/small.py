"""Small dense matrix algebra in numba, row by row and without LAPACK.

The matrices of a panel are 2 x 2 to about 40 x 40: a LAPACK call costs more than its arithmetic there. Every
inner loop runs along a row, so that the compiler can use vector instructions.
"""

from __future__ import annotations

from functools import partial

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Sums may be reordered and fused (that is what makes them vectorise), but infinities and NaN keep their meaning:
# -inf is how a kernel says "not a covariance matrix".
FAST = {"reassoc", "contract", "nsz"}

compiled = partial(numba.njit, fastmath=FAST, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Decorator of the kernels: they call each other, and Python calls them through `native` only."""


@compiled()
def cholesky(a: Array, n: int) -> float:
    """Replace the lower triangle of `a` [n, n] by its Cholesky factor; return the log-determinant.

    Returns -inf, with `a` spoiled, when `a` is not positive definite.
    """
    logdet = 0.0
    for j in range(n):
        pivot = a[j, j]
        for k in range(j):
            pivot -= a[j, k] * a[j, k]
        if not pivot > 0.0 or pivot == np.inf:
            return -np.inf
        root = np.sqrt(pivot)
        a[j, j] = root
        logdet += 2.0 * np.log(root)
        inverse_root = 1.0 / root
        for i in range(j + 1, n):
            dot = a[i, j]
            for k in range(j):
                dot -= a[i, k] * a[j, k]
            a[i, j] = dot * inverse_root
    return logdet


@compiled()
def cholesky_semidefinite(a: Array, n: int) -> bool:
    """Replace `a` [n, n] by a lower triangular R with R R' = a; columns of zero pivots are zero.

    Returns False when `a` has a negative direction beyond rounding.
    """
    for j in range(n):
        pivot = a[j, j]
        size = abs(pivot)
        for k in range(j):
            pivot -= a[j, k] * a[j, k]
        # A variance of exactly zero, or correlations of one, leave a pivot that differs from zero by rounding only.
        tolerance = 1e-13 * size * n
        if not pivot >= -tolerance or pivot == np.inf:
            return False
        if pivot <= tolerance:
            a[j, j] = 0.0
            for i in range(j + 1, n):
                dot = a[i, j]
                for k in range(j):
                    dot -= a[i, k] * a[j, k]
                if abs(dot) > 1e-7 * np.sqrt(size * abs(a[i, i])):
                    return False
                a[i, j] = 0.0
        else:
            root = np.sqrt(pivot)
            a[j, j] = root
            for i in range(j + 1, n):
                dot = a[i, j]
                for k in range(j):
                    dot -= a[i, k] * a[j, k]
                a[i, j] = dot / root
    for i in range(n):
        for j in range(i + 1, n):
            a[i, j] = 0.0
    return True


@compiled()
def inverse_from_cholesky(factor: Array, n: int, work: Array, out: Array) -> None:
    """Write (L L')^-1 into `out` [n, n] from the lower factor L; `work` [n, n] receives L^-1."""
    for i in range(n):
        for j in range(i):
            work[i, j] = 0.0
        for k in range(i):
            f = factor[i, k]
            for j in range(k + 1):
                work[i, j] -= f * work[k, j]
        inverse = 1.0 / factor[i, i]
        for j in range(i):
            work[i, j] *= inverse
        work[i, i] = inverse
    for i in range(n):
        for j in range(n):
            out[i, j] = 0.0
    for k in range(n):
        for i in range(k + 1):
            w = work[k, i]
            for j in range(i + 1):
                out[i, j] += w * work[k, j]
    for i in range(n):
        for j in range(i):
            out[j, i] = out[i, j]


@compiled()
def multiply(a: Array, b: Array, n: int, m: int, p: int, out: Array) -> None:
    """Write a [n, m] b [m, p] into `out` [n, p]; four rows of b at a time to spare loads and stores."""
    whole = m - m % 4
    for i in range(n):
        for j in range(p):
            out[i, j] = 0.0
        for k in range(0, whole, 4):
            a0, a1, a2, a3 = a[i, k], a[i, k + 1], a[i, k + 2], a[i, k + 3]
            for j in range(p):
                out[i, j] += a0 * b[k, j] + a1 * b[k + 1, j] + a2 * b[k + 2, j] + a3 * b[k + 3, j]
        for k in range(whole, m):
            f = a[i, k]
            for j in range(p):
                out[i, j] += f * b[k, j]


@compiled()
def multiply_left_transposed(w: Array, s: Array, n: int, q: int, out: Array) -> None:
    """Write w' s into `out` [q, block], from w [n, q] and s [n, block]; four rows of s at a time."""
    blocks = s.shape[1]
    whole = n - n % 4
    for a in range(q):
        row = out[a]
        for b in range(blocks):
            row[b] = 0.0
        for i in range(0, whole, 4):
            w0, w1, w2, w3 = w[i, a], w[i + 1, a], w[i + 2, a], w[i + 3, a]
            s0, s1, s2, s3 = s[i], s[i + 1], s[i + 2], s[i + 3]
            for b in range(blocks):
                row[b] += w0 * s0[b] + w1 * s1[b] + w2 * s2[b] + w3 * s3[b]
        for i in range(whole, n):
            f, si = w[i, a], s[i]
            for b in range(blocks):
                row[b] += f * si[b]


@compiled()
def multiply_right_transposed(s: Array, m: Array, n: int, q: int, out: Array) -> None:
    """Write s m' into `out` [n, q], from s [n, block] and m [q, block]; two by two to spare loads."""
    blocks = s.shape[1]
    for i in range(0, n, 2):
        s0, s1 = s[i], s[min(i + 1, n - 1)]
        for a in range(0, q, 2):
            m0, m1 = m[a], m[min(a + 1, q - 1)]
            t00, t01, t10, t11 = 0.0, 0.0, 0.0, 0.0
            for b in range(blocks):
                t00 += s0[b] * m0[b]
                t01 += s0[b] * m1[b]
                t10 += s1[b] * m0[b]
                t11 += s1[b] * m1[b]
            if a + 1 < q:
                out[i, a + 1] = t01
                if i + 1 < n:
                    out[i + 1, a + 1] = t11
            out[i, a] = t00
            if i + 1 < n:
                out[i + 1, a] = t10
