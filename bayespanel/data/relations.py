"""Exact and nearly exact linear relations between the scores of a panel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FEWEST = 10
"""Cells that a relation has to hold at before it is no chance."""

EXACT = 1e-9
"""Largest residual, in standard deviations, of a relation that rounding of the last digits explains."""

NEAR = 0.9999
"""Correlation from which two variables may be the same measure."""

ROWS = 16384
"""Pupils that are worked through at a time: they stay in the processor's cache."""


@dataclass(frozen=True)
class Pair:
    """A score that is a linear function of another.

    Attributes
    ----------
    name, other : str
        Variables: name = intercept + slope * other.
    wave, other_wave : str or None
        Waves where the relation holds; None for all waves.
    slope : float
    intercept : float or None
        None where it differs between waves.
    correlation : float
        Within waves.
    cells : int
        Number of cells where both are seen.
    """

    name: str
    other: str
    wave: str | None
    other_wave: str | None
    slope: float
    intercept: float | None
    correlation: float
    cells: int


@dataclass(frozen=True, eq=False)
class Cells:
    """Scores with their moments, a column for each wave and variable in wave-major order.

    Attributes
    ----------
    table : float64 [pupil, column]
        Scores as given.
    variables, waves : tuple of str
    factor : float64 [column]
        Power of two that brings a column near 1.
    mean, sd : float64 [column]
        Of the scaled column.
    number : float64 [column, column]
        Pupils with both scores.
    cov : float64 [column, column]
        Covariance of the standardised columns over the pupils with both scores, times their number.
    var : float64 [column, column]
        Sum of squares of the row's standardised column over the pupils who also have the other.
    """

    table: Array
    variables: tuple[str, ...]
    waves: tuple[str, ...]
    factor: Array
    mean: Array
    sd: Array
    number: Array
    cov: Array
    var: Array

    @classmethod
    def of(cls, values: Array, variables: Sequence[str], waves: Sequence[str]) -> Cells:
        """Compute the moments of scores [pupil, wave, variable] in three passes."""
        table = np.ascontiguousarray(values).reshape(len(values), -1)
        columns = table.shape[1]
        largest, count, total = np.zeros(columns), np.zeros(columns), np.zeros(columns)
        for rows in _blocks(table):
            largest = np.fmax(largest, np.fmax.reduce(np.abs(rows), axis=0))
        # 2^1000 twice reaches from the smallest number to the largest; one factor beyond that is not finite.
        factor = np.exp2(-np.clip(np.frexp(largest)[1], -1000, 1000).astype(float))
        for rows in _blocks(table):
            scaled = rows * factor
            seen = ~np.isnan(scaled)
            count += seen.sum(axis=0)
            total += np.where(seen, scaled, 0.0).sum(axis=0)
        mean = total / np.maximum(count, 1)
        squares = np.zeros(columns)
        products = np.zeros((4, columns, columns))
        for rows in _blocks(table):
            scaled = rows * factor - mean
            mask = np.isnan(scaled)
            scaled[mask] = 0.0
            squares += np.einsum("ij,ij->j", scaled, scaled)
        sd = np.sqrt(squares / np.maximum(count, 1))
        unit = np.where(sd > 0, sd, 1.0)
        for rows in _blocks(table):
            scaled = (rows * factor - mean) / unit
            mask = np.isnan(scaled)
            scaled[mask] = 0.0
            seen_as_number = (~mask).astype(float)
            for part, (left, right) in enumerate(
                (
                    (seen_as_number, seen_as_number),
                    (scaled, seen_as_number),
                    (scaled, scaled),
                    (scaled**2, seen_as_number),
                )
            ):
                products[part] += left.T @ right
        number, sums, cross, own = products
        safe = np.maximum(number, 1)
        cov = cross - sums * sums.T / safe
        return cls(table, tuple(variables), tuple(waves), factor, mean, sd, number, cov, own - sums**2 / safe)

    def at(self, wave: int, variable: int) -> int:
        """Return the column of a wave and a variable."""
        return wave * len(self.variables) + variable

    def columns_of(self, variable: int) -> NDArray[np.int64]:
        """Return the columns of a variable, a wave each."""
        return np.arange(variable, self.table.shape[1], len(self.variables))

    def scale_of(self, variable: int) -> tuple[float, float]:
        """Return the most extreme common logarithm of a wave's SD, and the largest |mean| / SD; 0 for constants."""
        columns = self.columns_of(variable)
        columns = columns[self.sd[columns] > 0]
        if not columns.size:
            return 0.0, 0.0
        logs = np.log10(self.sd[columns]) - np.log10(self.factor[columns])
        ratio = np.abs(self.mean[columns]) / self.sd[columns]
        return float(logs[np.abs(logs).argmax()]), float(ratio.max())

    def scaled(self, column: int) -> Array:
        """Return a standardised column [pupil], NaN where missing."""
        return np.asarray((self.table[:, column] * self.factor[column] - self.mean[column]) / (self.sd[column] or 1.0))

    def tolerance(self, column: int) -> float:
        """Return the largest residual of an exact relation, in SDs: more where the mean eats up digits."""
        return max(EXACT, 1e-14 * abs(float(self.mean[column])) / float(self.sd[column] or 1.0))


