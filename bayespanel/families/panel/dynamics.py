"""What the lags do over waves: impulse responses, their exact decomposition, what returns, and where it settles.

With A~_t the lag matrix from wave t to t + 1 in within-person standard deviations, and E_x an impulse of one SD in x::

    R_h = A~_{h-1} .. A~_0,     R_h[y, x] = response of y after h waves                                   (9)

A response is a sum over paths of h steps from x to y. They part by where a path first leaves {x, y}: never ("direct":
the effect, carried over, and what the two send back and forth between them), or to m ("via m"), so the parts add up::

    u_0 = e_x,  u_{t+1} = I_S A~_t u_t                       S = {x, y}; I_S keeps the rows in S            (10)
    v^m_{t+1} = A~_t v^m_t + e_m e_m' A~_t u_t               m not in S
    R_h[y, x] = u_h[y] + sum_m v^m_h[y]                                                                   (11)

For y = x, u is what x keeps by itself and the rest is what returns to x through others: the vicious circle.

Equal lags go on beyond the last wave, in SDs averaged over waves, D: A~ = D^-1 A D. Lags by interval start at the
first wave, end at the last, and take the SDs of each wave. Of second order, A~_h R_h + B~_h R_{h-1} takes the place of
A~_h R_h throughout. With moving averages M an impulse is an innovation, and A~_0 + M~_0 takes the place of A~_0.

Blanchard & Quah call (9) an impulse response function (Lütkepohl, 2005, doi:10.1007/978-3-540-27752-1, section 2.3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.families.panel.continuous import looked_at, median_gap, times_of
from bayespanel.families.panel.derive import (
    averages,
    check_variables,
    companion,
    draws_of,
    level_covariance,
    second_lags,
    within_sd,
)
from bayespanel.families.panel.groups import alone, has_groups, require_group, select
from bayespanel.families.panel.process import over_intervals, process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.language.errors import SpecError
from bayespanel.summaries.montecarlo import mcse

Array = NDArray[np.float64]

CHUNK = 250
"""Draws at a time: their arrays stay in the processor's cache."""

SETTLED = 60
"""Doublings of the sum of a stationary covariance: 2^60 waves."""


STATISTICS = ("mean", "median", "lower", "upper", "mcse_mean")
"""What is said of each quantity; the interval is equal-tailed."""

UNITS = {
    "equal": "Within-person standard deviations, averaged over waves, of the target per one of the source.",
    "interval": "Within-person standard deviations of the target at its wave per one of the source at the first wave.",
}


@dataclass(frozen=True, eq=False)
class Responses:
    """Responses to an impulse of one SD.

    Attributes
    ----------
    total : [draw, step, target, source]
        R_h of (9), h = 0, 1, ....
    direct : [draw, step, target, source]
        What never left source and target.
    via : [draw, step, mediator, target, source]
        What left them first to the mediator; 0 where the mediator is one of them.
    """

    total: Array
    direct: Array
    via: Array


def respond(lags: Array, second: Array | None = None) -> Responses:
    """Compute (9)-(11) for draws of standardised lags [draw, step, target, source].

    Of second order, lags over two intervals [draw, step, target, source], that end where the step ends, carry on what
    was there a wave before.
    """
    n, steps, k, _ = lags.shape
    second = np.zeros((1, steps, k, k)) if second is None else second
    total, direct = np.empty((n, steps + 1, k, k)), np.empty((n, steps + 1, k, k))
    via = np.empty((n, steps + 1, k, k, k))
    for first in range(0, n, CHUNK):
        here = slice(first, first + CHUNK)
        _respond(lags[here], second[here] if len(second) > 1 else second, total[here], direct[here], via[here])
    return Responses(total, direct, via)


def _respond(lags: Array, second: Array, total: Array, direct: Array, via: Array) -> None:
    n, steps, k, _ = lags.shape
    target, source = (index.ravel() for index in np.indices((k, k)))  # a pair is target * k + source
    pairs = k * k
    inside = (np.arange(k)[:, None] == target) | (np.arange(k)[:, None] == source)  # [variable, pair]
    r = np.broadcast_to(np.eye(k), (n, k, k)).copy()
    u = np.broadcast_to((np.arange(k)[:, None] == source).astype(float), (n, k, pairs)).copy()
    v = np.zeros((n, k, k, pairs))  # [draw, variable, mediator, pair]
    at = np.arange(pairs)
    beyond = bool(second.any())
    r0, u0, v0 = np.zeros_like(r), np.zeros_like(u), np.zeros_like(v)  # a wave before
    for step in range(steps + 1):
        total[:, step] = r
        direct[:, step] = u[:, target, at].reshape(n, k, k)
        via[:, step] = v[:, target, :, at].transpose(1, 2, 0).reshape(n, k, k, k)
        if step == steps:
            break
        a = lags[:, step]
        b = second[:, step]
        r0, r = r, (a @ r + b @ r0 if beyond else a @ r)
        onward = a @ u + b @ u0 if beyond else a @ u
        left = (a @ v.reshape(n, k, k * pairs)).reshape(n, k, k, pairs)
        if beyond:
            left += (b @ v0.reshape(n, k, k * pairs)).reshape(n, k, k, pairs)
        for m in range(k):
            left[:, m, m] += np.where(inside[m], 0.0, onward[:, m])
        u0, v0, u, v = u, v, onward * inside, left


