"""Sets of values that a gap separates from the bulk of a variable."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.code_tally import Suspect, Tally, code_shape, shaped_set

DEPTH = 16
"""Distinct values on either side among which codes are looked for."""

OFTEN = 5
"""From this many occurrences a value beyond a gap is more likely a code than a stray score."""

FAR = "far from the others"
STRAY = "far from the others: a stray value, perhaps mistyped"


@dataclass(frozen=True, eq=False)
class _Bulk:
    """What is left between the codes of both sides.

    Attributes
    ----------
    values : float64 [distinct]
    counts : int64 [distinct]
    step : float
        Largest distance between neighbours.
    """

    values: NDArray[np.float64]
    counts: NDArray[np.int64]
    step: float

    @property
    def width(self) -> float:
        return float(self.values[-1] - self.values[0])

    @property
    def narrow(self) -> bool:
        """A short scale of whole numbers."""
        return len(self.values) <= 11 and self.width <= 12 and not np.any(self.values % 1)

    @cached_property
    def cells(self) -> int:
        """Number of scores in the bulk."""
        return int(self.counts.sum())

    @cached_property
    def fractional(self) -> bool:
        """Whether a third or more of the scores are no whole numbers."""
        return 3 * int(self.counts[self.values % 1 != 0].sum()) >= self.cells

    def end(self, low: bool) -> int:
        """Return the count of the last value on one side."""
        return int(self.counts[0 if low else -1])

    def abrupt(self, low: bool) -> bool:
        """Say whether the bulk ends on that side while it is still dense, as a scale does and a tail does not."""
        stretch = 0.0 if self.narrow else self.width / 20
        end = self.values <= self.values[0] + stretch if low else self.values >= self.values[-1] - stretch
        here = int(self.counts[end].sum())
        share = 0.2 / len(self.values) if self.narrow else 0.02
        return here >= 3 and here >= share * self.cells

    def beyond_tail(self, value: float) -> bool:
        """Say whether a value is far even for a skewed variable: on a scale that is logarithmic in the tails."""
        upto = np.cumsum(self.counts) / self.counts.sum()
        low, middle, high = self.values[np.searchsorted(upto, (0.25, 0.5, 0.75))]
        unit = max((high - low) / 2, self.width / 50)
        ends = np.arcsinh((self.values[[0, -1]] - middle) / unit)
        at = float(np.arcsinh((value - middle) / unit))
        apart = 0.9 if self.narrow else 1.25
        return bool(at > ends[1] + apart or at < ends[0] - apart)


def gap_suspects(tally: Tally) -> list[Suspect]:
    """Return the largest set of values, on one side or both, that stands apart from the values between.

    The bulk is what is left when the codes of both sides are gone, so that codes do not shield each other. A gap
    counts from twice the largest distance between neighbours in the bulk.
    """
    v, c = tally.values, tally.counts
    if len(v) < 3:
        return _of_two(tally)
    steps = tally.steps
    depth = min(DEPTH, len(v) - 2)
    inner = steps[depth : len(steps) - depth].max(initial=0.0)
    sides = [0, *(k for k in range(1, depth + 1) if steps[k - 1] >= 2 * inner)]
    tops = [0, *(k for k in range(1, depth + 1) if steps[-k] >= 2 * inner)]
    best: list[Suspect] = []
    for low in sides:
        for high in tops:
            end = len(v) - high
            if end - low < 2 or low + high == 0:
                continue
            # Of a long list of steps only the outer ones are looked through for every pair of cuts.
            outer = steps[low : end - 1]
            if 2 * depth < len(steps):
                outer = np.concatenate([steps[low:depth], steps[len(steps) - depth : end - 1]])
            bulk = _Bulk(v[low:end], c[low:end], max(float(inner), float(outer.max(initial=0.0))))
            below = _graded(v[:low], c[:low], bulk, float(steps[low - 1]), True) if low else []
            above = _graded(v[end:], c[end:], bulk, float(steps[end - 1]), False) if high else []
            if (below or not low) and (above or not high):
                best = max(best, below + above, key=lambda found: (sum(s.grave for s in found), len(found)))
    return best


def _graded(codes: NDArray[np.float64], counts: NDArray[np.int64], bulk: _Bulk, gap: float, low: bool) -> list[Suspect]:
    """Return the values of one side as suspects; none where they are scores."""
    if gap < 2 * bulk.step * (1 - 1e-9):
        return []
    whole = not np.any(codes % 1)
    below = low and bool(bulk.values[0] >= 0 and codes[-1] < 0) and whole
    if shaped_set(codes) or (below and (bulk.narrow or bulk.fractional)):
        grave = _grave_shape(codes, counts, bulk, gap, low, below)
    else:
        grave = _grave_distance(codes, counts, bulk, gap, low)
    if grave is None:
        return []
    rare = not grave and counts.max() < OFTEN
    return [Suspect(float(code), grave, STRAY if rare else FAR) for code in codes]


def _grave_shape(
    codes: NDArray[np.float64], counts: NDArray[np.int64], bulk: _Bulk, gap: float, low: bool, below: bool
) -> bool | None:
    """Grade values that are shaped like codes: True for a grave doubt, False for a slight one, None for scores."""
    often = int(counts.sum()) >= OFTEN
    far = gap >= bulk.width
    abrupt = bulk.abrupt(low)
    digits = not below and bool(np.abs(codes).max() < 10)
    if digits and int(counts.sum()) > bulk.cells:
        return None
    if digits and not abrupt and bulk.values[0] >= 0 and not bulk.fractional:
        # A single 7, 8 or 9 ends many a tail of counts; 7 alone is a week.
        if not often:
            return False if far or (codes.size < counts.sum() and bulk.cells >= 200) else None
        if not far and gap < 3 and bulk.values[0] == 0 and len(codes) == 1 and codes[0] == 7:
            return False
    if below and _lower_tail(codes, counts, bulk):
        return None
    if below and not often and gap <= 2 and codes[0] == -bulk.values[-1]:
        return False  # a scale with two sides
    short = bulk.fractional or (bulk.narrow and bulk.values[0] == 1 and bulk.cells >= 100)
    if below and not abrupt and not often and not short and gap < bulk.width / 2:
        return False
    # A scale that goes on to its last value with 40 answers has no single one two steps beyond.
    scale = bulk.narrow and bulk.values[0] in (0, 1) and abrupt and (gap >= 3 or bulk.end(low) >= 40)
    if below or far or scale:
        return True
    if often and (gap >= bulk.width / 4 or abrupt or bulk.fractional or counts.min() >= 10 * bulk.end(low)):
        return True
    piled = often and (bulk.narrow or counts.min() >= 3 * bulk.end(low))
    return False if piled or gap >= bulk.width / 4 else None


def _lower_tail(codes: NDArray[np.float64], counts: NDArray[np.int64], bulk: _Bulk) -> bool:
    """Say whether values below zero belong to a bell-shaped variable of which they are the lower tail."""
    if bulk.narrow or bulk.fractional:
        return False
    whole = Tally(np.concatenate([codes, bulk.values]), np.concatenate([counts, bulk.counts]))
    expected = Tally(bulk.values, bulk.counts).below(float(codes[-1]) + 0.5)
    return 5 * expected >= int(counts.sum()) and whole.normal and whole.ends


def _grave_distance(
    codes: NDArray[np.float64], counts: NDArray[np.int64], bulk: _Bulk, gap: float, low: bool
) -> bool | None:
    """Grade values of any shape: True for a grave doubt, False for a slight one, None for scores."""
    number, far = int(counts.sum()), gap >= bulk.width
    if number > bulk.cells:
        return None
    if not np.any(codes % 1):
        # Scores with decimals do not meet on one whole number.
        free = bulk.fractional and (counts.min() >= 5 * bulk.counts.max() or bulk.counts.max() <= 2)
        if number >= OFTEN and far and free:
            return True
        twice = counts.max() > 1 and gap >= 10 * bulk.width and len(codes) <= 2
        if twice and bulk.narrow:
            return True
        if counts.min() >= OFTEN:
            # Counts may be heaped on 10, as long as there are few of them.
            scale = bulk.fractional or (bulk.narrow and (bulk.values[0] != 0 or bulk.abrupt(low) or bulk.cells >= 200))
            # Half a scale is no code: of 1, 2 and 4, 5 nobody chose the 3.
            part = len(bulk.values) < 3 or 2 * number > bulk.cells
            if not part and (gap >= 2 * bulk.width or (far and scale)):
                return True
            return False if number <= 0.1 * bulk.cells and (bulk.narrow or gap >= bulk.width / 4) else None
    nearest = float(codes[-1] if low else codes[0])
    rare = number <= max(1, 0.01 * bulk.cells) and len(bulk.values) > 2 and bulk.cells >= 20
    return False if far and rare and bulk.beyond_tail(nearest) else None


def _of_two(tally: Tally) -> list[Suspect]:
    """Judge a variable of two values, of which one may be a code: 99 beside 1."""
    if len(tally.values) < 2:
        return []
    small, large = sorted(map(float, tally.values), key=abs)
    if not code_shape(large) or abs(large) < 7:
        return []
    grave = abs(large) >= 20 * max(abs(small), 1.0)
    return [Suspect(large, grave, FAR)] if grave or abs(small) <= 1 else []
