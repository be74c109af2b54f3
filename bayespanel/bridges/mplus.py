"""Models as Mplus inputs, and their data files."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from bayespanel.bridges.columns import settle
from bayespanel.bridges.mplus_panel import panel_input
from bayespanel.bridges.mplus_text import MISSING
from bayespanel.bridges.mplus_trajectories import trajectories_input
from bayespanel.bridges.mplus_trial import trial_input
from bayespanel.bridges.panel_models import require_written
from bayespanel.bridges.trial_cells import with_levels
from bayespanel.bridges.wide_tables import groups_of, pupils_of
from bayespanel.catalogue.cards import Card, specification
from bayespanel.data import Panel, Trial
from bayespanel.families.door import Spec
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.language.errors import DataError, SpecError

LONGEST_FILE = 76
"""Letters of the name of a data file: with FILE = "" around them, a line of the input is full."""


def to_mplus(
    spec: Spec | Card,
    *,
    data: str = "pupils.dat",
    waves: int | Sequence[object] | None = None,
    columns: Mapping[str, Sequence[str]] | None = None,
    groups: Sequence[object] | None = None,
    arms: Sequence[str] = ("control", "intervention"),
    baseline: Mapping[str, str] | None = None,
    randomised: str | None = None,
) -> str:
    """Write a complete Mplus input file (.inp): TITLE, DATA, VARIABLE, ANALYSIS, MODEL, OUTPUT.

    Mplus is not free, and no input was run in it. The tests check that the number of free parameters is the same as in
    bayespanel, that parameters that are equal have the same label, and that names and lines are short enough.

    Parameters
    ----------
    spec
        An `RICLPM` (TYPE = GENERAL, TWOLEVEL or THREELEVEL), a `ClusterTrial` with Gaussian outcomes (the same),
        `Trajectories` (TYPE = MIXTURE), or a card of one of them.
    data
        Name of the data file; `mplus_data` writes it.
    waves
        For a panel or trajectories: the number of waves, or their labels (`panel.waves`).
    columns
        The names of each variable in the order of the waves. Names that Mplus cannot read are shortened, and a comment
        in the input says so.
    groups
        For a panel with groups of pupils: their names in order (`panel.group_names`), as GROUPING has them.
    arms, baseline, randomised
        For a trial, as in `to_lavaan`.

    Returns
    -------
    str
        The text of the input file.

    Raises
    ------
    SpecError
        The model has something that is not written for Mplus here, an argument that is needed is missing, or the name
        of the file does not fit into the input.

    References
    ----------
    Muthén & Muthén (2017), Mplus User's Guide, 8th edition, chapters 6, 8 and 9; Mulder & Hamaker (2021),
    doi:10.1080/10705511.2020.1784738, for the RI-CLPM in Mplus.
    """
    model = specification(spec)
    if not data.isprintable() or '"' in data or len(data) > LONGEST_FILE:
        raise SpecError(
            f"The name of a data file has at most {LONGEST_FILE} letters, no quotes and no line breaks, for Mplus.",
            f"You gave {data!r}.",
            "Give a short name, and run Mplus in its folder.",
        )
    if isinstance(model, ClusterTrial):
        hint = getattr(spec.data, "randomised", None) if isinstance(spec, Card) else None
        model = with_levels(model)
        outermost = ("pupil", *model.cluster_levels)[-1]
        return trial_input(model, data, tuple(arms), dict(baseline or {}), randomised or hint or outermost)
    if isinstance(model, RICLPM):
        require_written(model, "Mplus")
    if not isinstance(model, RICLPM | Trajectories):
        raise SpecError(
            "Models that are written for Mplus are panel models, trials and trajectories.",
            f"You gave a {type(model).__name__}.",
            "Write the input file by hand; mplus_data writes its data.",
        )
    least = 3 if isinstance(model, RICLPM) and model.intercepts else 2
    beside = (*model.covariates, *(model.distal if isinstance(model, RICLPM) else ()))
    grouping = model.groups if isinstance(model, RICLPM) else ""
    settled = settle(model.columns, beside, waves=waves, columns=columns, least=least, grouping=grouping, groups=groups)
    if isinstance(model, RICLPM):
        return panel_input(model, data, settled)
    return trajectories_input(model, data, settled)


def mplus_data(spec: Spec | Card, data: Panel | Trial, path: str | os.PathLike[str]) -> None:
    """Write the pupils to the data file that the input of `to_mplus` reads: numbers only, in the order of its NAMES.

    Missing scores are -999, classes, schools and groups are numbered from 1, and covariates of panels and trials are
    centred, so that the means are those of our maximum likelihood.

    Parameters
    ----------
    spec, data
        A panel model or trajectories and a panel, or a trial model and a trial.
    path
        The file, such as "pupils.dat".

    Raises
    ------
    DataError
        The data are moments, which contain no pupils; they lack something that the specification names; or a score is
        -999.
    """
    scores, covariates, clusters = pupils_of(specification(spec), data)
    table = np.column_stack([*scores, *covariates])
    if (table == MISSING).any():
        raise DataError(
            f"{MISSING} stands for a missing score in the data file.",
            "A pupil has this number as a score.",
            "Declare it missing where the data are read, or rescale the variable.",
        )
    numbers = [pd.factorize(np.asarray(labels))[0] + 1 for labels in clusters.values()]
    group = groups_of(specification(spec), data) if isinstance(data, Panel) else None
    numbers += [] if group is None else [group + 1]
    whole = pd.DataFrame(np.nan_to_num(table, nan=MISSING)).assign(**{f"last{i}": n for i, n in enumerate(numbers)})
    whole.to_csv(Path(path), sep=" ", header=False, index=False, float_format="%.10g", lineterminator="\n")
