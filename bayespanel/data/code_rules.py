"""Which of the values of a variable look like codes for "missing", from their distribution alone.

A code is judged by where it stands: with all codes beside it, apart from the bulk of the scores; below zero where
scores cannot be; or on one value far more often than its neighbours. Its shape (99, -8, 32767) lowers what is asked of
the distance, and never suffices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.code_gaps import gap_suspects
from bayespanel.data.code_tally import Suspect, Tally, code_shape

ABSURD = 1e10
"""From here on a number among small ones is a program's mark for "missing" (1e30, the largest float)."""

BESIDE = 0.15
"""Largest share of negative values that may be codes on a scale that starts at zero; more of them are scores."""

USUAL = frozenset({(1, 3), (1, 4), (1, 5), (1, 6), (1, 7), (1, 10), (0, 3), (0, 4), (0, 10)})
"""Lowest and highest value of scales that are in use."""


def suspects_in(tally: Tally) -> list[Suspect]:
    """Return the values that look like codes for "missing", and strays, from the lowest to the highest.

    Parameters
    ----------
    tally
        The distinct values of one variable and how often each occurs.
    """
    found: list[Suspect] = []
    for rule in (_absurd, _apart, _below_zero, _spikes, _beyond):
        new = rule(tally)
        tally = tally.without(s.value for s in new)
        if new and rule is _below_zero:
            # What stands above may have been hidden by the distance to the lowest.
            new += _apart(tally)
            tally = tally.without(s.value for s in new)
        found += new
    return sorted(found, key=lambda s: s.value)


def _absurd(tally: Tally) -> list[Suspect]:
    """Numbers of 1e10 and beyond among others that are ten thousand times smaller."""
    v = tally.values
    if not v.size or max(-v[0], v[-1]) < ABSURD:
        return []
    large = np.abs(v) >= ABSURD
    if large.all() or large.sum() > 8:
        return []
    large &= np.abs(v) / 1e4 >= np.abs(v[~large]).max()
    return [Suspect(float(v), True, "a number that programs write for 'missing'") for v in tally.values[large]]


def _apart(tally: Tally) -> list[Suspect]:
    """Sets of values beyond a gap on either side, as long as there are any: codes do not shield each other."""
    found: list[Suspect] = []
    while new := gap_suspects(tally):
        found += new
        tally = tally.without(s.value for s in new)
    return found


@dataclass(frozen=True)
class _Tail:
    """The negative values of a variable beside the others."""

    values: NDArray[np.float64]
    counts: NDArray[np.int64]
    rest: Tally


def _below_zero(tally: Tally) -> list[Suspect]:
    """A few negative whole numbers on a scale that otherwise starts at zero, without a gap between them."""
    v, c = tally.values, tally.counts
    cut = int(np.searchsorted(v, 0))
    if not 0 < cut <= min(30, len(v) - 2):
        return []
    tail = _Tail(v[:cut], c[:cut], Tally(v[cut:], c[cut:]))
    number = int(tail.counts.sum())
    if number > BESIDE * tally.cells or np.any(tail.values % 1):
        return []
    if tail.rest.fractional > 0.3:
        # Scores with decimals do not fall on whole numbers as soon as they are negative.
        grave: bool | None = number >= 4
    elif tail.rest.values[-1] > 12:
        grave = _grave_on_wide(tally, tail)
    else:
        grave = _grave_on_narrow(tally, tail)
    why = "whole numbers below zero among scores that are not"
    return [] if grave is None else [Suspect(float(v), grave, why) for v in tail.values]


def _grave_on_wide(tally: Tally, tail: _Tail) -> bool | None:
    """Grade negative values beside scores far above zero: True for a grave doubt, False for a slight one."""
    number = int(tail.counts.sum())
    shape = np.array([code_shape(float(v)) for v in tail.values])
    coded = int(tail.counts[shape | (tail.counts >= 3)].sum())
    if 2 * coded < number or (number < 2 * len(tail.values) and number > 3):
        return None
    if _floor(tail):
        return number >= 4
    if tally.normal and (tally.ends or _smooth(tail) or len(tail.values) > 3) and not _heavier(tally, tail):
        return False if _fuller(tally, tail) else None
    clear = 2 * int(tail.counts[shape].sum()) >= number or number >= 5 * len(tail.values)
    # A tail does not come down to one value far below zero, twice.
    enough = 2 if len(tail.values) == 1 and tail.values[0] < -10 else 4
    return number >= enough and clear and not _smooth(tail)


def _floor(tail: _Tail) -> bool:
    """Say whether the scores are heaped on zero as on the lowest of a scale, a few steps below which are the others."""
    c = tail.rest.counts
    heaped = tail.rest.values[0] == 0 and c[0] >= 1.5 * c[1] + 3 * np.sqrt(c[1])
    return bool(heaped and tail.values[0] >= -10 and 3 * tail.counts.max() < c[0] and tail.counts.sum() < c[0])


def _grave_on_narrow(tally: Tally, tail: _Tail) -> bool | None:
    """Grade negative values beside a short scale: True for a grave doubt, False for a slight one."""
    number, top = int(tail.counts.sum()), float(tail.rest.values[-1])
    if -tail.values[0] == top:
        # -1, 0, 1 or -2 to 2 is a scale with two sides, unless hardly anybody is on one of them.
        if top > 1 and (number < 5 or _smooth(tail)):
            return None
        return False if number < (0.1 if top == 1 else 0.05) * tally.cells else None
    if len(tail.values) > 1 and -tail.values[0] <= top and _smooth(tail):
        return None if tally.normal else False
    if len(tail.values) == 1 and top <= 3 and tail.rest.count(0) and tail.rest.count(1):
        zero, one = tail.rest.count(0), tail.rest.count(1)
        if number >= 0.3 * zero * min(1.0, zero / one):
            return None
    if not (tally.normal and tally.ends) or (_heavier(tally, tail) and number > 3):
        return True
    return None if top > 5 and not 3 <= number > tail.rest.count(0) else False


