"""A long table, one row per pupil and wave, as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayespanel.data.clusters import Membership
from bayespanel.data.columns import require_columns, require_names
from bayespanel.data.district import guess_of_districts
from bayespanel.data.groups import read_groups
from bayespanel.data.members import memberships
from bayespanel.data.reading import Answers, Reading
from bayespanel.data.sampling_weights import guess_of_weights
from bayespanel.data.table_arrays import Entry
from bayespanel.data.unnamed_columns import guess_of_unnamed
from bayespanel.data.wording import counted
from bayespanel.language.errors import DataError


def read_long(
    frame: pd.DataFrame,
    *,
    pupil: str,
    wave: str,
    variables: Sequence[str],
    waves: Sequence[object] | None,
    classroom: str | None,
    school: str | None,
    district: str | None,
    covariates: Sequence[str],
    group: str | None,
    answers: Answers,
) -> Entry:
    """Spread a long table over [pupil, wave, variable]; the arguments are those of `Panel.from_long`."""
    reading = Reading(frame, answers)
    names = require_names(variables, "variables")
    covariate_names = require_names(covariates, "covariates", allow_empty=True)
    clusters = {"district": district, "school": school, "classroom": classroom}
    roles: dict[str, Sequence[str]] = {"pupil": [pupil], "wave": [wave], "variables": names}
    roles["covariates"] = covariate_names
    roles |= {role: [column] for role, column in (clusters | {"group": group}).items() if column is not None}
    require_columns(reading.frame, roles)
    scores, known = reading.numbers({name: [name] for name in names}, covariate_names)

    row, pupils = reading.pupils(pupil)
    time = reading.waves(wave, waves)
    of_rows, notes = memberships(reading, {role: [column] for role, column in clusters.items() if column is not None})

    n, occasions = len(pupils), len(time.labels)
    grouping = read_groups(reading, group, row, n)
    cell = row * occasions + time.codes
    if np.bincount(cell, minlength=n * occasions).max() > 1:
        _refuse_duplicates(reading.frame, cell, pupil, wave, of_rows, school)

    values = np.full((n * occasions, len(names)), np.nan)
    for k, name in enumerate(names):
        values[cell, k] = scores[name][0]
    members: dict[str, Membership] = {}
    for role, member in of_rows.items():
        codes = np.full(n * occasions, -1, dtype=np.int64)
        codes[cell] = member.codes[:, 0]
        members[role] = Membership(member.column, codes.reshape(n, occasions), member.labels)
    fixed = np.empty((n, len(covariate_names)))
    for j, name in enumerate(covariate_names):
        fixed[:, j] = _one_per_pupil(known[name], cell, (n, occasions), name)
    return Entry(
        values=values.reshape(n, occasions, len(names)),
        waves=time.labels,
        variables=names,
        pupils=pupils,
        covariates=fixed,
        covariate_names=covariate_names,
        classroom=members.get("classroom"),
        school=members.get("school"),
        notes=tuple(notes),
        group=grouping,
        guesses=(
            *reading.guesses,
            *guess_of_districts(reading.frame, roles),
            *guess_of_weights(reading.frame, roles),
            *guess_of_unnamed(reading.frame, roles),
        ),
    )


def _one_per_pupil(
    numbers: NDArray[np.float64], cell: NDArray[np.int64], shape: tuple[int, int], name: str
) -> NDArray[np.float64]:
    """Return a covariate's value per pupil, NaN where it is missing in all of the pupil's rows."""
    spread = np.full(shape, np.nan)
    spread.ravel()[cell] = numbers
    low, high = np.fmin.reduce(spread, axis=1), np.fmax.reduce(spread, axis=1)
    varying = int((low < high).sum())
    if varying:
        raise DataError(
            "A covariate is the same at all waves of a pupil.",
            f"{name!r} changes over time for {counted(varying, 'pupil')} of {shape[0]}.",
            "Use its value at the first wave, or make it one of the variables.",
        )
    return np.asarray(low, dtype=np.float64)


def _refuse_duplicates(
    frame: pd.DataFrame,
    cell: NDArray[np.int64],
    pupil: str,
    wave: str,
    members: Mapping[str, Membership],
    school: str | None,
) -> None:
    """Raise the error for several rows of one pupil at one wave, naming what sets the rows apart."""
    repeated = np.flatnonzero(pd.Series(cell).duplicated(keep=False).to_numpy())
    twice = frame.iloc[repeated]
    key = pd.Series(cell[repeated])
    pairs = int(key.nunique())
    reason, conflict = "", repeated[:1]
    for role in ("school", "classroom"):
        if role in members:
            codes = pd.Series(members[role].codes[repeated, 0])
            several = codes.groupby(key).transform("nunique").to_numpy() > 1
            if several.any():
                plural = {"school": "schools", "classroom": "classes"}[role]
                number = int(key[several].nunique())
                reason = f"{number} {'stands' if number == 1 else 'stand'} in two {plural} at the same wave."
                conflict = repeated[several][:1]
                break
    unique = "join school and pupil into one column."
    if school is not None:
        unique = f"frame[{pupil!r}] = frame[{school!r}].astype(str) + '_' + frame[{pupil!r}].astype(str)."
    restart = f"If pupil numbers start again in every school, make them unique first: {unique}"
    if reason:
        action = f"Keep the row of the place where the pupil was tested. {restart}"
    elif twice.duplicated(keep=False).all():
        reason = "The rows are exact copies."
        action = f"Drop the copies: frame.drop_duplicates([{pupil!r}, {wave!r}])."
    else:
        reason = "The rows differ."
        action = f"Decide which row counts. {restart}"
    first = frame.iloc[int(conflict[0])]
    raise DataError(
        "A long table has one row per pupil and wave.",
        f"{counted(pairs, 'pair')} of pupil and wave {'has' if pairs == 1 else 'have'} several rows, for example "
        f"{pupil!r} {first[pupil]!s} at {wave!r} {first[wave]!s}. {reason}",
        action,
    )
