"""A wide table, one row per pupil and one column per variable and wave, as arrays."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayespanel.data.clusters import Membership
from bayespanel.data.columns import require_columns, require_names
from bayespanel.data.district import guess_of_districts
from bayespanel.data.groups import read_groups
from bayespanel.data.guesses import Guess
from bayespanel.data.members import memberships
from bayespanel.data.reading import Answers, Reading
from bayespanel.data.sampling_weights import guess_of_weights
from bayespanel.data.table_arrays import Entry
from bayespanel.data.unnamed_columns import guess_of_unnamed
from bayespanel.data.waves import names_of_waves, require_order_of_columns, require_order_of_names
from bayespanel.data.wording import counted, listed
from bayespanel.language.errors import DataError


def read_wide(
    frame: pd.DataFrame,
    *,
    columns: Mapping[str, Sequence[str]],
    pupil: str | None,
    waves: Sequence[object] | None,
    classroom: str | Sequence[str] | None,
    school: str | Sequence[str] | None,
    district: str | Sequence[str] | None,
    covariates: Sequence[str],
    group: str | None,
    answers: Answers,
) -> Entry:
    """Stack the columns of a wide table into [pupil, wave, variable]; the arguments are those of `Panel.from_wide`."""
    reading = Reading(frame, answers)
    groups = _require_groups(columns)
    covariate_names = require_names(covariates, "covariates", allow_empty=True)
    occasions = len(next(iter(groups.values())))
    wave_names = _wave_names(waves, occasions)
    given = {"district": district, "school": school, "classroom": classroom}
    clusters = {role: _per_wave(role, names, occasions) for role, names in given.items() if names is not None}
    roles: dict[str, Sequence[str]] = {f"columns[{name!r}]": group for name, group in groups.items()}
    roles |= {"covariates": covariate_names} | clusters
    roles |= {role: [name] for role, name in (("pupil", pupil), ("group", group)) if name is not None}
    require_columns(reading.frame, roles)
    clash = sorted(set(groups) & set(covariate_names))
    if clash:
        raise DataError(
            "A variable and a covariate have different names.",
            f"{listed(clash)} is both.",
            "Rename the variable in columns={...}, or the column of the covariate.",
        )
    reading.guesses += require_order_of_names(wave_names, accept=reading.accept)
    reading.guesses += require_order_of_columns(
        groups | {role: names for role, names in clusters.items() if len(names) > 1}, accept=reading.accept
    )

    reading.guesses += _unnamed_places(reading.frame, roles)
    scores, known = reading.numbers(groups, covariate_names)
    values = np.stack([np.column_stack(scores[name]) for name in groups], axis=2)
    fixed = np.column_stack([np.zeros((len(frame), 0)), *known.values()])
    members, notes = memberships(reading, clusters)
    # All memberships have a column per wave where one has.
    several = max((member.codes.shape[1] for member in members.values()), default=1)
    members = {
        role: Membership(member.column, np.array(np.broadcast_to(member.codes, (len(frame), several))), member.labels)
        for role, member in members.items()
    }
    grouping = read_groups(reading, group)
    return Entry(
        values=values,
        waves=wave_names,
        variables=tuple(groups),
        pupils=_pupils(reading, pupil),
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
        wave_columns=next(iter(groups.values())) if waves is None else None,
    )


def _unnamed_places(frame: pd.DataFrame, roles: Mapping[str, Sequence[str]]) -> list[Guess]:
    """Return a doubtful guess where one column of a school or class is named and the table has one per wave."""
    found = []
    taken = {name for names in roles.values() for name in names}
    for role in ("school", "classroom", "district"):
        names = roles.get(role, ())
        ending = re.fullmatch(r"(.*\D)(\d{1,4})", str(names[0])) if len(names) == 1 else None
        if ending is None:
            continue
        pattern = re.compile(re.escape(ending[1]) + r"\d{1,4}")
        others = [str(name) for name in frame.columns if pattern.fullmatch(str(name)) and name not in taken]
        if others:
            found.append(
                Guess(
                    "labels",
                    f"The table has {listed(sorted([names[0], *others]))}, and {role} names {names[0]!r} only.",
                    "Pupils who move to another place were not looked for.",
                    f"If there is one for each wave, name all in order: {role}=[{names[0]!r}, ...].",
                    True,
                )
            )
    return found


def _pupils(reading: Reading, pupil: str | None) -> NDArray[np.object_]:
    """Return the pupils [row]: their labels, or the numbers of the rows."""
    frame = reading.frame
    if pupil is None:
        return np.arange(1, len(frame) + 1).astype(object)
    codes, pupils = reading.pupils(pupil)
    if len(pupils) < len(codes):
        repeated = int((np.bincount(codes) > 1).sum())
        example = frame[pupil].iloc[int(np.flatnonzero(pd.Series(codes).duplicated())[0])]
        raise DataError(
            "A wide table has one row per pupil.",
            f"{counted(repeated, 'pupil')} {'has' if repeated == 1 else 'have'} several rows, "
            f"for example {pupil!r} {example!s}.",
            "Drop the extra rows, make pupil numbers unique across schools, or use from_long for a long table.",
        )
    return pupils


def _per_wave(role: str, columns: object, occasions: int) -> tuple[str, ...]:
    """Return the columns of a cluster: one, or one per wave."""
    names = (columns,) if isinstance(columns, str) else require_names(columns, role)
    if len(names) not in (1, occasions):
        raise DataError(
            f"{role!r} names one column, or one per wave in the order of the waves.",
            f"You gave {counted(len(names), 'column')} for {counted(occasions, 'wave')}: {listed(names)}.",
            "Give one column for each wave. Where the place was not asked at a wave, repeat nothing: add a column of "
            "missing values.",
        )
    return names


def _require_groups(columns: object) -> dict[str, tuple[str, ...]]:
    """Return variable -> its columns, one per wave and as many for every variable."""
    if not isinstance(columns, Mapping) or not columns:
        raise DataError(
            "'columns' names, for every variable, its columns in the order of the waves.",
            f"You gave {columns!r}.",
            "Write for example columns={'rejection': ['rej1', 'rej2', 'rej3']}.",
        )
    groups = {str(name): require_names(group, f"columns[{name!r}]") for name, group in columns.items()}
    lengths = {name: len(group) for name, group in groups.items()}
    if len(set(lengths.values())) > 1:
        raise DataError(
            "Every variable has one column per wave.",
            "The numbers of columns differ: " + ", ".join(f"{name!r} has {n}" for name, n in lengths.items()) + ".",
            "Add the missing columns, or leave out the waves that not all variables have.",
        )
    return groups


def _wave_names(waves: Sequence[object] | None, number: int) -> tuple[str, ...]:
    """Return the names of the waves: those given, or "1", "2", ..."""
    if waves is None:
        return tuple(str(t + 1) for t in range(number))
    names = tuple(names_of_waves(waves))
    if not all(names) or len(names) != number or len(set(names)) < number:
        raise DataError(
            "'waves' names every wave once, in order.",
            f"There are {counted(number, 'wave')} of columns; you gave {len(names)}: {listed(names, 20)}.",
            "Give one name per wave, or leave 'waves' out for '1', '2', ....",
        )
    return names
