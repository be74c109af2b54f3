"""Evidence of a fit that mixes imputations: what is missing of each pathway, and Bayes factors of mixed draws."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import logsumexp

from bayespanel.families.door import family_of, pathways_of
from bayespanel.inference.imputed import within
from bayespanel.language.errors import SpecError
from bayespanel.language.shown import prose
from bayespanel.language.values import probability
from bayespanel.summaries.bayes_factors import bayes_factors
from bayespanel.summaries.kinds import kind_of
from bayespanel.summaries.missing_information import ENOUGH, FEW, largest_rhat, missing_information as measured

if TYPE_CHECKING:
    from bayespanel.inference.fit import Fit

NOTE = (
    "Bayes factors of mixed imputations come from their draws alone; where none lie near 0, a bound stands in place of "
    "one."
)


def missing_information(fit: Fit, *, prob: float = 0.95, by_interval: bool = False) -> pd.DataFrame:
    """Return how much of what could be known of each pathway is missing, from a fit to imputations.

    Parameters
    ----------
    fit
        From `bp.fit_imputed`.
    prob
        Probability of the interval of the fraction.
    by_interval
        Whether to give one row for each interval between waves, as in `evidence`.

    Returns
    -------
    pandas.DataFrame
        One row per pathway: `pathway`, `kind`, and on the standardised scale `mean`; `within_sd`, the posterior SD of a
        completed table; `between_sd`, the SD of the posterior means of imputations, their Monte Carlo error taken off;
        `fmi`, the fraction of missing information, with the bounds `lower` and `upper`. With m imputations, B the
        square of `between_sd` and W that of `within_sd`, it is (1 + 1/m) B / (W + (1 + 1/m) B). Pathways that never
        vary have NaN. ``attrs["caveat"]`` says how far the fractions can be relied upon; `bp.text` shows the table
        with it.

    Raises
    ------
    SpecError
        The fit is to one table, or `prob` is not between 0 and 1.

    References
    ----------
    Rubin (1987), doi:10.1002/9780470316696; Harel (2007), doi:10.1016/j.stamet.2006.03.002, on the interval; Zhou &
    Reiter (2010), doi:10.1198/tast.2010.09109, on how many imputations mixed draws need.
    """
    probability("prob", prob)
    if fit.imputations == 1:
        raise SpecError(
            "What is missing shows in the difference between imputations.",
            "The fit is to one table.",
            "Give the fit of bp.fit_imputed(spec, [panel, ...], seed=...).",
        )
    draws = pathways_of(fit.spec, fit.groups, by_interval=by_interval)
    found = measured(within(draws, int(fit.provenance["chains"])), prob)
    frame = pd.DataFrame({"pathway": draws["pathway"].values, "kind": draws["kind"].values, **vars(found)})
    frame.attrs["caveat"] = caveat(fit.imputations)
    frame.attrs["imputations"] = fit.imputations
    return frame


def caveat(number: int) -> str:
    """Say how far fractions of missing information of so many imputations can be relied upon."""
    if number < FEW:
        return (
            f"{number} imputations are few: the fractions are rough, as their intervals show, and bounds of mixed "
            f"draws may move with a further imputation; {ENOUGH} or more are advised."
        )
    if number < ENOUGH:
        return f"{number} imputations tell means and SDs well; for tails of mixed draws {ENOUGH} or more are advised."
    return f"{number} imputations: enough for the tails of mixed draws too."


def missing_information_text(frame: pd.DataFrame) -> str:
    """Return the table of `missing_information` as text of 80 columns, the largest fraction of each kind first."""
    header = f"{'':<6}{'mean':>9}{'within SD':>11}{'between SD':>12}{'FMI':>8}{'interval':>17}"
    lines = [header]
    for kind, rows in frame.groupby("kind", sort=False):
        lines += ["", kind_of(str(kind)).heading]
        for _, row in rows.sort_values("fmi", ascending=False, kind="stable").iterrows():
            numbers = f"{'':<6}{row['mean']:>9.3f}{row['within_sd']:>11.3f}{row['between_sd']:>12.3f}"
            bounds = f"[{row['lower']:.2f}, {row['upper']:.2f}]"
            share = "" if np.isnan(float(row["fmi"])) else f"{row['fmi']:>8.2f}{bounds:>17}"
            lines += textwrap.wrap(str(row["pathway"]), 76, initial_indent="  ", subsequent_indent="    ")
            lines.append((numbers + share).rstrip())
    words = (
        "FMI: fraction of missing information, (1 + 1/m) B / (W + (1 + 1/m) B), with W and B the squares of the SDs "
        f"within and between m = {frame.attrs['imputations']} imputations (doi:10.1002/9780470316696). "
        f"{frame.attrs['caveat']}"
    )
    return "\n".join([*lines, "", *textwrap.wrap(words, min(80, prose()))])


def with_missing_information(evidence: xr.Dataset, fit: Fit, draws: xr.Dataset) -> xr.Dataset:
    """Return evidence of mixed imputations with `fmi`, and with the largest R-hat within an imputation as `rhat`."""
    values = within(draws, int(fit.provenance["chains"]))
    out = evidence.assign(rhat=("pathway", largest_rhat(values)), fmi=("pathway", measured(values).fmi))
    return out.assign_attrs(imputations=fit.imputations)


def factors_of_imputations(fit: Fit, draws: xr.Dataset) -> xr.Dataset:
    """Return Bayes factors of pathways from mixed draws.

    The prior of standardised rows counts in the SDs of each completed table, so that the prior density at 0 is the mean
    of theirs.
    """
    room = family_of(fit.spec).nulls
    every = [room.nulls(fit.spec, data, draws) for data in fit.data]
    log_prior = logsumexp(np.stack([one.log_prior for one in every]), axis=0) - np.log(len(every))
    found = bayes_factors(draws, replace(every[0], log_prior=log_prior))
    if bool(found["log_bf10_above"].notnull().any()):
        found["log_bf10_above"].attrs["note"] = NOTE
    return found
