"""A process of second order as one of first order, of a state that holds two waves.

With A_t the lags, B_t those over two intervals (see `process`), the state of wave t is z_t = [w_t; w_{t-1}], w_0 = 0::

    z_1 ~ N(0, diag(S, 0)),   z_{t+1} = F_t z_t + [u_t; 0],   F_t = [A_t  B_t; I  0],   B_1 = 0

so its covariance over waves is that of a first-order process, and the deviations are its first half.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayespanel.inference.structure import Arrays
from bayespanel.likelihood.kernels import autoregression, autoregression_adjoint

Array = NDArray[np.float64]
NONE = np.zeros((0, 0))


def covariance(arrays: Arrays, waves: int) -> Array:
    """Return the covariance [cell, cell] of deviations from blocks lag, lag_2, first_lag, initial and innovation."""
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
    """Return the matrices F [interval, state, state], P [state, state] and G [interval or one, state, state]."""
    k, intervals = len(arrays["initial_cov"]), waves - 1
    dtype = np.result_type(*(arrays[name] for name in ("lag", "lag_2", "initial_cov", "innovation_cov")))
    f, p = np.zeros((intervals, 2 * k, 2 * k), dtype), np.zeros((2 * k, 2 * k), dtype)
    g = np.zeros((len(arrays["innovation_cov"]), 2 * k, 2 * k), dtype)
    f[:, :k, :k] = every_lag(arrays["lag"], arrays.get("first_lag"), intervals)
    f[1:, :k, k:] = arrays["lag_2"]
    f[:, k:, :k] = np.eye(k)
    p[:k, :k] = arrays["initial_cov"]
    g[:, :k, :k] = arrays["innovation_cov"]
    return f, p, g
