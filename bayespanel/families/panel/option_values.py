"""Numbers among the options of a panel model: how far back lags reach, and of which interval the evidence speaks."""

from __future__ import annotations

from bayespanel.language.errors import SpecError
from bayespanel.language.values import is_moderate, is_whole, said


def whole_order(given: object) -> int:
    """Return how many waves back lags reach."""
    if not is_whole(given) or given not in (1, 2):
        raise SpecError("Lags reach one wave back, or two.", f"order is {said(given)}.", "Give order=1 or order=2.")
    return int(given)


def length(given: object, time: object) -> float | None:
    """Return the length of the interval of which evidence speaks in continuous time, or None."""
    if given is None:
        return None
    if time != "continuous":
        raise SpecError(
            "Evidence about an interval of any length is that of a model in continuous time.",
            f"per={said(given)} is given with time={said(time)}.",
            "Add time='continuous', or leave per out.",
        )
    if not is_moderate(given) or not given > 0:
        raise SpecError(
            "The interval of which the evidence speaks is a positive number, in the unit of the times.",
            f"per is {said(given)}.",
            "Give for example per=6, for 6 months where times are months.",
        )
    return float(given)
