"""What a panel's scores and times say against a model's assumptions, as notes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayespanel.data.wave_readings import readings_of
from bayespanel.data.wording import counted, listed

HEAVY = 0.5
"""Share of the scores at the lowest or highest value from which it is said."""

CATEGORIES = 11
"""Distinct values up to which a score is one of a few, where its ends are looked at."""

FEW = 4
"""Distinct values up to which a score is ordered rather than continuous."""

UNEQUAL = 0.2
"""Share by which gaps between waves may differ and still be called equal; a school year is no exact time."""

ONE_NUMBER = re.compile(r"([^\d.]*?)(-?\d+(?:\.\d+)?)([^\d.]*)")


def cautions(
    values: NDArray[np.float64],
    variables: Sequence[str],
    waves: Sequence[str],
    times: NDArray[np.float64] | None = None,
) -> tuple[str, ...]:
    """Return a sentence for every variable that is ordered or heaped at an end, and for waves at unequal gaps.

    Parameters
    ----------
    values : [pupil, wave, variable]
        NaN where missing.
    variables
        Names.
    waves
        What names the waves: their labels, or the columns of a wide table.
    times : [wave]
        Their times, if they are known.
    """
    notes = [note for k, name in enumerate(variables) if (note := _heaped(values[:, :, k], name))]
    gaps = _gaps(waves) if times is None else np.diff(times).tolist()
    if are_unequal(gaps):
        cure = "time='continuous'" if times is not None else "times=[...] here with time='continuous' in the model,"
        notes.append(
            f"The gaps between waves are unequal ({', '.join(f'{gap / min(gaps):.3g}' for gap in gaps)}, the shortest "
            f"as 1): a lag that is equal over waves stands for different times. Look at {cure} or lags='free'."
        )
    return tuple(notes)


def are_unequal(gaps: Sequence[float]) -> bool:
    """Return whether gaps between waves differ by more than a school year leaves open."""
    return len(gaps) > 1 and max(gaps) > (1 + UNEQUAL) * min(gaps)


def _heaped(scores: NDArray[np.float64], name: str) -> str | None:
    seen = scores[~np.isnan(scores)]
    if not seen.size:
        return None
    levels, number = np.unique(seen, return_counts=True)
    if len(levels) > CATEGORIES:
        share = number[[0, -1]] / seen.size
        if share.max() < HEAVY:
            return None
    else:
        share = number[[0, -1]] / seen.size
    at = int(share.argmax())
    end, level = ("lowest", "highest")[at], levels[[0, -1][at]]
    advice = "unless 'ordered' names it, a panel takes scores as continuous, and lags and intervals are approximate."
    if share[at] >= HEAVY:
        return (
            f"{name!r} is {level:g}, its {end} value, in {100 * share[at]:.0f} % of the scores: {advice} Trials and "
            "trajectories have link='logit' for such scores, and link='log' for counts of events."
        )
    if len(levels) <= FEW:
        return f"{name!r} has {counted(len(levels), 'value')} ({listed(f'{x:g}' for x in levels)}): {advice}"
    return None


def _gaps(labels: Sequence[str]) -> list[float]:
    """Return the times between waves whose labels are ISO dates or hold one number; empty where they do not tell."""
    if all(re.fullmatch(r"\d{4}-\d{2}(?:-\d{2})?", label) for label in labels):
        days = pd.to_datetime(pd.Series(list(labels)), errors="coerce")
        times = [float(day.toordinal()) for day in days if not pd.isna(day)]
    else:
        found = [ONE_NUMBER.fullmatch(label) for label in labels]
        if not all(found) or len({(part[1], part[3]) for part in found if part}) > 1:
            return []
        if any(reading.kind == "date" for reading in readings_of(labels)):  # 201809 and 201903 are not 94 apart
            return []
        times = [float(part[2]) for part in found if part]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    return gaps if len(times) == len(labels) and len(gaps) > 1 and min(gaps) > 0 else []
