"""The table as arrays, before pupils are chosen; and the checks that every table has to pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.clusters import Membership
from bayespanel.data.groups import Grouping
from bayespanel.data.guesses import Guess
from bayespanel.data.wording import counted
from bayespanel.language.errors import DataError, nearest


@dataclass(frozen=True, eq=False)
class Entry:
    """What a long or a wide table holds.

    Attributes
    ----------
    values : float64 [pupil, wave, variable]
        NaN where missing.
    waves, variables : tuple of str
    pupils : object [pupil]
    covariates : float64 [pupil, covariate]
    covariate_names : tuple of str
    classroom, school : Membership or None
    notes : tuple of str
    guesses : tuple of Guess
    wave_columns : tuple of str or None
        What else names the waves: the columns of a variable of a wide table.
    group : Grouping or None
    """

    values: NDArray[np.float64]
    waves: tuple[str, ...]
    variables: tuple[str, ...]
    pupils: NDArray[np.object_]
    covariates: NDArray[np.float64]
    covariate_names: tuple[str, ...]
    classroom: Membership | None
    school: Membership | None
    notes: tuple[str, ...] = ()
    guesses: tuple[Guess, ...] = ()
    wave_columns: tuple[str, ...] | None = None
    group: Grouping | None = None

    def of(self, pupils: NDArray[np.bool_], note: str | None = None) -> Entry:
        """Return the entry of some of the pupils (a mask)."""
        if pupils.all():
            return self
        return replace(
            self,
            values=self.values[pupils],
            pupils=self.pupils[pupils],
            covariates=self.covariates[pupils],
            classroom=None if self.classroom is None else self.classroom.of(pupils),
            school=None if self.school is None else self.school.of(pupils),
            group=None if self.group is None else self.group.of(pupils),
            notes=self.notes if note is None else (*self.notes, note),
        )


def without_unscored(entry: Entry) -> Entry:
    """Keep out the pupils that have no score at any wave: they say nothing about any parameter.

    Raises
    ------
    DataError
        No pupil has a score.
    """
    scored = ~np.isnan(entry.values).all(axis=(1, 2))
    out = int((~scored).sum())
    if out == len(scored):
        raise DataError(
            "A panel needs pupils with scores.",
            f"All {counted(out, 'pupil')} have missing values only.",
            "Check the columns, and what was recoded to missing.",
        )
    verb = "was" if out == 1 else "were"
    return entry.of(scored, f"{counted(out, 'pupil')} without any observed score {verb} kept out.")


def require_scores(entry: Entry) -> None:
    """Check that there are two waves or more, and that every variable is seen at every wave and varies there.

    Raises
    ------
    DataError
    """
    waves, variables = entry.waves, entry.variables
    if len(waves) < 2:
        raise DataError(
            "A panel has at least two waves.",
            f"The table has {len(waves)} ({', '.join(waves)}).",
            "Add a wave, or check the column of the waves.",
        )
    observed = (~np.isnan(entry.values)).any(axis=0)
    if not observed.all():
        gaps = [f"{variables[k]!r} at wave {waves[t]!r}" for t, k in np.argwhere(~observed)]
        raise DataError(
            "Every variable is observed at every wave.",
            f"Never observed: {', '.join(gaps[:6])}{', ...' if len(gaps) > 6 else ''}.",
            "Leave out this wave or this variable.",
        )
    constant = np.fmin.reduce(entry.values, axis=0) == np.fmax.reduce(entry.values, axis=0)
    if constant.any():
        t, k = np.argwhere(constant)[0]
        where = "any wave" if constant[:, k].all() else f"wave {waves[t]!r}"
        value = np.fmin.reduce(entry.values[:, t, k])
        raise DataError(
            "A variable differs between pupils at every wave.",
            f"{variables[k]!r} does not at {where}: every observed value at wave {waves[t]!r} is {value:g}.",
            "Leave out this wave or this variable.",
        )


def guess_of_links(entry: Entry) -> tuple[Guess, ...]:
    """Return a doubtful guess for every wave after which nobody is seen who was seen before."""
    scored = ~np.isnan(entry.values).all(axis=2)
    first, last = scored.argmax(axis=1), scored.shape[1] - 1 - scored[:, ::-1].argmax(axis=1)
    return tuple(
        Guess(
            "labels",
            f"No pupil has a score both up to wave {entry.waves[t - 1]!r} and from wave {entry.waves[t]!r} on.",
            "They were taken as different pupils, so that the data say nothing about paths between these waves.",
            "Check that pupils have the same labels at all waves.",
            True,
        )
        for t in range(1, len(entry.waves))
        if not ((first < t) & (last >= t)).any()
    )


def require_covariates(entry: Entry, incomplete: Sequence[str] = ()) -> None:
    """Check that every covariate is known for every pupil, but for the incomplete ones, and varies.

    Raises
    ------
    DataError
    """
    for name in incomplete:
        if name not in entry.covariate_names:
            raise DataError(
                "What may be missing is among the covariates.",
                f"'incomplete' names {name!r}. {nearest(str(name), list(entry.covariate_names))}",
                "Correct the name, or add it to covariates.",
            )
    may = np.array([name in incomplete for name in entry.covariate_names], bool)
    missing = np.isnan(entry.covariates).sum(axis=0) * ~may
    if missing.any():
        given = "; ".join(
            f"{name!r} is missing for {counted(int(number), 'pupil')}"
            for name, number in zip(entry.covariate_names, missing, strict=True)
            if number
        )
        raise DataError(
            "A covariate is known for every pupil with a score.",
            f"{given[0].upper()}{given[1:]}, of {len(entry.pupils)}.",
            "Drop these pupils, fill the gaps (by multiple imputation), or leave the covariate out; or name it in "
            "incomplete=[...], for a panel model that has a distribution for it.",
        )
    for column, name in enumerate(entry.covariate_names):
        seen = entry.covariates[:, column][~np.isnan(entry.covariates[:, column])]
        if not len(seen) or np.ptp(seen) == 0:
            whom = f"all {len(entry.pupils)} pupils" if len(seen) == len(entry.pupils) else f"{len(seen)} pupils"
            raise DataError(
                "A covariate differs between pupils.",
                f"{name!r} is {f'{seen[0]:g} for {whom}' if len(seen) else 'never known'}.",
                "Leave it out.",
            )
