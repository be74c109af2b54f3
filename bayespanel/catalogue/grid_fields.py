"""Rules for the fields of a grid of worlds, each asked alone."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from bayespanel.language.errors import SpecError
from bayespanel.language.prior import CORRELATION, Prior


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
