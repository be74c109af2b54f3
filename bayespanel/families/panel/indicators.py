"""Variables that several items measure: what a specification may say of them, and default priors.

An item is a column of the data; the first of a variable gives it its unit and its origin. What is held equal over waves
is the invariance of the items (Meredith 1993, doi:10.1007/BF02294825; Widaman, Ferrer & Conger 2010,
doi:10.1111/j.1750-8606.2009.00110.x)::

    "configural"    the same items at all waves, loadings and intercepts of each wave their own
    "metric"        loadings are equal over waves
    "scalar"        loadings and intercepts are equal over waves; the means of the variables change instead
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bayespanel.language.errors import SpecError, nearest
from bayespanel.language.prior import Prior
from bayespanel.language.values import listed, names_of, said, table_of

type Items = Mapping[str, Sequence[str]]
"""Variable -> its items, the first of which gives it its unit."""

INVARIANCE = ("metric", "configural", "scalar")
"""What items have equal over waves, the default first."""

HELD = {"configural": (), "metric": ("loading",), "scalar": ("loading", "intercept")}
"""Invariance -> what of an item is equal over waves."""

FEWEST = 2
"""Items of a variable, at least."""

FEWEST_APART = 3
"""The same where every wave has loadings of its own."""


def indicators_of(given: object, variables: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return variable -> its items, in the order of the variables.

    Raises
    ------
    SpecError
        An unknown variable, fewer than two items, an item that is named twice, or one that is a variable.
    """
    table = table_of("indicators", given, '{"depression": ["d1", "d2", "d3"]}')
    owner: dict[str, str] = {}
    for variable, items in table.items():
        if variable not in variables:
            raise SpecError(
                "'indicators' names variables of the model, and the items of each.",
                f"It names {said(variable)}. {nearest(variable, list(variables))}",
                "Correct the name, or add it to 'variables'.",
            )
        table[variable] = names_of(f"indicators of {variable}", items, "item")
        if len(table[variable]) < FEWEST:
            raise SpecError(
                f"A variable that items measure has {FEWEST} of them or more.",
                f"{variable!r} has {len(table[variable])}.",
                "Leave it out of 'indicators', and name its column in 'variables'.",
            )
        for item in table[variable]:
            if item in variables:
                raise SpecError(
                    "An item measures a variable, and is none itself.",
                    f"{item!r} is an item of {variable!r} and one of the variables.",
                    "Name it once; a variable behind items has a name of its own.",
                )
            if owner.setdefault(item, variable) != variable:
                raise SpecError(
                    "An item measures one variable.",
                    f"{item!r} is an item of {owner[item]!r} and of {variable!r}.",
                    "Name it once.",
                )
    return {variable: table[variable] for variable in variables if variable in table}


def released_of(given: object, indicators: Items, invariance: str) -> tuple[str, ...]:
    """Return what is not held equal: "d3", "d3@2", "loading d3@2" or "intercept d3", each once.

    Raises
    ------
    SpecError
        An unknown item, a loading that gives a variable its unit, or what is not held equal in the first place.
    """
    names = listed([given] if isinstance(given, str) and given else given)
    example = 'Write for example released=["d3@2"], or ["intercept d3@2"].'
    if names is None or not all(isinstance(name, str) and name for name in names) or len(set(names)) < len(names):
        raise SpecError("'released' is a list of items that are not held equal, each once.", f"It is {said(given)}.",
                        example)  # fmt: skip
    held = HELD[invariance]
    if names and not (indicators and held):
        what = "nothing is held equal with invariance='configural'" if indicators else "there are no indicators"
        raise SpecError(
            "'released' names items whose loadings or intercepts are not held equal over waves, as others are.",
            f"It names {said(names[0])}, and {what}.",
            "Leave it out.",
        )
    markers = {items[0] for items in indicators.values()}
    for name in names:
        parts, item, _ = read(name, indicators)
        if not item:
            every = [one for items in indicators.values() for one in items]
            raise SpecError(
                "'released' names items of the model, alone or with a wave: 'd3', 'd3@2'.",
                f"It names {said(name)}. {nearest(name, every)}",
                example,
            )
        lacking = [part for part in parts if part not in held]
        if lacking and len(parts) == 1:
            raise SpecError(
                f"With invariance={invariance!r} what is held equal over waves are {' and '.join(held)}s.",
                f"'released' names {said(name)}.",
                "Leave it out: it is free already.",
            )
        if "loading" in parts and item in markers and (len(parts) == 1 or held == ("loading",)):
            raise SpecError(
                "The first item of a variable gives it its unit: its loading is 1 at all waves.",
                f"'released' names {said(name)}.",
                "Put another item first in 'indicators', or leave it out.",
            )
    return tuple(map(str, names))


