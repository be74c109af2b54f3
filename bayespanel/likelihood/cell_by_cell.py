"""The normal density of many missing patterns, cell by cell: what patterns share is worked out once.

The density of a unit is the product of the densities of its cells, each given the observed cells before it (Anderson
1957, doi:10.1080/01621459.1957.10501379, for patterns that are nested). Units whose patterns begin alike share these
factors: the patterns form a tree, and each node of it, the cells A before and the cell j, is one regression::

    log f = -1/2 (n log(2 pi v) + q * precision),   a = (-Sigma_AA^-1 Sigma_Aj, 1),   v = a' Sigma a,   q = a' D a,

where D are the cross-products of the residuals y - B x of the n units below the node. With g = Sigma_AA^-1 (D a)_A, and
zero at j, the gradient is::

    d Sigma = (q / v - n) a a' / (2 v) + (g a' + a g') / (2 v),   d B = a (Sxy a - Sxx B'a)' / v.

The nodes stand in the order of a walk down the tree, so that the inverse factor of Sigma_AA is a stack: row k of it is
a / sqrt(v) of the last node of depth k. A node costs four products of it with a vector, and no factorisation. Of a unit
that is alone in its node D a = (y - B x) (y - B x)'a, and its scores y are its products with the constant, Sxy[0].
"""

from __future__ import annotations

import numpy as np

from bayespanel.likelihood.layout import Nodes
from bayespanel.likelihood.small import Array, compiled


@compiled()
def _solve(rows: Array, columns: Array, d: Array, k: int, work: Array, g: Array) -> None:
    """Write Sigma_AA^-1 d into `g` and L^-1 d into `work`, from the inverse factor L^-1 of the k cells A."""
    for r in range(k):
        work[r] = 0.0
        g[r] = 0.0
    for c in range(k):
        f, column = d[c], columns[c]
        for r in range(c, k):
            work[r] += f * column[r]
    for r in range(k):
        f, row = work[r], rows[r]
        for c in range(r + 1):
            g[c] += f * row[c]


@compiled()
def evaluate(sigma: Array, coefficients: Array, nodes: Nodes, d_sigma: Array, d_coefficients: Array) -> float:
    """Log-density of the units of all nodes; add its gradient to the last two arrays.

    Parameters
    ----------
    sigma, d_sigma : [group, cell, cell]
    coefficients, d_coefficients : [group, cell, regressor]
    nodes
        The tree.

    Returns
    -------
    float
        Log-density, -inf where a covariance is not positive definite; the gradient is then of no use.
    """
    p, m = coefficients.shape[1], coefficients.shape[2]
    rows, columns, path = np.zeros((p, p)), np.zeros((p, p)), np.zeros(p, np.int64)
    work = np.empty(p)
    given, a, d, g = np.empty(p), np.empty(p), np.empty(p), np.zeros(p)
    bx, off = np.empty(m), np.empty(m)
    logp, square, line = 0.0, 0, 0
    for i in range(len(nodes.depth)):
        k, j, n = nodes.depth[i], nodes.cell[i], nodes.n[i]
        s, b = sigma[nodes.group[i]], coefficients[nodes.group[i]]
        ds, db = d_sigma[nodes.group[i]], d_coefficients[nodes.group[i]]
        o = k + 1
        path[k] = j
        for c in range(k):
            given[c] = s[j, path[c]]
        _solve(rows, columns, given, k, work, a)
        v = s[j, j]
        for c in range(k):
            v -= work[c] * work[c]
            a[c] = -a[c]
        a[k] = 1.0
        if not v > 0.0 or v == np.inf:
            return -np.inf
        precision = 1.0 / v
        root = np.sqrt(precision)
        for c in range(o):
            rows[k, c] = root * a[c]
            columns[c, k] = root * a[c]
        for c in range(o):
            d[c] = 0.0
        for x in range(m):
            product, mean = 0.0, 0.0
            for c in range(o):
                product += nodes.sxy[line + x * o + c] * a[c]
                mean += b[path[c], x] * a[c]
            bx[x], off[x] = mean, product
        for x in range(m):
            for x2 in range(m):
                off[x] -= nodes.sxx[i, x, x2] * bx[x2]
        for x in range(m):
            for c in range(o):
                d[c] -= b[path[c], x] * off[x]
                db[path[c], x] += a[c] * off[x] * precision
        if nodes.alone[i]:
            for c in range(o):
                d[c] += off[0] * nodes.sxy[line + c]
        else:
            for x in range(m):
                for c in range(o):
                    d[c] -= nodes.sxy[line + x * o + c] * bx[x]
            for r in range(o):
                f = a[r]
                for c in range(o):
                    d[c] += f * nodes.syy[square + r * o + c]
            square += o * o
        q = 0.0
        for c in range(o):
            q += a[c] * d[c]
        logp -= 0.5 * (n * np.log(2.0 * np.pi * v) + q * precision)
        _solve(rows, columns, d, k, work, g)
        g[k] = 0.0
        half = 0.5 * (q * precision - n)
        for r in range(o):
            f = 0.5 * precision * (half * a[r] + g[r])
            row = ds[path[r]]
            for c in range(o):
                row[path[c]] += f * a[c]
        line += m * o
    for group in range(len(d_sigma)):
        for r in range(p):
            for c in range(r + 1):
                total = d_sigma[group, r, c] + d_sigma[group, c, r]
                d_sigma[group, r, c] = total
                d_sigma[group, c, r] = total
    return logp
