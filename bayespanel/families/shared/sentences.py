"""Sentences of a methods section in which several families speak, and their words: lists, counts, shares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from bayespanel.data.school_years import number_of_classes
from bayespanel.language.prior import Prior

Cite = Callable[..., str]
"""From keys of references to " (Author, year)", or "" from none."""

UNITS = {"pupil": "pupils", "class": "classes", "school": "schools"}


def within(data: Any, levels: Iterable[str]) -> str:
    """Return " in 20 classes and 4 schools", or "" without levels of clusters."""
    number = {"class": number_of_classes(data), "school": len(data.school_names)}
    where = joined([counted(number[level], level, UNITS[level]) for level in levels])
    return f" in {where}" if where else ""


def scores_of(spec: Any, data: Any) -> Iterator[str]:
    """Say whose scores at which waves were analysed."""
    waves = f"{len(data.waves)} waves ({', '.join(data.waves)})"
    pupils = f"{counted(data.n_pupils, 'pupil')}{within(data, spec.cluster_levels)}"
    yield f"Scores of {pupils} at {waves} were analysed: {joined(spec.variables)}."


def per_covariate(rows: Sequence[Prior]) -> str:
    """Say per what effects of covariates count, of rows of priors: those that count as given say so themselves."""
    by_sd = any(row.scale == "standardised" for row in rows)
    return "; effects of covariates, per standard deviation of the covariate" if by_sd else ""


def scale_of(attrs: Mapping[str, Any]) -> Iterator[str]:
    """Say what the standardised scale of evidence is, as its attributes do."""
    if attrs.get("standardisation"):
        yield str(attrs["standardisation"]) + (f" {attrs['averaging']}" if attrs.get("averaging") else "")


def of_patterns(observed: Any, number: Any) -> tuple[float, float]:
    """Return the shares of scores that are missing, and of pupils who have all, from patterns [pattern, cell]."""
    total = float(number.sum())
    return 1 - float(number @ observed.mean(axis=1)) / total, float(number @ observed.all(axis=1)) / total


def joined(names: Iterable[str]) -> str:
    """Return "a, b and c"."""
    *others, last = [*names] or [""]
    return f"{', '.join(others)} and {last}" if others else last


def counted(number: int, singular: str, plural: str = "") -> str:
    """Return "1 pupil", "10,786 pupils", "2 classes"."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def percent(share: float) -> str:
    """Return a share in whole per cent, never rounded to none or all."""
    shown = f"{100 * share:.0f}"
    bounds = {"0": "less than 1 %", "100": "more than 99 %"} if 0 < share < 1 else {}
    return bounds.get(shown, f"{shown} %")
