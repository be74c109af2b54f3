"""From the file and the options of `bayespanel fit` to the data that the card's model reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bayespanel.command import intake, trials
from bayespanel.language.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bayespanel.catalogue.cards import Card
    from bayespanel.command.columns import Columns
    from bayespanel.command.options import OfTrial
    from bayespanel.verbs.analysis import Data


def receive(
    path: Path,
    columns: Columns,
    trial: OfTrial,
    command: str,
    card: Card,
    *,
    quiet: bool,
    on_warning: Callable[[str], object] | None = None,
) -> Data:
    """Read the data of a card, and say on standard error what there is to know.

    Parameters
    ----------
    path
        The file.
    columns
        What the command line says of its columns.
    trial
        What it says of a trial.
    command
        How the command line starts, for a suggestion how to complete it.
    card
        Says whether the data are of a trial; it names the variables, and has hints about columns.
    quiet
        Whether to keep back everything but warnings about the data.
    on_warning
        Is called with each of these; None says them on standard error.

    Raises
    ------
    DataError
        A file that cannot be read, options that contradict the card or one another, and whatever the data refuse.
    """
    from bayespanel.data import PanelRows
    from bayespanel.families.door import family_of

    if _is_of_trial(card, trial):
        return trials.receive_trial(path, trial.columns(columns), card, quiet=quiet, on_warning=on_warning)
    if intake.is_moments(path) and not family_of(card.spec).reads_sums(card.spec):
        return PanelRows.load(path)
    return intake.receive(path, columns, command, card, quiet=quiet, on_warning=on_warning)


def receive_imputed(
    path: Path, columns: Columns, trial: OfTrial, command: str, card: Card, imputation: str, *, quiet: bool
) -> Sequence[Data]:
    """Read the imputations of a card's data, which stand below each other in one table; see `receive`.

    Parameters
    ----------
    path, columns, trial, command, card, quiet
        As for `receive`.
    imputation
        Column with the number of the imputation.

    Raises
    ------
    DataError
        As `receive`, and what `bayespanel.read_imputed` refuses.
    """
    if _is_of_trial(card, trial):
        return trials.receive_imputed(path, trial.columns(columns), card, imputation, quiet=quiet)
    return intake.receive_imputed(path, columns, command, card, imputation, quiet=quiet)


def _is_of_trial(card: Card, trial: OfTrial) -> bool:
    """Whether a card's data are of a trial; a DataError where options speak of a trial, and they are not."""
    from bayespanel.families.shared.hints import TrialHints

    if isinstance(card.data, TrialHints):
        return True
    if trial.given:
        raise DataError(
            f"Only trials have --{trial.given[0]}.",
            f"The card {card.name!r} is of the family {card.family}.",
            "Leave it out, or choose the card of a trial: bayespanel models shows them.",
        )
    return False
