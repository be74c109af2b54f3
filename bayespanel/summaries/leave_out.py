"""What is left when a part of the data is left out, from one fit: Pareto-smoothed importance sampling.

Vehtari, Simpson, Gelman, Yao & Gabry (2024, JMLR 25(72)); Vehtari, Gelman & Gabry (2017),
doi:10.1007/s11222-016-9696-4. With w_s proportional to 1 / p(y_u | draw s), smoothed::

    elpd_u  = log sum_s w_s p(y_u | draw s)                                                                (1)
    mean_-u = sum_s w_s x_s,   Monte Carlo variance  sum_s w_s^2 (x_s - mean_-u)^2                         (2)

Pareto's k says whether the weights may be trusted: above `BAD` the part has to be left out by fitting again.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.special import logsumexp

from bayespanel.summaries.stacking import stacking_weights

Array = NDArray[np.float64]

BAD = 0.7
"""Pareto k above which weights are not to be trusted."""


@dataclass(frozen=True, eq=False)
class LeftOut:
    """Importance weights without each unit.

    Attributes
    ----------
    units : list of str
    log_weights : [draw, unit]
        Normalised.
    pareto_k : [unit]
    elpd : [unit]
        Log predictive density of each unit given the others.
    within : [unit]
        The same given all units, itself among them.
    """

    units: list[str]
    log_weights: Array
    pareto_k: Array
    elpd: Array
    within: Array


def leave_out(densities: Array, units: list[str]) -> LeftOut:
    """Weigh draws as if each unit had been left out, from log-densities [chain, draw, unit]."""
    stats: Any = import_module("arviz_stats.base").array_stats
    flat = densities.reshape(-1, densities.shape[2])
    weights, k = np.empty_like(flat), np.empty(flat.shape[1])
    for u, column in enumerate(flat.T):
        smoothed, found = stats.psislw(column)
        weights[:, u], k[u] = smoothed - logsumexp(smoothed), float(found)
    within = logsumexp(flat, axis=0) - np.log(len(flat))
    return LeftOut(units, weights, k, np.asarray(logsumexp(weights + flat, axis=0)), np.asarray(within))


def influence(draws: xr.Dataset, left: LeftOut) -> pd.DataFrame:
    """Return each pathway without each unit.

    Returns
    -------
    DataFrame
        unit, pathway, mean (without the unit), mcse, shift (from the mean of all), shift_in_sd (in posterior SDs) and
        pareto_k; the largest shift first.
    """
    values = draws["standardised"].transpose("chain", "draw", "pathway").values
    flat = values.reshape(-1, values.shape[2])
    weights = np.exp(left.log_weights)
    mean = weights.T @ flat
    variance = np.stack([(weights[:, u] ** 2) @ (flat - mean[u]) ** 2 for u in range(len(left.units))])
    sd = flat.std(axis=0, ddof=1)
    shift = mean - flat.mean(axis=0)
    names = draws["pathway"].values.astype(str)
    frame = pd.DataFrame(
        {
            "unit": np.repeat(left.units, len(names)),
            "pathway": np.tile(names, len(left.units)),
            "mean": mean.ravel(),
            "mcse": np.sqrt(variance).ravel(),
            "shift": shift.ravel(),
            "shift_in_sd": (shift / np.where(sd > 0, sd, np.nan)).ravel(),
            "pareto_k": np.repeat(left.pareto_k, len(names)),
        }
    )
    return frame.sort_values("shift_in_sd", key=abs, ascending=False, ignore_index=True)


def ranges(table: pd.DataFrame) -> pd.DataFrame:
    """Return, per pathway, the range of its mean over all units left out, and the units at its ends."""
    rows = []
    for name, part in table.groupby("pathway", sort=False):
        by_mean = part.sort_values("mean")
        low, high = by_mean.iloc[0], by_mean.iloc[-1]
        rows.append(
            {
                "pathway": name,
                "lowest": low["mean"],
                "without_for_lowest": low["unit"],
                "highest": high["mean"],
                "without_for_highest": high["unit"],
                "largest_shift_in_sd": float(part["shift_in_sd"].abs().max()),
                "not_trusted": int((part["pareto_k"] > BAD).sum()),
            }
        )
    return pd.DataFrame(rows)


def comparison(found: dict[str, LeftOut], elpd: dict[str, Array]) -> pd.DataFrame:
    """Return ArviZ's table of models, best first, see `arviz_stats.compare`; its weights are those of `stacking`.

    ArviZ's own weights take the exponential of log densities, which underflows for whole schools; its other weights,
    pseudo-BMA, do not.
    """
    arviz_stats: Any = import_module("arviz_stats")
    table: pd.DataFrame = arviz_stats.compare(
        {name: _elpd_data(left, elpd[name]) for name, left in found.items()}, method="pseudo-bma", round_to="none"
    )
    weights = stacking_weights(np.stack([elpd[name] for name in found], axis=1))
    return table.assign(weight=pd.Series(weights, index=list(found)).reindex(table.index))


def _elpd_data(left: LeftOut, elpd: Array) -> Any:
    """Return predictive densities in ArviZ's own form."""
    form: Any = import_module("arviz_stats.utils").ELPDDataLOO
    coords = {"unit": left.units}
    return form(
        elpd=float(elpd.sum()),
        se=float(np.sqrt(len(elpd) * elpd.var())),
        p=float(left.within.sum() - elpd.sum()),
        n_samples=left.log_weights.shape[0],
        n_data_points=len(elpd),
        scale="log",
        warning=bool((left.pareto_k > BAD).any()),
        good_k=BAD,
        elpd_i=xr.DataArray(elpd, dims="unit", coords=coords),
        pareto_k=xr.DataArray(left.pareto_k, dims="unit", coords=coords),
    )
