"""What counts of events are, in trials and in panels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.wording import label_of
from bayespanel.language.errors import DataError

LARGEST = 400
"""The largest number of events: more than one a day over a year is another kind of score."""


def require_events(name: str, values: NDArray[np.float64], *, labelled: bool) -> None:
    """Refuse what is no count of events."""
    rule = f"A count of events is a whole number from 0 to {LARGEST}."
    if labelled:
        raise DataError(
            rule,
            f"{name!r} has ordered categories with labels.",
            "Use link='logit' for ordered categories, or give the numbers of events.",
        )
    wrong = values[(values < 0) | (values != np.floor(values)) | (values > LARGEST)]
    if wrong.size:
        raise DataError(
            rule,
            f"{name!r} holds {label_of(wrong[0])}.",
            "Use link='identity', the Gaussian model; or declare codes such as -99 as missing where the data are read.",
        )
