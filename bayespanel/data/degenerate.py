"""Scores that no model can tell apart: copies, sums, stable traits, numbers of schools and pupils, extreme scales.

Every check takes one pass or a few through the cells; numbers are scaled by a power of two first, so that no square
overflows. A constant variable and one that is never seen are refused where panels and trials are built.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.courses import refuse_determined_courses
from bayespanel.data.guesses import Guess
from bayespanel.data.odd_waves import guess_of_odd_waves
from bayespanel.data.relations import FEWEST, ROWS, Cells, Pair, exact_pairs, exact_sum, near_pairs
from bayespanel.data.wording import counted, label_of, listed
from bayespanel.language.errors import DataError

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

LARGEST_LOG = 100.0
"""Common logarithm of the largest standard deviation whose powers are safe numbers; its negative of the smallest."""

FINEST = 1e8
"""Largest mean, in standard deviations: beyond it a number of 16 digits keeps less than half of them for the SD."""


def refuse_degenerate(
    values: Array,
    *,
    variables: Sequence[str],
    waves: Sequence[str] | None = None,
    pupils: Sequence[object] | NDArray[np.object_],
    schools: Codes | None = None,
    school_labels: Sequence[str] = (),
) -> tuple[Guess, ...]:
    """Refuse scores of a panel that are degenerate.

    Parameters
    ----------
    values : float64 [pupil, wave, variable]
        Scores, NaN where missing.
    variables
        Their names.
    waves
        Names of the waves (default "1", "2", ...).
    pupils : [pupil]
        Labels of the pupils.
    schools : int64 [pupil, wave] or [pupil, 1], or None
        Position of the pupil's school in `school_labels`, -1 where unknown.
    school_labels

    Returns
    -------
    tuple of Guess
        A doubt for every two variables that correlate above .9999 within waves: the same measure, perhaps; and for
        every variable that is coded otherwise at one wave, see `guess_of_odd_waves`.

    Raises
    ------
    DataError
        A variable has a scale beyond 1e100 or below 1e-100, or a mean beyond 1e8 SDs; is the number of the pupil or of
        the row; is the same for all pupils of a school at every wave; is the same at all waves of every pupil; is
        an exact linear function of another variable, of another wave, or of several variables; or changes within pupils
        as `refuse_determined_courses` says.
    """
    names = tuple(waves) if waves is not None else tuple(str(t + 1) for t in range(values.shape[1]))
    cells = _scaled(values, variables, names)
    _refuse_school_scores(values, variables, schools, school_labels)
    _refuse_traits(values, variables, pupils)
    doubts = _refuse_relations(cells)
    refuse_determined_courses(values, variables)
    return (*doubts, *guess_of_odd_waves(values, variables, names))


def refuse_degenerate_outcome(
    values: Array,
    *,
    variables: Sequence[str],
    pupils: Sequence[object] | NDArray[np.object_] | None = None,
    schools: Codes | None = None,
    school_labels: Sequence[str] = (),
) -> tuple[Guess, ...]:
    """Refuse outcomes and baselines of a trial that are degenerate.

    Parameters
    ----------
    values : float64 [row, variable]
        Outcomes and baselines, NaN where missing.
    variables
        Their names.
    pupils : [row] or None
        Labels of the pupils.
    schools : int64 [row] or None
        Position of the row's school in `school_labels`, -1 where unknown.
    school_labels

    Returns
    -------
    tuple of Guess
        As of `refuse_degenerate`.

    Raises
    ------
    DataError
        As of `refuse_degenerate`, without what needs several waves.
    """
    panel = values[:, None, :]
    cells = _scaled(panel, variables, ())
    numbers = [name for k, name in enumerate(variables) if _numbers_rows(values[:, k], pupils)]
    if numbers:
        raise _identifiers(numbers)
    _refuse_school_scores(panel, variables, None if schools is None else schools[:, None], school_labels)
    return _refuse_relations(cells)


def _scaled(values: Array, variables: Sequence[str], waves: Sequence[str]) -> Cells:
    """Return the cells, scaled; refuse scales on which squares are no numbers any more."""
    cells = Cells.of(values, variables, waves)
    rule = "A score has a scale on which sums of squares can be computed."
    given, action = [], ""
    for k, name in enumerate(variables):
        log, ratio = cells.scale_of(k)
        if abs(log) > LARGEST_LOG:
            given.append(f"The standard deviation of {name!r} is about 1e{log:.0f}.")
            action = f"Divide it by 1e{log:.0f}, or take its logarithm."
        elif ratio > FINEST:
            given.append(f"The mean of {name!r} is about {ratio:.0e} times its standard deviation.")
            action = "Subtract a constant near its mean, and divide by its standard deviation."
    if given:
        raise DataError(rule, " ".join(given), action)
    return cells


def _refuse_traits(values: Array, variables: Sequence[str], pupils: Sequence[object] | NDArray[np.object_]) -> None:
    """Refuse a variable that no pupil ever changes on."""
    stable = []
    for k, name in enumerate(variables):
        # The first pupils are enough to clear nearly every variable.
        if not _unchanging(values[:ROWS, :, k])[1]:
            continue
        level, same = _unchanging(values[:, :, k])
        number = int(np.isfinite(level).sum())
        distinct = len(np.unique(level[np.isfinite(level)])) if same else 0
        # An answer of yes or no can stay the same for a few pupils by chance.
        if distinct > 1 and number >= (FEWEST / 2 if distinct > 2 else 2 * FEWEST):
            if _numbers_rows(level, pupils):
                raise _identifiers([name])
            stable.append((name, number))
    if stable:
        raise DataError(
            "A variable of a panel changes over time.",
            f"{listed(name for name, _ in stable)} has one value at all waves of every pupil "
            f"(of the {stable[0][1]} seen at two waves or more).",
            "If it is a stable property of the pupil, make it a covariate: covariates=[...]. If it should change, "
            "check how the waves were put together.",
        )


def _unchanging(scores: Array) -> tuple[Array, bool]:
    """Return each pupil's lowest score of two or more [pupil], else NaN, and whether it is the highest for all."""
    several = (~np.isnan(scores)).sum(axis=1) > 1
    low = np.where(several, np.fmin.reduce(scores, axis=1), np.nan)
    return low, bool(np.array_equal(low[several], np.fmax.reduce(scores, axis=1)[several]))