def item_effects_of(given: object, indicators: Items, levels: Sequence[str]) -> tuple[str, ...]:
    """Return the levels at which items have effects of their own, in the order of the levels.

    Raises
    ------
    SpecError
        A level that the model lacks, or no indicators.
    """
    named = names_of("item_effects", given, "level")
    if named and not indicators:
        raise SpecError(
            "'item_effects' names levels at which items have effects of their own, beside those of their variable.",
            f"It names {said(named[0])}, and there are no indicators.",
            'Name items, indicators={"depression": ["d1", "d2", "d3"]}, or leave it out.',
        )
    for level in named:
        if level not in levels:
            raise SpecError(
                "'item_effects' names levels of the model.",
                f"It names {said(level)}; the levels are {', '.join(levels)}. {nearest(level, list(levels))}",
                "Correct the level, add it to 'levels', or leave it out.",
            )
    return tuple(level for level in levels if level in named)


def read(name: str, indicators: Items) -> tuple[tuple[str, ...], str, str]:
    """Return what one entry of 'released' frees, of which item (empty if unknown), and at which wave (empty: all)."""
    every = {item for items in indicators.values() for item in items}
    parts: tuple[str, ...] = ("loading", "intercept")
    rest = name
    for part in parts:
        if name.startswith(f"{part} ") and name not in every:
            parts, rest = (part,), name.removeprefix(f"{part} ")
    item, at, wave = rest.rpartition("@")
    if rest in every:
        return parts, rest, ""
    return (parts, item, wave) if at and item in every and wave else (parts, "", "")


def require_measurable(spec: Any) -> None:
    """Refuse options that do not go with items.

    Raises
    ------
    SpecError
        The rule, the options, and what to leave out.
    """
    if not spec.indicators:
        if spec.invariance != INVARIANCE[0]:
            raise SpecError(
                "Invariance is that of items.",
                f"invariance={spec.invariance!r} is given without indicators.",
                'Name items, indicators={"depression": ["d1", "d2", "d3"]}, or leave it out.',
            )
        return
    few = [name for name, items in spec.indicators.items() if len(items) < FEWEST_APART]
    if spec.invariance == "configural" and few:
        raise SpecError(
            f"Where every wave has loadings of its own, a variable has {FEWEST_APART} items or more.",
            f"{few[0]!r} has {len(spec.indicators[few[0]])}, with invariance='configural'.",
            "Hold loadings equal (invariance='metric'), or add items.",
        )
    if spec.means == "linear" or (spec.means == "equal" and spec.invariance != "scalar"):
        raise SpecError(
            "Means of variables that items measure are told from intercepts of items by scalar invariance, and free "
            "or equal then.",
            f"means={spec.means!r} is given with invariance={spec.invariance!r}.",
            "Leave means out." if spec.means == "linear" else "Leave means out, or add invariance='scalar'.",
        )
    known = [name for name in spec.reliability if name in spec.indicators]
    if known:
        raise SpecError(
            "A known reliability is that of a variable with one column of the data.",
            f"'reliability' names {known[0]!r}, whose items tell its errors.",
            "Leave it out.",
        )


def loosened(spec: Any, invariance: str) -> Any:
    """Return the model with less invariance; what is released stays so where it is held equal still."""
    held, kept = HELD[invariance], []
    for name in spec.released:
        parts, item, wave = read(name, spec.indicators)
        first = item in {items[0] for items in spec.indicators.values()}
        for part in parts:
            if part in held and not (part == "loading" and first):
                kept.append(f"{part} {item}{f'@{wave}' if wave else ''}")
    means = spec.means if invariance == "scalar" else "free"
    return replace(spec, invariance=invariance, released=tuple(dict.fromkeys(kept)), means=means)


def columns(spec: Any) -> tuple[str, ...]:
    """Return the columns of the data that the model reads as scores: items, and variables that have none."""
    return tuple(item for name in spec.variables for item in spec.indicators.get(name, (name,)))


def priors_of_items(spec: Any) -> list[Prior]:
    """Return the default priors of loadings, intercepts and residuals of items."""
    if not spec.indicators:
        return []
    rows = [
        Prior("item_intercept", "Normal", (0, 5), reason="five SDs around the item's overall mean", source="default"),
        Prior(
            "item_loading", "Normal", (1, 0.5), reason="items of a variable measure it about equally well",
            source="default",
        ),
        Prior("item_sd", "HalfNormal", (1,), reason="at most about the item's total SD", source="default"),
    ]  # fmt: skip
    if spec.item_effects:
        reason = "what an item has of its own that lasts is mostly below a fourth of its variance"
        rows.append(Prior("item_effect_sd", "HalfNormal", (0.5,), reason=reason, source="default"))
    return rows


def has_means(spec: Any) -> bool:
    """Return whether variables have means as parameters: of items only where these do not have intercepts instead."""
    return not spec.indicators or (spec.invariance == "scalar" and spec.means == "free")
