"""What a model with groups asks of the data: the column that tells them, and enough pupils in each."""

from __future__ import annotations

import numpy as np

from bayespanel.data import Moments
from bayespanel.data.group_moments import without_groups
from bayespanel.families.panel.groups import freed, has_groups
from bayespanel.families.panel.spec import RICLPM
from bayespanel.language.errors import DataError

FEWEST = 2
"""Pupils with a score in a cell, of each group at least: with one a mean has no error."""

FLAT = 1e-10
"""Share of its squares below which a covariate does not vary."""

SPREAD = 1.1
"""Ratio of a group's standard deviation to that of all pupils up to which one variance of errors will do."""


def of_groups(spec: RICLPM, moments: Moments) -> Moments:
    """Return the moments by the groups of the model; together, where it has none.

    Raises
    ------
    DataError
        The data do not tell the groups of the model.
    """
    if not has_groups(spec):
        return without_groups(moments)
    if moments.grouping != spec.groups:
        told = f"The data tell groups by {moments.grouping!r}." if moments.grouping else "The data tell no groups."
        raise DataError(
            "The data tell the groups of the model.",
            f"Its groups are those of the column {spec.groups!r}. {told}",
            f"Name the column where the data are read, group={spec.groups!r}; or leave groups out of the model.",
        )
    return moments


def require_groups(spec: RICLPM, moments: Moments) -> None:
    """Refuse groups that are too small for what differs between them.

    Where nothing but means differs, two pupils with a score in each cell will do. Where lags or covariances differ, a
    group needs more pupils than a pupil has scores: with fewer, the covariance of its scores is singular, and the
    likelihood rises for ever towards it.

    Raises
    ------
    DataError
        There is one group alone, one that is too small, or one in which a covariate does not vary.
    """
    if not has_groups(spec):
        return
    if len(moments.group_names) < FEWEST:
        raise DataError(
            "A model with groups has two or more.",
            f"All pupils of the data have {moments.group_names[0]!r} in {moments.grouping!r}.",
            "Leave groups out of the model, or add the pupils of the others.",
        )
    spread = bool(freed(spec) - {"mean", "covariate_effect"})
    least = moments.n_cells + 1 if spread else FEWEST
    for g, label in enumerate(moments.group_names):
        here = moments.group == g
        pupils = int(moments.n[here].sum())
        seen = moments.n[here] @ moments.observed[here].astype(np.int64)
        k = len(moments.variables)
        if (seen < FEWEST).any():
            cell = int(np.argmin(seen))
            where = f"{moments.variables[cell % k]!r} at wave {moments.waves[cell // k]!r}"
            raise DataError(
                "In every group each variable is seen at every wave, in two pupils or more.",
                f"In group {label!r} {where} is seen in {seen[cell]}.",
                "Join groups, leave out this wave or this variable, or fit a model without groups.",
            )
        if pupils < least:
            raise DataError(
                f"A group whose lags or covariances are its own has {least} pupils or more: one more than a pupil has "
                "scores.",
                f"Group {label!r} has {pupils}, and {moments.n_cells} scores each.",
                'Join groups, let means alone differ (free="mean"), or fit a model without groups.',
            )
    _require_covariates(spec, moments)
    _require_one_spread(spec, moments)


def _require_one_spread(spec: RICLPM, moments: Moments) -> None:
    """Refuse a known reliability where groups spread differently: the variance of its errors is one for all."""
    k = len(moments.variables)
    for name in spec.reliability:
        cells = np.arange(len(moments.waves)) * k + moments.variables.index(name)
        for g, label in enumerate(moments.group_names):
            here = moments.group == g
            seen = moments.n[here] @ moments.observed[here][:, cells].astype(np.float64)
            first = moments.sxy[here][:, 0, cells].sum(axis=0) / seen
            square = moments.syy[here][:, cells, cells].sum(axis=0) / seen
            ratio = float(np.sqrt((square - first**2).mean())) / moments.scale[moments.variables.index(name)]
            if abs(np.log(ratio)) > np.log(SPREAD):
                raise DataError(
                    "A known reliability gives errors of one variance, a share of that of all pupils together: the "
                    "scores of every group spread about alike.",
                    f"In group {label!r} the standard deviation of {name!r} is {ratio:.2f} times that of all pupils.",
                    f"Fit each group alone, with a reliability of its own; or leave {name!r} out of reliability, or "
                    "groups out of the model.",
                )


def _require_covariates(spec: RICLPM, moments: Moments) -> None:
    """Refuse a covariate that does not vary where its effect would have to be told from means."""
    free = freed(spec)
    for name in spec.covariates:
        at = 1 + moments.covariates.index(name)
        flat = []
        for g, label in enumerate(moments.group_names):
            total = moments.sxx[moments.group == g].sum(axis=0)
            n, first, square = total[0, 0], total[0, at], total[at, at]
            if square - first**2 / n <= FLAT * max(square, moments.sxx[:, at, at].sum() / len(moments.group_names)):
                flat.append(label)
        everywhere = len(flat) == len(moments.group_names) and "mean" in free
        if flat and ("covariate_effect" in free or everywhere):
            raise DataError(
                "A covariate differs between the pupils of a group, where its effect or means are those of the group.",
                f"{name!r} is the same for all pupils of {', '.join(map(repr, flat))}.",
                "Leave the covariate out: means of groups say the same; or leave its block out of 'free'.",
            )
