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

FEW = 100
"""Scores of a long scale up to which a gap beside zero may be chance."""

FAR = "far from the others"
STRAY = "far from the others: a stray value, perhaps mistyped"


@dataclass(frozen=True, eq=False)
class _Bulk:
    """What is left between the codes of both sides.

    Attributes
    ----------
    values : float64 [distinct]
    counts : int64 [distinct]
    step_low, step_high : float
        Largest distance between neighbours, in the lower and in the upper half.
    """

    values: NDArray[np.float64]
    counts: NDArray[np.int64]
    step_low: float
    step_high: float

    def step(self, low: bool) -> float:
        """Return the largest distance between neighbours towards one side."""
        return self.step_low if low else self.step_high

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
    depth, many = min(DEPTH, len(v) - 2), len(steps)
    # A skewed variable has another spacing in its other tail: of many values only the nearer half is looked at.
    halves = (slice(0, many), slice(0, many)) if 2 * depth >= many else (slice(0, many // 2), slice(many // 2, many))
    inner = [float(steps[max(h.start, depth) : min(h.stop, many - depth)].max(initial=0.0)) for h in halves]
    sides = [0, *(k for k in range(1, depth + 1) if steps[k - 1] >= 2 * inner[0])]
    tops = [0, *(k for k in range(1, depth + 1) if steps[-k] >= 2 * inner[1])]
    best: list[Suspect] = []
    for low in sides:
        for high in tops:
            end = len(v) - high
            if end - low < 2 or low + high == 0:
                continue
            if 2 * depth >= many:
                spacing = [float(steps[low : end - 1].max(initial=0.0))] * 2
            else:
                outer = steps[low:depth], steps[many - depth : end - 1]
                spacing = [max(i, float(o.max(initial=0.0))) for i, o in zip(inner, outer, strict=True)]
            bulk = _Bulk(v[low:end], c[low:end], spacing[0], spacing[1])
            below = _graded(v[:low], c[:low], bulk, float(steps[low - 1]), True) if low else []
            above = _graded(v[end:], c[end:], bulk, float(steps[end - 1]), False) if high else []
            if (below or not low) and (above or not high):
                best = max(best, below + above, key=lambda found: (sum(s.grave for s in found), len(found)))
    return best


def _graded(codes: NDArray[np.float64], counts: NDArray[np.int64], bulk: _Bulk, gap: float, low: bool) -> list[Suspect]:
    """Return the values of one side as suspects; none where they are scores."""
    # Within a quarter of the bulk's width the spacing of its other half counts, too.
    step = bulk.step(low) if gap >= bulk.width / 4 else max(bulk.step_low, bulk.step_high)
    if gap < 2 * step * (1 - 1e-9):
        return []
    whole = not np.any(codes % 1)
    below = low and bool(bulk.values[0] >= 0 and codes[-1] < 0) and whole
    repeated = counts.min() >= OFTEN or (len(codes) > 1 and counts.mean() >= 3)
    if shaped_set(codes) or (below and (bulk.narrow or bulk.fractional or repeated)):
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
    if counts.sum() == 1 and not (below or bulk.narrow or bulk.fractional or abrupt) and gap < 10 * bulk.width:
        return False  # one value beyond a long tail, such as 77 beside counts up to 38
    digits = not below and bool(np.abs(codes).max() < 10)
    if digits and int(counts.sum()) > bulk.cells:
        # A scale of four steps or more does not go on three steps beyond its end, for most of the pupils.
        return True if bulk.narrow and bulk.values[0] == 1 and len(bulk.values) > 3 and gap >= 3 else None
    if digits and not abrupt and bulk.values[0] >= 0 and not bulk.fractional:
        # A single 7, 8 or 9 ends many a tail of counts; 7 alone is a week.
        if bulk.values[0] == 1 and gap >= 3 and counts.max() >= 3:
            return True
        if not often:
            twice = counts.max() > 1 and (bulk.values[0] == 1 or bulk.cells >= 200)
            return False if far or twice else None
        if not far and gap < 3 and bulk.values[0] == 0 and len(codes) == 1 and codes[0] == 7:
            return False
    if below and (_lower_tail(codes, counts, bulk) or _mirrored(codes, counts, bulk)):
        return None
    if below and not often and gap <= 2 and codes[0] == -bulk.values[-1]:
        return False  # a scale with two sides
    if below and not (bulk.narrow or bulk.fractional) and bulk.cells < FEW and gap < bulk.width / 2:
        return False  # so few scores leave such gaps by chance
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


def _mirrored(codes: NDArray[np.float64], counts: NDArray[np.int64], bulk: _Bulk) -> bool:
    """Say whether values below zero are one side of a scale with two, of which nobody chose the zero."""
    top = float(bulk.values[-1])
    alike = abs(-float(codes[0]) - top) <= max(1.0, 0.1 * top)
    return len(codes) > 1 and alike and 4 * int(counts.sum()) > bulk.cells


def _grave_distance(
    codes: NDArray[np.float64], counts: NDArray[np.int64], bulk: _Bulk, gap: float, low: bool
) -> bool | None:
    """Grade values of any shape: True for a grave doubt, False for a slight one, None for scores."""
    number, far, whole = int(counts.sum()), gap >= bulk.width, not np.any(codes % 1)
    # Scores with decimals do not meet on one whole number.
    free = whole and bulk.fractional and (counts.min() >= 5 * bulk.counts.max() or bulk.counts.max() <= 2)
    if number > bulk.cells or (len(codes) > 5 and not free):
        return None
    if free and number >= OFTEN and gap >= bulk.width / 2:
        return True
    if whole:
        if gap >= 10 * bulk.width and len(codes) <= 2 < len(bulk.values):
            return bool(counts.max() > 1)
        if counts.min() >= OFTEN:
            # Counts may be heaped on 10, as long as there are few of them.
            scale = bulk.fractional or (bulk.narrow and (bulk.values[0] != 0 or bulk.abrupt(low) or bulk.cells >= 200))
            # Half a scale is no code: of 1, 2 and 4, 5 nobody chose the 3.
            part = len(bulk.values) < 3 or 2 * number > bulk.cells
            if not part and (gap >= 2 * bulk.width or (far and scale)):
                return True
            # Grades go 3.7, 4.0, 5.0.
            wide = bulk.narrow or (gap >= bulk.width / 4 and gap >= 3 * bulk.step(low))
            return False if number <= 0.1 * bulk.cells and wide else None
    nearest = float(codes[-1] if low else codes[0])
    share = 0.05 if bulk.narrow and bulk.abrupt(low) else 0.01
    rare = number <= max(1, share * bulk.cells) and len(bulk.values) > 2 and bulk.cells >= 20
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
