"""The columns of districts, schools and classes of a table as memberships, from the outermost inwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bayespanel.data.clusters import Membership, within
from bayespanel.data.reading import Reading
from bayespanel.language.errors import DataError


def memberships(reading: Reading, columns: Mapping[str, Sequence[str]]) -> tuple[dict[str, Membership], list[str]]:
    """Return "school" and "classroom" -> membership [row, column], and what is to be noted.

    Parameters
    ----------
    reading
        The table.
    columns
        "district", "school" and "classroom" -> their columns: one, or one per wave. A district is there to tell
        schools apart: one label in two districts is two schools.

    Raises
    ------
    DataError
        A district without a school; a school without a district.
    """
    members: dict[str, Membership] = {}
    notes: list[str] = []
    if "district" in columns and "school" not in columns:
        raise DataError(
            "A district distinguishes schools that have the same label.",
            f"district={columns['district'][0]!r} was given, and no school.",
            "Name the school too, or leave out the district.",
        )
    if "school" in columns:
        school = reading.membership(columns["school"], "school")
        if "district" in columns:
            district = reading.membership(columns["district"], "district")
            school, notes = within(school, district, "school", "district")
        members["school"] = school
    if "classroom" in columns:
        members["classroom"] = reading.membership(columns["classroom"], "class", members.get("school"))
    return members, notes
