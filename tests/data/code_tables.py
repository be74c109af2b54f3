"""Simulated columns with and without codes for "missing", for the tests of the rules that find them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Array]

CONVENTIONS: tuple[tuple[float, ...], ...] = (
    *((-float(k),) for k in range(1, 10)),
    (-1, -2),
    (-1, -2, -3),
    (-1, -2, -3, -4, -5),
    (-1, -2, -3, -5, -8),
    (-2, -4),
    (-7, -8, -9),
    (-8, -9),
    (-9, -8, -7, -6, -5, -4, -3, -2, -1),
    (-10, -11),
    (-13,),
    (-20, -54, -55, -90, -97, -98, -99),
    (-77, -88, -99),
    (-99,),
    (-97, -98, -99),
    (-99, 99),
    (-999,),
    (-998, -999),
    (-9999,),
    (-99999,),
    (-9, 99),
    (-1, 99),
    (66, 77, 88, 99),
    (77, 88, 99),
    (88, 99),
    (99,),
    (98,),
    (96, 97, 98, 99),
    (97, 98, 99),
    (95, 96, 97, 98, 99),
    (777, 888, 999),
    (999,),
    (997, 998, 999),
    (995, 996, 997, 998, 999),
    (666, 777, 888, 999),
    (9999,),
    (7777, 8888, 9999),
    (9995, 9996, 9997, 9998, 9999),
    (99999,),
    (999999,),
    (32767,),
    (-32768,),
    (65535,),
    (2147483647,),
    (-2147483648,),
    (1e30,),
    (1e10,),
    (-1e30,),
    (float(np.finfo(np.float32).max),),
    (float(np.finfo(np.float64).max),),
    (-float(np.finfo(np.float64).max),),
    (2.0**1023,),
    (555,),
    (1000000,),
)
"""Codes as surveys and programs write them; they fit every scale below."""

NARROW: tuple[tuple[float, ...], ...] = ((8, 9), (9,), (8,), (7, 8, 9), (6, 7, 8, 9), (7,), (10,))
"""Codes that fit the scales from 1 to 5 and from 0 to 4 only."""


def items(low: int, high: int, centre: float, spread: float) -> Draw:
    """Return a drawer of answers on a scale of whole numbers: a normal variable, rounded and cut off at the ends."""
    middle = low + centre * (high - low)
    return lambda rng, n: np.clip(np.round(rng.normal(middle, spread * (high - low), n)), low, high)


def means_of(low: int, high: int, number: int) -> Draw:
    """Return a drawer of means over several items that a pupil answers alike."""

    def draw(rng: np.random.Generator, n: int) -> Array:
        trait = rng.normal((low + high) / 2, (high - low) / 5, (n, 1))
        answers = np.clip(np.round(trait + rng.normal(0, (high - low) / 6, (n, number))), low, high)
        return np.round(answers.mean(axis=1), 2)

    return draw


SCALES: dict[str, Draw] = {
    "1-5": items(1, 5, 0.5, 0.25),
    "1-5, to one side": items(1, 5, 0.8, 0.25),
    "1-5, thin ends": items(1, 5, 0.5, 0.18),
    "1-7": items(1, 7, 0.5, 0.25),
    "1-7, to one side": items(1, 7, 0.25, 0.22),
    "1-10": items(1, 10, 0.6, 0.22),
    "0-4": items(0, 4, 0.5, 0.25),
    "0-4, to one side": items(0, 4, 0.15, 0.3),
    "mean of 3, 1-5": means_of(1, 5, 3),
    "mean of 4, 1-7": means_of(1, 7, 4),
    "mean of 5, 0-4": means_of(0, 4, 5),
}
"""Scales on which every convention has to be refused."""

WIDE: dict[str, Draw] = {
    "0-100": items(0, 100, 0.55, 0.18),
    "z-scores": lambda rng, n: rng.normal(0, 1, n),
    "counts": lambda rng, n: rng.negative_binomial(2, 0.25, n).astype(float),
}
"""Scales on which some codes can be scores."""


def coded(rng: np.random.Generator, values: Array, codes: tuple[float, ...], share: float) -> Array:
    """Return the values with a share of the cells replaced by codes."""
    out = values.copy()
    hit = rng.random(values.shape) < share
    out[hit] = rng.choice(codes, int(hit.sum()))
    return out


ORDINARY: dict[str, Draw] = {
    **SCALES,
    **WIDE,
    "binary": lambda rng, n: (rng.random(n) < 0.3).astype(float),
    "1-5, skewed": lambda rng, n: rng.choice([1.0, 2, 3, 4, 5], n, p=[0.7, 0.2, 0.06, 0.03, 0.01]),
    "0-10": items(0, 10, 0.7, 0.2),
    "1-9": items(1, 9, 0.5, 0.2),
    "two-sided items": items(-2, 2, 0.65, 0.25),
    "three-sided items": items(-3, 3, 0.6, 0.2),
    "-10 to 10": lambda rng, n: rng.integers(-10, 11, n).astype(float),
    "changes of items": lambda rng, n: items(1, 5, 0.6, 0.25)(rng, n) - items(1, 5, 0.4, 0.25)(rng, n),
    "gains": lambda rng, n: np.round(rng.normal(4, 2.5, n)),
    "temperatures": lambda rng, n: np.round(rng.normal(10, 6, n)),
    "T-scores": lambda rng, n: np.round(rng.normal(50, 10, n)),
    "IQ": lambda rng, n: np.round(rng.normal(100, 15, n)),
    "test scores": lambda rng, n: np.round(rng.normal(500, 100, n)),
    "percent": lambda rng, n: np.round(100 * rng.beta(5, 2, n)),
    "percent, all": lambda rng, n: rng.integers(0, 101, n).astype(float),
    "shares": lambda rng, n: np.round(rng.beta(2, 5, n), 3),
    "exam heaped on tens": lambda rng, n: np.where(
        rng.random(n) < 0.3, np.round(rng.uniform(2, 10, n)) * 10, np.round(rng.uniform(15, 100, n))
    ),
    "Poisson 1": lambda rng, n: rng.poisson(1, n).astype(float),
    "Poisson 4": lambda rng, n: rng.poisson(4, n).astype(float),
    "counts, long tail": lambda rng, n: rng.negative_binomial(0.5, 0.1, n).astype(float),
    "counts, zero-heavy": lambda rng, n: rng.negative_binomial(1, 0.2, n) * (rng.random(n) < 0.4).astype(float),
    "reaction times": lambda rng, n: np.round(rng.lognormal(6.3, 0.35, n)),
    "reaction times in s": lambda rng, n: np.round(rng.lognormal(0, 0.4, n), 3),
    "minutes, heaped": lambda rng, n: np.where(
        rng.random(n) < 0.6, rng.choice([15.0, 30, 45, 60, 90, 120, 180], n), np.round(rng.gamma(2, 30, n))
    ),
    "incomes": lambda rng, n: np.round(rng.lognormal(7.7, 0.7, n)),
    "incomes and losses": lambda rng, n: np.where(
        rng.random(n) < 0.02, -np.round(rng.lognormal(6, 1, n)), np.round(rng.lognormal(7.7, 0.7, n))
    ),
    "balances": lambda rng, n: np.round(rng.normal(300, 800, n), 2),
    "balances, whole": lambda rng, n: np.round(rng.normal(1200, 900, n)),
    "rounded z": lambda rng, n: np.round(rng.normal(0, 1, n), 2),
    "logarithms": lambda rng, n: np.log(rng.gamma(2, 2, n)),
    "hours of sleep": lambda rng, n: np.round(rng.normal(7.5, 1.1, n) * 4) / 4,
    "dates": lambda rng, n: 20180000.0 + 100 * rng.integers(1, 13, n) + rng.integers(1, 29, n),
    "days since 1970": lambda rng, n: rng.integers(17500, 18300, n).astype(float),
    "birth years": lambda rng, n: rng.integers(1999, 2006, n).astype(float),
    "ages": lambda rng, n: np.round(rng.uniform(10, 16, n), 2),
    "1-7, endpoints": lambda rng, n: rng.choice(np.arange(1.0, 8), n, p=[0.3, 0.05, 0.05, 0.1, 0.1, 0.1, 0.3]),
}
"""Columns without any code."""


def ordinary_columns(seed: int, sizes: tuple[int, ...]) -> Iterator[tuple[str, Array]]:
    """Yield name and values of every ordinary column at every size."""
    for n in sizes:
        for name, draw in ORDINARY.items():
            yield f"{name}, {n}", draw(np.random.default_rng([seed, n, len(name)]), n)
