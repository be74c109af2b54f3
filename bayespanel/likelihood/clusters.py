"""One cluster level of the nested normal: integrate its effects out on the way up, bring them back on the way down.

Clusters are worked through in bundles of `LANES`: arrays carry the cluster as their last dimension, of constant
length, so that every inner loop is a few vector instructions, however few effects there are, and a bundle stays in
the processor's first cache. Source: the information filter on a tree, derived in docs/likelihood.
"""

from __future__ import annotations

import numpy as np

from bayespanel.likelihood.small import Array, compiled

LANES = 64
"""Clusters in a bundle; a bundle that is not full is padded with clusters that know nothing (M = 0, v = 0)."""


@compiled()
def up(m: Array, v: Array, r: Array, y: Array, z: Array, t: Array, m_up: Array, v_up: Array) -> float:
    """Integrate the effects of one bundle of clusters out.

    With Psi = R R', G = I + R'MR = LL', Z = L^-1 R', Y = Z M and t = Z v::

        log-density   -1/2 log|G| + 1/2 t't
        passed up     M - Y'Y  and  v - Y't

    Parameters
    ----------
    m : [basis, basis, lane]
        Information M of each cluster about its effect.
    v : [basis, lane]
        Information vector.
    r : [basis, effect]
        Root of the effects' covariance, in the common basis.
    y, z : [effect, basis, lane], t : [effect, lane]
        Receive Y, Z and t for the way down.
    m_up : [basis, basis, lane], v_up : [basis, lane]
        Receive what the level passes up.

    Returns
    -------
    float
        The bundle's part of the log-density.
    """
    q, k = r.shape
    g = np.zeros((k, k, LANES))
    y[:] = 0.0
    t[:] = 0.0
    for i in range(k):
        for a in range(q):
            f = r[a, i]
            z[i, a, :] = f
            if f != 0.0:
                for b in range(q):
                    for c in range(LANES):
                        y[i, b, c] += f * m[a, b, c]
        for j in range(i + 1):
            for b in range(q):
                f = r[b, j]
                if f != 0.0:
                    for c in range(LANES):
                        g[i, j, c] += f * y[i, b, c]
        for c in range(LANES):
            g[i, i, c] += 1.0
    logdet = 0.0
    for j in range(k):  # Cholesky of the whole bundle, with the forward substitution of Y and Z in the same sweep
        for h in range(j):
            for c in range(LANES):
                g[j, j, c] -= g[j, h, c] * g[j, h, c]
            for a in range(q):
                for c in range(LANES):
                    y[j, a, c] -= g[j, h, c] * y[h, a, c]
                    z[j, a, c] -= g[j, h, c] * z[h, a, c]
        for c in range(LANES):
            logdet += np.log(g[j, j, c])
            g[j, j, c] = 1.0 / np.sqrt(g[j, j, c])
        for a in range(q):
            for c in range(LANES):
                y[j, a, c] *= g[j, j, c]
                z[j, a, c] *= g[j, j, c]
        for i in range(j + 1, k):
            for h in range(j):
                for c in range(LANES):
                    g[i, j, c] -= g[i, h, c] * g[j, h, c]
            for c in range(LANES):
                g[i, j, c] *= g[j, j, c]
    quadratic = 0.0
    for a in range(q):
        for c in range(LANES):
            v_up[a, c] = v[a, c]
        for b in range(a + 1):
            for c in range(LANES):
                m_up[a, b, c] = m[a, b, c]
    for i in range(k):
        for a in range(q):
            for c in range(LANES):
                t[i, c] += z[i, a, c] * v[a, c]
        for c in range(LANES):
            quadratic += t[i, c] * t[i, c]
        for a in range(q):
            for c in range(LANES):
                v_up[a, c] -= y[i, a, c] * t[i, c]
            for b in range(a + 1):
                for c in range(LANES):
                    m_up[a, b, c] -= y[i, a, c] * y[i, b, c]
    for a in range(q):
        for b in range(a):
            for c in range(LANES):
                m_up[b, a, c] = m_up[a, b, c]
    return 0.5 * (quadratic - logdet)


