"""Fields of worlds: each function checks one value, and returns it as a simulator reads it.

They add to `language.values` what only worlds have; all raise a SpecError before anything is simulated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayespanel.language.errors import SpecError, nearest
from bayespanel.language.plain_names import require_plain_names
from bayespanel.language.values import (
    LARGEST,
    is_number,
    is_whole,
    listed,
    names_of,
    said,
    settle,
    whole as whole,  # worlds find every check of a field here
)

type Array = NDArray[np.float64]

SMALLEST_EIGENVALUE = 1e-10
"""Correlation matrices with a smaller one are no better than singular: they have no Cholesky factor to rely on."""


def number(name: str, given: Any, low: float = -np.inf, high: float = np.inf, *, what: str = "finite") -> float:
    """Return a finite number from `low` to `high`, both included; `what` says in the error what it is."""
    if not is_number(given):
        raise SpecError(f"'{name}' is a number.", f"It is {said(given)}.", "Correct it.")
    value = float(given) if abs(given) < 1e300 else np.inf
    if not np.isfinite(value) or not low <= value <= high:
        limits = f"Give {low:g} to {high:g}." if np.isfinite(high) else "Correct it."
        raise SpecError(f"'{name}' is {what}.", f"It is {value:g}.", limits)
    return value


def sd(name: str, given: Any) -> float:
    """Return a standard deviation."""
    return number(name, given, 0, what="a finite number, 0 or more")


def correlation(name: str, given: Any) -> float:
    """Return a correlation of two scores."""
    return number(name, given, -1, 1, what="a correlation")


def share(name: str, given: Any) -> float:
    """Return a share of pupils, such as that of girls."""
    return number(name, given, 0, 1, what="a probability")


def rate(name: str, given: Any) -> float:
    """Return a probability below 1, such as that of missing a wave."""
    return number(name, given, 0, np.nextafter(1.0, 0.0), what="a probability below 1")


def text(name: str, given: Any) -> str:
    """Return a name of plain text."""
    if not isinstance(given, str) or not given:
        raise SpecError(f"'{name}' is a name.", f"It is {said(given)}.", "Put a name in quotes.")
    require_plain_names([given], "variable or class of a world")
    return given


def texts(name: str, given: Any, least: int = 0) -> tuple[str, ...]:
    """Return `least` names or more, each once."""
    names = names_of(name, given, f"name in '{name}' of a world")
    if len(names) < least:
        raise SpecError(f"A world has {least} or more {name}.", f"Given: {list(names)}.", "Name more.")
    return names


def columns(names: Sequence[str], reserved: Sequence[str]) -> None:
    """Check that the columns of scores and predictors overwrite no other column of the simulated table."""
    taken = [name for name in names if name in reserved]
    if taken:
        raise SpecError(
            f"The columns {', '.join(reserved)} describe the design.",
            f"A column of scores or predictors is called {taken[0]!r}.",
            "Rename it.",
        )
    twice = sorted({name for name in names if list(names).count(name) > 1})
    if twice:
        raise SpecError(
            "Each column of a simulated table has a name of its own.",
            f"Named twice: {', '.join(map(repr, twice))}.",
            "Rename the pre-test or the predictor.",
        )


def table(name: str, given: Any, maps: str, known: Sequence[str] | None = None, what: str = "names") -> dict[str, Any]:
    """Return a table whose keys are among the known names; `maps` says in the error what it maps to what."""
    if not isinstance(given, Mapping) or not all(isinstance(key, str) for key in given):
        raise SpecError(f"'{name}' maps {maps}.", f"It is {said(given)}.", "Correct it.")
    for key in given if known is not None else ():
        known_name(name, key, known or (), what)
    return dict(given)


def known_name(name: str, given: Any, known: Sequence[str], what: str) -> str:
    """Return a name that is among the known ones."""
    if not isinstance(given, str) or given not in known:
        near = nearest(str(given), list(known)) if known else f"There are no {what}."
        raise SpecError(
            f"'{name}' names {what} of the world.", f"{said(given)} is not one of them. {near}", "Correct it."
        )
    return given


def sizes(name: str, given: Any) -> tuple[int, int]:
    """Return a smallest and a largest size, those in between being equally likely."""
    pair = listed(given)
    if pair is None or not all(map(is_whole, pair)):
        raise SpecError(f"'{name}' is a pair of whole numbers.", f"It is {said(given)}.", "Write for example (18, 25).")
    if len(pair) != 2 or not 1 <= pair[0] <= pair[1] <= LARGEST:
        raise SpecError(f"'{name}' is a smallest and a largest size, at least 1.", f"It is {pair}.", "Correct it.")
    return int(pair[0]), int(pair[1])


def wholes(name: str, given: Any) -> tuple[int, ...]:
    """Return a tuple of whole numbers, each 0 or more."""
    numbers = listed(given)
    if numbers is None or not all(map(is_whole, numbers)):
        raise SpecError(f"'{name}' is a tuple of whole numbers.", f"It is {said(given)}.", "Correct it.")
    return tuple(whole(name, one) for one in numbers)


def increasing(given: Any) -> tuple[float, ...] | None:
    """Return finite numbers, each larger than the one before; None for anything else."""
    numbers = listed(given)
    if numbers is None or not all(is_number(one) and np.isfinite(float(one)) for one in numbers):
        return None
    out = tuple(float(one) for one in numbers)
    return out if all(np.diff(out) > 0) else None


def cut_points(whose: str, given: Any, least: int = 1) -> tuple[float, ...]:
    """Return cut points, which divide a score into ordered categories."""
    cuts = increasing(given)
    if cuts is None or len(cuts) < least:
        raise SpecError("Cut points are finite and increase.", f"{whose} has {said(given)}.", "Put them in order.")
    return cuts


def arrays(world: object, shapes: Mapping[str, Mapping[str, tuple[int, ...]]], required: Sequence[str]) -> None:
    """Settle the arrays of a world: name of a field -> the shapes that it may have, by their dimensions.

    A name that ends in `_sd` holds standard deviations, one in `_corr` correlation matrices, which belong to the
    standard deviations of the same name. Fields that are not required may be None.
    """
    for name, allowed in shapes.items():
        given = getattr(world, name)
        if given is None and name in required:
            raise SpecError(f"A world has '{name}'.", "It is None.", "Give an array of its shape.")
        if given is not None:
            settle(world, **{name: array(name, given, allowed)})
    for name in shapes:
        deviations = f"{name.removesuffix('_corr')}_sd"
        if name.endswith("_corr") and getattr(world, name) is not None and getattr(world, deviations, 1.0) is None:
            raise SpecError(
                "Correlations belong to standard deviations.",
                f"'{name}' is given without '{deviations}'.",
                f"Give '{deviations}' too, or neither.",
            )


def array(name: str, given: Any, shapes: Mapping[str, tuple[int, ...]]) -> Array:
    """Return a read-only copy of an array that has one of the shapes, given by their dimensions."""
    out = numbers(name, given)
    if out.shape not in shapes.values():
        allowed = " or ".join(f"[{dims}] = {shape}" for dims, shape in shapes.items())
        raise SpecError(f"'{name}' has the shape {allowed}.", f"It has the shape {out.shape}.", "Reshape it.")
    if not np.isfinite(out).all():
        raise SpecError(f"'{name}' holds finite numbers.", "At least one of them is not finite.", "Correct it.")
    if name.endswith("_sd") and (out < 0).any():
        raise SpecError("A standard deviation is at least 0.", f"'{name}' holds {out.min():g}.", "Correct it.")
    if name.endswith("_corr") and out.size:
        _check_correlations(name, out)
    out.flags.writeable = False
    return out


def numbers(name: str, given: Any) -> Array:
    """Return an array of numbers of whatever shape."""
    try:
        found = np.asarray(given)
        if found.dtype == object:  # fractions, and numbers mixed with what is none
            found = np.array([float(one) if is_number(one) else None for one in found.ravel()]).reshape(found.shape)
    except (TypeError, ValueError, OverflowError):
        found = np.array("")
    if found.dtype.kind not in "iuf":
        raise SpecError(
            f"'{name}' holds numbers, the same number in each row.", f"It is {str(given)[:200]!r}.", "Correct it."
        )
    return np.array(found, dtype=np.float64)


def _check_correlations(name: str, out: Array) -> None:
    for matrix in out.reshape(-1, *out.shape[-2:]):
        # Rounded tables are symmetric to their last digit; ones computed here to rounding error.
        if not np.allclose(matrix, matrix.T, atol=1e-12) or not np.allclose(np.diag(matrix), 1, atol=1e-12):
            raise SpecError(
                "A correlation matrix is symmetric with ones on its diagonal.",
                f"'{name}' is not.",
                "Give correlations here and standard deviations apart.",
            )
        smallest = float(np.linalg.eigvalsh(matrix)[0])
        if smallest <= SMALLEST_EIGENVALUE:
            raise SpecError(
                "A correlation matrix is positive definite.",
                f"The smallest eigenvalue of '{name}' is {smallest:.3g}.",
                "Make its largest correlations smaller: no scores can correlate like this.",
            )


def record[R](kind: type[R], name: str, given: Any) -> R:
    """Return a dataclass from a table of its fields; what is one already is returned as it is."""
    if isinstance(given, kind):
        return given
    known = [item.name for item in fields(kind)]  # type: ignore[arg-type]  # a dataclass
    rule = f"'{name}' has the fields {', '.join(known)}."
    if not isinstance(given, Mapping):
        raise SpecError(rule, f"It is {said(given)}.", "Give a table of these.")
    for key in given:
        if key not in known:
            raise SpecError(rule, f"{said(key)} is not one of them. {nearest(str(key), known)}", "Correct it.")
    needed = [item.name for item in fields(kind)  # type: ignore[arg-type]  # a dataclass
              if item.default is MISSING and item.default_factory is MISSING]  # fmt: skip
    lacking = [key for key in needed if key not in given]
    if lacking:
        raise SpecError(
            f"'{name}' has the fields {', '.join(needed)}.", f"It lacks {', '.join(lacking)}.", "Give them too."
        )
    return kind(**given)
