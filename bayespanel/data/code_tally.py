"""The distinct values of a variable with their counts, and what makes a number look like a code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

LIMITS = frozenset({32767.0, 32768.0, 65535.0, 2147483647.0, 2147483648.0, 4294967295.0, 2.0**63})
"""Largest and smallest whole numbers of computers."""


SLACK = 4.0
"""Cells that a normal curve may have beyond the last value seen: more than that are absent in 2 of 100 samples."""


@dataclass(frozen=True)
class Suspect:
    """A value that looks like a code, whether that is a grave doubt, and why."""

    value: float
    grave: bool
    why: str


@dataclass(frozen=True, eq=False)
class Tally:
    """Distinct finite values in rising order and how often each occurs.

    Attributes
    ----------
    values : float64 [distinct]
    counts : int64 [distinct]
    """

    values: NDArray[np.float64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, column: NDArray[np.float64]) -> Tally:
        """Count the values of a column [row]; NaN and infinite values are left out."""
        ordered = np.sort(column)
        ordered = ordered[np.searchsorted(ordered, -np.inf, "right") : np.searchsorted(ordered, np.inf, "left")]
        starts = _starts(ordered)
        if len(starts) == ordered.size:
            return cls(ordered, np.ones(ordered.size, dtype=np.int64))
        return cls(ordered[starts], np.diff(starts, append=ordered.size))

    @classmethod
    def pooled(cls, tallies: Sequence[Tally]) -> Tally:
        """Add up the tallies of several columns."""
        if len(tallies) == 1:
            return tallies[0]
        values = np.concatenate([tally.values for tally in tallies])
        counts = np.concatenate([tally.counts for tally in tallies])
        order = np.argsort(values, kind="stable")  # which merges what is in order already
        values, counts = values[order], counts[order]
        starts = _starts(values)
        return cls(values[starts], np.add.reduceat(counts, starts) if values.size else counts)

    @cached_property
    def cells(self) -> int:
        """Number of values counted."""
        return int(self.counts.sum())

    @cached_property
    def steps(self) -> NDArray[np.float64]:
        """Distances between neighbours [distinct - 1]."""
        return np.diff(self.values)

    @cached_property
    def whole(self) -> NDArray[np.bool_]:
        """Which of the values are whole numbers [distinct]."""
        return np.equal(self.values, np.floor(self.values))

    @cached_property
    def fractional(self) -> float:
        """Share of the cells that are no whole numbers."""
        return 1 - float(self.counts @ self.whole) / max(self.cells, 1)

    @cached_property
    def mean_sd(self) -> tuple[float, float]:
        """Mean and standard deviation."""
        weights = self.counts / self.cells
        mean = float(self.values @ weights)
        return mean, float(np.sqrt(((self.values - mean) ** 2) @ weights))

    def below(self, value: float) -> float:
        """Return how many cells a normal curve of this mean and standard deviation has below a value."""
        mean, sd = self.mean_sd
        return self.cells * float(ndtr((value - mean) / sd)) if sd else 0.0

    @cached_property
    def normal(self) -> bool:
        """Whether a rounded normal curve fits whole numbers, by the distance of Kolmogorov and Smirnov."""
        mean, sd = self.mean_sd
        upto = np.cumsum(self.counts) / self.cells
        distance = float(np.abs(upto - ndtr((self.values + 0.5 - mean) / sd)).max()) if sd else 1.0
        return bool(distance <= 0.02 + 1.4 / np.sqrt(self.cells))

    @cached_property
    def ends(self) -> bool:
        """Whether a normal curve, too, would hardly have a value beyond the lowest and the highest seen."""
        above = self.cells - self.below(float(self.values[-1]) + 0.5)
        return max(self.below(float(self.values[0]) - 0.5), above) <= SLACK

    def count(self, value: float) -> int:
        """Return how often a value occurs."""
        at = int(np.searchsorted(self.values, value))
        return int(self.counts[at]) if at < len(self.values) and self.values[at] == value else 0

    def without(self, values: Iterable[float]) -> Tally:
        """Return the tally of the other values."""
        out = self.positions(np.fromiter(values, dtype=np.float64))
        return Tally(np.delete(self.values, out), np.delete(self.counts, out)) if out.size else self

    def positions(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the positions of those of some values that occur."""
        at = np.searchsorted(self.values, values)
        known = at < len(self.values)
        known[known] = self.values[at[known]] == values[known]
        return at[known]


def _starts(ordered: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return where a new value begins in an ordered array."""
    new = np.ones(ordered.size, dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return np.flatnonzero(new)


def code_shape(value: float) -> bool:
    """Say whether a number has the shape of a code.

    It has when it is a negative digit (-1 to -9), a run of sevens, eights or nines, also with decimals (99, -8888,
    9.99), a run of sixes from two on, one of the last six numbers below 100, 1000, ... (94 to 99, 994 to 999), either
    sign, or a limit of the computer's whole numbers.
    """
    size = abs(value)
    if size in LIMITS or (-9 <= value <= -1 and value.is_integer()):
        return True
    if size < 1e10 and value.is_integer():
        digits = str(int(size))
        run = len(set(digits)) == 1 and (digits[0] in "789" or (digits[0] == "6" and len(digits) > 1))
        return run or (len(digits) > 1 and 10 ** len(digits) - size <= 6)
    tenfold = [
        round(size * scale) for scale in (10, 100) if size < 1e4 and abs(size * scale - round(size * scale)) < 1e-6
    ]
    return any(len(str(n)) > 1 and set(str(n)) == {"9"} for n in tenfold)


def shaped_set(values: NDArray[np.float64]) -> bool:
    """Say whether all values of a set are shaped like codes; 6 is, where 7, 8 or 9 is a code too."""
    shapes = np.array([code_shape(float(value)) for value in values])
    shapes |= (values == 6) & bool(np.isin([7, 8, 9], values).any())
    return bool(shapes.all())
