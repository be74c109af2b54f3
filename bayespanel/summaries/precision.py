"""What draws would say without the prior that narrows and draws them: its precision taken from the posterior's.

Under a normal prior with mean m0 and SD s0, a likelihood that is normal in the parameter and a posterior with mean m
and SD s, the likelihood alone has::

    1 / t^2 = 1 / s^2 - 1 / s0^2                                                                         (1)
    t = s / sqrt(1 - s^2 / s0^2),   estimate = m0 + (m - m0) / (1 - s^2 / s0^2)                          (2)

t is the sampling SD of the estimate: what a design of this size has, whatever anybody thought of the effect. Families
that know the sampling SD exactly give it themselves.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.language.prior import Prior
from bayespanel.summaries.kinds import kind_of
from bayespanel.summaries.nulls import Nulls

Array = NDArray[np.float64]

WHOSE = 0.8
"""Share of the prior's variance that the posterior may have: beyond it the data say less than a quarter of what the
prior does, and the difference in (1) is mostly error."""

SAID = (
    "Power, type S and type M are those of an estimate with the design's sampling SD, in which the prior of the effect "
    "has no part. They are not given (NaN) for pathways that are no parameters, such as products of lags, for pooled "
    "effects, and where the prior's part cannot be taken out: it is not normal, or the data hardly say more."
)
"""What goes with the numbers."""


def sampling_sds(draws: xr.Dataset, nulls: Nulls, rows: Mapping[str, Prior]) -> Array:
    """Return the sampling SD [pathway], standardised, by equation (2); NaN where it is not to be had.

    Parameters
    ----------
    draws
        `standardised` and `raw` [chain, draw, pathway], with `kind` and, where effects are pooled, `pooled`.
    nulls
        On which scale a pathway has its prior, and its density at 0, which tells a normal prior's SD.
    rows
        The table of priors in use, by parameter.
    """
    pooled = draws["pooled"].values if "pooled" in draws.coords else np.zeros(draws.sizes["pathway"], bool)
    out = np.full(draws.sizes["pathway"], np.nan)
    for i, kind in enumerate(map(str, draws["kind"].values)):
        row = rows.get(kind_of(kind).prior)
        on = nulls.scale[i]
        if row is None or row.distribution != "Normal" or not on or pooled[i]:
            continue
        mu, sigma = row.arguments
        width = np.exp(-nulls.log_prior[i] - 0.5 * (mu / sigma) ** 2) / np.sqrt(2 * np.pi)
        share = float(draws[on].isel(pathway=i).values.var(ddof=1)) / width**2
        if share <= WHOSE:
            out[i] = draws["standardised"].isel(pathway=i).values.std(ddof=1) / np.sqrt(1 - share)  # (2)
    return np.where(out > 0, out, np.nan)


def pull(values: Array, row: Prior, unit: float = 1.0) -> float:
    """Return how far a location prior moves a mean, in posterior SDs: away from where the data alone would have it.

    Parameters
    ----------
    values
        Draws of the parameter, in any shape.
    row
        Its prior; standardised rows count in units.
    unit
        Raw size of a standardised unit.

    Returns
    -------
    float
        (mean - estimate) / SD; infinite where the data say less than a quarter of what the prior does.
    """
    *freedom, mu, sigma = row.arguments
    place, width = (mu * unit, sigma * unit) if row.scale != "raw" else (mu, sigma)
    mean, sd = float(values.mean()), float(values.std(ddof=1))
    if row.distribution == "StudentT":
        # Near its middle and in its tail alike a t is normal with the precision of a scale drawn for where it is asked.
        width *= float(np.sqrt((freedom[0] + ((mean - place) / width) ** 2) / (freedom[0] + 1)))
    share = (sd / width) ** 2
    if share > WHOSE:
        return float(np.inf)
    return (mean - place) / sd * (1 - 1 / (1 - share))  # (2)
