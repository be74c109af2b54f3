"""Effects on ordered scores as probabilities that a reader understands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespanel.families.door import family_of
from bayespanel.inference.imputed import require_one_table
from bayespanel.language.errors import SpecError
from bayespanel.language.values import probability

if TYPE_CHECKING:
    import pandas as pd

    from bayespanel.inference.fit import Fit


def category_probabilities(fit: Fit, *, prob: float = 0.95) -> pd.DataFrame:
    """Return how many more pupils reach each category of an ordered score.

    Of a panel: after one within-person standard deviation more of the source at the wave before, for everybody and with
    all else as it is, averaged over the waves. Of a trial: were all pupils in an arm, beside the reference arm. Counts
    of events are read in the same way, as the probability of one event or more, two or more, and so on.

    Parameters
    ----------
    fit
        The fit of a panel with `ordered`, or of a trial with a link for ordered outcomes or counts of events.
    prob
        Probability of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row for each pathway and category but the lowest: `pathway`, `source`, `target`; `category`, such as "2 or
        more"; `before` and `after`, the two probabilities; `difference`, with its bounds `lower` and `upper`. The
        averages are over 400 draws at most.

    Raises
    ------
    SpecError
        The model has no ordered scores, or `prob` is not between 0 and 1.
    FitError
        The fit mixes imputations.
    """
    require_one_table(fit)
    table = found(fit, prob)
    if table is None:
        raise SpecError(
            "Probabilities of categories are those of ordered scores and of counts of events.",
            f"The fit is of {type(fit.spec).__name__}, whose scores are read as numbers or as courses.",
            "Fit a panel with ordered=(...), or a trial with link='logit', 'probit' or 'log'.",
        )
    return table


def found(fit: Fit, prob: float = 0.95) -> pd.DataFrame | None:
    """Return the table of `category_probabilities`; None where no score is ordered, or where imputations are mixed."""
    tails = ((1 - probability("prob", prob)) / 2, (1 + prob) / 2)
    room = family_of(fit.spec).category_table
    if room is None or fit.imputations > 1:
        return None
    table = room.probabilities(fit.spec, fit.posterior, fit.data, tails)
    return None if table.empty else table
