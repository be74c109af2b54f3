"""Correlation matrices from partial correlations, and covariances from those and standard deviations.

Canonical partial correlations z_ij (i > j, the partial correlation of i and j given the variables before j) are free
in (-1, 1), and every choice gives a positive definite matrix (Lewandowski, Kurowicka & Joe 2009,
doi:10.1016/j.jmva.2009.04.008). Its Cholesky factor is::

    L_ij = z_ij prod_{h<j} sqrt(1 - z_ih^2),   L_ii = prod_{h<i} sqrt(1 - z_ih^2)                 (1)

Under an LKJ(eta) prior the (1 + z_ij) / 2 are independent Beta(b_j, b_j) with b_j = eta + (K - 2 - j) / 2 (their
section 2.4, j counted from 0): the prior is exact, and costs one vector of Beta densities instead of a matrix
distribution.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayespanel.likelihood.small import Array, compiled


def lkj_shape(variables: int, eta: float) -> NDArray[np.float64]:
    """Beta shapes b_j [pair] under which partial correlations give an LKJ(eta) matrix; pairs in row order."""
    return np.array([eta + (variables - 2 - j) / 2 for i in range(variables) for j in range(i)])


@compiled()
def _factor(partial: Array, k: int, out: Array) -> None:
    at = 0
    for i in range(k):
        rest = 1.0
        for j in range(i):
            z = partial[at]
            out[i, j] = z * rest  # (1)
            rest *= np.sqrt((1.0 - z) * (1.0 + z))
            at += 1
        out[i, i] = rest
        for j in range(i + 1, k):
            out[i, j] = 0.0


@compiled()
def covariance(sd: Array, partial: Array, out: Array) -> None:
    """Covariances diag(sd) L L' diag(sd).

    Parameters
    ----------
    sd : [batch, variable]
        Standard deviations; a negative one flips the sign of its variable's correlations.
    partial : [batch, pair]
        Canonical partial correlations, pairs (1, 0), (2, 0), (2, 1), ... in row order.
    out : [batch, variable, variable]
        Receives the covariances.
    """
    n, k = sd.shape
    factor = np.empty((k, k))
    for b in range(n):
        _factor(partial[b], k, factor)
        for i in range(k):
            for j in range(i + 1):
                total = 0.0
                for h in range(j + 1):
                    total += factor[i, h] * factor[j, h]
                if i == j:
                    total = 1.0
                out[b, i, j] = sd[b, i] * sd[b, j] * total
                out[b, j, i] = out[b, i, j]


@compiled()
def covariance_adjoint(sd: Array, partial: Array, d_covariance: Array, d_sd: Array, d_partial: Array) -> None:
    """Write the gradients of a function of the covariances with respect to `sd` and `partial`, in their shapes."""
    n, k = sd.shape
    d_sd[:] = 0.0
    d_partial[:] = 0.0
    factor, d_factor = np.empty((k, k)), np.empty((k, k))
    for b in range(n):
        _factor(partial[b], k, factor)
        d_factor[:] = 0.0
        for i in range(k):
            for j in range(k):
                g = d_covariance[b, i, j] + d_covariance[b, j, i]
                correlation = 0.0
                for h in range(min(i, j) + 1):
                    correlation += factor[i, h] * factor[j, h]
                    d_factor[i, h] += g * sd[b, i] * sd[b, j] * factor[j, h]
                d_sd[b, i] += g * sd[b, j] * correlation
        at = 0
        for i in range(k):
            # d rest carries the gradient of the product in (1), from the right end of the row to the left
            d_rest = d_factor[i, i] * factor[i, i]
            at_end = at + i
            for j in range(i - 1, -1, -1):
                z = partial[b, at + j]
                rest = 1.0
                for h in range(j):
                    rest *= np.sqrt((1.0 - partial[b, at + h]) * (1.0 + partial[b, at + h]))
                d_partial[b, at + j] += d_factor[i, j] * rest - d_rest * z / ((1.0 - z) * (1.0 + z))
                d_rest += d_factor[i, j] * factor[i, j]
            at = at_end