def standardised_lags(spec: RICLPM, posterior: xr.Dataset, waves: int) -> tuple[Array, Array | None]:
    """Lags [draw, step, target, source] for responses over so many waves, and those over two intervals, if any.

    Of second order responses start at the second wave: the first interval only starts the process.

    Raises
    ------
    SpecError
        Lags by interval do not go on beyond the last wave.
    """
    lag, second, average = _lag(spec, posterior)[0], second_lags(posterior), averages(posterior)
    sd = within_sd(posterior)
    flat = sd.reshape(-1, *sd.shape[2:])
    if second is not None and lag.ndim == 5:
        lag = lag[:, :, 1:]
    if lag.ndim == 5:
        if waves > lag.shape[2]:
            raise SpecError(
                "Lags that differ between intervals are known for the intervals that were seen.",
                f"Asked for {waves} waves; there are {lag.shape[2]} intervals.",
                f"Ask for waves={lag.shape[2]} at most, or fit a model with lags='equal'.",
            )
        a, start = lag.reshape(-1, *lag.shape[2:])[:, :waves], 0 if second is None else 1
        ends = flat[:, start + 1 : start + waves + 1, :, None]
        if average is not None:
            a = a.copy()
            a[:, 0] += average.reshape(a[:, 0].shape)
        scaled = np.asarray(a * flat[:, start : start + waves, None, :] / ends)
        if second is None:
            return scaled, None
        b = second.reshape(-1, *second.shape[2:])[:, :waves]
        return scaled, np.asarray(b * flat[:, :waves, None, :] / ends)
    a = lag.reshape(-1, *lag.shape[2:])
    unit = np.sqrt((flat**2).mean(axis=1))
    both = [a] if second is None else [a, second[:, :, 0].reshape(a.shape)]
    shape = (len(a), waves, *a.shape[1:])
    every = [np.broadcast_to((x * unit[:, None, :] / unit[:, :, None])[:, None], shape) for x in both]
    if average is not None:
        first = average.reshape(a.shape) * unit[:, None, :] / unit[:, :, None]
        every[0] = np.concatenate([every[0][:, :1] + first[:, None], every[0][:, 1:]], axis=1)
    return every[0], every[1] if len(every) > 1 else None


def _lag(spec: RICLPM, posterior: xr.Dataset) -> tuple[Array, Array]:
    """Lags and innovation covariances [chain, draw, (interval,) ...]; in continuous time those of one interval."""
    if not process(spec).continuous:
        return draws_of(posterior, "lag"), level_covariance(posterior, "innovation")
    times = times_of(posterior)
    per = median_gap(times) if spec.per is None else spec.per
    parts = draws_of(posterior, "drift"), level_covariance(posterior, "diffusion")
    lag, arrived, _ = looked_at(*parts, level_covariance(posterior, "initial"), times, per)
    return lag, arrived


def stationary_correlation(spec: RICLPM, posterior: xr.Dataset) -> Array:
    """Correlations [draw, variable, variable] where the within-person process settles, V = A V A' + Q.

    Of lags by interval, those of the last; of innovations by interval, their mean. NaN for draws that never settle.
    """
    check_variables(spec, posterior)
    lag, q = _lag(spec, posterior)
    a = (lag[:, :, -1] if lag.ndim == 5 else lag).reshape(-1, *lag.shape[-2:])
    q = (over_intervals(q, 1).mean(axis=2)).reshape(-1, *q.shape[-2:])
    second, average, k = second_lags(posterior), averages(posterior), a.shape[-1]
    if average is not None:  # w_t = A w_{t-1} + M u_{t-1} + u_t, and cov(w_{t-1}, u_{t-1}) = Q
        m = average.reshape(a.shape)
        once = a @ q @ m.transpose(0, 2, 1)
        q = q + once + once.transpose(0, 2, 1) + m @ q @ m.transpose(0, 2, 1)
    if second is not None:
        a = companion(a[None], second[:, :, -1:].reshape(1, -1, 1, k, k))[0]
        wide = np.zeros((len(q), 2 * k, 2 * k))
        wide[:, :k, :k] = q
        q = wide
    settles = np.abs(np.linalg.eigvals(a)).max(axis=-1) < 1
    v, power = q.copy(), np.where(settles[:, None, None], a, 0.0)
    for _ in range(SETTLED):  # v is the sum over the first 2^i waves
        more = power @ v @ power.transpose(0, 2, 1)
        v = v + more
        if np.abs(more).max() <= 1e-14 * np.abs(v).max():
            break
        power = power @ power
    v = v[:, :k, :k]
    sd = np.sqrt(np.einsum("nii->ni", v))
    out = v / (sd[:, :, None] * sd[:, None, :])
    out[~settles] = np.nan
    return np.asarray(out)


