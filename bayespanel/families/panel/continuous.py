"""A process in continuous time as lags and innovations of the intervals between waves.

Deviations drift at every moment, dw = D w dt + dW, cov(dW) = Q dt, and are seen at the waves (Voelkle, Oud, Davidov &
Schmidt, 2012, doi:10.1037/a0027543). Over an interval of length h lags are exp(D h), and what arrives has a covariance
G(h); see `bayespanel.likelihood.continuous_time`. So long intervals have other lags than short ones, and all follow
from one drift. Every other room reads `lag` and `innovation` of the intervals, as if they were free.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.data import Moments, Panel
from bayespanel.families.panel import stationary
from bayespanel.families.panel.process import process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.inference.structure import Arrays, Block
from bayespanel.language.errors import DataError
from bayespanel.likelihood.kernels import discretise, discretise_adjoint
from bayespanel.likelihood.smooth import discretise as discretise_draws

Array = NDArray[np.float64]

MOST = 12
"""Intervals, at most, over which a process is looked at anew: shorter ones are those of the beginning of the study."""


def wave_times(data: Panel | Moments) -> Array:
    """Return the time of each wave [wave]; waves counted from 0 where the data have no times."""
    return np.arange(len(data.waves), dtype=np.float64) if data.times is None else np.asarray(data.times)


def require_times(spec: RICLPM, data: Panel | Moments) -> None:
    """Refuse data without times for a model in continuous time.

    Raises
    ------
    DataError
    """
    if process(spec).continuous and data.times is None:
        raise DataError(
            "A model in continuous time needs the times of the waves.",
            f"The data do not say when the waves {', '.join(data.waves)} took place.",
            "Give times=[...] where the data are read: the month of each wave, for example. Or use time='discrete'.",
        )


def times_of(posterior: xr.Dataset) -> Array:
    """Return the same of a posterior."""
    if "time" in posterior.coords:
        return np.asarray(posterior["time"].values, float)
    return np.arange(posterior.sizes["wave"], dtype=np.float64)


def median_gap(times: Array) -> float:
    """Return the usual length of an interval, in which priors of drift and diffusion count."""
    return float(np.median(np.diff(times)))


def centre(times: Array, variables: int) -> Array:
    """Return the drift [target, source] around which priors lie: a usual gap leaves exp(-1) = .37, without effects."""
    return -np.eye(variables) / median_gap(times)


def block(times: Array, sd: Array, lag: Array | None) -> Block:
    """Return the block of the drift for maximum likelihood, which starts at lags [interval, target, source]."""
    k, gap = len(sd), median_gap(times)
    start = centre(times, k) if lag is None else (lag.mean(axis=0) - np.eye(k)) / gap
    return Block("drift", ("target", "source"), start, sd[:, None] / sd[None, :] / gap)


def discretised(spec: RICLPM, arrays: Arrays, times: Array) -> Arrays:
    """Return the blocks of a structure with those of intervals, lag and innovation_cov, where they follow."""
    if process(spec).stationary:
        arrays = arrays | stationary.following(arrays)
    if not process(spec).continuous:
        return arrays
    lag, innovation = discretise(arrays["drift"], arrays["diffusion_cov"], np.diff(times))
    return arrays | {"lag": lag, "innovation_cov": innovation}


def adjoint(spec: RICLPM, arrays: Arrays, times: Array, gradient: Arrays) -> Arrays:
    """Return the gradient for the blocks of a structure from that for those with intervals."""
    if process(spec).stationary:
        arrays = arrays | stationary.following(arrays)
    out = _of_drift(arrays, times, gradient) if process(spec).continuous else gradient
    return stationary.adjoint(arrays, out) if process(spec).stationary else out


def _of_drift(arrays: Arrays, times: Array, gradient: Arrays) -> Arrays:
    """Return the gradient for drift and diffusion from that for lags and innovations."""
    rest = {name: value for name, value in gradient.items() if name not in ("lag", "innovation_cov")}
    q = gradient["innovation_cov"]
    even = 0.5 * (q + np.swapaxes(q, -1, -2))
    own = arrays["drift"], arrays["diffusion_cov"], np.diff(times)
    drift, diffusion = discretise_adjoint(*own, gradient["lag"], even)
    return rest | {"drift": drift, "diffusion_cov": diffusion}


def of_intervals(drift: Array, diffusion: Array, gaps: Array) -> tuple[Array, Array]:
    """Return lags and innovation covariances [..., interval, ., .] of draws.

    Parameters
    ----------
    drift : [..., target, source]
    diffusion : [..., interval, variable, variable] or [..., variable, variable]
    gaps : [interval]
    """
    each = diffusion if diffusion.ndim > drift.ndim else diffusion[..., None, :, :]
    lag, innovation = discretise_draws(drift, each, gaps)
    return np.asarray(lag), np.asarray(innovation)


def looked_at(
    drift: Array, diffusion: Array, initial: Array, times: Array, per: float, least: int = 2
) -> tuple[Array, Array, Array]:
    """Return the lag of one length of interval, and deviations at waves so far apart, from the first wave on.

    Parameters
    ----------
    drift : [..., target, source]
    diffusion : [..., interval, variable, variable] or [..., variable, variable]
        Of the last interval it goes on.
    initial : [..., variable, variable]
        Covariance at the first wave.
    times : [wave]
    per
        Length of an interval.
    least
        Fewest intervals.

    Returns
    -------
    tuple
        Lag [..., target, source], innovation covariance [..., ., .] of average diffusion, and standard deviations
        [..., wave, variable] at waves `per` apart.
    """
    number = int(np.clip((times[-1] - times[0]) / per, least, MOST)) + 1
    seen = times[0] + per * np.arange(number)
    each = diffusion if diffusion.ndim > drift.ndim else diffusion[..., None, :, :]
    ends = np.union1d(seen, times[times < seen[-1]]) if each.shape[-3] > 1 else seen
    at = np.clip(np.searchsorted(times, ends[:-1], side="right") - 1, 0, each.shape[-3] - 1)
    lag, innovation = discretise_draws(drift, each[..., at, :, :], np.diff(ends))
    variance, spread = initial, [np.einsum("...ii->...i", initial)]
    for i in range(len(ends) - 1):
        variance = lag[..., i, :, :] @ variance @ np.swapaxes(lag[..., i, :, :], -1, -2) + innovation[..., i, :, :]
        if ends[i + 1] in seen:
            spread.append(np.einsum("...ii->...i", variance))
    whole, arrived = discretise_draws(drift, each.mean(axis=-3, keepdims=True), np.array([per]))
    return whole[..., 0, :, :], arrived[..., 0, :, :], np.sqrt(np.stack(spread, axis=-2))
