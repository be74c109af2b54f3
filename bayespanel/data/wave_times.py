"""When the waves took place, as far as the user says so: numbers in one unit, such as months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.wording import label_of, listed
from bayespanel.language.errors import DataError
from bayespanel.language.values import is_moderate, said

Times = Sequence[float] | Mapping[object, float] | None
"""One time for each wave in their order, or waves and their times; None where they are not known."""


def times_of(given: Times, waves: Sequence[str]) -> NDArray[np.float64] | None:
    """Return the time [wave] of each wave, or None.

    Parameters
    ----------
    given
        What the user gave.
    waves
        Labels of the waves, in their order.

    Raises
    ------
    DataError
        There is no one time for each wave, one is no finite number, or is far too large, or they do not increase.
    """
    if given is None:
        return None
    if isinstance(given, Mapping):
        named = {label_of(wave): time for wave, time in given.items()}
        if set(named) != set(waves) or len(named) < len(given):
            raise _refused(f"You gave times for {listed(map(str, given))}; the waves are {listed(waves)}.")
        values: list[object] = [named[wave] for wave in waves]
    else:
        if isinstance(given, str) or not isinstance(given, Sequence | np.ndarray):
            raise _refused(f"You gave {said(given)}.")
        values = list(given)
    if len(values) != len(waves):
        raise _refused(f"You gave {len(values)}; there are {len(waves)} waves: {listed(waves)}.")
    for wave, time in zip(waves, values, strict=True):
        if not is_moderate(time):
            raise _refused(f"That of wave {wave!r} is {said(time)}.")
    times = np.array(values, dtype=np.float64)
    if (np.diff(times) <= 0).any():
        raise _refused(f"They are {listed(f'{time:g}' for time in times)} for the waves {listed(waves)}.")
    return times


def _refused(what: str) -> DataError:
    return DataError(
        "'times' holds one number for each wave, and they increase: the time of each wave in one unit.",
        what,
        "Give the month (or day, or year) of each wave, for example times=[0, 5, 12, 17, 24].",
    )
