"""Fields that specifications of every family have, each settled and checked on its own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from bayespanel.language.errors import SpecError, nearest
from bayespanel.language.names import LEVELS
from bayespanel.language.plain_names import require_distinct_names, require_plain_names
from bayespanel.language.triangle import VERTICES

WHAT = {
    "variables": "variable", "outcomes": "outcome", "covariates": "covariate", "moderators": "moderator",
    "predictors": "predictor", "classes": "class", "contrast": "class", "levels": "level",
}  # fmt: skip
"""Field of a specification -> what it names."""


def check_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """Refuse a value that is not among the choices."""
    if value not in choices:
        raise SpecError(f"'{name}' is one of {', '.join(choices)}.", f"It is {value!r}.", "Choose one of these.")


def names_of(name: str, given: Sequence[str]) -> tuple[str, ...]:
    """Return a list of texts, each once: names of one line, which can be told apart."""
    rule = f"'{name}' is a list of names, each once."
    if isinstance(given, str):
        raise SpecError(rule, f"It is the text {given!r}.", f"Write {name}=[{given!r}].")
    if not isinstance(given, Iterable):
        raise SpecError(rule, f"It is {given!r}.", f"Write {name}=[...], or leave it out.")
    for value in given:
        if not isinstance(value, str) or not value:
            raise SpecError(rule, f"{value!r} is not a text.", f"Write {str(value)!r}.")
    twice = sorted({value for value in given if list(given).count(value) > 1})
    if twice:
        raise SpecError(rule, f"Twice: {', '.join(twice)}.", "Remove the repetition.")
    require_plain_names(given, WHAT.get(name, "member of a family"))
    require_distinct_names(given, WHAT.get(name, "member of a family"))
    return tuple(given)


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


def numbers_of(name: str, given: Sequence[float]) -> tuple[float, ...]:
    """Return a list of finite numbers."""
    try:
        numbers = tuple(float(value) for value in given)
    except (TypeError, ValueError):
        numbers = (math.nan,)
    if not all(map(math.isfinite, numbers)):
        raise SpecError(f"'{name}' is a list of numbers.", f"It is {given!r}.", f"Write {name}=(0, 5, 12), say.")
    return numbers


def levels_of(given: Sequence[str]) -> tuple[str, ...]:
    """Return the levels from the inside outwards, "pupil" among them."""
    levels = names_of("levels", given)
    for level in levels:
        if level not in LEVELS:
            raise SpecError(
                f"Levels are among {', '.join(LEVELS)}.",
                f"{level!r} is not. {nearest(level, list(LEVELS))}",
                "Correct the name.",
            )
    if "pupil" not in levels:
        raise SpecError(
            "Levels hold 'pupil'.", f"Given: {', '.join(levels) or 'nothing'}.", 'Write levels=("pupil", "school").'
        )
    return tuple(level for level in LEVELS if level in levels)


def edges_of(edges: Mapping[str, str], known: Sequence[str], what: str) -> dict[str, str]:
    """Return the edges, after checking that each belongs to one of the names and joins two vertices."""
    for name, edge in edges.items():
        if name not in known:
            raise SpecError(
                f"'edges' speaks of {what} of the model.",
                f"It names {name!r}. {nearest(name, list(known)) if known else 'The model has none.'}",
                "Correct the name.",
            )
        ends = str(edge).split("->")
        if len(ends) != 2 or any(end not in VERTICES for end in ends):
            raise SpecError(
                f"An edge joins two of {', '.join(VERTICES)}: 'parent->child'.",
                f"That of {name!r} is {edge!r}.",
                "Write it so.",
            )
    return dict(edges)
