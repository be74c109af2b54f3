"""Fields that specifications of every family have, each settled and checked on its own."""

from __future__ import annotations

from collections.abc import Sequence

from bayespanel.language.errors import SpecError, nearest
from bayespanel.language.names import LEVELS
from bayespanel.language.prior import Prior
from bayespanel.language.triangle import VERTICES, Triangle
from bayespanel.language.values import listed, names_of, said, table_of


def require_one_role(**roles: Sequence[str]) -> None:
    """Check that no column of the data is named in two fields of a model.

    Raises
    ------
    SpecError
    """
    first: dict[str, str] = {}
    for role, names in roles.items():
        for name in names:
            if first.setdefault(name, role) != role:
                raise SpecError(
                    "A column of the data has one role in a model.",
                    f"{name!r} is in {first[name]!r} and in {role!r}.",
                    "Name it once.",
                )


def levels_of(given: object) -> tuple[str, ...]:
    """Return the levels from the inside outwards, "pupil" among them."""
    levels = names_of("levels", given, "level")
    for level in levels:
        if level not in LEVELS:
            raise SpecError(
                f"Levels are among {', '.join(LEVELS)}.",
                f"{level!r} is not. {nearest(level, list(LEVELS))}",
                "Correct the name.",
            )
    if "pupil" not in levels:
        raise SpecError(
            "Levels contain 'pupil'.", f"Given: {', '.join(levels) or 'nothing'}.", 'Write levels=("pupil", "school").'
        )
    return tuple(level for level in LEVELS if level in levels)


def edges_of(given: object, known: Sequence[str], what: str) -> dict[str, str]:
    """Return the edges, after checking that each belongs to one of the names and joins two vertices."""
    edges = table_of("edges", given, '{"name": "parent->child"}')
    for name, edge in edges.items():
        if name not in known:
            raise SpecError(
                f"'edges' names {what} of the model.",
                f"It names {name!r}. {nearest(name, list(known)) if known else 'The model has none.'}",
                "Correct the name.",
            )
        ends = edge.split("->") if isinstance(edge, str) else []
        if len(ends) != 2 or any(end not in VERTICES for end in ends):
            raise SpecError(
                f"An edge joins two of {', '.join(VERTICES)}: 'parent->child'.",
                f"That of {name!r} is {said(edge)}.",
                "Write it in this form.",
            )
    return edges


def require_events(link: str, *, zero_inflated: bool) -> None:
    """Refuse zeros beside a distribution where scores are no counts of events."""
    if zero_inflated and link != "log":
        raise SpecError(
            "Zeros beside those of a distribution are part of the model of counts of events.",
            f"zero_inflated=True, and the link is '{link}'.",
            "Use link='log' for counts of events, or leave zero_inflated out.",
        )


def rows_of(given: object) -> tuple[Prior, ...]:
    """Return rows that replace default priors."""
    rows = listed(given)
    if rows is None or not all(isinstance(row, Prior) for row in rows):
        raise SpecError("'priors' is a list of rows.", f"It is {said(given)}.", "Write priors=[Prior(...)].")
    return rows


def triangle_of(given: object) -> Triangle | None:
    """Return the triangle, where there is one."""
    if given is None or isinstance(given, Triangle):
        return given
    raise SpecError(
        "'triangle' says which variables are on which vertex.",
        f"It is {said(given)}.",
        'Write for example triangle=Triangle(parent=["warmth"], child=["mood"]).',
    )
