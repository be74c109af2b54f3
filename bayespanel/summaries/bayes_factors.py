"""Bayes factors of pathways against none: the Savage-Dickey ratio, prior density over posterior density at 0.

Dickey (1971), doi:10.1214/aoms/1177693507; Wagenmakers, Lodewyckx, Kuriyal & Grasman (2010),
doi:10.1016/j.cogpsych.2009.12.001. The prior density is exact. The posterior density is estimated from the draws if
some of them are near 0, and otherwise from the density of the model (`restricted`). If neither is possible, there is no
estimate but only a lower bound; it has a name of its own, so that nobody takes it for an estimate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import xarray as xr

from bayespanel.summaries.density import LogDensity, log_density
from bayespanel.summaries.nulls import Nulls

NAMES = ("log_bf10", "mcse_log_bf10", "log_bf10_above")

NEAR = 0.1
"""Monte Carlo error of a log density above which the model is asked: a tenth is less than anyone can act on."""

SIDES = 3.0
"""Monte Carlo errors by which an estimate is away from a threshold, if draws are to say on which side of it it is."""

Beyond = Callable[[Sequence[int]], Mapping[int, LogDensity]]
"""Rows of pathways -> their posterior log-densities at 0 by the model, of those rows of which it can speak."""


def bayes_factors(
    draws: xr.Dataset, nulls: Nulls, beyond: Beyond | None = None, thresholds: Sequence[float] | None = None
) -> xr.Dataset:
    """Weigh each pathway against its absence.

    Parameters
    ----------
    draws
        `standardised` and `raw` [chain, draw, pathway].
    nulls
        Prior densities at 0.
    beyond
        Is called with the rows for which the draws are not enough. None means that there is no model to compute with.
    thresholds
        Bayes factors. The draws are enough where they place a pathway on one side of each of them: their bound is above
        it, or their estimate is away from it by three times its error. None asks for estimates everywhere.

    Returns
    -------
    xr.Dataset
        Over `pathway`: `log_bf10`, the natural logarithm of the Bayes factor for the pathway against 0, and its Monte
        Carlo standard error. If it cannot be estimated both are NaN, and `log_bf10_above` is a number that it exceeds
        with probability 0.95. This is a one-sided bound, so a low bound is no evidence for 0. If there is an estimate,
        `log_bf10_above` is NaN. A product has the numbers of the leg whose estimate or bound is smaller. If a pathway
        has no prior of its own, all of them are NaN.
    """
    n = draws.sizes["pathway"]
    found = {
        i: log_density(draws[on].isel(pathway=i).transpose("chain", "draw").values)
        for i, on in enumerate(nulls.scale)
        if on
    }
    if beyond is not None:
        unsure = [i for i, one in found.items() if _is_open(nulls.log_prior[i] - one.value, one, thresholds)]
        for i, one in beyond(unsure).items() if unsure else ():
            if not one.is_bound and (found[i].is_bound or one.error < found[i].error):
                found[i] = one
    value, error, above = (np.full(n, np.nan) for _ in NAMES)
    for i, one in found.items():
        ratio = nulls.log_prior[i] - one.value
        if one.is_bound:
            above[i] = ratio
        else:
            value[i], error[i] = ratio, one.error
    least = np.fmin(value, above)
    for i, legs in enumerate(nulls.legs):
        if legs and np.isfinite(least[list(legs)]).all():
            weaker = min(legs, key=lambda leg: least[leg])
            value[i], error[i], above[i] = value[weaker], error[weaker], above[weaker]
    return xr.Dataset(
        {name: ("pathway", each) for name, each in zip(NAMES, (value, error, above), strict=True)},
        coords={"pathway": draws["pathway"]},
    )


def _is_open(log_factor: float, one: LogDensity, thresholds: Sequence[float] | None) -> bool:
    """Whether draws leave a factor, of which they give an estimate or a lower bound, open."""
    if thresholds is None:
        return one.is_bound or one.error > NEAR
    margins = log_factor - np.log(np.asarray(thresholds, float))
    return bool((margins <= 0).any() if one.is_bound else (np.abs(margins) < SIDES * one.error).any())
