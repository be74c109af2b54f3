"""A process that reaches two waves back as one of first order, of a state twice as long.

Of second order, with A_t the lags and B_t those over two intervals (see `process`), the state of wave t is
z_t = [w_t; w_{t-1}], w_0 = 0::

    z_1 ~ N(0, diag(S, 0)),   z_{t+1} = F_t z_t + [u_t; 0],     F_t = [A_t  B_t; I  0],   B_1 = 0

With moving averages M it is z_t = [w_t; u_{t-1}], u_0 = w_1::

    z_1 ~ N(0, E S E'),       z_{t+1} = F_t z_t + E u_t,        F_t = [A_t  M; 0  0],     E = [I; I]

so its covariance over waves is that of a first-order process, and the deviations are its first half.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayespanel.families.panel.process import average_matrix
from bayespanel.inference.structure import Arrays
from bayespanel.likelihood.kernels import autoregression, autoregression_adjoint

Array = NDArray[np.float64]
NONE = np.zeros((0, 0))


def covariance(arrays: Arrays, waves: int) -> Array:
    """Return the covariance [cell, cell] of deviations from blocks.

    These are lag, initial_cov and innovation_cov, with lag_2 and, where the first interval has its own, first_lag; or
    with moving_average.
    """
    k = len(arrays["initial_cov"])
    cells = seen(waves, k)
    return np.asarray(autoregression(*_state(arrays, waves), NONE, waves))[np.ix_(cells, cells)]


def adjoint(arrays: Arrays, waves: int, gradient: Array) -> Arrays:
    """Return the gradient for those blocks from that for the covariance [cell, cell]."""
    k = len(arrays["initial_cov"])
    state, cells = _state(arrays, waves), seen(waves, k)
    whole = np.zeros((2 * waves * k, 2 * waves * k), gradient.dtype)
    whole[np.ix_(cells, cells)] = gradient
    d_f, d_p, d_g, _ = autoregression_adjoint(*state, NONE, autoregression(*state, NONE, waves), whole)
    if "moving_average" in arrays:
        d_average = d_f[:, :k, k:].sum(axis=0)
        own = arrays["moving_average"].ndim == 1
        return {
            "lag": d_f[:, :k, :k],
            "moving_average": np.diag(d_average).copy() if own else d_average,
            "initial_cov": d_p.reshape(2, k, 2, k).sum(axis=(0, 2)),
            "innovation_cov": d_g.reshape(-1, 2, k, 2, k).sum(axis=(1, 3)),
        }
    d_lag, d_second, d_q = d_f[:, :k, :k], d_f[1:, :k, k:], d_g[:, :k, :k]
    out = {"initial_cov": d_p[:k, :k], "lag_2": d_second, "innovation_cov": d_q}
    if "first_lag" in arrays:
        out |= {"first_lag": d_lag[0], "lag": d_lag[1:].sum(axis=0, keepdims=True)}
        out["lag_2"] = d_second.sum(axis=0, keepdims=True)
    else:
        out["lag"] = d_lag
    return out


def seen(waves: int, variables: int) -> NDArray[np.int64]:
    """Return where the deviations [cell] stand among the states of all waves."""
    return np.add.outer(2 * variables * np.arange(waves), np.arange(variables)).ravel()


def every_lag(lag: Array, first: Array | None, intervals: int) -> Array:
    """Return lags [..., interval, target, source] of all intervals, from one matrix or those of all."""
    if first is None:
        return lag
    rest = np.broadcast_to(lag, (*lag.shape[:-3], intervals - 1, *lag.shape[-2:]))
    return np.concatenate([first[..., None, :, :], rest], axis=-3)


def _state(arrays: Arrays, waves: int) -> tuple[Array, Array, Array]:
    """Return the matrices F [interval or one, state, state], P [state, state] and G [interval or one, state, state]."""
    k, intervals, averages = len(arrays["initial_cov"]), waves - 1, "moving_average" in arrays
    names = ("lag", "moving_average" if averages else "lag_2", "initial_cov", "innovation_cov")
    dtype = np.result_type(*(arrays[name] for name in names))
    f = np.zeros((len(arrays["lag"]) if averages else intervals, 2 * k, 2 * k), dtype)
    if averages:
        average = arrays["moving_average"]
        f[:, :k, :k], f[:, :k, k:] = arrays["lag"], average_matrix(average, k, own=average.ndim == 1)
        return f, np.tile(arrays["initial_cov"], (2, 2)), np.tile(arrays["innovation_cov"], (1, 2, 2))
    p, g = np.zeros((2 * k, 2 * k), dtype), np.zeros((len(arrays["innovation_cov"]), 2 * k, 2 * k), dtype)
    f[:, :k, :k] = every_lag(arrays["lag"], arrays.get("first_lag"), intervals)
    f[1:, :k, k:] = arrays["lag_2"]
    f[:, k:, :k] = np.eye(k)
    p[:k, :k] = arrays["initial_cov"]
    g[:, :k, :k] = arrays["innovation_cov"]
    return f, p, g
