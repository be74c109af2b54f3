"""Odds ratios and rate ratios, as papers print them: exponentials of what models have on the scale of logarithms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from bayespanel.language.errors import SpecError
from bayespanel.summaries.kinds import kinds_with
from bayespanel.summaries.table import chosen_kinds, table

ODDS = "log odds ratios"
RATES = "log rate ratios"
"""What raw numbers of evidence are, in its attribute `raw`, where their exponentials are ratios."""


def ratios(evidence: xr.Dataset) -> dict[str, pd.DataFrame]:
    """Return the tables of ratios that evidence has, by name: "odds", "rates", or none."""
    if evidence.attrs.get("raw") == RATES:
        return {"rates": rate_ratios(evidence)}
    if evidence.attrs.get("raw") == ODDS or kinds_with(lambda kind: kind.scale == "log odds", evidence["kind"].values):
        return {"odds": odds_ratios(evidence)}
    return {}


def rate_ratios(evidence: xr.Dataset) -> pd.DataFrame:
    """Return evidence of a trial with counts of events as rate ratios: 0.8 means a fifth fewer events.

    Parameters
    ----------
    evidence
        The evidence of a fit of a `ClusterTrial` with link="log".

    Returns
    -------
    DataFrame
        One row per effect: `pathway`, `kind`, `source`, `target` and `edge`; `rate_ratio`, the geometric mean, with its
        bounds `lower` and `upper`, of moderation per unit of the moderator; `prob_direction` and `prob_rope`; and the
        Monte Carlo error `mcse_<name>` of each. The attribute `rope` is the region, in standard deviations of effects.

    Raises
    ------
    SpecError
        The evidence is not that of counts of events.
    """
    if evidence.attrs.get("raw") != RATES:
        raise SpecError(
            "Rate ratios are those of trials with counts of events.",
            f"The evidence holds {', '.join(chosen_kinds(evidence, None))} of another model.",
            'Give evidence(fit) of a ClusterTrial with link="log".',
        )
    return _exponentials(evidence, "rate_ratio")


def _exponentials(evidence: xr.Dataset, name: str) -> pd.DataFrame:
    """Return raw effects of a trial as ratios."""
    kinds = kinds_with(lambda kind: kind.scale == "total SD" and kind.prior != "", evidence["kind"].values)
    frame = table(evidence, kinds=kinds)
    frame = frame[frame["raw_mean"].notna()].reset_index(drop=True)
    out = frame[["pathway", "kind", "source", "target", "edge"]].copy()
    for column, given in ((name, "raw_mean"), ("lower", "raw_lower"), ("upper", "raw_upper")):
        out[column] = np.exp(frame[given])
    to_raw = frame["raw_sd"] / frame["sd"]
    errors = {name: "mean", "lower": "lower", "upper": "upper"}
    return _with_errors(out, frame, {column: frame[f"mcse_{of}"] * to_raw for column, of in errors.items()}, evidence)


def _with_errors(
    out: pd.DataFrame, frame: pd.DataFrame, errors: dict[str, pd.Series], evidence: xr.Dataset
) -> pd.DataFrame:
    """Return ratios with probabilities and the Monte Carlo errors of both; `errors` are those of the logarithms."""
    shares = ["prob_direction", "prob_rope"]
    out[shares] = frame[shares]
    for column, error in errors.items():
        out[f"mcse_{column}"] = out[column] * error
    for column in shares:
        out[f"mcse_{column}"] = frame[f"mcse_{column}"]
    out.attrs["rope"] = list(map(float, evidence.attrs["rope"]))
    return out


def odds_ratios(evidence: xr.Dataset) -> pd.DataFrame:
    """Return evidence of trajectories, or of a trial with link="logit", as odds ratios.

    Parameters
    ----------
    evidence
        The evidence of a fit.

    Returns
    -------
    DataFrame
        One row per pathway that is a log odds ratio: `pathway`, `kind`, `source`, `target`, `against` and `edge`;
        `odds_ratio`, the median, with its bounds `lower` and `upper`, per SD of a predictor; `odds_ratio_per_unit` with
        its bounds; for a programme, `share_difference`, the difference in shares, with its bounds; `prob_direction` and
        `prob_rope`; and the Monte Carlo error `mcse_<name>` of these. The attribute `rope` is the region of practical
        equivalence as odds ratios. Of a trial, one row per effect with `odds_ratio`, the geometric mean, of being above
        any of the thresholds, and its bounds; its region is in standard deviations of effects.

    Raises
    ------
    SpecError
        The evidence is of another model.
    """
    if evidence.attrs.get("raw") == ODDS:
        return _exponentials(evidence, "odds_ratio")
    kinds = kinds_with(lambda kind: kind.scale == "log odds", evidence["kind"].values)
    if not kinds:
        raise SpecError(
            "Odds ratios are those of trajectories, and of trials with ordered outcomes.",
            f"The evidence holds {', '.join(chosen_kinds(evidence, None))}.",
            'Give evidence(fit) of a Trajectories with predictors or an arm, or of a ClusterTrial with link="logit".',
        )
    frame = table(evidence, kinds=kinds)
    programme = frame["kind"].isin(kinds_with(lambda kind: kind.in_shares))
    out = frame[["pathway", "kind", "source", "target", "against", "edge"]].copy()
    out["odds_ratio"], out["lower"], out["upper"] = (np.exp(frame[name]) for name in ("median", "lower", "upper"))
    unit = frame["raw_mean"] / frame["mean"]  # 1 / SD of the predictor
    per_unit = {"": frame["median"] * unit, "_lower": frame["raw_lower"], "_upper": frame["raw_upper"]}
    for name, value in per_unit.items():
        out[f"odds_ratio_per_unit{name}"] = np.exp(value).where(~programme)
    if programme.any():
        for name, column in (("", "raw_mean"), ("_lower", "raw_lower"), ("_upper", "raw_upper")):
            out[f"share_difference{name}"] = frame[column].where(programme)
    errors = {"odds_ratio": "median", "lower": "lower", "upper": "upper"}
    out = _with_errors(out, frame, {column: frame[f"mcse_{of}"] for column, of in errors.items()}, evidence)
    out.attrs["rope"] = [float(np.exp(bound)) for bound in evidence.attrs["rope"]]
    return out
