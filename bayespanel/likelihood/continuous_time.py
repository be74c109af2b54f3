"""What a process in continuous time does over an interval, with its adjoint.

Deviations follow dw = D w dt + dW, cov(dW) = Q dt (Voelkle, Oud, Davidov & Schmidt 2012, doi:10.1037/a0027543). Over an
interval of length h that is a first-order autoregression with::

    F(h) = exp(D h) = sum_j X_j,                    X_0 = I,  X_j = (h / j) D X_{j-1}                        (1)
    G(h) = int_0^h exp(D s) Q exp(D s)' ds = sum_j C_j,
                                      C_1 = h Q,  C_{j+1} = h / (j + 1) (D C_j + C_j D')                     (2)
    F(2 h) = F(h) F(h),     G(2 h) = F(h) G(h) F(h)' + G(h)                                                  (3)

The series is taken over a piece so short that it converges at once, and pieces are doubled. No inverse and no
eigenvalue occurs: drifts that do not return, that oscillate or that are singular need no case of their own.
"""

from __future__ import annotations

import numpy as np

from bayespanel.likelihood.small import Array, compiled

TERMS = 14
"""Terms of the series: with pieces of at most `PIECE` the next one is below 1e-16."""

PIECE = 0.25
"""Largest norm of D h at which the series begins."""

DOUBLINGS = 60
"""Most doublings: beyond, the drift is so large that nothing of a wave is left at the next, or all overflows."""


@compiled()
def doublings(drift: Array, gap: float) -> int:
    """Return how often a piece is doubled that is short enough for the series."""
    k = drift.shape[0]
    norm = 0.0
    for j in range(k):
        total = 0.0
        for i in range(k):
            total += abs(drift[i, j])
        norm = max(norm, total)
    times = 0
    size = norm * gap
    while size > PIECE and times < DOUBLINGS:
        size *= 0.5
        times += 1
    return times


@compiled()
def add_product(a: Array, b: Array, factor: float, out: Array) -> None:
    """Add factor a b to `out`."""
    k = a.shape[0]
    for i in range(k):
        for h in range(k):
            f = factor * a[i, h]
            for j in range(k):
                out[i, j] += f * b[h, j]


@compiled()
def add_left_transposed(a: Array, b: Array, factor: float, out: Array) -> None:
    """Add factor a' b to `out`."""
    k = a.shape[0]
    for h in range(k):
        for i in range(k):
            f = factor * a[h, i]
            for j in range(k):
                out[i, j] += f * b[h, j]


@compiled()
def add_right_transposed(a: Array, b: Array, factor: float, out: Array) -> None:
    """Add factor a b' to `out`."""
    k = a.shape[0]
    for i in range(k):
        for j in range(k):
            total = 0.0
            for h in range(k):
                total += a[i, h] * b[j, h]
            out[i, j] += factor * total


@compiled()
def steps(drift: Array, diffusion: Array, gap: float, times: int, x: Array, c: Array, f: Array, g: Array) -> None:
    """Compute the terms of (1) and (2) into x and c [term, ., .], and the doublings (3) into f and g [doubling, ., .].

    The last ones, f[times] and g[times], are F and G of the whole interval.
    """
    k = drift.shape[0]
    h = gap * 0.5**times
    x[:] = 0.0
    c[:] = 0.0
    f[:] = 0.0
    g[:] = 0.0
    for i in range(k):
        x[0, i, i] = 1.0
        for j in range(k):
            c[1, i, j] = h * diffusion[i, j]
    for term in range(1, TERMS + 1):
        add_product(drift, x[term - 1], h / term, x[term])
        if term > 1:
            add_product(drift, c[term - 1], h / term, c[term])
            add_right_transposed(c[term - 1], drift, h / term, c[term])
    for term in range(TERMS, -1, -1):  # the smallest first
        for i in range(k):
            for j in range(k):
                f[0, i, j] += x[term, i, j]
                g[0, i, j] += c[term, i, j]
    work = np.empty((k, k))
    for i in range(times):
        add_product(f[i], f[i], 1.0, f[i + 1])
        work[:] = 0.0
        add_product(f[i], g[i], 1.0, work)
        g[i + 1] = g[i]
        add_right_transposed(work, f[i], 1.0, g[i + 1])


