"""The data of trajectories as their model reads them, checked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayespanel.data import Panel, PanelRows
from bayespanel.data.events import require_events
from bayespanel.data.panel_rows import rows_of
from bayespanel.data.trial_arms import together
from bayespanel.data.wording import counted, listed
from bayespanel.families.shared.allocation import refuse_levels, require_used
from bayespanel.families.trajectories.fields import ARMS
from bayespanel.families.trajectories.growth import Growth, growth
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.language.errors import DataError

Data = Panel | PanelRows

MOST_CATEGORIES = 20
"""Ordered categories at most."""


def data_for(spec: Trajectories, data: Data) -> PanelRows:
    """Return the data as the model reads them, after checking that model and data have what the other needs.

    Raises
    ------
    DataError
        See `rows_for`.
    SpecError
        A model of arms without the clusters of the panel that are wholly in one arm; a prior of what these data do not
        need.
    """
    if isinstance(data, Panel):
        _check_unit(spec, data)
    rows = rows_for(spec, data)
    _check_rows(spec, growth(spec, rows.waves), rows)
    return rows


def rows_for(spec: Trajectories, data: Data) -> PanelRows:
    """Return the data as maximum likelihood reads them, which has no effects of clusters to ask for.

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
            f"The data are {type(data).__name__}: sums do not tell how pupils divide into classes.",
            "Make one with Panel.from_long or Panel.from_wide.",
        )
    course = growth(spec, rows.waves)
    _check_random(spec, len(rows.waves))
    if spec.link == "logit":
        _check_categories(spec, rows)
    if spec.link == "log":
        require_events(spec.outcome, np.unique(rows.values[~np.isnan(rows.values)]), labelled=False)
    check_covariates(rows)
    check_arm(spec, rows, both=True)
    for group, names in enumerate(spec.names):
        here = group_of(spec, rows) == group
        where = f" of the arm {ARMS[group]!r}" if spec.by_arm else ""
        _check_waves(course, rows, here, where)
        _check_predictors(spec, rows, here, where)
        distinct = len(np.unique(np.nan_to_num(rows.values[here], nan=np.inf), axis=0))
        if len(names) > distinct:
            raise DataError(
                "There are no more classes than different courses of scores.",
                f"{len(names)} classes are asked for; the pupils{where} show {counted(distinct, 'different course')}.",
                "Ask for fewer classes.",
            )
    return rows


def group_of(spec: Trajectories, rows: PanelRows) -> NDArray[np.int64]:
    """Return the group of each row whose classes are its own: 0, or with classes by arm the arm."""
    if not spec.by_arm:
        return np.zeros(len(rows.count), np.int64)
    return rows.x[:, rows.covariates.index(str(spec.arm))].astype(np.int64)


def is_hierarchical(_spec: Trajectories) -> bool:
    """Return whether the sampler needs small steps: effects of clusters make no funnel, see `inference.explicit`."""
    return False


def require_unit(spec: Trajectories, level: str, found: str) -> None:
    """Refuse a model of arms without the clusters that were allocated to them.

    Raises
    ------
    SpecError
        The level is missing.
    """
    if spec.arm is None or not spec.divides or level in spec.levels:
        return
    refuse_levels(spec.levels, level, found)


def _check_unit(spec: Trajectories, panel: Panel) -> None:
    """Refuse a model that leaves out the outermost clusters of a panel that are wholly in one arm."""
    if spec.arm not in panel.covariate_names:
        return
    arm = panel.covariates[:, panel.covariate_names.index(spec.arm)]
    known = np.isfinite(arm)
    for level, codes in (("school", panel.school), ("class", panel.classroom)):
        if codes is not None and together(codes[known], arm[known], int(known.sum())):
            return require_unit(spec, level, f"In the data {spec.arm!r} is the same for everybody in a {level}")


def _check_rows(spec: Trajectories, course: Growth, rows: PanelRows) -> None:
    """Refuse priors of parameters that these waves and scores do not have."""
    if course.is_level.all():
        require_used(spec.priors, ["growth_change"], "every coefficient of the course is a level")
    if spec.link == "logit" and len(np.unique(rows.values[~np.isnan(rows.values)])) == 2:
        require_used(spec.priors, ["threshold_gap"], "two categories have one threshold")


