"""Classes that are formed anew every school year: the year of each wave, and the classes that pupils went through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.wording import counted, label_of, listed
from bayespanel.language.errors import DataError
from bayespanel.language.values import is_moderate, said

SchoolYears = Sequence[object] | float | None
"""The school year of each wave, in their order, or the length of a year in the unit of the times; None: one class for
each pupil at all waves."""

Codes = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Courses:
    """Classes of one school year, and who went through which.

    A *course* stands for the pupils who were in the same class in every school year: pupils of one course are, for a
    model, in one innermost cluster, and courses share classes.

    Attributes
    ----------
    course : int64 [pupil]
        Position of each pupil's course.
    classes : int64 [course, school year]
        Number of the class of each course in each year; -1 where its pupils have no score in that year. Classes of
        different years have different numbers.
    names : tuple of str
        Name of each course: its classes, in the order of the years.
    """

    course: Codes
    classes: Codes
    names: tuple[str, ...]


def years_of(given: SchoolYears, waves: Sequence[str], times: NDArray[np.float64] | None) -> Codes | None:
    """Return the number of the school year of each wave [wave], 0 for the first, or None.

    Parameters
    ----------
    given
        What the user gave.
    waves
        Labels of the waves, in their order.
    times : [wave] or None

    Raises
    ------
    DataError
        There is no one year for each wave, a year is left and comes back, or a length is given without times.
    """
    if given is None:
        return None
    if is_moderate(given):
        return _of_length(float(given), times)
    if isinstance(given, str) or not isinstance(given, Sequence | np.ndarray):
        raise _refused(f"You gave {said(given)}.")
    labels = [label_of(year) for year in given]
    if len(labels) != len(waves):
        raise _refused(f"You gave {len(labels)}; there are {len(waves)} waves: {listed(waves)}.")
    firsts = list(dict.fromkeys(labels))
    years = np.array([firsts.index(label) for label in labels], np.int64)
    if (np.diff(years) < 0).any():
        raise _refused(f"They are {listed(labels)}: a year comes back after another.")
    return years


def courses_of(
    codes: Codes, home: Codes | None, scored: NDArray[np.bool_], years: Codes, labels: Sequence[str]
) -> Courses:
    """Return the courses of pupils whose class is settled in every school year.

    Parameters
    ----------
    codes : [pupil, wave]
        Class of each pupil at each wave, among `labels`; -1 where unknown.
    home : [pupil] or None
        School in which a pupil is counted.
    scored : [pupil, wave]
        Where a pupil has a score.
    years : [wave]
    labels
        Of the classes.

    Raises
    ------
    DataError
        A pupil has scores in a year, and no class.
    """
    number = int(years.max()) + 1
    in_year = np.full((len(codes), number), -1, np.int64)
    for year in range(number):
        here = years == year
        known = (codes[:, here] >= 0) & scored[:, here]
        first = codes[:, here][np.arange(len(codes)), known.argmax(axis=1)]
        in_year[:, year] = np.where(known.any(axis=1), first, -1)
        without = int((scored[:, here].any(axis=1) & ~known.any(axis=1)).sum())
        if without:
            raise DataError(
                "Where classes are formed anew, every pupil with a score in a school year has a class in that year.",
                f"The class, or its school, is missing for {counted(without, 'pupil')} with scores in school year "
                f"{year + 1}.",
                "Fill it in, give these pupils a class of their own, or drop these scores.",
            )
    size = len(labels)
    key = np.where(in_year >= 0, in_year + size * np.arange(number), -1)
    used, dense = np.unique(key, return_inverse=True)
    dense = dense.reshape(key.shape) - int(used[0] < 0)
    table = dense if home is None else np.column_stack([home, dense])
    rows, course = np.unique(table, axis=0, return_inverse=True)
    classes = rows if home is None else rows[:, 1:]
    names = [labels[code % size] for code in used[used >= 0]]
    said_of_year = [" > ".join("-" if code < 0 else names[code] for code in row) for row in classes]
    return Courses(course.ravel().astype(np.int64), np.ascontiguousarray(classes), tuple(said_of_year))


def require_one_class(data: Any, who: str) -> None:
    """Refuse classes that are formed anew where pupils have one class each.

    Raises
    ------
    DataError
        The data have school years.
    """
    if getattr(data, "courses", None) is not None:
        raise DataError(
            f"{who} one class for each pupil.",
            "The panel was read with school_years: its classes are formed anew every year.",
            "Take 'class' out of 'levels', or read the table without school_years, with movers='first'.",
        )


def number_of_classes(data: Any) -> int:
    """Return how many classes there are in a panel, its sums, or another table of pupils in classes."""
    courses = getattr(data, "courses", None)
    return len(data.class_names) if courses is None else int(courses.max(initial=-1)) + 1


def sizes_of_classes(classes: Codes, pupils: Codes) -> Codes:
    """Return how many pupils each class of one school year has [class], from those of the courses [course]."""
    course, year = np.nonzero(classes >= 0)
    return np.bincount(classes[course, year], weights=pupils[course]).astype(np.int64)


def without_gaps(classes: Codes) -> Codes:
    """Return courses [course, school year] whose classes are numbered without a gap, in the same order."""
    used, dense = np.unique(classes, return_inverse=True)
    return np.asarray(dense.reshape(classes.shape) - int(len(used) > 0 and used[0] < 0), np.int64)


def of_waves(classes: Codes, years: Codes, waves: Codes) -> tuple[Codes, Codes]:
    """Return courses [course, school year] and years [wave] of some of the waves."""
    kept, fewer = np.unique(years[waves], return_inverse=True)
    return without_gaps(classes[:, kept]), fewer.ravel().astype(np.int64)


def _of_length(length: float, times: NDArray[np.float64] | None) -> Codes:
    if times is None or length <= 0:
        raise DataError(
            "The length of a school year is a number above 0 in the unit of the times of the waves.",
            f"It is {length:g}{'' if times is not None else ', and no times are given'}.",
            "Give times=[0, 5, 12, 17, 24] with school_years=12, or the school year of each wave: [1, 1, 2, 2, 3].",
        )
    _, years = np.unique(np.floor((times - times[0]) / length), return_inverse=True)
    return years.astype(np.int64)


def _refused(what: str) -> DataError:
    return DataError(
        "'school_years' names the school year of each wave in their order, or the length of a year in their times.",
        what,
        "Give for example school_years=[1, 1, 2, 2, 3], or school_years=12 with times in months.",
    )