def _blocks(table: Array) -> Iterator[Array]:
    for start in range(0, len(table), ROWS):
        yield table[start : start + ROWS]


def exact_pairs(cells: Cells) -> list[Pair]:
    """Return pairs of variables, and then pairs of scores at single waves, of which one is a function of the other."""
    k = len(cells.variables)
    found = [pair for a, b in combinations(range(k), 2) if (pair := _pooled(cells, a, b))]
    related = {(pair.name, pair.other) for pair in found}
    for i, j in combinations(range(cells.table.shape[1]), 2):
        name, other = cells.variables[j % k], cells.variables[i % k]
        if i // k == j // k and ((name, other) in related or (other, name) in related):
            continue
        if pair := _single(cells, i, j):
            found.append(pair)
    return found


def near_pairs(cells: Cells) -> list[Pair]:
    """Return pairs of variables that correlate nearly perfectly within waves."""
    found = []
    for a, b in combinations(range(len(cells.variables)), 2):
        r, number, slope = _within(cells, a, b)
        if (
            number >= FEWEST
            and abs(r) > NEAR
            and sum(map(_off_mode, map(cells.scaled, cells.columns_of(a)))) > 2 * FEWEST
        ):
            names = cells.variables[b], cells.variables[a]
            found.append(Pair(*names, None, None, slope, None, r, number))
    return found


def _within(cells: Cells, a: int, b: int) -> tuple[float, int, float]:
    """Return correlation within waves, number of cells and slope of variable b on a, in their own units."""
    i, j = cells.columns_of(a), cells.columns_of(b)
    # Back to the units of the first wave, so that waves can be added up.
    ui = cells.sd[i] / cells.factor[i] * cells.factor[i[0]]
    uj = cells.sd[j] / cells.factor[j] * cells.factor[j[0]]
    cov = float((cells.cov[i, j] * ui * uj).sum())
    va, vb = float((cells.var[i, j] * ui**2).sum()), float((cells.var[j, i] * uj**2).sum())
    number = int(cells.number[i, j].sum())
    if va <= 0 or vb <= 0:
        return 0.0, number, 0.0
    slope = cov / va * float(cells.factor[i[0]] / cells.factor[j[0]])
    return cov / np.sqrt(va * vb), number, slope


def _pooled(cells: Cells, a: int, b: int) -> Pair | None:
    """Return the relation of variable b to a, if it is the same at all waves but for a constant."""
    r, number, slope = _within(cells, a, b)
    if number < FEWEST or abs(r) < 1 - 1e-7:
        return None
    off, constants = 0, []
    for i, j in zip(cells.columns_of(a), cells.columns_of(b), strict=True):
        x, y = cells.scaled(int(i)), cells.scaled(int(j))
        seen = ~np.isnan(x) & ~np.isnan(y)
        if not seen.any():
            continue
        x, y = x[seen], y[seen]
        steep = slope * _unit(cells, i) / _unit(cells, j)
        rest = y - steep * x
        middle = float((rest.max() + rest.min()) / 2)
        if rest.max() - rest.min() > 2 * max(cells.tolerance(int(j)), cells.tolerance(int(i)) * abs(steep)):
            return None
        off += _off_mode(x)
        mean_x, mean_y = (cells.mean[c] / cells.factor[c] for c in (i, j))
        constants.append((float(mean_y - slope * mean_x + middle * _unit(cells, j)), _unit(cells, j)))
    if off < FEWEST - 2:
        return None
    spread = max(c for c, _ in constants) - min(c for c, _ in constants)
    same = spread <= 1e-8 * max(unit for _, unit in constants)
    slope, intercept = _tidy(slope), _tidy(constants[0][0], constants[0][1])
    return Pair(cells.variables[b], cells.variables[a], None, None, slope, intercept if same else None, r, number)