def _heavier(tally: Tally, tail: _Tail) -> bool:
    """Say whether there are clearly more values below zero than a normal curve has there."""
    promised = np.array([tally.below(float(v) + 0.5) for v in tail.values])
    enough = 2 if tail.values[-1] < -10 else 4
    alone = len(tail.values) == 1 and tail.counts[0] >= enough and tail.rest.values[-1] > 20
    return bool(alone or np.any(np.cumsum(tail.counts) > 3 * promised + 3))


def _fuller(tally: Tally, tail: _Tail) -> bool:
    """Say whether three values below zero or more, all next to it, are fuller than a normal curve's tail."""
    promised = np.array([tally.below(float(v) + 0.5) for v in tail.values])
    run = len(tail.values) > 2 and -tail.values[0] <= 2 * len(tail.values) and tail.rest.values[0] == 0
    return bool(run and tail.counts.sum() >= 8 and np.any(np.cumsum(tail.counts) > 2 * promised + 2))


def _smooth(tail: _Tail) -> bool:
    """Say whether the counts go on falling from 1 over 0 and -1, ever faster, as in the tail of a curve."""
    values = np.concatenate([tail.values, tail.rest.values[:2]])
    counts = np.concatenate([tail.counts, tail.rest.counts[:2]]).astype(float)
    if len(tail.values) < 2 or values[-1] != 1 or np.any(np.diff(values) > 2) or counts[-3] > counts[-2]:
        return False
    outer, middle, inner = counts[:-2], counts[1:-1], counts[2:]
    bend = np.log(outer) + np.log(inner) - 2 * np.log(middle)
    return bool(np.all(bend <= 1.5 * np.sqrt(1 / outer + 1 / inner + 4 / middle)))


def _spikes(tally: Tally) -> list[Suspect]:
    """Values shaped like codes that occur far more often than the values around them."""
    if len(tally.values) < 30:
        return []
    v, c = tally.values, tally.counts
    # Only a value that is rare among many or frequent beside its neighbours is worth a look at its shape.
    look = np.flatnonzero(tally.whole & (v != 0) & ((c >= 5) | (tally.fractional > 0.5)))
    shape = np.array([code_shape(float(v[k])) for k in look], dtype=bool)
    at, plain = look[shape], look[~shape]
    if not at.size:
        return []
    rest = c.copy()
    rest[at] = 0
    rest[v == 0] = 0
    heaped = max(1, int(rest.max()))
    why = "far more often than any other value of a scale with decimals"
    if heaped <= 2 and tally.fractional > 0.5 and c[at].sum() >= 5 * (1 + int(c[plain].sum())):
        return [Suspect(float(value), True, why) for value in v[at]]
    found = []
    for k in at[c[at] >= 5]:
        value, count = float(v[k]), int(c[k])
        if count >= 10 * heaped and tally.fractional > 0.5:
            found.append(Suspect(value, True, why))
            continue
        beside = [j for j in range(max(0, k - 12), min(len(v), k + 13)) if j not in at]
        beside.sort(key=lambda j: abs(j - k))
        if abs(value) <= 10 or len(beside) < 3 or count < 1.5 * c[beside[:2]].max():
            continue
        # 3.5 standard deviations of a count above what the values around it say, without the largest of them.
        near = float(np.sort(c[beside[:10]])[:-1].mean())
        if count >= near + 3.5 * np.sqrt(near + 1) + 2:
            found.append(Suspect(value, False, "far more often than the values around it"))
    return found


def _beyond(tally: Tally) -> list[Suspect]:
    """Rare values just beyond a usual scale of whole numbers: 0 below 1-5, 6 above it, 6 to 9 or 8 and 9."""
    v, c = tally.values, tally.counts.astype(float)
    if not 4 <= len(v) <= 12 or np.any(np.diff(v) != 1) or v[0] % 1:
        return []
    found = []
    for low in (True, False):
        inner = c if low else c[::-1]
        scale = (v[1], v[-1]) if low else (v[0], v[-2])
        if scale in USUAL and _drops(inner[0], inner[1], inner[2]):
            found.append(Suspect(float(v[0] if low else v[-1]), False, "rare, and one step beyond a usual scale"))
    for top in (3, 4, 5, 6, 7) if v[-1] == 9 else ():
        run = v > top
        if v[0] > 2 or (1, top) not in USUAL or run.sum() > 4 or c[run].sum() > BESIDE * tally.cells:
            continue
        # A tail goes on falling; codes are about as frequent as each other.
        bulk, farther = tally.without(v[run]), v > top + (run.sum() > 2)
        flat = c[run].sum() >= 8 and c[-1] >= c[run].max() / 2 and c[run][0] <= c[~run].max() / 4
        excess = flat and c[farther].sum() >= 10 * (bulk.cells - bulk.below(top + 0.5 + (run.sum() > 2))) + 5
        if excess or _drops(c[run].max(), c[~run][-1], c[~run][-2]):
            why = "rare, and just beyond a usual scale"
            return [Suspect(float(value), bool(run.sum() > 2), why) for value in v[run]]
    return found


def _drops(beyond: float, end: float, before: float) -> bool:
    """Say whether a count is far below what the two counts before it promise of a curve."""
    return bool(beyond + 2 * np.sqrt(beyond + 1) <= 0.08 * min(end**2 / before, end))
