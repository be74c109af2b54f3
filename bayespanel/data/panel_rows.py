"""PanelRows: the distinct rows of a panel for one outcome, each with the number of pupils who have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.guesses import Guess
from bayespanel.data.panel_table import PanelTable
from bayespanel.data.rules import validate
from bayespanel.data.school_years import require_one_class
from bayespanel.data.storage import Stored, fingerprint
from bayespanel.data.wording import counted
from bayespanel.language.errors import DataError, nearest


@dataclass(frozen=True, eq=False, repr=False)
class PanelRows(Stored):
    """The scores of pupils in one outcome, with their covariates and clusters; pupils with equal rows are counted.

    Models with latent classes need this, because sums over pupils are not enough for them. Labels of pupils are not
    kept, but a row may stand for one pupil. Protect the object as you protect the table.

    Attributes
    ----------
    outcome : str
        Name of the scores.
    waves, covariates : tuple of str
        Names, in order.
    levels : tuple of str
        Levels of clusters, from the inside: (), ("class",), ("school",) or ("class", "school").
    values : float64 [row, wave]
        Raw scores; NaN for a missing score.
    x : float64 [row, covariate]
        Covariates, in the units given.
    cluster : int64 [row]
        Innermost cluster; 0 without clusters.
    count : int64 [row]
        Number of pupils with this row.
    parent : int64 [class]
        School of each class, if there are both levels.
    class_names, school_names, notes : tuple of str
        Labels of classes and schools; and everything that was done to the data.
    guesses : tuple of Guess
        Everything that the table did not make clear, and how it was decided.
    """

    outcome: str
    waves: tuple[str, ...]
    covariates: tuple[str, ...]
    levels: tuple[str, ...]
    values: NDArray[np.float64]
    x: NDArray[np.float64]
    cluster: NDArray[np.int64]
    count: NDArray[np.int64]
    parent: NDArray[np.int64]
    class_names: tuple[str, ...] = ()
    school_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    guesses: tuple[Guess, ...] = ()

    def __post_init__(self) -> None:
        validate(self)

    @property
    def n_pupils(self) -> int:
        """Number of pupils."""
        return int(self.count.sum())

    def fingerprint(self) -> str:
        """Return a SHA-256 of everything on which a posterior depends."""
        return fingerprint(self)


def rows_of(panel: PanelTable, outcome: str, covariates: Sequence[str], levels: Sequence[str]) -> PanelRows:
    """Reduce a panel to the distinct rows of one outcome.

    Parameters
    ----------
    panel
        The panel.
    outcome, covariates
        Names of what is kept.
    levels
        Cluster levels that are kept.

    Raises
    ------
    DataError
        When the panel lacks one of them.
    """
    return rows_and_pupils(panel, outcome, covariates, levels)[0]


def rows_and_pupils(
    panel: PanelTable, outcome: str, covariates: Sequence[str], levels: Sequence[str]
) -> tuple[PanelRows, NDArray[np.int64]]:
    """Return what `rows_of` does, and the row of each pupil [pupil]: -1 without a score in the outcome."""
    _require(outcome, panel.variables, "outcome", "variables")
    for name in covariates:
        _require(name, panel.covariate_names, "covariate", "covariates")
    y = panel.values[:, :, panel.variables.index(outcome)]
    x = panel.covariates[:, [panel.covariate_names.index(name) for name in covariates]]
    scored = ~np.isnan(y).all(axis=1)
    lacking = [name for name, column in zip(covariates, x[scored].T, strict=True) if np.isnan(column).any()]
    if lacking:
        raise DataError(
            "A predictor is known for every pupil with a score.",
            f"{lacking[0]!r} is missing for some.",
            "Drop these pupils, fill the gaps, or leave it out.",
        )
    cluster, known, parent = _clusters(panel, levels)
    table = np.column_stack([np.nan_to_num(y, nan=np.inf), x, cluster])[scored]
    distinct, row, count = np.unique(table, axis=0, return_inverse=True, return_counts=True)
    waves = len(panel.waves)
    values = np.where(np.isinf(distinct[:, :waves]), np.nan, distinct[:, :waves])
    lost = int((~scored).sum())
    notes = (*panel.notes, *([f"{counted(lost, 'pupil')} without a score in {outcome!r} left out."] if lost else []))
    rows = PanelRows(
        outcome=outcome,
        waves=panel.waves,
        covariates=tuple(covariates),
        levels=known,
        values=values,
        x=distinct[:, waves:-1],
        cluster=distinct[:, -1].astype(np.int64),
        count=count.astype(np.int64),
        parent=parent,
        class_names=panel.class_names if "class" in known else (),
        school_names=panel.school_names if "school" in known else (),
        notes=notes,
        guesses=panel.guesses,
    )
    at = np.full(panel.n_pupils, -1, np.int64)
    at[scored] = row.ravel()
    return rows, at


def _clusters(panel: PanelTable, levels: Sequence[str]) -> tuple[NDArray[np.int64], tuple[str, ...], NDArray[np.int64]]:
    """Return the innermost cluster of each pupil, the levels kept, and the school of each class."""
    codes = {"class": panel.classroom, "school": panel.school}
    for level in levels:
        if codes[level] is None:
            raise DataError(
                "The data contain the cluster of everybody at each level of the model.",
                f"The model has the level '{level}'; the panel does not.",
                f"Name the column in {'classroom' if level == 'class' else level}=... where the panel is read, or take "
                f"'{level}' out of 'levels'.",
            )
    known = tuple(level for level in ("class", "school") if level in levels)
    if "class" in known:
        require_one_class(panel, "Trajectories have")
    if not known:
        return np.zeros(panel.n_pupils, np.int64), (), np.zeros(0, np.int64)
    inner = np.asarray(codes[known[0]])
    parent = np.zeros(0, np.int64)
    if known == ("class", "school"):
        parent = np.zeros(len(panel.class_names), np.int64)
        parent[inner] = np.asarray(panel.school)
    return inner, known, parent


def _require(name: str, known: Sequence[str], what: str, argument: str) -> None:
    if name not in known:
        raise DataError(
            f"The panel holds the {what} of the model.",
            f"It lacks {name!r}. {nearest(name, list(known)) if known else 'It has none.'}",
            f"Name it in {argument}=[...] where the panel is read, or correct the name in the model.",
        )
