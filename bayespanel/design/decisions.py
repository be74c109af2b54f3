"""Decisions that a study would have led to: rules about what a fit says of a pathway."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.language.errors import SpecError

Array = NDArray[np.float64]

RULES: dict[str, str] = {
    "excludes 0": "the interval does not hold 0",
    "direction": "probability of direction, as in 'direction > 0.975'",
    "rope": "posterior mass inside the region of practical equivalence, as in 'rope > 0.95'",
    "beyond rope": "posterior mass outside of it on the side of the effect, as in 'beyond rope > 0.95'",
    "bf10": "Bayes factor against no effect, as in 'bf10 > 10' or 'bf10 < 0.1'",
    "width": "width of the interval, as in 'width < 0.1'",
}
"""What a decision can ask, and how it is written."""

LARGEST = 700.0
"""Logarithm of the largest Bayes factor that is told from others: a double ends at e^709."""

WRITTEN = re.compile(r"(direction|rope|beyond rope|bf10|width)\s*([<>])\s*([0-9.eE+-]+)")


@dataclass(frozen=True)
class Decision:
    """A rule that says when a study reaches a decision.

    Attributes
    ----------
    text
        The rule as it was written.
    quantity
        One of `RULES`.
    above
        Whether the quantity must be above the threshold (or below it).
    threshold
        The number with which the quantity is compared; NaN for "excludes 0".
    """

    text: str
    quantity: str
    above: bool = True
    threshold: float = np.nan


def decision(text: str) -> Decision:
    """Read a decision.

    Raises
    ------
    SpecError
        It is not written as one of `RULES`.
    """
    words = " ".join(str(text).split())
    if words == "excludes 0":
        return Decision(words, "excludes 0")
    found = WRITTEN.fullmatch(words)
    try:
        threshold = float(found[3]) if found else np.nan
    except ValueError:
        found = None
    if found is None or not np.isfinite(threshold):
        rules = "; ".join(f"'{name}': {meaning}" for name, meaning in RULES.items())
        raise SpecError(
            f"A decision is one of these. {rules}.",
            f"It is {text!r}.",
            "Write for example 'excludes 0' or 'rope > 0.95'.",
        )
    return Decision(words, found[1], found[2] == ">", threshold)


def decisions(texts: str | Sequence[str]) -> tuple[Decision, ...]:
    """Read one decision or several."""
    return tuple(decision(text) for text in ([texts] if isinstance(texts, str) else texts))


def factors_asked(rules: Sequence[Decision]) -> tuple[float, ...]:
    """Return the Bayes factors with which rules compare that of a pathway: numbers above 0, as every factor is."""
    return tuple(sorted({rule.threshold for rule in rules if rule.quantity == "bf10" and rule.threshold > 0}))


def reached(rule: Decision, statistics: xr.DataArray) -> xr.DataArray:
    """Return whether each replicate reached a decision: 1 or 0, NaN where nothing can be decided.

    A Bayes factor of which a lower bound is known exceeds what the bound exceeds, and is not below it; of any other
    threshold the bound says nothing.

    Parameters
    ----------
    rule
        The decision.
    statistics
        [..., statistic].
    """

    def value(name: str) -> xr.DataArray:
        return statistics.sel(statistic=name, drop=True)

    if rule.quantity == "bf10" and not _tells_bounds(statistics):
        return xr.full_like(value("mean"), np.nan)

    quantities: dict[str, Callable[[], xr.DataArray]] = {
        "excludes 0": lambda: ((value("lower") > 0) | (value("upper") < 0)).where(value("lower").notnull()),
        "direction": lambda: value("prob_direction"),
        "rope": lambda: value("prob_rope"),
        "beyond rope": lambda: value("prob_above_rope").where(
            value("prob_above_rope") > value("prob_below_rope"), value("prob_below_rope")
        ),
        "bf10": lambda: _factor(value("log_bf10")),
        "width": lambda: value("upper") - value("lower"),
    }
    found = quantities[rule.quantity]()
    if rule.quantity == "excludes 0":
        return found.astype(float)
    held = found > rule.threshold if rule.above else found < rule.threshold
    held = held.where(found.notnull()).astype(float)
    if rule.quantity == "bf10":
        bound = _factor(value("log_bf10_above"))
        beyond = bound > rule.threshold if rule.above else bound >= rule.threshold
        held = held.where(found.notnull() | ~beyond, float(rule.above))
    return held


def unknown(rule: Decision, statistics: xr.DataArray) -> xr.DataArray:
    """Return whether each replicate leaves a decision open: all that is known of its Bayes factor is a lower bound."""
    if rule.quantity != "bf10" or not _tells_bounds(statistics):
        return xr.zeros_like(statistics.isel(statistic=0, drop=True), dtype=bool)
    bounded = statistics.sel(statistic="log_bf10_above", drop=True).notnull()
    return bounded & reached(rule, statistics).isnull()


def _tells_bounds(statistics: xr.DataArray) -> bool:
    """Whether bounds stand apart from estimates, which in older stores they do not."""
    return "log_bf10_above" in statistics["statistic"].values


def _factor(logarithm: xr.DataArray) -> xr.DataArray:
    factor: xr.DataArray = xr.apply_ufunc(np.exp, np.minimum(logarithm, LARGEST))
    return factor
