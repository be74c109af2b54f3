"""Covariance of a random intercept plus a first-order vector autoregression, with its adjoint.

For waves t = 1..T (Hamaker, Kuiper & Grasman 2015, doi:10.1037/a0038889)::

    w_1 ~ N(0, S),  w_t = A_t w_{t-1} + u_t,  u_t ~ N(0, Q_t),  r ~ N(0, Omega),  y_t = r + w_t        (1)
    V_1 = S,  V_t = A_t V_{t-1} A_t' + Q_t,  cov(w_t, w_s) = A_t cov(w_{t-1}, w_s)                     (2)
    cov(y_t, y_s) = cov(w_t, w_s) + Omega                                                              (3)
"""

from __future__ import annotations

from bayespanel.likelihood.small import Array, compiled


@compiled()
def covariance(lag: Array, initial: Array, innovation: Array, intercept: Array, out: Array) -> None:
    """Covariance of all cells, wave by wave.

    Parameters
    ----------
    lag : [interval or 1, target, source]
        A_t; a single matrix holds for every interval.
    initial : [variable, variable]
        S.
    innovation : [interval or 1, variable, variable]
        Q_t; a single matrix holds for every interval.
    intercept : [variable, variable] or [0, 0]
        Omega; empty without random intercepts.
    out : [cell, cell]
        Receives the covariance; cells in wave-major order: all variables of the first wave, then of the second.
    """
    k = initial.shape[0]
    waves = out.shape[0] // k
    out[:k, :k] = initial
    for t in range(1, waves):
        a = lag[min(t - 1, lag.shape[0] - 1)]
        q = innovation[min(t - 1, innovation.shape[0] - 1)]
        now, before = t * k, (t - 1) * k
        for i in range(k):
            for j in range(now):  # (2), all earlier waves at once
                out[now + i, j] = 0.0
            for h in range(k):
                f = a[i, h]
                for j in range(now):
                    out[now + i, j] += f * out[before + h, j]
            for j in range(now):
                out[j, now + i] = out[now + i, j]
        for i in range(k):
            for j in range(i + 1):
                total = q[i, j]
                for h in range(k):
                    total += out[now + i, before + h] * a[j, h]
                out[now + i, now + j] = total
                out[now + j, now + i] = total
    if intercept.shape[0] > 0:
        for i in range(waves * k):
            for j in range(waves * k):
                out[i, j] += intercept[i % k, j % k]


@compiled()
def covariance_adjoint(
    lag: Array, initial: Array, innovation: Array, intercept: Array, sigma: Array, d_sigma: Array,
    d_lag: Array, d_initial: Array, d_innovation: Array, d_intercept: Array,
) -> None:  # fmt: skip
    """Gradients of a function of the covariance with respect to its four parameters.

    Parameters
    ----------
    lag, initial, innovation, intercept
        As for `covariance`.
    sigma : [cell, cell]
        What `covariance` returned.
    d_sigma : [cell, cell]
        Symmetric gradient of the function with respect to it.
    d_lag, d_initial, d_innovation, d_intercept
        Receive the gradients, in the shapes of the parameters.
    """
    k = initial.shape[0]
    waves = sigma.shape[0] // k
    d_lag[:] = 0.0
    d_innovation[:] = 0.0
    d_intercept[:] = 0.0
    g = 2.0 * d_sigma  # both off-diagonal blocks of a pair; the diagonal ones count once, see below
    within = sigma.copy()
    if intercept.shape[0] > 0:
        for i in range(waves * k):
            for j in range(waves * k):
                d_intercept[i % k, j % k] += d_sigma[i, j]
                within[i, j] -= intercept[i % k, j % k]
    for t in range(waves):
        for i in range(k):
            for j in range(k):
                g[t * k + i, t * k + j] *= 0.5
    for t in range(waves - 1, 0, -1):
        at, qt = min(t - 1, lag.shape[0] - 1), min(t - 1, innovation.shape[0] - 1)
        now, before = t * k, (t - 1) * k
        for i in range(k):
            for j in range(k):
                f = g[now + i, now + j]
                d_innovation[qt, i, j] += f
                for h in range(k):
                    d_lag[at, i, h] += 2.0 * f * within[now + j, before + h]
        # V_t = cov(w_t, w_{t-1}) A' + Q: its gradient reaches the block (t, t-1) and, through it, everything before
        for i in range(k):
            for h in range(k):
                total = 0.0
                for j in range(now):
                    total += g[now + i, j] * within[before + h, j]
                d_lag[at, i, h] += total
        for h in range(k):
            for i in range(k):
                f = lag[at, i, h]
                for j in range(before):
                    g[before + h, j] += f * g[now + i, j]
        for h in range(k):
            for h2 in range(k):
                total = 0.0
                for i in range(k):
                    # symmetric part of A' (gradient of the block (t, t-1)), and A' (gradient of V_t) A
                    total += 0.5 * lag[at, i, h] * g[now + i, before + h2]
                    total += 0.5 * lag[at, i, h2] * g[now + i, before + h]
                    for j in range(k):
                        total += lag[at, i, h] * g[now + i, now + j] * lag[at, j, h2]
                g[before + h, before + h2] += total
    for i in range(k):
        for j in range(k):
            d_initial[i, j] = g[i, j]
