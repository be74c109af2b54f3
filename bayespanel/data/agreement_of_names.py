"""What the names and codes of a panel owe each other: classes, groups, times and school years."""

from __future__ import annotations

from typing import Any

import numpy as np

from bayespanel.data.agreement import Broken


def codes_have_names(value: Any) -> Broken:
    """Classes have names where pupils are in classes, and schools where they are in schools."""
    for codes, names in (("classroom", value.class_names), ("school", value.school_names)):
        if getattr(value, codes) is None and names:
            yield f"{codes!r} says which of its names each pupil has.", f"There are {len(names)} names, and it is None."


def times_increase(value: Any) -> Broken:
    """Waves are in the order of their times."""
    if value.times is not None and (np.diff(value.times) <= 0).any():
        yield "'times' increase from wave to wave.", f"They are {', '.join(f'{time:g}' for time in value.times)}."


def groups_have_names(value: Any) -> Broken:
    """Groups of a panel have names, one each, and so has the column that tells them."""
    names, group = value.group_names, value.group
    if bool(names) != bool(value.grouping):
        yield "Groups have names, and so has their column.", f"'group_names' is {names}; 'grouping' {value.grouping!r}."
    known = group is not None and bool(np.array_equal(np.unique(group), np.arange(len(names))))
    if names and not known:
        yield "Groups that have names have pupils.", f"There are {len(names)} names; 'group' does not name each."
    if not names and hasattr(value, "pupils") and group is not None:
        yield "Groups of pupils have names.", "'group' is given, and 'group_names' is empty."


def courses_fit(value: Any) -> Broken:
    """Where classes are formed anew, school years are in order, and a class has pupils in one year alone."""
    years, courses = value.school_years, value.courses
    if (years is None) != (courses is None):
        yield "School years go with courses.", "One of 'school_years' and 'courses' is None, and the other is not."
        return
    if years is None:
        return
    if not np.array_equal(np.unique(years), np.arange(courses.shape[1])) or (np.diff(years) < 0).any():
        yield "School years are numbered 0, 1, ... in the order of the waves.", f"They are {years.tolist()}."
    known = [np.unique(own[own >= 0]) for own in courses.T]
    if not np.array_equal(np.sort(np.concatenate(known)), np.arange(sum(map(len, known)))):
        yield "Classes are numbered 0, 1, ..., each in one school year.", "Those of 'courses' are not."
