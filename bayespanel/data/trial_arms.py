"""The arms of a trial: which is the reference, and whether they were allocated as stated."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from numbers import Real

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayespanel.data.guesses import Guess
from bayespanel.data.label_text import cleaned
from bayespanel.data.reading import Reading
from bayespanel.data.value_labels import guess_of_outdated, is_outdated
from bayespanel.data.wording import counted, label_of, listed
from bayespanel.language.errors import DataError, nearest
from bayespanel.language.plain_names import require_distinct_names, require_plain_names

Codes = NDArray[np.int64]
BY_CHANCE = 10
"""Units beyond the first of each cluster from which on chance does not put whole clusters into one arm: 2^-10."""

NEAR, RARE = 0.75, 0.1
"""Likeness of two labels, and the ratio of their rows, from which the rarer one may be a slip of the other."""

PLURAL = {"school": "schools", "class": "classes", "pupil": "pupils"}


def read_arms(reading: Reading, name: str, control: object, notes: list[str]) -> tuple[Codes, tuple[str, ...]]:
    """Return the arm of each row and the arms, the reference first.

    Raises
    ------
    DataError
        A missing arm, a single arm, an unknown reference, or words without a stated reference.
    """
    column = reading.frame[name]
    found = reading.labels(name, "arm")
    require_plain_names(found.labels, "trial's arm", error=DataError)
    require_distinct_names(found.labels, "trial's arm", error=DataError)
    missing = int((found.codes < 0).sum())
    if missing:
        raise DataError(
            "Every row names its arm.",
            f"Column {name!r} is missing in {counted(missing, 'row')} of {len(column)}.",
            "Fill it in from the randomisation list, or drop these rows and say so.",
        )
    if len(found.labels) < 2:
        raise DataError(
            "A trial has two arms or more.",
            f"Column {name!r} holds {listed(found.labels)} only.",
            "Check the column, or a filter that left one arm.",
        )
    words = not (
        isinstance(column.dtype, pd.CategoricalDtype)
        or pd.api.types.is_numeric_dtype(column.dtype)
        or (pd.api.types.is_object_dtype(column.dtype) and all(isinstance(v, Real | np.bool_) for v in column))
    )
    if control is None and words:
        raise DataError(
            "A trial needs a reference arm, with which the other arms are compared.",
            f"The arms are {listed(found.labels)}, in words, and none is named as the reference.",
            f"Write control={found.labels[0]!r}, or name another arm.",
        )
    reference = found.labels[0] if control is None else _named(control, reading, name, found.labels)
    if reference not in found.labels:
        raise DataError(
            "'control' is one of the arms.",
            f"{reference!r} is not known. {nearest(reference, list(found.labels))}{_without_labels(reading, name)}",
            "Correct the name.",
        )
    arms = (reference, *(label for label in found.labels if label != reference))
    order = np.array([arms.index(label) for label in found.labels], dtype=np.int64)
    notes.append(f"The reference arm is {reference!r}.")
    reading.guesses += _slips(arms, np.bincount(order[found.codes], minlength=len(arms)), name)
    return order[found.codes], arms


def _without_labels(reading: Reading, name: str) -> str:
    return f" {guess_of_outdated(name).seen}" if is_outdated(reading.frame, name) else ""


def _slips(arms: Sequence[str], rows: NDArray[np.int64], name: str) -> list[Guess]:
    """Return a doubtful guess for every arm that few rows have and that is written nearly like another."""
    found = []
    for at, arm in enumerate(arms):
        near = get_close_matches(arm, [other for other in arms if other != arm], n=1, cutoff=NEAR)
        if near and rows[at] < RARE * rows[arms.index(near[0])] and not re.search(r"\d", arm + near[0]):
            found.append(
                Guess(
                    "labels",
                    f"Column {name!r} holds {arm!r} in {counted(int(rows[at]), 'row')}, nearly {near[0]!r}.",
                    "They were taken as different arms.",
                    "Correct the label if it is a slip.",
                    True,
                )
            )
    return found


def _named(control: object, reading: Reading, name: str, arms: Sequence[str]) -> str:
    """Return the label of the reference arm, which may be given as the code behind a value label."""
    label = cleaned(label_of(control))
    names = reading.value_labels(name)
    if label not in arms:
        return next((cleaned(text) for code, text in names.items() if label_of(code) == label), label)
    return label


def require_arms(arm: Codes, arms: tuple[str, ...], unit: Codes | None, names: Sequence[str], randomised: str) -> None:
    """Check that an arm is constant within the unit of randomisation and has two units or more.

    Raises
    ------
    DataError
    """
    counts = np.bincount(arm, minlength=len(arms))
    if unit is not None:
        pairs = np.unique(np.column_stack([unit, arm]), axis=0)
        repeated = np.flatnonzero(np.bincount(pairs[:, 0]) > 1)
        if len(repeated):
            raise DataError(
                f"The arm is the same for everybody in a {randomised}, because {PLURAL[randomised]} were randomised.",
                f"It varies within {counted(len(repeated), randomised, PLURAL[randomised])}: "
                f"{listed([names[int(i)] for i in repeated], 6)}.",
                "Correct these rows; keep movers in the arm of their cluster at randomisation; or say what was "
                "randomised: randomised='class' or 'pupil'.",
            )
        counts = np.bincount(pairs[:, 1], minlength=len(arms))
    few = [g for g, number in enumerate(counts) if number < 2]
    if few:
        raise DataError(
            f"An arm has two randomised {PLURAL[randomised]} or more: with "
            "one alone, nobody can tell whether a difference comes from the arm.",
            f"Arm {arms[few[0]]!r} has {counts[few[0]]}.",
            "Add clusters, leave the arm out, or say what was randomised (randomised=...).",
        )


def together(cluster: Codes, arm: NDArray[np.generic], units: int) -> bool:
    """Return whether clusters are wholly in one arm, and so many that it is no accident.

    Parameters
    ----------
    cluster, arm
        Cluster and arm of everybody, or of sets of pupils who share both.
    units
        How many could have been allocated one by one.
    """
    clusters = len(np.unique(cluster))
    return _pairs(cluster, arm) == clusters and units - clusters >= BY_CHANCE


def guess_of_allocation(arm: Codes, randomised: str, clusters: Mapping[str, Codes | None]) -> list[Guess]:
    """Return a doubtful guess where whole clusters are in one arm though smaller units are said to be randomised.

    Classes that are the arms of schools, one for each school and arm, lie in one arm because they were made so.
    """
    order = ("pupil", "class", "school")
    school, classes = clusters["school"], clusters["class"]
    for level in ("school", "class"):
        codes = clusters[level]
        if codes is None or order.index(randomised) >= order.index(level):
            continue
        if level == "class" and school is not None and len(np.unique(codes)) == _pairs(school, arm):
            continue
        units = len(codes) if randomised == "pupil" or classes is None else len(np.unique(classes))
        if together(codes, arm, units):
            return [
                Guess(
                    "arms",
                    f"Every {level} is wholly in one arm, and randomised={randomised!r} was said.",
                    f"The {PLURAL[randomised]} were taken as allocated one by one.",
                    f"If {PLURAL[level]} were allocated, say randomised={level!r}: errors are too small otherwise.",
                    True,
                )
            ]
    return []


def _pairs(cluster: Codes, arm: NDArray[np.generic]) -> int:
    """Return how many pairs of cluster and arm occur."""
    return len(np.unique(np.column_stack([cluster, arm]), axis=0))


def require_outcomes(values: NDArray[np.float64], names: Sequence[str], arm: Codes, arms: Sequence[str]) -> None:
    """Check that every outcome is seen and varies in every arm.

    Raises
    ------
    DataError
    """
    for value, name in zip(values.T, names, strict=True):
        for g, label in enumerate(arms):
            seen = value[(arm == g) & ~np.isnan(value)]
            if not len(seen):
                raise DataError(
                    "Every outcome is observed in every arm.",
                    f"{name!r} is never observed in arm {label!r}.",
                    "Leave this outcome out, or this arm.",
                )
            if np.ptp(seen) == 0:
                raise DataError(
                    "An outcome differs between pupils in every arm.",
                    f"{name!r} is {seen[0]:g} for all {len(seen)} pupils of arm {label!r}.",
                    "Check how it was scored in this arm, or leave it out.",
                )
