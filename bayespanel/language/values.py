"""Values that a user gives: each function checks one, and returns it as the package keeps it.

Every function takes the name of a field and what was given for it, and raises a SpecError that names the field. So a
wrong value of any specification, world or prior is refused in the same words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from sys import float_info
from typing import Any, TypeGuard

from bayespanel.language.errors import SpecError, nearest
from bayespanel.language.plain_names import require_distinct_names, require_plain_names, shown

FARTHEST = 10**12
"""Times and lengths beyond are no months, days or years, and their differences would lose digits."""

LARGEST = 10**9
"""Largest number of pupils, schools, waves, chains or draws."""

LARGEST_SEED = 2**63 - 1
"""Largest seed: the sampler takes whole numbers of 63 bits."""


def settle(record: object, **values: object) -> None:
    """Give a frozen dataclass its fields as they were settled."""
    for name, value in values.items():
        object.__setattr__(record, name, value)


def said(given: object) -> str:
    """Return a value as an error shows it: on one line, the middle of a long one left out."""
    try:
        return shown(" ".join(repr(given).split()), 200)
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        return "a number of thousands of digits"


def is_number(given: object) -> bool:
    """Return whether a value is a real number; True and False count as 1 and 0 in Python, and are never meant here."""
    return isinstance(given, Real) and not isinstance(given, bool)


def is_moderate(given: Any) -> TypeGuard[float]:
    """Return whether a value is a real number that times and lengths may be: finite, and not far too large."""
    return is_number(given) and bool(-FARTHEST < given < FARTHEST)


def is_whole(given: object) -> bool:
    """Return whether a value is a whole number."""
    return isinstance(given, Integral) and not isinstance(given, bool)


def is_finite(given: object) -> bool:
    """Return whether a value is a number that a float can hold."""
    return is_number(given) and bool(abs(given) <= float_info.max)  # type: ignore[arg-type]  # a real number


def whole(name: str, given: Any, least: int = 0, most: int = LARGEST, *, action: str = "Correct it.") -> int:
    """Return a whole number from `least` to `most`."""
    if not is_whole(given):
        raise SpecError(f"'{name}' is a whole number.", f"It is {said(given)}.", action)
    if not least <= given <= most:
        raise SpecError(
            f"'{name}' is a whole number from {least} to {most:,}.",
            f"It is {given}." if abs(given) < 1e30 else "It is far larger.",
            action,
        )
    return int(given)


def probability(name: str, given: Any, example: float = 0.95) -> float:
    """Return a probability that is neither 0 nor 1."""
    if not is_number(given) or not 0 < given < 1:
        raise SpecError(
            f"'{name}' is a number between 0 and 1, without these two.",
            f"It is {said(given)}.",
            f"Write for example {name}={example}.",
        )
    return float(given)


def listed(given: object) -> tuple[Any, ...] | None:
    """Return what a list holds; None for what is no list: texts, tables, sets without order, single values."""
    if not isinstance(given, Iterable) or isinstance(given, type | str | bytes | Mapping | set | frozenset):
        return None
    return tuple(given) if getattr(given, "ndim", 1) == 1 else None


def flag(name: str, given: object) -> bool:
    """Return True or False."""
    if not isinstance(given, bool) and type(given).__name__ != "bool":  # NumPy's has the same name
        raise SpecError(f"'{name}' is True or False.", f"It is {said(given)}.", "Write one of these.")
    return bool(given)


def choice(name: str, given: object, choices: Sequence[str]) -> str:
    """Return one of the choices."""
    if not isinstance(given, str) or given not in choices:
        near = f" {nearest(given, list(choices))}" if isinstance(given, str) else ""
        raise SpecError(
            f"'{name}' is one of {', '.join(choices)}.", f"It is {said(given)}.{near}", "Choose one of these."
        )
    return str(given)


def name_of(name: str, given: object, what: str) -> str:
    """Return one name, of one line of plain text; `what` says in the error what it names."""
    if not isinstance(given, str) or not given:
        raise SpecError(f"'{name}' is the name of one {what}.", f"It is {said(given)}.", f'Write {name}="...".')
    return names_of(name, [given], what)[0]


def names_of(name: str, given: object, what: str) -> tuple[str, ...]:
    """Return a list of names, each once, of one line of plain text, which can be told apart."""
    rule, names = f"'{name}' is a list of names, each once.", listed(given)
    if isinstance(given, str):
        raise SpecError(rule, f"It is the text {said(given)}.", f"Write {name}=[{said(given)}].")
    if names is None:
        raise SpecError(rule, f"It is {said(given)}.", f"Write {name}=[...], or leave it out.")
    for one in names:
        if not isinstance(one, str) or not one:
            raise SpecError(rule, f"{said(one)} is not a text.", "Put every name in quotes.")
    require_plain_names(names, what)
    require_distinct_names(names, what)
    twice = sorted({one for one in names if names.count(one) > 1})
    if twice:
        raise SpecError(rule, f"Twice: {', '.join(twice)}.", "Remove the repetition.")
    return tuple(map(str, names))


def numbers_of(name: str, given: object, example: str = "(0, 5, 12)") -> tuple[float, ...]:
    """Return a list of finite numbers."""
    numbers = listed(given)
    if numbers is None or not all(map(is_finite, numbers)):
        raise SpecError(
            f"'{name}' is a list of numbers, all of them finite.",
            f"It is {said(given)}.",
            f"Write for example {name}={example}.",
        )
    return tuple(map(float, numbers))


def table_of(name: str, given: object, example: str) -> dict[str, Any]:
    """Return a table of names and something else."""
    if not isinstance(given, Mapping) or not all(isinstance(key, str) and key for key in given):
        raise SpecError(
            f"'{name}' is a table whose keys are names.",
            f"It is {said(given)}.",
            f"Write for example {name}={example}.",
        )
    require_plain_names(given, f"name in '{name}'")
    require_distinct_names(given, f"name in '{name}'")
    return dict(given)
