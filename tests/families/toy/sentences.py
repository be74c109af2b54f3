"""What a methods section says of the toy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bayespanel.data import Moments
from bayespanel.families.shared.sentences import Cite, of_patterns, scale_of, scores_of
from tests.families.toy.spec import Toy

SCORES = "scores"

PARAMETERS: dict[str, str] = {"effect": "the effect of the covariate"}


def sample(spec: Toy, data: Moments) -> Iterator[str]:
    """Say what was analysed."""
    yield from scores_of(spec, data)


def missing(spec: Toy, data: Moments) -> tuple[float, float | None] | None:
    """Return the shares of scores that are missing, and of pupils who have all of them."""
    return of_patterns(data.observed, data.n)


def model(spec: Toy, data: Moments, cite: Cite) -> Iterator[str]:
    """Say what the model is."""
    yield f"Scores were normal around a mean that {spec.covariate} shifted."


def unit(spec: Toy, data: Moments) -> str:
    """Say what priors count in."""
    return "They count in raw units."


def scale(data: Moments, attrs: Mapping[str, Any], cite: Cite) -> Iterator[str]:
    """Say what the standardised scale of the evidence is."""
    yield from scale_of(attrs)


def region(bound: float, cite: Cite) -> str:
    """Say what the bound of the region of practical equivalence means."""
    return ""
