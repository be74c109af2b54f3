"""Numbers that a caller gives: whole ones, and probabilities."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np

from bayespanel.language.errors import SpecError

LARGEST = 10**9
"""Largest number of pupils, schools, waves, chains or draws."""

LARGEST_SEED = 2**63 - 1
"""Largest seed: the sampler takes whole numbers of 63 bits."""


def is_number(given: object) -> bool:
    """Return whether a value is a real number; True and False count as 1 and 0 in Python, and are never meant here."""
    return isinstance(given, Real) and not isinstance(given, bool | np.bool_)


def is_whole(given: object) -> bool:
    """Return whether a value is a whole number."""
    return isinstance(given, Integral) and is_number(given)


def whole(name: str, given: Any, least: int = 0, most: int = LARGEST, *, action: str = "Correct it.") -> int:
    """Return a whole number from `least` to `most`."""
    if not is_whole(given):
        raise SpecError(f"'{name}' is a whole number.", f"It is {given!r}.", action)
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
            f"It is {given!r}.",
            f"Write for example {name}={example}.",
        )
    return float(given)
