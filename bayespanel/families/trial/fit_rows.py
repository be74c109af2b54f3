"""Rows of checks about the fit of a trial: what the model calls one number and is not, and what it predicts wrongly.

Means and covariances of a trial are free, so that a misfit is not in them but in what arms and schools share: the
effect, the spread of scores, the spread of clusters, the thresholds of ordered scores, and the spread of numbers of
events.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import chi2

from bayespanel.data import TrialCounts, TrialMoments
from bayespanel.families.trial.between import between
from bayespanel.families.trial.levels import UNITS
from bayespanel.families.trial.predictive import predictive
from bayespanel.families.trial.sameness import place, ratios, spreads
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.inference.checks import FIT, Check, attempted
from bayespanel.inference.likelihood_ratio import CONTRADICTED, UNLIKELY

SHARES = "absolute fit, p of the shares of categories by arm"
NUMBERS = "absolute fit, p of the numbers of events by arm"
EFFECTS = "spread of the effect between units"
SDS = "largest ratio of the SDs of two arms"
BETWEEN = "absolute fit, largest ratio of the variances between clusters of two arms"

APART = 0.02
"""Difference of a share of pupils from which it matters."""

EXPECTED = 5
"""Pupils who are expected in a range, at least, for a chi-square."""

SUMMED = ["observed", "predicted", "difference"]

FEW_DRAWS = 50
"""Draws over which predicted shares are averaged: a share is then known to a hundredth of its own error."""


def fit_rows(spec: ClusterTrial, posterior: xr.Dataset, data: object) -> list[Check]:
    """Return the rows; none of published estimates, which hold nothing to compare a model with."""
    if isinstance(data, TrialCounts):
        name = NUMBERS if spec.link == "log" else SHARES
        return attempted(name, lambda: _shares(spec, posterior, data))
    if not isinstance(data, TrialMoments):
        return []
    one_effect, one_spread = spec.varying_effects == "none", spec.variances == "common"
    return [
        *(attempted(EFFECTS, lambda: _same_effect(spec, posterior, data)) if one_effect else []),
        *(attempted(SDS, lambda: _same_sd(spec, posterior, data)) if one_spread else []),
        *(attempted(BETWEEN, lambda: _same_between(spec, posterior, data)) if one_effect and one_spread else []),
    ]


def _shares(spec: ClusterTrial, posterior: xr.Dataset, data: TrialCounts) -> list[Check]:
    """Whether one shift of thresholds describes all categories in each arm; no row of two categories, which it does.

    Pearson's chi-square of the shares by arm, at the fitted effects of clusters, on (arms - 1) (categories - 2) degrees
    of freedom; the outcome with the smallest p, times their number. Of counts of events it is that of ranges in which
    5 pupils are expected, on one degree of freedom for each range but the last, less the parameters of an outcome.
    """
    every = max(1, posterior.sizes["chain"] * posterior.sizes["draw"] // FEW_DRAWS)
    table = predictive(spec, posterior.isel(draw=slice(None, None, every)), data, 0)["shares"]
    found = []
    for outcome, rows in table.groupby("outcome", sort=False):
        arms = rows["arm"].nunique()
        if spec.link == "log":
            rows = _filled(rows)
            df = len(rows) - 2 * arms - 1 - spec.zero_inflated
        else:
            df = (arms - 1) * (rows["category"].nunique() - 2)
        if df > 0:
            square = float((rows["pupils"] * rows["difference"] ** 2 / rows["predicted"]).sum())
            found.append((float(chi2.sf(square, df)), square, df, outcome, rows))
    if not found:
        return []
    p, square, df, outcome, rows = min(found, key=lambda one: one[0])
    p = min(1.0, p * len(found))
    worst = rows.iloc[int(np.argmax(rows["difference"].abs()))]
    return [
        Check(
            NUMBERS if spec.link == "log" else SHARES,
            p,
            UNLIKELY,
            p >= UNLIKELY,
            f"In '{worst['arm']}' {100 * worst['observed']:.1f} % of the pupils have '{worst['category']}' in "
            f"'{outcome}', and the model has {100 * worst['predicted']:.1f} % (chi-square {square:.1f} on {df} degrees "
            f"of freedom): {_advice(spec)}; if the row stays, report shares by arm beside the effect: "
            "bp.predictive_check(fit) has all of them.",
            grave=p < CONTRADICTED and abs(float(worst["difference"])) >= APART,
            about=FIT,
        )
    ]


def _advice(spec: ClusterTrial) -> str:
    """Say what may be wrong, and what to try."""
    if spec.link != "log":
        other = "probit" if spec.link == "logit" else "logit"
        return f"the arms differ by more than one shift along the scale. Try link={other!r}"
    if spec.zero_inflated:
        return "numbers do not spread like a negative binomial distribution with zeros beside it. Look at the largest"
    return "numbers do not spread like a negative binomial distribution. Try zero_inflated=True"


def _filled(rows: pd.DataFrame) -> pd.DataFrame:
    """Put the ranges of each arm together from the last one on, until every one has 5 pupils that are expected."""
    out = []
    for _, own in rows.groupby("arm", sort=False):
        kept: list[pd.Series] = []
        last = None
        for _, row in own.iloc[::-1].iterrows():
            if last is None:
                last = row.copy()
            else:
                last[SUMMED] += row[SUMMED]
                last["category"] = _joined(row["category"], last["category"])
            if last["pupils"] * last["predicted"] >= EXPECTED:
                kept.append(last)
                last = None
        if last is not None and kept:
            kept[-1][SUMMED] += last[SUMMED]
            kept[-1]["category"] = _joined(last["category"], kept[-1]["category"])
        out += kept
    return pd.DataFrame(out)


def _joined(low: str, high: str) -> str:
    """Return the label of two ranges that follow each other: "3 to 4" and "5 to 9" are "3 to 9"."""
    start, end = low.split()[0], high.split()[-1]
    return f"{start} or more" if end == "more" else f"{start} to {end}"


def _same_between(spec: ClusterTrial, posterior: xr.Dataset, data: TrialMoments) -> list[Check]:
    """Whether clusters spread alike in all arms."""
    found = between(spec, posterior, data)
    if not found:
        return []
    worst = max(found, key=lambda one: one.size / one.limit)
    own, other = worst.icc
    return [
        Check(
            BETWEEN,
            worst.size,
            worst.limit,
            worst.size <= worst.limit,
            f"{UNITS[worst.level].capitalize()} differ in '{worst.outcome}' with an intraclass correlation of about "
            f"{own:.2f} in '{worst.arm}' and {other:.2f} in '{data.arms[0]}', and the model has one for both: where "
            "arms have different numbers of clusters, the error of the effect is that of neither. Report both, and "
            "look at single clusters: bp.influence(fit).",
            grave=False,
            about=FIT,
        )
    ]


def _same_effect(spec: ClusterTrial, posterior: xr.Dataset, data: TrialMoments) -> list[Check]:
    """Whether schools that hold several arms have one effect."""
    found = spreads(spec, posterior, data)
    if not found:
        return []
    worst = max(found, key=lambda one: one.ratio / one.limit)
    level = str(place(data))
    chosen = {"outcome": worst.outcome} | ({"arm": worst.arm} if len(data.arms) > 2 else {})
    total = float(posterior["total_sd"].sel(outcome=worst.outcome).mean())
    error = float(posterior["effect"].sel(chosen).std(("chain", "draw")))
    return [
        Check(
            f"spread of the effect between {UNITS[level]}, in sampling variances",
            worst.ratio,
            worst.limit,
            worst.ratio <= worst.limit,
            f"The effect of '{worst.arm}' on '{worst.outcome}' differs between {worst.places} {UNITS[level]} by "
            f"{worst.sd / total:.2f} SD beyond sampling, and the model has one for all: its error, {error:.3g} in raw "
            f"units, would be about {worst.error:.3g} for an average over {UNITS[level]}. Let it differ in the model: "
            f"varying_effects='correlated', which also says how far.",
        )
    ]


def _same_sd(spec: ClusterTrial, posterior: xr.Dataset, data: TrialMoments) -> list[Check]:
    """Whether scores spread alike in all arms."""
    found = ratios(spec, posterior, data)
    if not found:
        return []
    worst = max(found, key=lambda one: np.log(one.size) / np.log(one.limit))
    own, other = worst.sds
    inside = f" within {UNITS[data.levels[0]]}" if worst.within else ""
    return [
        Check(
            "largest ratio of the SDs of two arms",
            worst.size,
            worst.limit,
            worst.size <= worst.limit,
            f"'{worst.outcome}' has the SD {own:.3g}{inside} in '{worst.arm}' and {other:.3g} in '{data.arms[0]}', a "
            f"ratio of {worst.size:.2f} (error {worst.size * worst.error:.2f}), and the model has one for both. Where "
            "arms differ in size, the error of the effect is that of neither; and a standardised effect has two units: "
            "report it raw, beside both SDs. If scores pile up at an end of the scale, use link='logit'; if their "
            "spread grows with their level, logarithms.",
        )
    ]
