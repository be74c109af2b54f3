"""School numbers that begin again in every district."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from bayespanel.data.guesses import Guess
from bayespanel.data.wording import counted

USUAL = re.compile(
    r"district|distr|municipality|municip|gemeente|gemeinde|kommune|kommun|commune|comune|municipio|bezirk|landkreis|kreis|"
    r"county|region|province|provincie|provincia|bundesland|canton|kanton|state|country|land|lea|board|bestuur|city|"
    r"stad|stadt|town|site|cohort"
)
"""Usual names of a column of districts, or of anything else that schools lie in."""

SHARED = 0.3
"""Share of the labels that must stand in two places or more before it is said."""


def guess_of_districts(frame: pd.DataFrame, roles: Mapping[str, Sequence[str]]) -> tuple[Guess, ...]:
    """Return a doubtful guess where the labels of the schools occur in several values of a column of districts.

    Parameters
    ----------
    frame
        The table.
    roles
        Argument -> the columns named in it. Columns that are named are not looked at; nothing is said where a
        district is named, or no school.
    """
    if "school" not in roles or "district" in roles:
        return ()
    taken = {name for names in roles.values() for name in names}
    school = frame[roles["school"][0]]
    for position, name in enumerate(map(str, frame.columns)):
        if name in taken or not USUAL.fullmatch(re.sub(r"[^a-z]", "", name.lower().removesuffix("id"))):
            continue
        several, number = in_several(school, frame.iloc[:, position])
        if several >= max(2.0, SHARED * number):
            return (
                Guess(
                    "labels",
                    f"{several} of {counted(number, 'school label')} occur in two or more values of column {name!r}.",
                    "A label was taken as one school.",
                    f"If school numbers begin again in each, say district={name!r}.",
                    True,
                ),
            )
    return ()


def in_several(label: pd.Series, place: pd.Series) -> tuple[int, int]:
    """Return how many labels stand in two places or more, and how many there are."""
    one, other = (pd.factorize(column)[0] for column in (label, place))
    known = (one >= 0) & (other >= 0)
    pairs = np.unique(np.column_stack([one[known], other[known]]), axis=0)
    several = int((np.bincount(pairs[:, 0]) > 1).sum()) if len(pairs) else 0
    return several, len(np.unique(one[one >= 0]))
