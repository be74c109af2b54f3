"""Which class and school each pupil belongs to, and what happens to pupils who change."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.school_years import Courses, courses_of
from bayespanel.data.wording import counted
from bayespanel.language.errors import DataError, DataWarning

Movers = Literal["error", "first", "drop"]

RE_FORMED = 0.3
"""Share of pupils who change class from which classes are said to be formed anew between waves."""

LARGEST_CLASS = 100
"""A median class above this many pupils is no class: its label is probably shared between schools."""


@dataclass(frozen=True, eq=False)
class Membership:
    """The class or school of every pupil at every wave.

    Attributes
    ----------
    column : str
        Name of the column it came from.
    codes : int64 [pupil, wave]
        Position in `labels`; -1 where unknown. One column where the table has one value per pupil.
    labels : tuple of str
        In natural order.
    """

    column: str
    codes: NDArray[np.int64]
    labels: tuple[str, ...]

    def of(self, pupils: NDArray[np.bool_]) -> Membership:
        """Return the membership of some of the pupils (a mask)."""
        return Membership(self.column, self.codes[pupils], self.labels)


@dataclass(frozen=True, eq=False)
class Settled:
    """One class and one school for every pupil that stays.

    Attributes
    ----------
    keep : bool [pupil]
        Pupils that stay, of those that came in.
    classroom, school : int64 [kept pupil] or None
        Codes without gaps.
    class_names, school_names : tuple of str
        Name of each code.
    notes : tuple of str
        What was done.
    courses : int64 [class, school year] or None
        Where classes are formed anew every school year: `classroom` is then each pupil's course, see `Courses`.
    """

    keep: NDArray[np.bool_]
    classroom: NDArray[np.int64] | None
    class_names: tuple[str, ...]
    school: NDArray[np.int64] | None
    school_names: tuple[str, ...]
    notes: tuple[str, ...]
    courses: NDArray[np.int64] | None = None


def settle(
    classroom: Membership | None,
    school: Membership | None,
    scored: NDArray[np.bool_],
    movers: Movers,
    years: NDArray[np.int64] | None = None,
) -> Settled:
    """Give every pupil one class, or one in every school year, and one school.

    Only waves at which a pupil has a score count. A pupil moves when two such waves name different schools (or
    classes); a wave that names none is no move. With `movers="first"` a pupil belongs to the class and school of
    the first wave at which the pupil has a score and every level asked for is known.

    Parameters
    ----------
    classroom, school
        Memberships, each [pupil, wave] or [pupil, 1].
    scored : bool [pupil, wave] or [pupil, 1]
        Where a pupil has a score.
    movers
        "error", "first" or "drop".
    years : int64 [wave] or None
        The school year of each wave, where classes are formed anew every year: a pupil then moves who is in two classes
        in one year.

    Returns
    -------
    Settled

    Raises
    ------
    DataError
        Pupils without a known class or school; movers, unless "first" or "drop" says what to do; class and school
        that are one and the same; clusters that all hold one pupil; a single cluster.
    """
    if movers not in ("error", "first", "drop"):
        raise DataError(
            "'movers' says what happens to pupils who change class or school.",
            f"You gave {movers!r}.",
            "Use 'error', 'first' or 'drop'.",
        )
    notes: list[str] = []
    keep = np.ones(len(scored), dtype=bool)
    if years is not None and (classroom is None or classroom.codes.shape[1] != len(years)):
        raise DataError(
            "Classes that are formed anew every school year are known at every wave.",
            "You gave school_years, and " + ("no class." if classroom is None else "one class for each pupil."),
            "Name the column with the class: in a wide table one column per wave, classroom=['class1', 'class2', ...].",
        )
    if school is None and classroom is None:
        return Settled(keep, None, (), None, (), ())
    moved = np.zeros(len(scored), dtype=bool)
    known = scored
    classes = classroom
    if school is not None:
        known = known & _seen(school, scored, "school", notes)
        moved |= _movers(school.codes, known, "school", school.column, movers, notes)
    if classes is not None:
        if school is not None:
            classes, renamed = within(classes, school, "class", "school")
            notes += renamed
        if years is None:
            known = known & _seen(classes, scored, "class", notes)
            moved |= _movers(classes.codes, known, "class", classes.column, movers, notes)
        else:
            for year in range(int(years.max()) + 1):
                here = years == year
                seen = scored[:, here] & (classes.codes[:, here] >= 0)
                moved |= _movers(classes.codes[:, here], seen, "class", classes.column, movers, notes, anew=False)
    if movers == "drop":
        keep = ~moved
        if not keep.any():
            raise DataError(
                "A panel needs pupils.",
                "Every pupil changes class or school.",
                "Use movers='first', or leave the level out.",
            )
    wave = known.argmax(axis=1)[keep]
    class_codes, class_names = _chosen(classes, wave, keep)
    school_codes, school_names = _chosen(school, wave, keep)
    courses = None
    if years is not None and classes is not None:
        found = courses_of(classes.codes[keep], school_codes, scored[keep], years, classes.labels)
        notes += _require_sizes_of_years(found, classes.column)
        class_codes, class_names, courses = found.course, found.names, found.classes
    for level, column, codes in (("class", classes, class_codes), ("school", school, school_codes)):
        if column is not None and codes is not None and (level != "class" or courses is None):
            notes += _require_sizes(codes, level, column.column)
    if school_names and len(class_names) == len(school_names) and courses is None:
        raise DataError(
            "Classes and schools can be told apart only where some school has two classes.",
            f"Each of the {len(school_names)} schools has one class.",
            "Leave out classroom=... or school=....",
        )
    return Settled(keep, class_codes, class_names, school_codes, school_names, tuple(notes), courses)


def within(inner: Membership, outer: Membership, what: str, where: str) -> tuple[Membership, list[str]]:
    """Make a cluster of every pair of an outer and an inner label, so that class "1" of two schools is two classes.

    Parameters
    ----------
    inner, outer
        Memberships, each [pupil, wave] or [pupil, 1].
    what, where
        "class" in a "school", or "school" in a "district".

    Returns
    -------
    Membership
        Named "outer/inner" where a label occurs in several outer clusters.
    list of str
        A sentence about such labels.
    """
    size = max(len(inner.labels), 1)
    shape = np.broadcast_shapes(inner.codes.shape, outer.codes.shape)
    inside, outside = np.broadcast_to(inner.codes, shape), np.broadcast_to(outer.codes, shape)
    both = (inside >= 0) & (outside >= 0)
    pairs, codes = np.unique(outside[both] * size + inside[both], return_inverse=True)
    shared = int((np.bincount(pairs % size, minlength=size) > 1).sum())
    names = [inner.labels[pair % size] for pair in pairs]
    notes = []
    if shared:
        names = [f"{outer.labels[pair // size]}/{name}" for pair, name in zip(pairs, names, strict=True)]
        several, plural = "occurs" if shared == 1 else "occur", {"class": "classes", "school": "schools"}[what]
        notes = [
            f"{counted(shared, f'{what} label')} {several} in more than one {where} and stand for a {what} in each; "
            f"{plural} are named '{where}/{what}'."
        ]
    full = np.full(shape, -1, dtype=np.int64)
    full[both] = codes
    return Membership(inner.column, full, tuple(names)), notes


def _seen(member: Membership, scored: NDArray[np.bool_], level: str, notes: list[str]) -> NDArray[np.bool_]:
    """Return where a pupil with a score has a known cluster, [pupil, wave]; every pupil must have one somewhere."""
    known: NDArray[np.bool_] = scored & (member.codes >= 0)
    lost = int((~known.any(axis=1)).sum())
    if lost:
        raise DataError(
            f"Every pupil with a score belongs to a {level}.",
            f"Column {member.column!r} is missing for {counted(lost, 'pupil')} with scores.",
            f"Drop these rows, give them a {level} of their own, or leave out the level.",
        )
    partly = int((scored & ~known).any(axis=1).sum())
    if partly:
        who = counted(partly, "pupil")
        notes.append(f"For {who} the {level} is missing at some wave; the one known at another wave was used.")
    return known


def _movers(
    codes: NDArray[np.int64],
    known: NDArray[np.bool_],
    level: str,
    column: str,
    movers: Movers,
    notes: list[str],
    *,
    anew: bool = True,
) -> NDArray[np.bool_]:
    """Return who changes cluster, [pupil]; with movers="error" nobody may. `anew`: say so where most change class."""
    lowest = np.where(known, codes, np.iinfo(np.int64).max).min(axis=1)
    highest = np.where(known, codes, -1).max(axis=1)
    moved: NDArray[np.bool_] = known.any(axis=1) & (lowest != highest)
    number = int(moved.sum())
    formed = ""
    if anew and level == "class" and number >= RE_FORMED * max(len(moved), 1):
        formed = (
            f"Classes change between waves: {100 * number / len(moved):.0f} % of the pupils with scores are in another "
            "class at a later wave. If classes are formed anew every school year, say which waves lie in which year: "
            "school_years=[1, 1, 2, 2, 3]."
        )
    if number and movers == "error":
        plural = {"class": "classes", "school": "schools"}[level]
        raise DataError(
            f"In a nested model every pupil stays in one {level}.",
            f"By column {column!r}, {counted(number, 'pupil')} of {len(moved)} with scores "
            f"{'is' if number == 1 else 'are'} seen in two or more {plural}.{f' {formed}' if formed else ''}",
            f"Use movers='first' ({level} of the first wave with a score), movers='drop' (leave these pupils out), "
            f"or leave out the {level} level.",
        )
    if number:
        done = "left out" if movers == "drop" else f"counted in the {level} of the first wave with a score"
        verb = "was" if number == 1 else "were"
        notes.append(f"{counted(number, 'pupil')} who changed {level} {verb} {done}.")
        notes += [formed] if formed else []
    return moved


def _chosen(
    member: Membership | None, wave: NDArray[np.int64], keep: NDArray[np.bool_]
) -> tuple[NDArray[np.int64] | None, tuple[str, ...]]:
    """Return the cluster of each kept pupil at its chosen wave, coded without gaps, and the names."""
    if member is None:
        return None, ()
    codes = member.codes[keep]
    used, dense = np.unique(codes[np.arange(len(wave)), wave], return_inverse=True)
    return dense.astype(np.int64), tuple(member.labels[code] for code in used)


def _require_sizes_of_years(found: Courses, column: str) -> list[str]:
    """The same of classes that last one school year; say how many there are in each."""
    pupils, year = np.nonzero(found.classes[found.course] >= 0)
    codes = found.classes[found.course][pupils, year]
    number = [len(np.unique(own[own >= 0])) for own in found.classes.T]
    told = f"Classes are formed anew every school year: {', '.join(map(str, number))} in {len(number)} years."
    return [told, *_require_sizes(codes, "class", column)]


def _require_sizes(codes: NDArray[np.int64], level: str, column: str) -> list[str]:
    """Check that there are two clusters or more and that some hold two pupils or more; note those that hold one."""
    sizes = np.bincount(codes)
    plural = {"class": "classes", "school": "schools"}[level]
    advice = f"Check that {column!r} is the right column, or leave out the {level} level."
    if len(sizes) < 2:
        raise DataError(
            f"Differences between {plural} need at least two of them.", f"Column {column!r} has one.", advice
        )
    single = int((sizes == 1).sum())
    if single == len(sizes):
        raise DataError(
            f"Some {plural} must have two pupils or more, or {level} and pupil are the same.",
            f"Each of the {single} values of column {column!r} belongs to one pupil.",
            advice,
        )
    if level == "class" and float(np.median(sizes)) > LARGEST_CLASS:
        warnings.warn(
            f"Without a school level every class has a label of its own. By column {column!r} there are "
            f"{len(sizes)} classes, half of them with more than {np.median(sizes):g} pupils. If labels start again in "
            "every school, name the school too (school=...), or join school and class into one column.",
            DataWarning,
            stacklevel=5,
        )
    if single:
        return [f"{counted(single, level, plural)} with one pupil: kept, but such say little about the {level} level."]
    return []
