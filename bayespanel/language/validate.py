"""Numbers that a caller gives: whole ones, and probabilities."""

from __future__ import annotations

from typing import Any

from bayespanel.language.errors import SpecError
from bayespanel.language.values import is_number, is_whole, said

LARGEST = 10**9
"""Largest number of pupils, schools, waves, chains or draws."""

LARGEST_SEED = 2**63 - 1
"""Largest seed: the sampler takes whole numbers of 63 bits."""


def whole(name: str, given: Any, least: int = 0, most: int = LARGEST, *, action: str = "Correct it.") -> int:
    """Return a whole number from `least` to `most`."""
    if not is_whole(given):
        raise SpecError(f"'{name}' is a whole number.", f"It is {said(given)}.", action)
    if not least <= given <= most:
        raise SpecError(
            f"'{name}' is a whole number from {least} to {most:,}.",
            f"It is {said(given)}.",
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
