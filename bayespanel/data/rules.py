"""The rules of stored values, asked of each whenever one is made: read from a file, built from pupils, or by hand.

Native code reads arrays by the positions in them and checks nothing. So positions are checked here, where a value is
made, and its arrays can then no longer be written to.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bayespanel.data.guesses import Guess
from bayespanel.data.layouts import LAYOUTS, TABLES, Array, Layout, Words
from bayespanel.data.wording import listed
from bayespanel.language.errors import DataError
from bayespanel.language.plain_names import require_plain_parts
from bayespanel.language.values import said

LONGEST = 1000
"""Letters of a name."""


def validate(value: Any) -> None:
    """Check a value against the table of its class, and lock the arrays of one that models read.

    Raises
    ------
    DataError
        The first rule that it breaks.
    """
    kind = type(value).__name__
    layout = (LAYOUTS | TABLES)[kind]
    if layout.sums and type(value.sums).__name__ != "Moments":
        raise DataError(f"{kind}: 'sums' holds Moments.", f"It is {said(value.sums)}.", layout.made_with)
    for name, row in layout.words.items():
        _require_words(kind, layout, name, row, getattr(value, name))
    require_plain_parts(value, error=DataError)
    arrays = {name: row for name, row in layout.arrays.items() if not row.optional or getattr(value, name) is not None}
    for name, spec in arrays.items():
        _require_type(kind, layout, name, spec, getattr(value, name))
    sizes = layout.sizes(value)
    for name, spec in arrays.items():
        _require_entries(kind, layout, name, spec, getattr(value, name), sizes)
    require_agreement(value, layout, unsealed=False)
    for name in arrays if kind in LAYOUTS else ():
        array = getattr(value, name)
        if isinstance(array, np.ndarray):
            # A view: whoever made the array may go on writing to it, but not through the value.
            locked = array.view()
            locked.flags.writeable = False
            object.__setattr__(value, name, locked)


def require_agreement(value: Any, layout: Layout, *, unsealed: bool) -> None:
    """Check what arrays and words owe each other; `unsealed`: what holds of a value just made.

    Raises
    ------
    DataError
        They do not agree.
    """
    for rule in layout.when_unsealed if unsealed else layout.agreements:
        # Sums near the largest number overflow here, and are then no sums that agree.
        with np.errstate(over="ignore", invalid="ignore"):
            broken = next(iter(rule(value)), None)
        if broken is not None:
            raise DataError(f"{type(value).__name__}: {broken[0]}", broken[1], layout.made_with)


def _require_type(kind: str, layout: Layout, name: str, spec: Array, array: Any) -> None:
    if not spec.dims and isinstance(array, int) and not isinstance(array, bool) and abs(array) < 2**63:
        return
    is_array = isinstance(array, np.ndarray | np.generic)
    wanted = np.dtype(bool) if spec.dtype == "|i1" else np.dtype(spec.dtype).newbyteorder("=")
    if not is_array or array.ndim != len(spec.dims) or (spec.dtype != "O" and array.dtype != wanted):
        what = "labels" if spec.dtype == "O" else str(wanted)
        given = f"an array of {array.dtype} with {array.ndim} dimensions" if is_array else said(array)
        raise DataError(
            f"{kind}: {name!r} is an array of {what} [{', '.join(spec.dims)}].", f"It is {given}.", layout.made_with
        )


def _require_entries(kind: str, layout: Layout, name: str, spec: Array, array: Any, sizes: dict[str, int]) -> None:
    shape = tuple(sizes[dim] for dim in spec.dims)
    if np.shape(array) != shape:
        raise DataError(
            f"The arrays of {kind} fit one another.",
            f"{name!r} has shape {np.shape(array)}, not {shape}.",
            layout.made_with,
        )
    values = np.asarray(array)
    if not values.size or spec.dtype in ("|i1", "O"):
        return
    if spec.dtype == "<f8":
        bad = np.isinf(values) if spec.gaps else ~np.isfinite(values)
        if bad.any():
            raise DataError(
                f"{kind}: {name!r} holds finite numbers{', or NaN for what is missing' if spec.gaps else ''}.",
                f"{int(bad.sum())} of {values.size} are not.",
                layout.made_with,
            )
    if not spec.below and spec.least is None and spec.above is None:
        return
    low, high = values.min(), values.max()
    if spec.below and not (low >= 0 and high < sizes[spec.below]):
        raise DataError(
            f"{kind}: {name!r} holds positions, from 0 to the number of each {spec.below} less 1.",
            f"They run from {low} to {high}; the number of each {spec.below} is {sizes[spec.below]}.",
            layout.made_with,
        )
    if spec.least is not None and low < spec.least:
        raise DataError(f"{kind}: {name!r} is {spec.least} or more.", f"It goes down to {low}.", layout.made_with)
    if spec.above is not None and low <= spec.above:
        raise DataError(f"{kind}: {name!r} is above {spec.above}.", f"It goes down to {low}.", layout.made_with)


def _require_words(kind: str, layout: Layout, name: str, row: Words, words: Any) -> None:
    if not _has_form(row.form, words):
        raise DataError(f"{kind}: {name!r} holds {FORMS[row.form]}.", f"It is {said(words)}.", layout.made_with)
    if row.form in ("lists", "guesses"):
        return
    names = [words] if row.form in ("name", "word") else words if row.form == "names" else [pair[0] for pair in words]
    long = [word[:40] for word in names if len(word) > LONGEST and name != "notes"]
    if long:
        raise DataError(
            f"{kind}: names have at most {LONGEST} letters.", f"One in {name!r} has more: {long[0]!r}...",
            "Give it a shorter name where the data are read.",
        )  # fmt: skip
    if row.distinct and (len(set(names)) < len(names) or "" in names):
        raise DataError(f"{kind}: {name!r} names each once.", f"They are {listed(names)}.", layout.made_with)
    if row.among and not set(names) <= set(row.among):
        raise DataError(f"{kind}: {name!r} is among {listed(row.among)}.", f"It is {listed(names)}.", layout.made_with)


FORMS = {
    "name": "a name",
    "word": "a name, or nothing",
    "names": "a tuple of names",
    "pairs": "a tuple of pairs of names",
    "lists": "a tuple of tuples of names",
    "labelled": "a tuple of pairs of a name and its labels",
    "guesses": "a tuple of guesses",
}
"""Form of words -> its words in errors."""


def _has_form(form: str, words: Any) -> bool:
    if form == "name":
        return isinstance(words, str) and words != ""
    if form == "word":
        return isinstance(words, str)
    if not isinstance(words, tuple):
        return False
    if form == "names":
        return all(isinstance(word, str) for word in words)
    if form == "guesses":
        return all(isinstance(word, Guess) and _is_guess(word) for word in words)
    if form == "lists":
        return all(_has_form("names", word) for word in words)
    pairs = all(isinstance(word, tuple) and len(word) == 2 and isinstance(word[0], str) for word in words)
    return pairs and all(
        _has_form("names", word[1]) if form == "labelled" else isinstance(word[1], str) for word in words
    )


def _is_guess(guess: Guess) -> bool:
    words = (guess.about, guess.seen, guess.done, guess.otherwise)
    return all(isinstance(word, str) for word in words) and isinstance(guess.doubtful, bool)
