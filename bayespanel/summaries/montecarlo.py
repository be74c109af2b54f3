"""How far a number computed from draws may be from the posterior's own: Monte Carlo standard errors.

Means, standard deviations and quantiles have theirs from ArviZ (Vehtari, Gelman, Simpson, Carpenter & Bürkner, 2021,
doi:10.1214/20-BA1221). Added here are probabilities and the bounds of highest-density intervals.

Arrays are [pathway, chain, draw]. A pathway whose draws are all the same has no convergence to speak of, and its
effective sample sizes, R-hat and errors are NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayespanel.inference.convergence import ess_mean, normal_scores, varies

Array = NDArray[np.float64]

BATCHES = 20
"""Batches for the error of an HDI's bounds: the error is then itself known to 16 %."""

SHORTEST_BATCH = 40
"""Draws below which a batch has no 95 % interval worth the name."""


def mcse(draws: Array, statistic: str, prob: float | None = None) -> Array:
    """Monte Carlo standard error [pathway] of a statistic.

    Parameters
    ----------
    draws : [pathway, chain, draw]
    statistic
        "mean", "sd", "median" or "quantile".
    prob
        Which quantile.
    """
    arviz = _arviz()
    return _where_varying(draws, lambda x: arviz.mcse(x, method=statistic, prob=prob))


def mcse_probability(event: NDArray[np.bool_], ess: Array, values: Array) -> Array:
    """Monte Carlo standard error [pathway] of the share p of draws in which an event holds.

    With f the part of the event's indicator that is linear in the pathways and their squares (both of ranks on the
    normal scale), and e the rest, the squared error is::

        var(f) / S(f) + var(e) / S(e),   var(f) + var(e) = p (1 - p)                                       (1)

    with S the effective sample size of each. Of the indicator alone S is often too large: a slow part of the chain that
    makes up little of the indicator's variance drowns in its noise, and the sum of autocorrelations is cut off early.
    In f it stands out. The error is at least 1 / ess. If all draws agree, (1) is 0 and cannot be meant: with `ess`
    independent draws, none would show an event of probability 1 / ess in 37 % of cases. So the bound is the error that
    one effective draw on the other side would have given, and three times the bound is the 95 % limit for an event
    that was never seen, the "rule of three" (Hanley & Lippman-Hand, 1983, doi:10.1001/jama.1983.03330370053031).

    Parameters
    ----------
    event : [pathway, chain, draw]
    ess : [pathway]
        Effective sample size of the pathway, where it is smallest (bulk or tail). NaN gives NaN.
    values : [pathway, chain, draw] or [pathway, part, chain, draw]
        Draws of the pathway, or of all the pathways that the event is about.
    """
    parts = values.reshape(len(event), -1, *event.shape[1:])
    fitted = np.stack([_explained(*pair) for pair in zip(event.astype(float), parts, strict=True)])
    variance = np.zeros(len(event))
    for series in (fitted, event - fitted):
        size = _where_varying(series, ess_mean)
        variance += series.var(axis=(1, 2)) / np.where(np.isnan(size), ess, size)
    return np.maximum(np.sqrt(variance), np.minimum(1 / ess, 0.5))


def _explained(indicator: Array, parts: Array) -> Array:
    """Regression [chain, draw] of an indicator on the normal scores of parts [part, chain, draw] and their squares."""
    scores = normal_scores(parts.reshape(len(parts), -1))
    columns = np.concatenate([np.ones((1, indicator.size)), scores, scores**2]).T
    weights = np.linalg.lstsq(columns, indicator.ravel(), rcond=None)[0]
    return np.asarray(columns @ weights).reshape(indicator.shape)


def hdi(draws: Array, prob: float) -> tuple[Array, Array]:
    """Bounds [pathway] of the shortest interval that holds a share `prob` of the draws."""
    arviz = _arviz()
    bounds = arviz.hdi(draws, prob, axis=(1, 2))
    return bounds[..., 0], bounds[..., 1]


def mcse_hdi(draws: Array, prob: float) -> tuple[Array, Array]:
    """Monte Carlo standard errors [pathway] of the bounds of `hdi`.

    The place of the shortest interval settles with the cube root of the number of draws (Kim & Pollard, 1990,
    doi:10.1214/aos/1176347498), more slowly than a quantile, so the error of a quantile would be too small for it.
    This one is the standard deviation of the bounds over batches of consecutive draws, times the cube root of a
    batch's share of all draws (subsampling; Politis & Romano, 1994, doi:10.1214/aos/1176325770). It is too large
    for a bound at the edge of a distribution, which settles faster. NaN with batches below `SHORTEST_BATCH` draws.
    """
    n, chains, length = draws.shape
    pieces = -(-BATCHES // chains)
    size = length // pieces
    if size < SHORTEST_BATCH:
        return np.full(n, np.nan), np.full(n, np.nan)
    batches = draws[:, :, : size * pieces].reshape(n * chains * pieces, 1, size)
    shrink = (size / (chains * length)) ** (1 / 3)
    lower, upper = (bound.reshape(n, -1).std(axis=1, ddof=1) * shrink for bound in hdi(batches, prob))
    still = ~varies(draws)
    return np.where(still, np.nan, lower), np.where(still, np.nan, upper)


def _arviz() -> Any:
    """ArviZ's statistics of plain arrays; imported late, because that takes seconds."""
    return import_module("arviz_stats.base").array_stats


def _where_varying(draws: Array, measure: Callable[[Array], Array]) -> Array:
    """Apply a measure to the pathways whose draws differ; NaN for the others."""
    out = np.full(draws.shape[0], np.nan)
    varying = varies(draws)
    if varying.any():
        out[varying] = measure(draws[varying])
    return out