@compiled()
def discretise(drift: Array, diffusion: Array, gaps: Array, lag: Array, innovation: Array) -> None:
    """Lags and innovation covariances of intervals.

    Parameters
    ----------
    drift : [target, source]
        D, per unit of time.
    diffusion : [interval or 1, variable, variable]
        Q; a single matrix holds for every interval.
    gaps : [interval]
        Length of each interval.
    lag, innovation : [interval, ., .]
        Receive F and G.
    """
    k, intervals = drift.shape[0], gaps.shape[0]
    x, c = np.empty((TERMS + 1, k, k)), np.empty((TERMS + 1, k, k))
    for t in range(intervals):
        same = earlier(gaps, diffusion.shape[0], t)
        if same < t:
            lag[t], innovation[t] = lag[same], innovation[same]
            continue
        times = doublings(drift, gaps[t])
        f, g = np.empty((times + 1, k, k)), np.empty((times + 1, k, k))
        steps(drift, diffusion[min(t, diffusion.shape[0] - 1)], gaps[t], times, x, c, f, g)
        lag[t], innovation[t] = f[times], g[times]


@compiled()
def earlier(gaps: Array, matrices: int, t: int) -> int:
    """Return the first interval that is as long as interval t and has its diffusion: t itself where there is none."""
    if matrices == 1:
        for s in range(t):
            if gaps[s] == gaps[t]:
                return s
    return t


@compiled()
def discretise_adjoint(
    drift: Array, diffusion: Array, gaps: Array, d_lag: Array, d_innovation: Array, d_drift: Array, d_diffusion: Array
) -> None:
    """Gradients of a function of lags and innovation covariances with respect to drift and diffusion.

    Parameters
    ----------
    drift, diffusion, gaps
        As for `discretise`.
    d_lag, d_innovation : [interval, ., .]
        Gradient of the function; of the innovations, symmetric.
    d_drift, d_diffusion
        Receive the gradients, in the shapes of the parameters.
    """
    k, intervals = drift.shape[0], gaps.shape[0]
    x, c = np.empty((TERMS + 1, k, k)), np.empty((TERMS + 1, k, k))
    df, dg, work, next_f = np.empty((k, k)), np.empty((k, k)), np.empty((k, k)), np.empty((k, k))
    d_drift[:] = 0.0
    d_diffusion[:] = 0.0
    for t in range(intervals):
        if earlier(gaps, diffusion.shape[0], t) < t:
            continue
        df[:] = d_lag[t]
        dg[:] = d_innovation[t]
        for later in range(t + 1, intervals):
            if earlier(gaps, diffusion.shape[0], later) == t:
                df += d_lag[later]
                dg += d_innovation[later]
        times, at = doublings(drift, gaps[t]), min(t, diffusion.shape[0] - 1)
        f, g = np.empty((times + 1, k, k)), np.empty((times + 1, k, k))
        steps(drift, diffusion[at], gaps[t], times, x, c, f, g)
        for i in range(times - 1, -1, -1):  # (3)
            next_f[:] = 0.0
            add_right_transposed(df, f[i], 1.0, next_f)
            add_left_transposed(f[i], df, 1.0, next_f)
            work[:] = 0.0
            add_product(dg, f[i], 1.0, work)
            add_product(work, g[i], 2.0, next_f)
            add_left_transposed(f[i], work, 1.0, dg)
            df[:] = next_f
        h = gaps[t] * 0.5**times
        chain, above = np.empty((k, k)), np.empty((k, k))
        above[:] = df
        for term in range(TERMS, 0, -1):  # (1), from the last term to the first
            add_right_transposed(above, x[term - 1], h / term, d_drift)
            chain[:] = df
            add_left_transposed(drift, above, h / term, chain)
            above[:] = chain
        above[:] = dg
        for term in range(TERMS, 1, -1):  # (2)
            add_product(above, c[term - 1], 2.0 * h / term, d_drift)
            chain[:] = dg
            add_left_transposed(drift, above, h / term, chain)
            add_product(above, drift, h / term, chain)
            above[:] = chain
        for i in range(k):
            for j in range(k):
                d_diffusion[at, i, j] += h * above[i, j]
