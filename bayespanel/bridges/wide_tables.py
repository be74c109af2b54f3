"""The pupils as other programs read them: a row per pupil, a column per variable and wave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayespanel.bridges.columns import settle
from bayespanel.bridges.lavaan_trial import trial_names
from bayespanel.bridges.trial_cells import cells_of, with_levels
from bayespanel.catalogue.cards import Card, specification
from bayespanel.data import Panel, Trial
from bayespanel.data.school_years import require_one_class
from bayespanel.families.door import Spec
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.shared.allocation import refuse_levels
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.language.errors import DataError, nearest

Array = NDArray[np.float64]
Codes = NDArray[np.int64]


def lavaan_data(
    spec: Spec | Card, data: Panel | Trial, *, columns: Mapping[str, Sequence[str]] | None = None
) -> pd.DataFrame:
    """Make the table that the syntax of `to_lavaan` needs, with centred covariates.

    Parameters
    ----------
    spec, data
        A panel model and a panel, or a trial model and a trial.
    columns
        As given to `to_lavaan`.

    Returns
    -------
    pandas.DataFrame
        One row per pupil who has any score of the model; NaN for a missing score. `class` and `school` contain labels,
        the column of groups their names, in which `_` stands for what R might misread.
        Write it with `frame.to_csv("pupils.csv", index=False)` and read it with `read.csv` in R. Names of columns
        consist of letters and digits. Labels are exactly as they are in the data: do not open the file in a spreadsheet
        program if you do not know them.

    Raises
    ------
    DataError
        The data are moments, which contain no pupils, or lack something that the specification names.
    """
    model = specification(spec)
    scores, covariates, clusters = pupils_of(model, data)
    if isinstance(model, ClusterTrial):
        assert isinstance(data, Trial)  # for the type checker: checked above
        baseline = {post: pre for post, pre in data.baseline if post in model.outcomes}
        names = [name for group in trial_names(model, data.arms, baseline) for name in group.values()]
    else:
        assert isinstance(data, Panel)  # likewise
        beside = (*model.covariates, *getattr(model, "distal", ()))
        grouping, codes = getattr(model, "groups", ""), groups_of(model, data)
        groups = data.group_names if grouping else None
        settled = settle(
            score_columns(model), beside, waves=data.waves, columns=columns, least=1, grouping=grouping, groups=groups
        )
        names = list(settled.all)
        values = np.asarray(list(settled.groups.values()), object)
        clusters |= {} if codes is None else {settled.grouping: values[codes]}
    return pd.DataFrame(dict(zip(names, [*scores, *covariates], strict=True)) | clusters)


def score_columns(model: Spec) -> tuple[str, ...]:
    """Return the columns of the data that a panel model or one of trajectories reads as scores."""
    return model.columns if isinstance(model, RICLPM) else tuple(model.variables)


def groups_of(model: Spec, data: Panel) -> Codes | None:
    """Return the position of the group [pupil] of each pupil who has a score; None for a model without groups.

    Raises
    ------
    DataError
        The data lack the groups of the model.
    """
    column = getattr(model, "groups", "")
    if not column:
        return None
    if data.group is None or data.grouping != column:
        raise DataError(
            "The data hold the group of every pupil of a model with groups.",
            f"The model has those of {column!r}; the data have {repr(data.grouping) if data.grouping else 'none'}.",
            f"Name the column where the data are read: group={column!r}.",
        )
    at = [_position(v, data.variables, "variable") for v in score_columns(model)]
    return np.asarray(data.group[~np.isnan(data.values[:, :, at]).all(axis=(1, 2))])


def pupils_of(model: Spec, data: Panel | Trial) -> tuple[list[Array], list[Array], dict[str, object]]:
    """Return the scores by cell, covariates (arms first, then centred covariates), and labels of clusters by level.

    Cells of a panel are in wave-major order. Pupils without any score are left out.

    Raises
    ------
    DataError
        The data are of another kind, or lack what the specification names.
    SpecError
        The model of a trial lacks the unit of randomisation.
    """
    if isinstance(model, ClusterTrial):
        if not isinstance(data, Trial):
            raise _other_kind("a Trial", data)
        model = with_levels(model)
        levels = ("pupil", *model.cluster_levels)
        if data.randomised not in levels:
            refuse_levels(levels, data.randomised, f"The data say randomised='{data.randomised}'")
        scores, covariates = _trial(model, data)
    else:
        if not isinstance(data, Panel):
            raise _other_kind("a Panel", data)
        at = [_position(v, data.variables, "variable") for v in score_columns(model)]
        scores = [data.values[:, t, v] for t in range(len(data.waves)) for v in at]
        beside = (*model.covariates, *getattr(model, "distal", ()))
        x = [_position(c, data.covariate_names, "covariate") for c in beside]
        covariates = [data.covariates[:, j] for j in x]
    keep = ~np.all(np.isnan(scores), axis=0)
    arms = len(data.arms) - 1 if isinstance(data, Trial) else 0
    centred = isinstance(model, RICLPM | ClusterTrial)
    scores = [score[keep] for score in scores]
    covariates = [value[keep] for value in covariates]
    known = arms + len(model.covariates)
    covariates[arms:known] = [value - np.nanmean(value) if centred else value for value in covariates[arms:known]]
    clusters: dict[str, object] = {}
    for level in model.cluster_levels:
        if level == "class":
            require_one_class(data, "The languages of lavaan and Mplus have")
        codes = data.classroom if level == "class" else data.school
        names = data.class_names if level == "class" else data.school_names
        if codes is None:
            raise DataError(
                "The data must contain the cluster of every pupil at each level of the model.",
                f"They do not contain the {level}.",
                f"Name the column where the data are read, or take '{level}' out of 'levels'.",
            )
        clusters[level] = np.asarray(names, object)[codes[keep]]
    return scores, covariates, clusters


def _trial(model: ClusterTrial, data: Trial) -> tuple[list[Array], list[Array]]:
    baseline = {post: pre for post, pre in data.baseline if post in model.outcomes}
    cells = cells_of(model, baseline)
    scores = [data.values[:, _position(cell, data.cells, "outcome")] for cell in cells]
    arms = [(data.arm == g).astype(float) for g in range(1, len(data.arms))]
    x = [data.covariates[:, _position(name, data.covariate_names, "covariate")] for name in model.covariates]
    return scores, [*arms, *x]


def _position(name: str, known: Sequence[str], what: str) -> int:
    if name not in known:
        raise DataError(
            f"The data hold every {what} of the model, as a number.",
            f"They lack {name!r}. {nearest(name, list(known)) if known else 'They have none.'}",
            "Name it as in the data; code categories as columns of 0 and 1.",
        )
    return list(known).index(name)


def _other_kind(wanted: str, data: object) -> DataError:
    return DataError(
        f"Another program needs the pupils of {wanted}.",
        f"You gave {type(data).__name__}.",
        "Read the table with Panel.from_long, Panel.from_wide or Trial.from_frame.",
    )
