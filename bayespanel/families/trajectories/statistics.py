"""The data of trajectories as their model reads them, checked."""

from __future__ import annotations

import numpy as np

from bayespanel.data import Panel, PanelRows
from bayespanel.data.panel_rows import rows_of
from bayespanel.data.wording import counted, listed
from bayespanel.errors import DataError
from bayespanel.families.trajectories.fields import ARMS
from bayespanel.families.trajectories.growth import growth
from bayespanel.families.trajectories.spec import Trajectories

Data = Panel | PanelRows

MOST_CATEGORIES = 20
"""Ordered categories at most."""


def data_for(spec: Trajectories, data: Data) -> PanelRows:
    """Return the data as the model reads them, after checking that they have what it needs.

    Raises
    ------
    DataError
        Data of another kind; an outcome, predictors, an arm or levels that they lack; scores outside of the declared
        categories; an arm that is not 0 and 1; a predictor that does not vary; fewer distinct courses than classes;
        waves that do not fit the growth.
    """
    if isinstance(data, PanelRows):
        rows = data
        if rows.outcome != spec.outcome or rows.covariates != spec.covariates or rows.levels != spec.cluster_levels:
            raise DataError(
                "Rows of a panel hold the outcome, the covariates and the levels of the model.",
                f"They hold {rows.outcome!r}, {listed(rows.covariates) or 'no covariates'} and "
                f"{listed(rows.levels) or 'no clusters'}.",
                "Reduce the panel anew for this model: give the Panel itself.",
            )
    elif isinstance(data, Panel):
        rows = rows_of(data, spec.outcome, spec.covariates, spec.cluster_levels)
    else:
        raise DataError(
            "Trajectories are fitted to pupils: a Panel.",
            f"Given was {type(data).__name__}: sums do not tell how pupils divide into classes.",
            "Make one with Panel.from_long or Panel.from_wide.",
        )
    growth(spec, rows.waves)
    if spec.link == "logit":
        _check_categories(spec, rows)
    _check_arm(spec, rows)
    for group, names in enumerate(spec.names):
        here = np.ones(len(rows.count), dtype=bool)
        if spec.by_arm:
            here = rows.x[:, rows.covariates.index(str(spec.arm))] == group
        _check_group(spec, rows, here, len(names), f" of the arm {ARMS[group]!r}" if spec.by_arm else "")
    return rows


def is_hierarchical(spec: Trajectories) -> bool:
    """Return whether the sampler sees effects beside their standard deviation: those of clusters."""
    return bool(spec.cluster_levels) and max(len(names) for names in spec.names) > 1


def _check_categories(spec: Trajectories, rows: PanelRows) -> None:
    found, at = np.unique(rows.values[~np.isnan(rows.values)], return_inverse=True)
    if not spec.categories and len(found) > MOST_CATEGORIES:
        raise DataError(
            f"Ordered categories are at most {MOST_CATEGORIES}.",
            f"{spec.outcome!r} has {len(found)} different scores.",
            "Use link='identity', or group the scores.",
        )
    declared = spec.categories or tuple(found)
    outside = [value for value in found if value not in declared]
    if outside:
        number = int(np.isin(found[at], outside).sum())
        raise DataError(
            f"Scores are among the declared categories {', '.join(f'{c:g}' for c in declared)}.",
            f"{spec.outcome!r} has {counted(number, 'score')} outside: {', '.join(f'{v:g}' for v in outside[:6])}.",
            "Correct the scores, recode codes for missing, or add the categories.",
        )
    empty = [c for c in declared if c not in found]
    if empty or len(declared) < 2:
        raise DataError(
            "Every category occurs, and there are two or more.",
            f"Nobody has {', '.join(f'{c:g}' for c in empty)}." if empty else "There is one.",
            "Leave categories out that nobody chose: nothing can be said of them.",
        )


def _check_arm(spec: Trajectories, rows: PanelRows) -> None:
    if spec.arm is None:
        return
    found = np.unique(rows.x[:, rows.covariates.index(spec.arm)])
    if found.tolist() != [0.0, 1.0]:
        raise DataError(
            "The covariate of the arm is 0 in control and 1 in the intervention arm, and both occur.",
            f"{spec.arm!r} has the values {', '.join(f'{v:g}' for v in found[:6])}.",
            f"Recode it: frame[{spec.arm!r}] = (frame[{spec.arm!r}] == value_of_the_intervention).astype(int).",
        )


def _check_group(spec: Trajectories, rows: PanelRows, here: np.ndarray, classes: int, where: str) -> None:
    for name in spec.predictors:
        if np.ptp(rows.x[here, rows.covariates.index(name)]) == 0:
            raise DataError(
                "A predictor differs between pupils.",
                f"{name!r} is the same for all pupils{where}.",
                "Leave it out.",
            )
    distinct = len(np.unique(np.nan_to_num(rows.values[here], nan=np.inf), axis=0))
    if classes > distinct:
        raise DataError(
            "There are no more classes than different courses of scores.",
            f"{classes} classes are asked for; the pupils{where} show {counted(distinct, 'different course')}.",
            "Ask for fewer classes.",
        )