def _single(cells: Cells, i: int, j: int) -> Pair | None:
    """Return the relation of column j to column i, if it is exact over their pupils."""
    number, va, vb = int(cells.number[i, j]), float(cells.var[i, j]), float(cells.var[j, i])
    if number < FEWEST or va <= 0 or vb <= 0 or abs(cells.cov[i, j]) < (1 - 1e-7) * np.sqrt(va * vb):
        return None
    x, y = cells.scaled(i), cells.scaled(j)
    seen = ~np.isnan(x) & ~np.isnan(y)
    x, y = x[seen], y[seen]
    steep = float(cells.cov[i, j]) / va
    rest = y - steep * x
    tolerance = max(cells.tolerance(j), cells.tolerance(i) * abs(steep))
    if rest.max() - rest.min() > 2 * tolerance or _off_mode(x) < FEWEST - 2:
        return None
    k = len(cells.variables)
    slope = _tidy(steep * _unit(cells, j) / _unit(cells, i))
    constant = (float(cells.mean[j]) + float(rest.mean()) * float(cells.sd[j])) / float(cells.factor[j])
    intercept = _tidy(constant - slope * float(cells.mean[i]) / float(cells.factor[i]), _unit(cells, j))
    wave, other = (cells.waves[c // k] if cells.waves else None for c in (j, i))
    r = float(cells.cov[i, j]) / np.sqrt(va * vb)
    return Pair(cells.variables[j % k], cells.variables[i % k], wave, other, slope, intercept, float(r), number)


def _unit(cells: Cells, column: int) -> float:
    """Return the SD of a column in its own units."""
    return float(cells.sd[column]) / float(cells.factor[column]) or 1.0


def _off_mode(x: Array) -> int:
    """Return how many values differ from the most frequent one: equality of rare events may be chance."""
    seen = x[~np.isnan(x)]
    return seen.size - int(np.unique(seen, return_counts=True)[1].max(initial=0))


def _tidy(value: float, unit: float = 0.0) -> float:
    """Return a number without the traces of rounding: 10 for 9.999999999998, 0 for 1e-14."""
    nearest = float(f"{value:.9g}")
    return 0.0 if abs(value) < 1e-8 * unit else nearest


def exact_sum(cells: Cells) -> str | None:
    """Return the sentence of a relation between three or more variables within waves, such as total = a + b."""
    k = len(cells.variables)
    if k < 3:
        return None
    correlation = np.eye(k)
    for a, b in combinations(range(k), 2):
        correlation[a, b] = correlation[b, a] = _within(cells, a, b)[0]
    # Where all is seen, a relation shows in the correlations; with gaps these are of different cells.
    singular = 1e-6 if cells.number.min() == len(cells.table) else 0.05
    sizes = sorted({*range(3, min(k, 4) + 1), k})
    for chosen in (subset for size in sizes for subset in combinations(range(k), size)):
        low = np.linalg.eigvalsh(correlation[np.ix_(chosen, chosen)])[0]
        if low < singular and (sentence := _sum_of(cells, chosen)):
            return sentence
    return None


def _sum_of(cells: Cells, chosen: tuple[int, ...]) -> str | None:
    """Return the sentence of a relation in which all the chosen variables take part."""
    cov, rows = np.zeros((len(chosen), len(chosen))), 0
    varied = np.zeros(len(chosen))
    units = np.array([_unit(cells, int(cells.columns_of(v)[0])) for v in chosen])
    parts = []
    for wave in range(cells.table.shape[1] // len(cells.variables)):
        columns = [cells.at(wave, v) for v in chosen]
        scale = np.array([_unit(cells, c) for c in columns]) / units
        block = np.column_stack([cells.scaled(c) for c in columns]) * scale
        block = block[~np.isnan(block).any(axis=1)]
        if len(block) > 1:
            varied += [_off_mode(column) for column in block.T]
            block = block - block.mean(axis=0)
            cov += block.T @ block
            rows += len(block) - 1
            parts.append(block)
    if rows < FEWEST + 2 * len(chosen) or varied.min() < FEWEST:
        return None
    size = np.sqrt(np.diag(cov))
    if (size == 0).any():
        return None
    roots, vectors = np.linalg.eigh(cov / np.outer(size, size))
    if roots[0] > 1e-9 or roots[1] < 1e-7:
        return None
    weights = vectors[:, 0] / size
    if np.abs(vectors[:, 0]).min() < 1e-6:
        return None
    rest = np.concatenate(parts) @ weights
    if np.abs(rest).max() > 10 * EXACT * np.abs(np.concatenate(parts) * weights).max():
        return None
    # The variable with the largest part is written as the sum of the others.
    target = int(np.abs(vectors[:, 0]).argmax())
    slopes = [_tidy(-w / weights[target] * units[target] / u) for w, u in zip(weights, units, strict=True)]
    terms = ""
    for v, slope in zip(chosen, slopes, strict=True):
        if v != chosen[target]:
            sign = (" - " if terms else "-") if slope < 0 else (" + " if terms else "")
            times = "" if abs(slope) == 1 else f"{abs(slope):.6g} times "
            terms += f"{sign}{times}{cells.variables[v]!r}"
    return f"{cells.variables[chosen[target]]!r} is {terms}, plus a constant,"
