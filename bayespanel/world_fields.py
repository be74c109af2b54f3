"""Rules for the fields of a world, each asked alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from numbers import Integral, Real
from typing import Any

from bayespanel.errors import SpecError, nearest
from bayespanel.priors import CORRELATION, Prior

KINDS: dict[str, tuple[str, type]] = {
    "bool": ("true or false", bool),
    "int": ("a whole number", Integral),
    "float": ("a number", Real),
    "str": ("a text", str),
}
"""Type of a field -> what its values are; fields of other types are checked by whoever makes the world of them."""

LARGEST = 10**9
"""Largest whole number that a field may have: pupils, schools, waves."""


def require_known(name: str, known: Mapping[str, str], ready: str | None) -> None:
    """Check that a field is one that the world has; a SpecError otherwise."""
    if name not in known:
        raise SpecError(
            f"The fields of {ready or 'this world'} are {', '.join(known)}.",
            f"{name!r} is not among them. {nearest(name, list(known))}",
            "Correct the name.",
        )


def require_kind(name: str, value: Any, kind: str) -> None:
    """Check that a value is of the kind of its field, and of a size that can be simulated; a SpecError otherwise."""
    if isinstance(value, int) and not -LARGEST <= value <= LARGEST:
        raise SpecError(
            f"The field {name!r} is a number that a computer can simulate.",
            f"It has {len(str(value))} digits." if value.bit_length() < 10_000 else "It has thousands of digits.",
            "Give a smaller one.",
        )
    if kind.removesuffix(" | None") not in KINDS or (value is None and kind.endswith(" | None")):
        return
    words, allowed = KINDS[kind.removesuffix(" | None")]
    # True and False count as 1 and 0 in Python, and are never meant as numbers here.
    if not isinstance(value, allowed) or (isinstance(value, bool) and allowed is not bool):
        raise SpecError(f"The field {name!r} is {words}.", f"It is {value!r}.", "Correct the value.")


def require_values(name: str, values: Any) -> None:
    """Check that a field of the grid has values, each once; a SpecError otherwise."""
    if isinstance(values, tuple) and any(value in values[:i] for i, value in enumerate(values)):
        rule = "Each condition of a grid has a value of its own."
        raise SpecError(rule, f"{name!r} has {values!r}.", "List every value once.")
    if not isinstance(values, tuple) or not values:
        raise SpecError(
            "A field of the grid has a list of values.", f"{name!r} is {values!r}.", "Give one value or more."
        )


def require_once(name: str, others: Collection[str]) -> None:
    """Check that a field is named in one place; a SpecError otherwise."""
    if name in others:
        raise SpecError(
            "A field has one value, or a list of them in the grid, or one design prior.",
            f"{name!r} has two of these.",
            "Keep one of the two.",
        )


def require_number(row: Prior) -> None:
    """Check that a design prior is one of a number; a SpecError otherwise."""
    if row.distribution in CORRELATION:
        raise SpecError(
            "A field with a design prior is a number, drawn anew for each replicate.",
            f"{row.parameter!r} has {row.distribution}, the distribution of a correlation matrix.",
            "Choose another distribution.",
        )
