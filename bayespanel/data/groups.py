"""Groups of pupils, such as girls and boys: read from a column, kept with the pupils and with their sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.reading import Reading
from bayespanel.data.wording import counted, listed
from bayespanel.language.errors import DataError
from bayespanel.language.plain_names import require_distinct_names, require_plain_names

if TYPE_CHECKING:
    from bayespanel.data.panel_table import PanelTable

Codes = NDArray[np.int64]

FEWEST_EACH, MOST = 2, 20
"""Groups of a panel at least and at most: a column of more labels is one of classes, ages or numbers of pupils."""


@dataclass(frozen=True, eq=False)
class Grouping:
    """The group of every pupil.

    Attributes
    ----------
    column : str
        Name of the column it came from.
    codes : int64 [pupil]
        Position in `labels`; -1 where unknown.
    labels : tuple of str
        In the order of the categories of a categorical column, else in natural order.
    """

    column: str
    codes: Codes
    labels: tuple[str, ...]

    def of(self, pupils: NDArray[np.bool_]) -> Grouping:
        """Return the groups of some of the pupils (a mask)."""
        return Grouping(self.column, self.codes[pupils], self.labels)


def read_groups(
    reading: Reading, column: str | None, row: Codes | None = None, pupils: int | None = None
) -> Grouping | None:
    """Return the group of every pupil from a column; None without one.

    Parameters
    ----------
    reading
        The table.
    column
        Its column; value labels of SPSS and Stata become the labels.
    row : [row]
        Pupil of each row, in a long table; None in a wide one, where each row is a pupil.
    pupils
        Their number, in a long table. A label known at one wave is used for all waves.

    Raises
    ------
    DataError
        The column has one label, or very many; a pupil is in two groups.
    """
    if column is None:
        return None
    found = reading.labels(column, "group")
    require_plain_names(found.labels, "group", error=DataError)
    require_distinct_names(found.labels, "group", error=DataError)
    if not FEWEST_EACH <= len(found.labels) <= MOST:
        shown = f"{len(found.labels)} labels" if len(found.labels) > MOST else listed(found.labels) or "nothing"
        raise DataError(
            f"Groups are told by a column of {FEWEST_EACH} to {MOST} labels.",
            f"Column {column!r} holds {shown}.",
            "Check the column, or a filter that left one group; leave group=... out for a panel without groups.",
        )
    if row is None:
        return Grouping(column, found.codes, found.labels)
    known = found.codes >= 0
    low, high = np.full(pupils or 0, len(found.labels), np.int64), np.full(pupils or 0, -1, np.int64)
    np.minimum.at(low, row[known], found.codes[known])
    np.maximum.at(high, row[known], found.codes[known])
    two = int((low < high).sum())
    if two:
        raise DataError(
            "A pupil belongs to one group at all waves.",
            f"{column!r} changes over time for {counted(two, 'pupil')} of {pupils}.",
            "Use its value at the first wave, or correct it.",
        )
    return Grouping(column, high, found.labels)


def settled_groups(grouping: Grouping | None) -> Grouping | None:
    """Return the groups of the pupils that stay, those without pupils left out.

    Raises
    ------
    DataError
        A pupil without a group, or pupils of one group alone.
    """
    if grouping is None:
        return None
    missing = int((grouping.codes < 0).sum())
    if missing:
        raise DataError(
            "The group of every pupil with a score is known.",
            f"{grouping.column!r} is missing for {counted(missing, 'pupil')} of {len(grouping.codes)}.",
            "Fill it in, drop these pupils, or leave group=... out.",
        )
    codes, labels = _used(grouping.codes, grouping.labels)
    if len(labels) < FEWEST_EACH:
        raise DataError(
            "Groups have pupils with scores, at least two of them.",
            f"All pupils with a score have {listed(labels)} in {grouping.column!r}.",
            "Check the column, or leave group=... out.",
        )
    return Grouping(grouping.column, codes, labels)


def groups_of(table: PanelTable, keep: NDArray[np.bool_]) -> tuple[Codes, tuple[str, ...]]:
    """Return the group [pupil] of the pupils that are kept, and the labels of groups that have any; zeros without."""
    if table.group is None:
        return np.zeros(int(keep.sum()), np.int64), ()
    return _used(table.group[keep], table.group_names)


def _used(codes: Codes, labels: tuple[str, ...]) -> tuple[Codes, tuple[str, ...]]:
    used, dense = np.unique(codes, return_inverse=True)
    return dense.ravel().astype(np.int64), tuple(labels[code] for code in used)


def sizes_said(
    column: str, labels: tuple[str, ...], group: Codes | None, pupils: Codes | None = None
) -> tuple[str, ...]:
    """Say how many pupils each group has; nothing without groups.

    Parameters
    ----------
    column, labels
        The column of the groups, and their names.
    group : [pupil or kind]
    pupils : [kind]
        Of each kind; None where `group` is that of pupils.
    """
    if not labels or group is None:
        return ()
    number = np.bincount(group, weights=pupils).astype(int)
    each = ", ".join(f"{label} ({n})" for label, n in zip(labels, number, strict=True))
    return (f"Groups by column {column!r}, with pupils: {each}.",)
