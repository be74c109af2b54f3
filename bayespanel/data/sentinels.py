"""Numbers such as -99 or 999 that look like a code for "missing" rather than a score."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.wording import counted
from bayespanel.errors import DataWarning

CODES = frozenset(
    {-1.0}
    | {float(sign * digit * ones) for sign in (-1, 1) for digit in (7, 8, 9) for ones in (1, 11, 111, 1111, 11111)}
)
"""-1 and every run of up to five sevens, eights or nines, with either sign: the codes surveys use."""

OFTEN = 5
"""From this many occurrences a code is more likely a code than a stray score."""


def find_sentinels(values: NDArray[np.float64]) -> list[tuple[float, int]]:
    """Find the codes that stand clearly apart from the other values.

    A code is looked at only when no other value lies further out on its side. It stands apart when its distance
    to the nearest other value is at least twice the largest distance between neighbours among the others, and
    one of three holds: it is negative and no other value is; the distance is at least the range of the others; the
    distance is at least a quarter of that range and the code occurs five times or more. So 9 is found on a scale
    from 1 to 5, 99 on one from 0 to 40 and -9 on one from 0 to 100, but not 99 on a scale from 0 to 100, nor -1
    beside 0 and 1.

    Parameters
    ----------
    values : [value]
        NaN where missing.

    Returns
    -------
    list of (code, occurrences)
        From the lowest code to the highest.
    """
    rest = values[~np.isnan(values)]
    low: list[float] = []
    high: list[float] = []
    while rest.size and float(rest.max()) in CODES:
        high.append(float(rest.max()))
        rest = rest[rest < high[-1]]
    while rest.size and float(rest.min()) in CODES:
        low.append(float(rest.min()))
        rest = rest[rest > low[-1]]
    if not low and not high:
        return []
    scale = np.unique(rest)
    found: list[tuple[float, int]] = []
    # From the inside outwards: a code that is a plain value after all joins the others.
    for code in [*reversed(low), *reversed(high)]:
        occurrences = int(np.count_nonzero(values == code))
        if _apart(code, scale, occurrences):
            found.append((code, occurrences))
        else:
            scale = np.union1d(scale, code)
    return sorted(found)


def warn_of_sentinels(values: NDArray[np.float64], column: str) -> None:
    """Warn of every code for "missing" that a column seems to hold."""
    found = find_sentinels(values)
    if not found:
        return
    codes = [code for code, _ in found]
    others = values[~np.isnan(values) & ~np.isin(values, codes)]
    held = " and ".join(f"{counted(n, 'value')} of {code:g}" for code, n in found)
    warnings.warn(
        f"A score is a measurement, not a code for 'missing'. Column {column!r} holds {held}, far from the others "
        f"({others.min():g} to {others.max():g}). If it is a code, replace it before building the panel: "
        f"frame[{column!r}] = frame[{column!r}].replace({[int(code) for code in codes]}, float('nan')).",
        DataWarning,
        stacklevel=4,
    )


def _apart(code: float, scale: NDArray[np.float64], occurrences: int) -> bool:
    """Apply the rule of `find_sentinels` to one code beside the sorted distinct other values."""
    if scale.size < 2:
        return False
    gap = float(np.abs(scale - code).min())
    width = float(scale[-1] - scale[0])
    clear = gap >= 2 * float(np.diff(scale).max())
    alone_below_zero = code < 0 <= float(scale[0])
    return clear and (alone_below_zero or gap >= width or (occurrences >= OFTEN and gap >= width / 4))
