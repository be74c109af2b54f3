"""What ready worlds share: their arguments checked by their types, shares of a variance, and assumed cut points.

A ready world is a function that makes a world from what a design needs. Its arguments are also the fields of a world's
file, so that both are checked here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import numpy as np

from bayespanel.language.errors import SpecError, nearest
from bayespanel.language.values import LARGEST, is_finite, is_whole, listed

ORDINAL_VICTIMISATION = (0.253, 1.175, 1.555, 1.881)
"""Cut points on a standard normal score: 60 % never, 28 % once or twice, 12 % monthly or more often (6, 3 and 3 %)."""


def _all(given: Any, fits: Callable[[Any], bool], number: int | None = None) -> bool:
    found = listed(given)
    return found is not None and all(map(fits, found)) and len(found) == (number or len(found))


KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "bool": ("true or false", lambda given: isinstance(given, bool | np.bool_)),
    "int": ("a whole number", is_whole),
    "float": ("a number, and a finite one", is_finite),
    "str": ("a text", lambda given: isinstance(given, str)),
    "tuple[int, int]": ("a pair of whole numbers", lambda given: _all(given, is_whole, 2)),
    "tuple[float, float]": ("a pair of finite numbers", lambda given: _all(given, is_finite, 2)),
    "int | tuple[int, ...]": ("a whole number, or a tuple of them", lambda g: is_whole(g) or _all(g, is_whole)),
    "Sequence[str]": ("a tuple of names", lambda given: _all(given, lambda one: isinstance(one, str))),
    "Mapping[str, float]": (
        "a table of names and finite numbers",
        lambda given: isinstance(given, Mapping) and all(map(is_finite, given.values())),
    ),
}
"""Type of a field as it is written -> what its values are; a world itself checks its fields of other types."""


def require_known(name: str, known: Mapping[str, str], ready: str | None) -> None:
    """Check that a field is one that the world has; a SpecError otherwise."""
    if name not in known:
        raise SpecError(
            f"The fields of {ready or 'this world'} are {', '.join(known)}.",
            f"{name!r} is not among them. {nearest(str(name), list(known))}",
            "Correct the name.",
        )


def require_kind(name: str, value: Any, kind: str) -> None:
    """Check that a value is of the kind of its field, and of a size that can be simulated; a SpecError otherwise."""
    if isinstance(value, int) and not -LARGEST <= value <= LARGEST:
        raise SpecError(
            f"The field {name!r} is a number that a computer can simulate.",
            f"It has {len(str(value))} digits." if value.bit_length() < 10_000 else "It has thousands of digits.",
            "Give a smaller one.",
        )
    if kind.removesuffix(" | None") not in KINDS or (value is None and kind.endswith(" | None")):
        return
    words, fits = KINDS[kind.removesuffix(" | None")]
    if not fits(value):
        raise SpecError(f"The field {name!r} is {words}.", f"It is {value!r}.", "Correct the value.")


def ready[**P, W](make: Callable[P, W]) -> Callable[P, W]:
    """Let a function that makes a world refuse arguments of other kinds than theirs."""
    signature = inspect.signature(make)
    known = {name: str(parameter.annotation) for name, parameter in signature.parameters.items()}

    @wraps(make)
    def checked(*args: P.args, **kwargs: P.kwargs) -> W:
        for name in kwargs:
            require_known(name, known, make.__name__)
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            require_kind(name, value, known[name])
        return make(*args, **kwargs)

    return checked


def require_shares(**shares: float) -> None:
    """Check that shares of a variance, those of levels, leave something to what is inside.

    Raises
    ------
    SpecError
        A share is negative, or nothing is left.
    """
    if min(shares.values()) < 0 or sum(shares.values()) >= 1:
        raise SpecError(
            "Shares of the variance are at least 0 and leave some within "
            f"{'pupils' if 'pupil' in shares else 'classes'}.",
            ", ".join(f"{name} {value:g}" for name, value in shares.items()).capitalize() + ".",
            "Make them smaller.",
        )
