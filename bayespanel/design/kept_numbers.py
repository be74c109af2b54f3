"""What is kept of a replicate: a few numbers per pathway, and a few of the run as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.inference.convergence import varies
from bayespanel.summaries.summary import WIDEST, summarise

Array = NDArray[np.float64]

SUMMARIES = (
    "mean", "median", "sd", "lower", "upper", "raw_mean", "raw_sd", "raw_lower", "raw_upper", "prob_direction",
    "prob_rope", "prob_above_rope", "prob_below_rope", "rhat", "ess_bulk", "ess_tail",
)  # fmt: skip
"""Of the posterior, by their names in the evidence."""

FACTORS = ("log_bf10", "log_bf10_above")
"""Of Bayes factors, by their names in the evidence: an estimate, or a lower bound where there is none."""

STATISTICS = ("truth", "raw_truth", *SUMMARIES, "log_bf10", "rank", "log_bf10_above")
"""All that is kept of a pathway: the truth, summaries, and how many of `RANKED` draws lie below the truth.

New ones come last: an older store has the first of them. One without `log_bf10_above` holds bounds among its
`log_bf10`, and nothing tells which.
"""

RUN = ("status", "rhat", "ess", "divergences", "seconds_data", "seconds_fit", "seconds", "finished", "by_nuts")
"""All that is kept of a run; `finished` in seconds since 1970, `by_nuts` whether any of its draws are by NUTS."""

DONE, UNCONVERGED, FAILED = 1.0, 2.0, 3.0
"""Values of `status`; 0, or none, is not yet run."""

RANKED = 99
"""Draws, evenly spaced, among which the truth has a rank of 0 to 99: enough for bands, few enough to be independent."""


@dataclass(frozen=True, eq=False)
class Record:
    """What is kept of a replicate.

    Attributes
    ----------
    statistics : [pathway, statistic]
    run : [measure]
    message
        Why it failed; empty otherwise.
    """

    statistics: Array
    run: Array
    message: str = ""


def number_by_nuts(run: xr.DataArray) -> xr.DataArray:
    """Return how many replicates of runs [..., replicate, measure] were sampled by NUTS."""
    return run.sel(measure="by_nuts", drop=True).sum("replicate").astype(int)


def pathway_statistics(
    names: tuple[str, ...],
    draws: xr.Dataset,
    truth: Mapping[str, tuple[float, float]],
    factors: xr.Dataset | None,
    *,
    rope: tuple[float, float] | None,
    prob: float,
) -> Array:
    """Return the statistics [pathway, statistic] of the named pathways, NaN for those that a model lacks.

    Parameters
    ----------
    names
        Pathways of the study.
    draws
        `standardised` and `raw` [chain, draw, pathway] of this model.
    truth
        Pathway -> true value on the standardised and the raw scale.
    factors
        Bayes factors of the pathways of `draws`; None for none.
    rope, prob
        See `summarise`; without a region of practical equivalence there are no shares of it.
    """
    found = summarise(draws, rope=rope or WIDEST, prob=prob)
    columns = {name: found[name].values for name in SUMMARIES if name in found and (rope or "rope" not in name)}
    if factors is not None:
        columns |= {name: factors[name].values for name in FACTORS}
    here = [str(name) for name in draws["pathway"].values]
    true = np.array([truth.get(name, (np.nan, np.nan)) for name in here]).reshape(-1, 2)
    columns["truth"], columns["raw_truth"] = true[:, 0], true[:, 1]
    values = draws["standardised"].transpose("pathway", "chain", "draw").values
    columns["rank"] = ranks(values, columns["truth"])
    table = np.full((len(names), len(STATISTICS)), np.nan)
    at = {name: row for row, name in enumerate(here)}
    into = np.array([place for place, name in enumerate(names) if name in at], dtype=int)
    from_ = np.array([at[name] for name in names if name in at], dtype=int)
    for column, name in enumerate(STATISTICS):
        if name in columns:
            table[into, column] = columns[name][from_]
    return table


def ranks(values: Array, truth: Array) -> Array:
    """Return how many of `RANKED` evenly spaced draws [pathway, chain, draw] lie below the truth [pathway]."""
    flat = values.reshape(len(values), -1)
    some = flat[:, np.linspace(0, flat.shape[1] - 1, RANKED).round().astype(int)]
    found = (some < truth[:, None]).sum(axis=1).astype(float)
    return np.where(np.isfinite(truth) & varies(values), found, np.nan)
