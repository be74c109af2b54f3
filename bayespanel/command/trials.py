"""From a file and the options of a command line to a Trial, or to moments or counts of one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from bayespanel.command.columns import one
from bayespanel.command.intake import (
    heard,
    is_moments,
    one_column,
    renamed,
    require_table_of_imputations,
    table,
)
from bayespanel.language.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from bayespanel.catalogue.cards import Card
    from bayespanel.command.columns import Columns
    from bayespanel.data import Moments, Trial, TrialCounts, TrialMoments


@dataclass(frozen=True)
class TrialColumns:
    """What a command line says of the table of a trial; None or empty where it is silent.

    Attributes
    ----------
    columns
        Options that panels have too: pupil, classroom, school, covariates, rename, missing.
    arm, control, randomised
        As in `Trial.from_frame`.
    outcomes
        Names after renaming.
    baseline
        Pairs of outcome and the column of its baseline.
    strata
        Those of the covariates that are blocks of randomisation.
    """

    columns: Columns
    arm: str | None = None
    control: str | None = None
    randomised: str | None = None
    outcomes: tuple[str, ...] = ()
    baseline: tuple[tuple[str, str], ...] = ()
    strata: tuple[str, ...] = ()

    def with_card(self, card: Card) -> TrialColumns:
        """Fill gaps from a card: its outcomes and covariates, and its hints about a table."""
        from bayespanel.catalogue.cards import trial_of

        spec, hints = trial_of(card)
        levels = ("class", "school") if spec.levels is None else (*spec.levels, hints.randomised)
        columns = replace(
            self.columns,
            pupil=self.columns.pupil or hints.pupil,
            classroom=self.columns.classroom or one(hints.classroom if "class" in levels else None),
            school=self.columns.school or one(hints.school if "school" in levels else None),
            covariates=spec.covariates,
            missing=self.columns.missing or tuple(hints.missing),
        )
        return TrialColumns(
            columns=columns,
            arm=self.arm or hints.arm,
            control=self.control or (hints.control if self.arm in (None, hints.arm) else None),
            randomised=self.randomised or hints.randomised,
            outcomes=spec.outcomes,
            baseline=self.baseline or tuple(hints.baseline.items()),
            strata=self.strata or tuple(hints.strata),
        )


def receive_trial(
    path: Path,
    given: TrialColumns,
    card: Card | None = None,
    *,
    quiet: bool = True,
    on_warning: Callable[[str], object] | None = None,
) -> Trial | TrialMoments | TrialCounts:
    """Read a table of a trial, or a file of its moments or counts, and say on standard error what there is to know.

    Raises
    ------
    DataError
        A file that cannot be read, options that say too little, and whatever `Trial` refuses.
    """
    from bayespanel.command.screen import say
    from bayespanel.data.guesses import said_of

    data: Trial | TrialMoments | TrialCounts
    if is_moments(path):
        data = _stored(path)
    else:
        frame = table(path, given.columns.decimal, given.columns.sheet)
        data = heard(lambda: _read(frame, given if card is None else given.with_card(card)), on_warning)
    if not quiet:
        say("\n".join(f"  - {note}" for note in said_of(data)))
    return data


def receive_imputed(path: Path, given: TrialColumns, card: Card, imputation: str, *, quiet: bool) -> list[Trial]:
    """Read a table of a trial in which imputations stand below each other; see `bayespanel.read_imputed`.

    Raises
    ------
    DataError
        As `receive_trial`, and what `read_imputed` refuses.
    """
    from bayespanel.command.screen import say
    from bayespanel.data.guesses import said_of
    from bayespanel.data.imputed_tables import read_imputed

    require_table_of_imputations(path)
    frame, filled = table(path, given.columns.decimal, given.columns.sheet), given.with_card(card)
    every = heard(lambda: read_imputed(frame, lambda one: _read(one, filled), imputation=imputation))
    if not quiet:
        say("\n".join([f"{len(every)} imputations. The first:", *(f"  - {note}" for note in said_of(every[0]))]))
    return every


def source(path: Path | None, card: Card) -> Path:
    """Return the file of data, or the moments that came with the card.

    Raises
    ------
    DataError
        No file was named, and none came with the card.
    """
    from bayespanel.catalogue.cards import bundled

    found = path or bundled(card)
    if found is None:
        raise DataError(
            "A card needs data to which it is fitted.",
            f"You named no file, and none came with the card {card.name!r}.",
            f"Write bayespanel fit {card.name} FILE.",
        )
    return found


def stored(path: Path) -> Moments | TrialMoments | TrialCounts:
    """Read a file of moments of a panel or a trial, or of counts."""
    from bayespanel.data import PanelRows
    from bayespanel.data.storage import read_any

    found = read_any(path)
    if isinstance(found, PanelRows):
        raise DataError(
            "Only a table, or sums over pupils, can be described.",
            f"{path.name!r} holds the rows of one model of trajectories.",
            "Describe the table of pupils from which they came.",
        )
    kept: Moments | TrialMoments | TrialCounts = found
    return kept


def _stored(path: Path) -> TrialMoments | TrialCounts:
    from bayespanel.data import TrialCounts, TrialMoments

    found = stored(path)
    if not isinstance(found, TrialMoments | TrialCounts):
        raise DataError(
            "A trial is fitted to a table, or to moments or counts of a trial.",
            f"{path.name!r} holds {type(found).__name__}.",
            "Give the file that TrialMoments.save or TrialCounts.save wrote.",
        )
    return found


def _read(frame: pd.DataFrame, given: TrialColumns) -> Trial:
    from bayespanel.data import Trial

    columns = given.columns
    absent = [f"--{name}" for name in ("arm", "outcomes") if not getattr(given, name)]
    if absent:
        raise DataError(
            "A trial has arms and outcomes, and the command line names their columns.",
            f"Not given: {', '.join(absent)}. The columns are {', '.join(map(str, frame.columns))}.",
            "Write --arm COLUMN --outcomes A,B.",
        )
    frame = renamed(frame, columns)
    pairs = dict(given.baseline)
    return Trial.from_frame(
        frame,
        arm=str(given.arm),
        outcomes=given.outcomes,
        randomised=cast(Literal["school", "class", "pupil"], given.randomised or _unit(given)),
        baseline=pairs,
        covariates=columns.covariates,
        strata=given.strata,
        classroom=one_column(columns, "classroom"),
        school=one_column(columns, "school"),
        district=one_column(columns, "district"),
        pupil=columns.pupil,
        control=given.control,
        **replace(columns, variables=(*given.outcomes, *pairs.values())).answers,
    )


def _unit(given: TrialColumns) -> str:
    """The unit of randomisation where nothing is said: the outermost level that is named."""
    columns = given.columns
    return "school" if columns.school else "class" if columns.classroom else "pupil"
