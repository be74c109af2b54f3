"""A wide table, one row per pupil and one column per variable and wave, as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from bayespanel.data.clusters import Membership
from bayespanel.data.columns import numbers_of, require_columns, require_names, require_table
from bayespanel.data.entry import Entry
from bayespanel.data.labels import labelled
from bayespanel.data.long import pupil_codes
from bayespanel.data.sentinels import warn_of_sentinels
from bayespanel.data.wording import counted, label_of, listed
from bayespanel.errors import DataError


def read_wide(
    frame: pd.DataFrame,
    *,
    columns: Mapping[str, Sequence[str]],
    pupil: str | None,
    waves: Sequence[object] | None,
    classroom: str | None,
    school: str | None,
    covariates: Sequence[str],
) -> Entry:
    """Stack the columns of a wide table into [pupil, wave, variable]; the arguments are those of `Panel.from_wide`."""
    frame = require_table(frame)
    groups = _require_groups(columns)
    covariate_names = require_names(covariates, "covariates", allow_empty=True)
    wave_names = _wave_names(waves, len(next(iter(groups.values()))))
    clusters = {"classroom": classroom, "school": school}
    roles: dict[str, Sequence[str]] = {f"columns[{name!r}]": group for name, group in groups.items()}
    roles["covariates"] = covariate_names
    roles |= {role: [c] for role, c in (("pupil", pupil), *clusters.items()) if c is not None}
    require_columns(frame, roles)
    clash = sorted(set(groups) & set(covariate_names))
    if clash:
        raise DataError(
            "A variable and a covariate have different names.",
            f"{listed(clash)} is both.",
            "Rename the variable in columns={...}, or the column of the covariate.",
        )

    pupils = np.arange(1, len(frame) + 1).astype(object)
    if pupil is not None:
        codes, pupils = pupil_codes(frame[pupil])
        if len(pupils) < len(codes):
            repeated = int((np.bincount(codes) > 1).sum())
            example = frame[pupil][frame[pupil].duplicated()].iloc[0]
            raise DataError(
                "A wide table has one row per pupil.",
                f"{counted(repeated, 'pupil')} {'has' if repeated == 1 else 'have'} several rows, "
                f"for example {pupil!r} {example!s}.",
                "Drop the extra rows, make pupil numbers unique across schools, or use from_long for a long table.",
            )
    values = np.empty((len(frame), len(wave_names), len(groups)))
    for k, group in enumerate(groups.values()):
        for t, column in enumerate(group):
            values[:, t, k] = numbers_of(frame, column)
            warn_of_sentinels(values[:, t, k], column)
    fixed = np.empty((len(frame), len(covariate_names)))
    for j, column in enumerate(covariate_names):
        fixed[:, j] = numbers_of(frame, column, covariate=True)
        warn_of_sentinels(fixed[:, j], column)
    members: dict[str, Membership] = {}
    for role, cluster in clusters.items():
        if cluster is not None:
            label = labelled(frame[cluster])
            members[role] = Membership(cluster, label.codes[:, None], label.labels)
    return Entry(
        values=values,
        waves=wave_names,
        variables=tuple(groups),
        pupils=pupils,
        covariates=fixed,
        covariate_names=covariate_names,
        classroom=members.get("classroom"),
        school=members.get("school"),
    )


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
    names = tuple(label_of(wave) for wave in waves)
    if len(names) != number or len(set(names)) < number:
        raise DataError(
            "'waves' names every wave once, in order.",
            f"There are {counted(number, 'wave')} of columns; you gave {len(names)}: {listed(names, 20)}.",
            "Give one name per wave, or leave 'waves' out for '1', '2', ....",
        )
    return names
