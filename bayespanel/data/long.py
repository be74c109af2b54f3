"""A long table, one row per pupil and wave, as arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayespanel.data.clusters import Membership
from bayespanel.data.columns import numbers_of, require_columns, require_names, require_table
from bayespanel.data.entry import Entry
from bayespanel.data.labels import Labelled, labelled, warn_of_guessed_order
from bayespanel.data.sentinels import warn_of_sentinels
from bayespanel.data.wording import counted
from bayespanel.errors import DataError


def read_long(
    frame: pd.DataFrame,
    *,
    pupil: str,
    wave: str,
    variables: Sequence[str],
    classroom: str | None,
    school: str | None,
    covariates: Sequence[str],
) -> Entry:
    """Spread a long table over [pupil, wave, variable]; the arguments are those of `Panel.from_long`."""
    frame = require_table(frame)
    names = require_names(variables, "variables")
    covariate_names = require_names(covariates, "covariates", allow_empty=True)
    clusters = {"classroom": classroom, "school": school}
    roles: dict[str, Sequence[str]] = {"pupil": [pupil], "wave": [wave], "variables": names}
    roles["covariates"] = covariate_names
    roles |= {role: [column] for role, column in clusters.items() if column is not None}
    require_columns(frame, roles)
    scores = [numbers_of(frame, name) for name in names]
    known = [numbers_of(frame, name, covariate=True) for name in covariate_names]
    for column, numbers in zip((*names, *covariate_names), (*scores, *known), strict=True):
        warn_of_sentinels(numbers, column)

    row, pupils = pupil_codes(frame[pupil])
    time = labelled(frame[wave])
    _require_known(time.codes, "wave", wave)
    warn_of_guessed_order(frame[wave], time.labels, wave)
    labels = {role: labelled(frame[column]) for role, column in clusters.items() if column is not None}

    n, waves = len(pupils), len(time.labels)
    cell = row * waves + time.codes
    if np.bincount(cell, minlength=n * waves).max() > 1:
        _refuse_duplicates(frame, cell, pupil, wave, labels, school)

    values = np.full((n * waves, len(names)), np.nan)
    for k, numbers in enumerate(scores):
        values[cell, k] = numbers
    members: dict[str, Membership] = {}
    for role, label in labels.items():
        codes = np.full(n * waves, -1, dtype=np.int64)
        codes[cell] = label.codes
        members[role] = Membership(str(clusters[role]), codes.reshape(n, waves), label.labels)
    fixed = np.empty((n, len(known)))
    for j, numbers in enumerate(known):
        fixed[:, j] = _one_per_pupil(numbers, cell, (n, waves), covariate_names[j])
    return Entry(
        values=values.reshape(n, waves, len(names)),
        waves=time.labels,
        variables=names,
        pupils=pupils,
        covariates=fixed,
        covariate_names=covariate_names,
        classroom=members.get("classroom"),
        school=members.get("school"),
    )


def pupil_codes(column: pd.Series) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Return the position of each row's pupil and the pupils [pupil], in order of appearance."""
    codes, uniques = pd.factorize(column)
    pupils = np.asarray(uniques, dtype=object)
    _require_known(codes, "pupil", str(column.name))
    if any(isinstance(label, str) and not label.strip() for label in pupils):
        raise DataError(
            "Every row names its pupil.",
            f"Column {column.name!r} holds blank text.",
            "Drop these rows, or fill in the pupil.",
        )
    return np.asarray(codes, dtype=np.int64), pupils


def _require_known(codes: NDArray[np.int64], what: str, column: str) -> None:
    missing = int((codes < 0).sum())
    if missing:
        raise DataError(
            f"Every row names its {what}.",
            f"Column {column!r} is missing in {counted(missing, 'row')} of {len(codes)}.",
            f"Drop these rows, or fill in the {what}.",
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
    frame: pd.DataFrame, cell: NDArray[np.int64], pupil: str, wave: str, labels: dict[str, Labelled], school: str | None
) -> None:
    """Raise the error for several rows of one pupil at one wave, naming what sets the rows apart."""
    repeated = np.flatnonzero(pd.Series(cell).duplicated(keep=False).to_numpy())
    twice = frame.iloc[repeated]
    key = pd.Series(cell[repeated])
    pairs = int(key.nunique())
    reason, conflict = "", repeated[:1]
    for role in ("school", "classroom"):
        if role in labels:
            codes = pd.Series(labels[role].codes[repeated])
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
