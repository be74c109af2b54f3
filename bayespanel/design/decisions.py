"""Decisions that a study would have led to: rules about what a fit says of a pathway, or functions of its draws."""

from __future__ import annotations

import hashlib
import pickle
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import CodeType, ModuleType
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.design.kept_numbers import STATISTICS
from bayespanel.language.errors import DecisionError, SpecError

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


Rule = Callable[[xr.Dataset], Any]
"""A decision as a function of `standardised` and `raw` [chain, draw, pathway]: whether it is reached, by pathway."""


@dataclass(frozen=True)
class Decision:
    """A rule that says when a study reaches a decision.

    Attributes
    ----------
    text
        The rule as it was written, or the name of the function.
    quantity
        One of `RULES`, or "function".
    above
        Whether the quantity must be above the threshold (or below it).
    threshold
        The number with which the quantity is compared; NaN for "excludes 0" and functions.
    function
        What is asked of the draws of each replicate; None for a rule in words, and where a store alone knows of it.
    digest
        A SHA-256 of what the function does, as far as its own code says it.
    """

    text: str
    quantity: str
    above: bool = True
    threshold: float = np.nan
    function: Rule | None = None
    digest: str = ""


def decision(text: str | Rule) -> Decision:
    """Read a decision.

    Raises
    ------
    SpecError
        It is not written as one of `RULES`, and no function with a name of its own.
    """
    if callable(text):
        return _of_function(text)
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


def _of_function(function: Rule) -> Decision:
    name = getattr(function, "__name__", "")
    if not name.isidentifier() or name in STATISTICS or not hasattr(function, "__code__"):
        raise SpecError(
            "A decision by a function has the function's name, which is not that of a statistic.",
            f"It is {name or type(function).__name__!r}.",
            "Write for example def surely_positive(draws), which returns (draws['standardised'] > 0).mean(('chain', "
            "'draw')) > 0.99.",
        )
    return Decision(name, "function", function=function, digest=hashlib.sha256(_does(function, set())).hexdigest())


def _does(function: Any, met: set[int]) -> bytes:
    """Return bytes that change with what a function does: its code and all that this reads."""
    if id(function) in met:
        return b""
    met.add(id(function))
    scope, cells = function.__globals__, [cell.cell_contents for cell in function.__closure__ or ()]
    read = [scope[name] for name in sorted(_names(function.__code__)) if name in scope]
    values = [*(function.__defaults__ or ()), *sorted((function.__kwdefaults__ or {}).items()), *cells, *read]
    return _code(function.__code__) + b"".join(_value(value, met, function.__module__) for value in values)


def _names(code: CodeType) -> set[str]:
    return {*code.co_names, *(name for one in code.co_consts if isinstance(one, CodeType) for name in _names(one))}


def _code(code: CodeType) -> bytes:
    inner = [_code(one) if isinstance(one, CodeType) else repr(one).encode() for one in code.co_consts]
    return b"".join([code.co_code, repr(code.co_names).encode(), *inner])


def _value(value: Any, met: set[int], home: str) -> bytes:
    """Return bytes of what a function of the module `home` reads; of a library, a class, or their functions, names."""
    if isinstance(value, ModuleType | type):
        return value.__name__.encode()
    if hasattr(value, "__code__") and hasattr(value, "__globals__"):
        return _does(value, met) if value.__module__ == home else f"{value.__module__}.{value.__qualname__}".encode()
    try:
        return pickle.dumps(value, protocol=4)
    except Exception:  # what cannot be written down has a kind, at least
        return type(value).__qualname__.encode()


def decisions(texts: str | Rule | Sequence[str | Rule]) -> tuple[Decision, ...]:
    """Read one decision or several.

    Raises
    ------
    SpecError
        As for `decision`; or two functions have one name.
    """
    found = tuple(decision(text) for text in ([texts] if isinstance(texts, str) or callable(texts) else texts))
    names = [rule.text for rule in found if rule.function is not None]
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        raise SpecError(
            "Functions that decide have different names.", f"Two are called {twice!r}.", "Rename one of them."
        )
    return found


def decided(rule: Decision, draws: xr.Dataset) -> Array:
    """Return what a function decides of each pathway of a replicate [pathway]: 1 or 0.

    Raises
    ------
    DecisionError
        It raises an error, or returns no truth value for each pathway.
    """
    assert rule.function is not None
    try:
        given = rule.function(draws)
    except Exception as error:
        raise DecisionError(
            "A decision by a function is computed of the draws of every replicate.",
            f"{rule.text!r} raised {type(error).__name__}: {' '.join(str(error).split())}.",
            "Correct it, and try it on bp.pathway_draws(fit) of one fit.",
        ) from error
    given = given.values if isinstance(given, xr.DataArray) else given
    number = draws.sizes["pathway"]
    try:
        found = np.broadcast_to(np.asarray(given), (number,)).astype(float)
    except (TypeError, ValueError):
        found = np.array([np.nan])
    if not np.isin(found, (0.0, 1.0)).all():
        raise DecisionError(
            "A decision by a function is True or False for each pathway.",
            f"{rule.text!r} returned {type(given).__name__} of shape {np.shape(given)}; there are {number} pathways.",
            "Average over ('chain', 'draw') before you compare.",
        )
    return np.asarray(found)


def factors_asked(rules: Sequence[Decision]) -> tuple[float, ...]:
    """Return the Bayes factors with which rules compare that of a pathway: numbers above 0, as every factor is."""
    return tuple(sorted({rule.threshold for rule in rules if rule.quantity == "bf10" and rule.threshold > 0}))


def reached(rule: Decision, statistics: xr.DataArray) -> xr.DataArray:
    """Return whether each replicate reached a decision: 1 or 0, NaN where nothing can be decided.

    What has no direction, such as an intraclass correlation, has an interval that can hold no 0.

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
        "excludes 0": lambda: ((value("lower") > 0) | (value("upper") < 0)).where(value("prob_direction").notnull()),
        "direction": lambda: value("prob_direction"),
        "rope": lambda: value("prob_rope"),
        "beyond rope": lambda: value("prob_above_rope").where(
            value("prob_above_rope") > value("prob_below_rope"), value("prob_below_rope")
        ),
        "bf10": lambda: _factor(value("log_bf10")),
        "width": lambda: value("upper") - value("lower"),
        "function": lambda: value(rule.text),
    }
    found = quantities[rule.quantity]()
    if rule.quantity in ("excludes 0", "function"):
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
