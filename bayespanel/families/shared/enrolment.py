"""Who sits where: pupils in classes in schools, and the sizes of these."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bayespanel.language.errors import SpecError

Codes = NDArray[np.int64]

MOST_SCORES = 10**8
"""Scores of a simulated table at most: they take 0.8 GB, and simulating them several times that."""


@dataclass(frozen=True, eq=False)
class Roll:
    """The school and the class of each pupil, counted from 0.

    Attributes
    ----------
    schools
        Number of schools.
    school, classroom : [pupil]
        Classes are numbered over all schools. Without a class level every school is one class.
    school_of_class : [class]
    """

    schools: int
    school: Codes
    classroom: Codes
    school_of_class: Codes

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.school_of_class)


def require_room(
    schools: int, classes: tuple[int, int], size: tuple[int, int], pupils: int | None, where: str, scores: int
) -> None:
    """Check that the schools can hold the pupils, and that these are no more than a computer can simulate.

    Parameters
    ----------
    schools
        Number of schools.
    classes, size
        Smallest and largest number of classes in a school, and of pupils in a class.
    pupils
        Exact number of pupils; None leaves it to the sizes drawn.
    where
        Name of the field that has the number of schools, for errors.
    scores
        Scores of a pupil.

    Raises
    ------
    SpecError
        There is no school, no division into classes, or there are too many scores.
    """
    if schools < 1:
        raise SpecError("A world has at least one school.", f"'{where}' gives {schools}.", "Give a positive number.")
    least, most = (schools * classes[i] * size[i] for i in (0, 1))
    if pupils is not None and not least <= pupils <= most:
        raise SpecError(
            "The schools can hold the pupils.",
            f"{schools} schools hold {least} to {most} pupils, not {pupils}.",
            f"Change {where}, classes_per_school or pupils_per_class.",
        )
    if pupils is not None and -(-pupils // size[1]) > pupils // size[0]:
        raise SpecError(
            "The pupils can be divided into classes of the given sizes.",
            f"{pupils} pupils fit into no number of classes of {size[0]} to {size[1]}.",
            "Change pupils, or widen pupils_per_class.",
        )
    require_simulable(most if pupils is None else pupils, scores)


def require_simulable(pupils: int, scores: int) -> None:
    """Check that so many pupils with so many scores each are no more than a computer can simulate."""
    if pupils * scores > MOST_SCORES:
        raise SpecError(
            f"A simulated table has at most {MOST_SCORES:,} scores.",
            f"There may be {pupils:,} pupils with {scores:,} scores each.",
            "Give fewer schools, pupils, waves or variables.",
        )


def enrolled(
    rng: np.random.Generator, schools: int, classes: tuple[int, int], size: tuple[int, int], pupils: int | None
) -> Roll:
    """Draw the number of classes of each school and of pupils in each class; arguments as in `require_room`."""
    if pupils is None:
        number = rng.integers(*classes, size=schools, endpoint=True)
        own = rng.integers(*size, size=int(number.sum()), endpoint=True)
    else:
        number = _sizes(rng, schools, classes, -(-pupils // size[1]), pupils // size[0])
        own = _sizes(rng, int(number.sum()), size, pupils, pupils)
    school_of_class = np.repeat(np.arange(schools), number)
    classroom = np.repeat(np.arange(len(own)), own)
    return Roll(schools, school_of_class[classroom], classroom, school_of_class)


def _sizes(rng: np.random.Generator, number: int, limits: tuple[int, int], least: int, most: int) -> Codes:
    """Draw sizes within limits, then move some by one until their sum lies between `least` and `most`."""
    low, high = limits
    sizes = rng.integers(low, high, size=number, endpoint=True)
    while (total := int(sizes.sum())) < least:
        room = np.flatnonzero(sizes < high)
        sizes[rng.permutation(room)[: least - total]] += 1
    while (total := int(sizes.sum())) > most:
        room = np.flatnonzero(sizes > low)
        sizes[rng.permutation(room)[: total - most]] -= 1
    return sizes


def spread(rng: np.random.Generator, schools: int, pupils: int, size: tuple[int, int]) -> Roll:
    """Draw the school of each pupil, every school having one at least, and divide schools into classes of about `size`.

    Where schools are large or small as they come, classes cannot all keep within limits: a school of 30 pupils has one
    class of 30 or two of 15.
    """
    school = np.sort(rng.integers(schools, size=pupils))
    school[:schools] = np.arange(schools)
    school.sort()
    classroom = np.empty(pupils, np.int64)
    school_of_class: list[int] = []
    for s in range(schools):
        here = np.flatnonzero(school == s)
        number = max(round(len(here) / rng.uniform(*size)), 1)
        classroom[here] = len(school_of_class) + rng.permutation(len(here)) % number
        school_of_class += [s] * number
    return Roll(schools, school, classroom, np.array(school_of_class, np.int64))