def _check_categories(spec: Trajectories, rows: PanelRows) -> None:
    found, at = np.unique(rows.values[~np.isnan(rows.values)], return_inverse=True)
    if not spec.categories and len(found) > MOST_CATEGORIES:
        raise DataError(
            f"Ordered categories are at most {MOST_CATEGORIES}.",
            f"{spec.outcome!r} has {len(found)} different scores.",
            "Use link='identity'; link='log' for counts of events; or group the scores.",
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


def check_covariates(rows: PanelRows) -> None:
    """Refuse covariates that are not known for everybody."""
    missing = rows.count @ ~np.isfinite(rows.x)
    if missing.any():
        at = int(np.argmax(missing))
        raise DataError(
            "Predictors of membership are known for every pupil.",
            f"{rows.covariates[at]!r} is missing for {counted(int(missing[at]), 'pupil')}.",
            "Impute it, leave these pupils out, or leave the predictor out.",
        )


def check_arm(spec: Trajectories, rows: PanelRows, *, both: bool) -> None:
    """Refuse an arm that is not 0 and 1, and, where `both` have to occur, one of them only."""
    if spec.arm is None:
        return
    found = np.unique(rows.x[:, rows.covariates.index(spec.arm)]).tolist()
    if not set(found) <= {0.0, 1.0} or (both and len(found) < 2):
        raise DataError(
            "The covariate of the arm is 0 in control and 1 in the intervention arm" + (", and both occur." * both),
            f"{spec.arm!r} has the values {', '.join(f'{v:g}' for v in found[:6])}.",
            f"Recode it: frame[{spec.arm!r}] = (frame[{spec.arm!r}] == value_of_the_intervention).astype(int).",
        )


def identified(random: str, residual: str, waves: int) -> bool:
    """Return whether the variances and covariances of the waves hold those of a class."""
    return _variances(random, residual, waves) <= waves * (waves + 1) // 2


def _variances(random: str, residual: str, waves: int) -> int:
    """Return the number of variances and covariances within a class."""
    effects = {"none": 0, "intercept": 1, "slope": 2}[random]
    return effects * (effects + 1) // 2 + (waves if residual in ("by_wave", "free") else 1)


def _check_random(spec: Trajectories, waves: int) -> None:
    if spec.random != "none" and not identified(spec.random, spec.residual, waves):
        raise DataError(
            "Random effects and residuals within a class have no more variances and covariances than its waves show.",
            f"random={spec.random!r} with residual={spec.residual!r} has "
            f"{_variances(spec.random, spec.residual, waves)}; {waves} waves show {waves * (waves + 1) // 2}.",
            "Use a simpler 'random' or 'residual', or add a wave.",
        )


def _check_waves(course: Growth, rows: PanelRows, here: NDArray[np.bool_], where: str) -> None:
    seen = ~np.isnan(rows.values[here]).all(axis=0)
    if np.linalg.matrix_rank(course.loadings[seen]) < course.loadings.shape[1]:
        unseen = [wave for wave, known in zip(rows.waves, seen, strict=True) if not known]
        raise DataError(
            "The waves with scores are enough to estimate the coefficients of a course.",
            f"Nobody{where} has a score at {', '.join(unseen)}; the course has {', '.join(course.coefficients)}.",
            "Choose a simpler course, or leave these waves out.",
        )


def _check_predictors(spec: Trajectories, rows: PanelRows, here: NDArray[np.bool_], where: str) -> None:
    names = list(spec.regressors)
    x = rows.x[here][:, [rows.covariates.index(name) for name in names]]
    for name, column in zip(names, x.T, strict=True):
        if np.ptp(column) == 0:
            raise DataError(
                "A predictor differs between pupils.",
                f"{name!r} is the same for all pupils{where}.",
                "Leave it out.",
            )
    z = np.column_stack([np.ones(len(x)), (x - x.mean(axis=0)) / x.std(axis=0)]) if names else np.ones((len(x), 1))
    for i in range(2, z.shape[1] + 1):
        if np.linalg.matrix_rank(z[:, :i], tol=1e-6 * np.sqrt(len(z))) < i:
            raise DataError(
                "No predictor follows from the others.",
                f"Among the pupils{where}, {names[i - 2]!r} follows from {', '.join(map(repr, names[: i - 2]))}.",
                "Leave one of them out.",
            )