def _numbers_rows(column: Array, pupils: Sequence[object] | NDArray[np.object_] | None) -> bool:
    """Say whether a column [row] holds the number of each row, or the label of each pupil."""
    seen = ~np.isnan(column)
    if seen.sum() < FEWEST:
        return False
    # Rows may be absent from between, so the distance of two numbers is that of their rows.
    rows = np.flatnonzero(seen)
    if bool(np.all(np.diff(column[seen]) == np.diff(rows))):
        return True
    if pupils is None:
        return False
    first = rows[0]
    if label_of(pupils[int(first)]) != label_of(float(column[first])):
        return False
    return all(label_of(pupils[int(row)]) == label_of(float(column[row])) for row in rows)


def _identifiers(names: Sequence[str]) -> DataError:
    return DataError(
        "A score is a measurement, not the number of a pupil or of a row.",
        f"{listed(names)} counts the pupils or repeats their labels.",
        "Leave it out, or name the column with the scores.",
    )


def _refuse_school_scores(
    values: Array, variables: Sequence[str], schools: Codes | None, school_labels: Sequence[str]
) -> None:
    """Refuse a variable on which the pupils of a school never differ at a wave."""
    if schools is None:
        return
    waves = values.shape[1]
    # A school at one wave is a group; its first pupil with a score is what the others are held against.
    group = np.where(schools < 0, -1, schools * waves + np.arange(waves)).ravel()
    for k, name in enumerate(variables):
        # The first pupils are enough to clear nearly every variable.
        first, score, at = _first(values[:ROWS, :, k], group[: ROWS * waves])
        if np.array_equal(first[at], score) and len(values) > ROWS:
            first, score, at = _first(values[:, :, k], group)
        peers = np.bincount(at)
        held = int(peers[peers > 1].sum()) - int((peers > 1).sum())
        if not np.array_equal(first[at], score) or held < FEWEST or len(np.unique(score)) < 2:
            continue
        known = np.flatnonzero(~np.isnan(first)) if len(school_labels) else ()
        number = all(label_of(float(first[g])) == str(school_labels[g // waves]) for g in known) and len(known) > 0
        raise DataError(
            "A score differs between the pupils of a school.",
            f"{name!r} is the same for all pupils of a school at every wave"
            + (": it is the number of the school." if number else "."),
            "Leave it out; a property of schools is a covariate.",
        )


def _first(scores: Array, group: Codes) -> tuple[Array, Array, Codes]:
    """Return the first score of each group [group], and the scores seen with their groups."""
    column = scores.ravel()
    seen = ~np.isnan(column) & (group >= 0)
    first = np.full(int(group.max(initial=0)) + 1, np.nan)
    first[group[seen][::-1]] = column[seen][::-1]
    return first, column[seen], group[seen]


def _refuse_relations(cells: Cells) -> tuple[Guess, ...]:
    """Refuse exact linear relations, and return the doubts about near ones."""
    rule = "No score is an exact linear function of others: a model could not tell them apart."
    action = "Leave one of them out."
    pairs = exact_pairs(cells)
    if pairs:
        more = f" So are {counted(len(pairs) - 4, 'more pair', 'more pairs')}." if len(pairs) > 4 else ""
        if any(pair.wave != pair.other_wave for pair in pairs):
            action = "Check whether a wave was copied or carried forward; leave it out, or the variable."
        raise DataError(rule, " ".join(_equation(pair) for pair in pairs[:4]) + more, action)
    sums = exact_sum(cells)
    if sums:
        raise DataError(rule, f"{sums} at all cells where all of them are seen.", action)
    return tuple(
        Guess(
            about="copies",
            seen=f"{pair.name!r} and {pair.other!r} correlate {pair.correlation:.6f} within waves.",
            done="They were taken as two variables.",
            otherwise="If they are the same measure, scaled or rounded, leave one of them out.",
            doubtful=True,
        )
        for pair in near_pairs(cells)
    )


def _equation(pair: Pair) -> str:
    """Write a relation: 'y' = 10 times 'x' + 3."""

    def named(name: str, wave: str | None) -> str:
        return repr(name) + (f" at wave {wave!r}" if wave is not None else "")

    own, other = named(pair.name, pair.wave), named(pair.other, pair.other_wave)
    if pair.slope == 1 and pair.intercept == 0:
        return f"{own} is a copy of {other} ({counted(pair.cells, 'cell')})."
    factor = other if pair.slope == 1 else f"{pair.slope:.6g} times {other}"
    if pair.intercept is None:
        constant = " plus a constant of each wave"
    else:
        constant = f" {'+' if pair.intercept > 0 else '-'} {abs(pair.intercept):.6g}" if pair.intercept else ""
    return f"{own} is {factor}{constant} ({counted(pair.cells, 'cell')})."
