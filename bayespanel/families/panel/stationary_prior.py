"""What of the prior is left where a process has to be stationary, for Bayes factors and marginal likelihoods.

Lags and the covariance V of deviations are drawn apart from each other, and together must leave something to arrive,
equations (24) and (25) of `stationary`. So the prior is the drawn one, cut off there, divided by the share

    s = P(what arrives is positive definite),        and at lag[y, x] = 0 its density is f(0) s_yx / s             (26)

with s_yx the share among draws with that lag 0. Both by importance sampling: lags are drawn c times as near to their
centre, and a draw counts f(a) / (f(a') / c) for each lag, a' the lag before it was moved.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from bayespanel.data import Moments
from bayespanel.families.panel.continuous import median_gap, wave_times
from bayespanel.families.panel.groups import freed, labels_of
from bayespanel.families.panel.process import process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.stationary import arriving, diffusing, exists
from bayespanel.language.prior import Prior
from bayespanel.language.prior_draws import drawn, drawn_correlation

Array = NDArray[np.float64]

DRAWS = 20_000
SEED = 20261128
NEARER = (1.0, 0.7, 0.5, 0.35, 0.25)
"""Factors c that are tried; the one that leaves most effective draws is taken."""


class Shares(NamedTuple):
    """Log of s, and of each s_yx [target, source]."""

    whole: float
    at_zero: Array


class _Design(NamedTuple):
    """All on which the shares depend: rows of the priors, SDs of the variables, and what differs between groups."""

    lag: Prior
    sd: Prior
    corr: Prior | None
    scale: tuple[float, ...]
    gap: float
    groups: int
    lags_apart: bool
    covariances_apart: bool


def shares(spec: RICLPM, moments: Moments) -> Shares:
    """Return the shares (26) of the priors of a model."""
    lags, groups, free = process(spec), len(labels_of(spec, moments)), freed(spec)
    row = spec.prior(lags.row)
    corr = spec.prior("initial_corr") if len(spec.variables) > 1 else None
    scale = (1.0,) * len(spec.variables) if row.scale == "standardised" else tuple(map(float, moments.scale))
    gap = median_gap(wave_times(moments)) if lags.continuous else 0.0
    apart = lags.row in free, "initial" in free
    alone = all(apart) or not any(apart)  # groups that share nothing of it, or all
    found = _shares(_Design(row, spec.prior("initial_sd"), corr, scale, gap, 1 if alone else groups, *apart))
    if all(apart) and groups > 1:
        return Shares(found.whole * groups, found.at_zero + found.whole * (groups - 1))
    return found


@lru_cache(maxsize=64)
def _shares(design: _Design) -> Shares:
    k, rng = len(design.scale), np.random.default_rng(SEED)
    number = design.groups if design.covariances_apart else 1
    corr = np.broadcast_to(np.eye(k), (DRAWS, number, k, k))
    if design.corr is not None:
        every = [drawn_correlation(design.corr, rng, k) for _ in range(number * DRAWS)]
        corr = np.stack(every).reshape(DRAWS, number, k, k)
    scale = np.array(design.scale)
    sd = drawn(design.sd, rng, (DRAWS, number, k), unit=scale)
    ratio = scale[:, None] / scale if design.lag.scale == "total" else np.ones((k, k))
    if design.lag.scale == "standardised":  # in SDs of deviations; groups that share lags, in their geometric mean
        shared = number > 1 and not design.lags_apart
        sd = sd / np.exp(np.log(sd).mean(axis=1, keepdims=True)) if shared else np.ones_like(sd)
    covariance = sd[..., :, None] * corr * sd[..., None, :]
    before = drawn(design.lag, rng, (DRAWS, design.groups if design.lags_apart else 1, k, k))
    draws = _Draws(design, covariance, before, ratio)
    nearer = max(NEARER, key=lambda c: _effective(draws.log_weights(c)))
    at_zero = [[_log_mean(draws.log_weights(nearer, (y, x))) for x in range(k)] for y in range(k)]
    return Shares(_log_mean(draws.log_weights(nearer)), np.array(at_zero))


class _Draws(NamedTuple):
    """Draws of V [draw, group or one, ., .] and of lags or drifts as their prior counts, and what their units are."""

    design: _Design
    covariance: Array
    before: Array
    ratio: Array

    def log_weights(self, nearer: float, zero: tuple[int, int] | None = None) -> Array:
        """Return log weights [draw], -inf where nothing arrives; with the lag at `zero` held there, if it is given."""
        row, mu = self.design.lag, self.design.lag.arguments[-2]
        lag = mu + nearer * (self.before - mu)
        weight = _log_density(row, lag) - _log_density(row, self.before) + np.log(nearer)
        if zero is not None:
            lag[..., zero[0], zero[1]] = weight[..., zero[0], zero[1]] = 0.0
        matrix = lag * self.ratio
        if not self.design.gap:
            left = arriving(matrix, self.covariance)
        else:  # a drift per usual gap, counted from the centre of its prior unless it is raw
            raw = row.scale == "raw"
            left = diffusing(matrix if raw else matrix - np.eye(matrix.shape[-1]), self.covariance)
        return np.where(exists(left).all(axis=-1), weight.sum(axis=(1, 2, 3)), -np.inf)


def _effective(log_weight: Array) -> float:
    """Return how many draws of equal weight would say as much."""
    if not np.isfinite(log_weight).any():
        return 0.0
    return float(np.exp(2 * logsumexp(log_weight) - logsumexp(2 * log_weight)))


def _log_mean(log_weight: Array) -> float:
    return float(logsumexp(log_weight) - np.log(len(log_weight)))


def _log_density(row: Prior, value: Array) -> Array:
    from scipy import stats  # takes most of a second, and every fit reads this module

    *freedom, mu, sigma = row.arguments
    if row.distribution == "StudentT":
        return np.asarray(stats.t.logpdf(value, freedom[0], mu, sigma))
    return np.asarray(stats.norm.logpdf(value, mu, sigma))