@compiled()
def down(
    y: Array, z: Array, t: Array, m_up: Array, v_up: Array, has_above: bool, above_mean: Array, above_cov: Array,
    mean: Array, cov: Array, d_psi: Array,
) -> None:  # fmt: skip
    """Bring the posterior of the levels above down to one bundle, and add its part of the covariance's gradient.

    With m, W the mean and covariance of the effects above (zero for the outermost level)::

        effect above + this one   mean m + Z'(t - Y m),  covariance Z'Z + J W J',  J = I - Z'Y
        dl/dPsi                   1/2 sum ( u u' + M_up W M_up - M_up ),           u = v_up - M_up m

    Parameters
    ----------
    y, z, t, m_up, v_up
        As left by `up`.
    has_above
        Whether there is a level above.
    above_mean : [basis, lane], above_cov : [basis, basis, lane]
        Posterior of the effects above, repeated for each cluster of this level; zeros without a level above.
    mean : [basis, lane], cov : [basis, basis, lane]
        Receive the posterior of the sum of this level's effect and those above.
    d_psi : [basis, basis]
        The lower triangle grows by the gradient with respect to the effects' covariance, in the common basis.
    """
    k, q = y.shape[0], y.shape[1]
    s, u = np.empty((k, LANES)), np.empty((q, LANES))
    cov[:] = 0.0
    for i in range(k):
        for c in range(LANES):
            s[i, c] = t[i, c]
    for a in range(q):
        for c in range(LANES):
            u[a, c] = v_up[a, c]
            mean[a, c] = above_mean[a, c]
    if has_above:
        for i in range(k):
            for a in range(q):
                for c in range(LANES):
                    s[i, c] -= y[i, a, c] * above_mean[a, c]
        for a in range(q):
            for b in range(q):
                for c in range(LANES):
                    u[a, c] -= m_up[a, b, c] * above_mean[b, c]
    for i in range(k):
        for a in range(q):
            for c in range(LANES):
                mean[a, c] += z[i, a, c] * s[i, c]
            for b in range(a + 1):
                for c in range(LANES):
                    cov[a, b, c] += z[i, a, c] * z[i, b, c]
    for a in range(q):
        for b in range(a + 1):
            total = 0.0
            for c in range(LANES):
                total += u[a, c] * u[b, c] - m_up[a, b, c]
            d_psi[a, b] += 0.5 * total
    if has_above:
        _carry(y, z, m_up, above_cov, cov, d_psi)
    for a in range(q):
        for b in range(a):
            for c in range(LANES):
                cov[b, a, c] = cov[a, b, c]


@compiled()
def _add_sandwich(left: Array, w: Array, out: Array) -> None:
    """Add the lower triangle of left W left' to `out`, all [basis, basis, lane]."""
    q = left.shape[0]
    product = np.empty((q, LANES))
    for a in range(q):
        for b in range(q):
            for c in range(LANES):
                product[b, c] = left[a, 0, c] * w[0, b, c]
        for h in range(1, q):
            for b in range(q):
                for c in range(LANES):
                    product[b, c] += left[a, h, c] * w[h, b, c]
        for b in range(a + 1):
            for h in range(q):
                for c in range(LANES):
                    out[a, b, c] += product[h, c] * left[b, h, c]


@compiled()
def _carry(y: Array, z: Array, m_up: Array, above_cov: Array, cov: Array, d_psi: Array) -> None:
    """Add J W J' to the covariance and M_up W M_up / 2 to the gradient (lower triangles), W of the levels above."""
    k, q = y.shape[0], y.shape[1]
    left = np.zeros((q, q, LANES))
    for a in range(q):
        for c in range(LANES):
            left[a, a, c] = 1.0
        for i in range(k):
            for b in range(q):
                for c in range(LANES):
                    left[a, b, c] -= z[i, a, c] * y[i, b, c]
    _add_sandwich(left, above_cov, cov)
    spread = np.zeros((q, q, LANES))
    _add_sandwich(m_up, above_cov, spread)
    for a in range(q):
        for b in range(a + 1):
            total = 0.0
            for c in range(LANES):
                total += spread[a, b, c]
            d_psi[a, b] += 0.5 * total