def dynamics(spec: RICLPM, posterior: xr.Dataset, *, waves: int, prob: float, group: str | None = None) -> xr.Dataset:
    """Summarise what the lags do over waves; see `bayespanel.dynamics`."""
    check_variables(spec, posterior)
    if has_groups(spec) or group is not None:
        chosen = require_group(spec, posterior, group)
        return dynamics(alone(spec), select(posterior, chosen), waves=waves, prob=prob).assign_attrs(group=chosen)
    chains, draws = posterior.sizes["chain"], posterior.sizes["draw"]
    found = respond(*standardised_lags(spec, posterior, waves))
    if process(spec).continuous:
        radius = np.abs(np.linalg.eigvals(_lag(spec, posterior)[0])).max(axis=-1).ravel()
    else:
        radius = draws_of(posterior, "spectral_radius")
        radius = (radius.max(axis=2) if radius.ndim == 3 else radius).ravel()
    keeps = np.einsum("nhvv->nhv", found.direct)[:, 1:].sum(axis=1)
    whole = np.einsum("nhvv->nhv", found.total)[:, 1:].sum(axis=1)
    with np.errstate(divide="ignore"):
        half_life = np.where(radius < 1, np.log(0.5) / np.log(radius), np.inf)
    quantities: dict[str, tuple[tuple[str, ...], Array]] = {
        "response": (("step", "target", "source"), found.total),
        "direct": (("step", "target", "source"), found.direct),
        "via": (("step", "mediator", "target", "source"), found.via),
        "returned": (("variable",), whole - keeps),
        "returned_share": (("variable",), (whole - keeps) / whole),
        "spectral_radius": ((), radius),
    }
    continuous = process(spec).continuous
    equal = continuous or not process(spec).lead(posterior.sizes["wave"])
    if equal:
        quantities["half_life"] = ((), half_life)
        quantities["stationary_corr"] = (("variable", "variable_"), stationary_correlation(spec, posterior))
    names = list(spec.variables)
    labels = dict.fromkeys(("target", "source", "mediator", "variable", "variable_"), names)
    return xr.Dataset(
        {name: (("statistic", *dims), _summary(x, chains, draws, prob)) for name, (dims, x) in quantities.items()},
        coords={"statistic": list(STATISTICS), "step": np.arange(waves + 1), **labels},
        attrs={
            **({"per": median_gap(times_of(posterior)) if spec.per is None else spec.per} if continuous else {}),
            "prob": prob,
            "prob_settles": float((radius < 1).mean()),
            "unit": UNITS["equal" if equal else "interval"],
        },
    )


def _summary(values: Array, chains: int, draws: int, prob: float) -> Array:
    """Statistics [statistic, ...] of draws [draw, ...]; draws that are NaN, because they never settle, are left out."""
    flat = values.reshape(len(values), -1).T
    tails = [(1 - prob) / 2, 0.5, (1 + prob) / 2]
    some = ~np.isnan(flat).all(axis=1)
    out = np.full((len(STATISTICS), len(flat)), np.nan)
    rows = np.ascontiguousarray(flat[some])
    missing = np.isnan(rows).any(axis=1)
    with np.errstate(invalid="ignore"):  # infinite half-lives have an infinite mean, and finite quantiles
        out[0, some] = np.nanmean(rows, axis=1)
        quantile = np.empty((3, len(rows)))
        quantile[:, ~missing] = np.quantile(rows[~missing], tails, axis=1, method="nearest")
        if missing.any():
            quantile[:, missing] = np.nanquantile(rows[missing], tails, axis=1, method="nearest")
        out[2, some], out[1, some], out[3, some] = quantile
    finite = np.isfinite(rows).all(axis=1)
    error = np.full(len(rows), np.nan)
    error[finite] = mcse(rows[finite].reshape(-1, chains, draws), "mean")
    out[4, some] = error
    return out.reshape(len(STATISTICS), *values.shape[1:])
