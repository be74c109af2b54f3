"""Bayes factors of pathways against none: the Savage-Dickey ratio, prior density over posterior density at 0.

Dickey (1971), doi:10.1214/aoms/1177693507; Wagenmakers, Lodewyckx, Kuriyal & Grasman (2010),
doi:10.1016/j.cogpsych.2009.12.001. The prior density is exact, the posterior's is estimated from draws, and where no
draws come near 0 the ratio is a lower bound and says so.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from bayespanel.evidence.density import log_density
from bayespanel.evidence.nulls import Nulls

NAMES = ("log_bf10", "mcse_log_bf10", "log_bf10_is_bound")


def bayes_factors(draws: xr.Dataset, nulls: Nulls) -> xr.Dataset:
    """Weigh each pathway against its absence.

    Parameters
    ----------
    draws
        `standardised` and `raw` [chain, draw, pathway].
    nulls
        Prior densities at 0.

    Returns
    -------
    xr.Dataset
        Over `pathway`: `log_bf10`, the natural logarithm of the Bayes factor for the pathway against 0; its Monte Carlo
        standard error; and whether it is a lower bound ("at least"), because hardly a draw comes near 0. A product has
        those of its weaker leg. NaN where a pathway has no prior of its own.
    """
    n = draws.sizes["pathway"]
    value, error, bound = np.full(n, np.nan), np.full(n, np.nan), np.zeros(n, bool)
    for i, on in enumerate(nulls.scale):
        if on:
            found = log_density(draws[on].isel(pathway=i).transpose("chain", "draw").values)
            value[i] = nulls.log_prior[i] - found.value
            error[i], bound[i] = found.error, found.is_bound
    for i, legs in enumerate(nulls.legs):
        if legs:
            weaker = min(legs, key=lambda leg: value[leg])
            value[i], error[i], bound[i] = value[weaker], error[weaker], bound[weaker]
    return xr.Dataset(
        {name: ("pathway", found) for name, found in zip(NAMES, (value, error, bound), strict=True)},
        coords={"pathway": draws["pathway"]},
    )
