"""The fields of `Trajectories`, each settled and checked on its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bayespanel.language.errors import SpecError
from bayespanel.language.values import choice, is_whole, listed, names_of, numbers_of, said, table_of

Classes = Any
"""A number of classes or their names; or a table of arms with either. Settled, it is names or a table of names."""

Growth = Any
"""The name of a course, or a table of coefficients with their loadings at the waves."""

ARMS = ("control", "intervention")
"""What 0 and 1 in the covariate of the arm stand for."""

DEGREES = {"constant": 0, "linear": 1, "quadratic": 2, "cubic": 3}
"""Polynomial courses."""

RESERVED = ("pupil", "most_likely", "probability")
"""Columns of the table of memberships."""

MOST = 10
"""Classes at most; nobody could describe more."""


def class_names(given: object) -> Classes:
    """Return the names of the classes, or a table of arms with the names of each.

    Raises
    ------
    SpecError
        Not a number from 1 to `MOST`, not names, or arms other than control and intervention.
    """
    if not isinstance(given, Mapping):
        return _names(given)
    if set(given) != set(ARMS):
        raise SpecError(
            f"A table of classes by arm has the arms {' and '.join(ARMS)}.",
            f"It has {', '.join(map(said, given)) or 'none'}.",
            'Write for example classes={"control": 2, "intervention": 3}; the covariate of the arm is 0 and 1.',
        )
    return {arm: _names(given[arm]) for arm in ARMS}


def _names(given: object) -> tuple[str, ...]:
    rule = f"'classes' is a whole number from 1 to {MOST}, or that many names."
    if is_whole(given):
        number = int(given)  # type: ignore[call-overload]  # a whole number
        if not 1 <= number <= MOST:
            raise SpecError(rule, f"It is {said(number)}.", "Give 1 or more; bp.number_of_classes compares them.")
        return tuple(f"class {k + 1}" for k in range(number))
    if listed(given) is None:
        raise SpecError(
            rule, f"It is {said(given)}.", 'Write classes=3, or classes=("persistent", "decreasing", "low").'
        )
    names = names_of("classes", given, "class")
    for name in names:
        if name in RESERVED or ": " in name:
            raise SpecError(
                f"Names of classes hold no colon and are not {', '.join(RESERVED)}, which are columns of tables.",
                f"One is {name!r}.",
                "Choose another name.",
            )
    if not 1 <= len(names) <= MOST:
        raise SpecError(rule, f"There are {len(names)} names.", "Give 1 or more.")
    return names


def growth_of(given: object) -> Growth:
    """Return the course by name, or a table of loadings.

    Raises
    ------
    SpecError
        Another name, or loadings that are no numbers or of different lengths.
    """
    if isinstance(given, str):
        return choice("growth", given, (*DEGREES, "free"))
    if not isinstance(given, Mapping) or not given:
        raise SpecError(
            "'growth' is the name of a course, or a table of coefficients with their loading at every wave.",
            f"It is {said(given)}.",
            'Write growth="linear", or growth={"level": [1, 1, 1], "step": [0, 1, 1]}.',
        )
    named = table_of("growth", given, '{"level": [1, 1, 1], "step": [0, 1, 1]}')
    table = {name: numbers_of(f"growth.{name}", loadings) for name, loadings in named.items()}
    lengths = {len(loadings) for loadings in table.values()}
    if len(lengths) > 1 or lengths == {0}:
        raise SpecError(
            "Every coefficient of 'growth' has a loading at every wave.",
            "Given: " + ", ".join(f"{name} has {len(loadings)}" for name, loadings in table.items()) + ".",
            "Give as many loadings as there are waves.",
        )
    if not all(map(any, table.values())) or len(set(table.values())) < len(table):
        raise SpecError(
            "The coefficients of 'growth' can be told apart.",
            f"Of {', '.join(table)} one has loadings of zero, or two have the same.",
            "Give every coefficient loadings of its own.",
        )
    return table
