"""Columns that nobody named: pupils whose rows are copies, schools whose classes share names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from bayespanel.data.district import SHARED, in_several
from bayespanel.data.guesses import Guess
from bayespanel.data.wording import counted
from bayespanel.language.column_words import named_for

SCORES_TOO = frozenset(("kind", "case"))
"""Usual names of pupils that are words for scores and conditions as well."""


def guess_of_unnamed(frame: pd.DataFrame, roles: Mapping[str, Sequence[str]]) -> tuple[Guess, ...]:
    """Return doubtful guesses where a column that nobody named says that rows, or classes, are others.

    Parameters
    ----------
    frame
        The table.
    roles
        Argument -> the columns named in it.
    """
    taken = {name for names in roles.values() for name in names}
    left = [name for name in frame.columns if isinstance(name, str) and name not in taken]
    return (*_copies(frame, roles, left), *_classes(frame, roles, left))


def _copies(frame: pd.DataFrame, roles: Mapping[str, Sequence[str]], left: Sequence[str]) -> tuple[Guess, ...]:
    """Pupils whose number stands in several rows of one place, where every row was taken as a pupil."""
    name = None if "pupil" in roles else named_for("pupil", [one for one in left if one.lower() not in SCORES_TOO])
    if name is None or not _can_number(frame[name]):
        return ()
    places = [column for role in ("district", "school", "classroom") for column in roles.get(role, ())[:1]]
    places += [place for place in [named_for("school", left)] if place is not None and not places and place != name]
    known = frame[frame[name].notna()]
    several = int(known.duplicated([name, *places]).sum())
    if not several:
        return ()
    return (
        Guess(
            "pupils",
            f"{counted(several, 'row')} repeat{'s' if several == 1 else ''} a value of column {name!r}"
            f"{' within a place' if places else ''}, and no column of pupils is named.",
            "Each row was taken as a pupil.",
            f"If it is the pupil, say pupil={name!r}: copies are then found.",
            True,
        ),
    )


def _can_number(column: pd.Series) -> bool:
    """Say whether a column holds text or whole numbers, as pupils are numbered."""
    if not pd.api.types.is_numeric_dtype(column.dtype):
        return True
    present = column.dropna()
    return bool((present == present.round()).all())


def _classes(frame: pd.DataFrame, roles: Mapping[str, Sequence[str]], left: Sequence[str]) -> tuple[Guess, ...]:
    """Names of classes that stand in several schools, where no school is named."""
    name = named_for("school", left) if "classroom" in roles and "school" not in roles else None
    if name is None:
        return ()
    several, number = in_several(frame[roles["classroom"][0]], frame[name])
    if several < max(1.0, SHARED * number):
        return ()
    return (
        Guess(
            "labels",
            f"{several} of {counted(number, 'class', 'classes')} occur in two or more values of column {name!r}.",
            "A label was taken as one class.",
            f"If names of classes begin again in every school, say school={name!r}.",
            True,
        ),
    )
