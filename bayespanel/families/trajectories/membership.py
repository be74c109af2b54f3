"""Who belongs where, and what the classes look like: tables for readers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from bayespanel.data import Panel, PanelRows
from bayespanel.data.events import require_events
from bayespanel.data.panel_rows import rows_and_pupils
from bayespanel.data.panel_table import PanelTable
from bayespanel.families.trajectories.draws import draws_of
from bayespanel.families.trajectories.plan import Index, Plan, plan
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trajectories.statistics import check_arm, check_covariates
from bayespanel.language.errors import DataError, SpecError
from bayespanel.language.values import said

DRAWS = 500
"""Draws over which memberships are averaged: their Monte Carlo error is then below 0.02."""


def membership(spec: Trajectories, posterior: xr.Dataset, data: PanelRows, panel: Panel) -> pd.DataFrame:
    """Return the probability of each class for each pupil of a panel, given the scores and predictors.

    Parameters
    ----------
    spec, posterior, data
        Of the fit.
    panel
        The pupils: those of the fit, or others seen at the same waves in the same clusters. A table in which a
        predictor is the same for all, or with a single cluster, cannot be read alone: read such pupils together with
        those of the fit.

    Returns
    -------
    DataFrame
        pupil, one column per class (averaged over draws, so uncertainty about the classes is in it), most_likely, and
        probability, that of the likeliest. Pupils without a score in the outcome are left out.

    Raises
    ------
    DataError
        It is no panel, or has other waves, an unknown category or cluster.
    """
    if not isinstance(panel, PanelTable):
        raise DataError(
            "Pupils are assigned to classes by their own scores, which a Panel has.",
            f"You gave {said(panel)}.",
            "Give the panel: Panel.from_long or Panel.from_wide reads it from a table.",
        )
    rows, at = rows_and_pupils(panel, spec.outcome, spec.covariates, spec.cluster_levels)
    layout = _layout(spec, plan(spec, data), rows)
    draws = draws_of(spec, layout, posterior, DRAWS)
    total = np.mean([draws.classify(d)[1] for d in range(len(draws.growth))], axis=0)
    known = at >= 0
    table = pd.DataFrame(total[at[known]], columns=list(spec.trajectories))
    table.insert(0, "pupil", panel.pupils[known])
    table["most_likely"] = np.array(spec.trajectories)[total[at[known]].argmax(axis=1)]
    table["probability"] = total[at[known]].max(axis=1)
    return table


def _layout(spec: Trajectories, fitted: Plan, rows: PanelRows) -> Plan:
    """Return the plan of other rows in the units of the fit's."""
    if rows.waves != fitted.rows.waves:
        raise DataError(
            "Pupils are assigned to classes by the waves of the fit.",
            f"The panel has {', '.join(rows.waves)}; the fit {', '.join(fitted.rows.waves)}.",
            "Read the panel with the same waves.",
        )
    check_covariates(rows)
    check_arm(spec, rows, both=False)
    seen = rows.values[~np.isnan(rows.values)]
    outside = [value for value in np.unique(seen) if fitted.categories and value not in fitted.categories]
    if outside:
        raise DataError(
            "Scores are among the categories of the fit.",
            f"{', '.join(f'{value:g}' for value in outside[:6])} is not.",
            "Correct the scores.",
        )
    if spec.link == "log":
        require_events(spec.outcome, np.unique(seen), labelled=False)
    own = plan(replace(spec, categories=fitted.categories), rows, fitted)
    place = own.place.copy()
    place[:, 1] = _clusters(fitted.rows, rows)
    return replace(own, rows=replace(rows, class_names=fitted.rows.class_names, school_names=fitted.rows.school_names,
                   parent=fitted.rows.parent), place=place)  # fmt: skip


def _clusters(fitted: PanelRows, rows: PanelRows) -> Index:
    """Return where the clusters of rows stand in the fit."""
    if not rows.levels:
        return rows.cluster
    inner = rows.levels[0]
    here, there = (getattr(each, f"{inner}_names") for each in (rows, fitted))
    position = {name: i for i, name in enumerate(there)}
    unknown = sorted({here[c] for c in np.unique(rows.cluster) if here[c] not in position})
    if unknown:
        raise DataError(
            f"Pupils belong to a {inner} of the fit.",
            f"{', '.join(map(repr, unknown[:6]))} is not in it.",
            "Leave these pupils out, or fit a model without this level.",
        )
    return np.array([position[name] for name in here], np.int64)[rows.cluster]


def mean_trajectories(posterior: xr.Dataset, prob: float = 0.95) -> xr.Dataset:
    """Return the mean course of each class with its band: mean, lower, upper [trajectory, wave]; times if known."""
    course = posterior["expected"]
    lower, upper = (course.quantile(q, ("chain", "draw")).drop_vars("quantile") for q in _tails(prob))
    return xr.Dataset(
        {"mean": course.mean(("chain", "draw")), "lower": lower, "upper": upper}, attrs={"prob": prob}
    ).transpose("trajectory", "wave")


def class_table(spec: Trajectories, posterior: xr.Dataset, data: PanelRows, prob: float = 0.95) -> pd.DataFrame:
    """Return a row per class (and arm, where both share the classes): size, pupils, and mean at first and last wave.

    Sizes and their intervals are shares of the pupils who could belong to the class. `entropy`, the same in all rows,
    says how well pupils are told apart.
    """
    share, course = posterior["share"], posterior["expected"]
    sizes = plan(spec, data)
    pupils = (sizes.allowed[sizes.group] * data.count[:, None]).sum(axis=0)
    rows = []
    for arm in map(str, share["arm"].values) if "arm" in share.dims else ("",):
        for k, label in enumerate(spec.trajectories):
            draws = share.sel({"trajectory": label} | ({"arm": arm} if arm else {})).values
            lower, upper = np.quantile(draws, _tails(prob))
            here = course.sel(trajectory=label).mean(("chain", "draw")).values
            rows.append(
                {
                    "class": label,
                    **({"arm": arm} if arm else {}),
                    "share": draws.mean(),
                    "lower": lower,
                    "upper": upper,
                    **({} if arm else {"pupils": draws.mean() * pupils[k]}),
                    "first": here[0],
                    "last": here[-1],
                    "entropy": float(posterior["entropy"].mean()),
                }
            )
    return pd.DataFrame(rows)


def _tails(prob: float) -> tuple[float, float]:
    if not 0 < prob < 1:
        raise SpecError(
            "The probability of an interval lies between 0 and 1.",
            f"You gave {prob!r}.",
            "Write for example prob=0.95.",
        )
    return (1.0 - prob) / 2.0, (1.0 + prob) / 2.0
