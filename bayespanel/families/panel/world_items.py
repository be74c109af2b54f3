"""Fields of a world of panels about the items that measure its variables."""

from __future__ import annotations

from typing import Any

import numpy as np

from bayespanel.families.panel.indicators import indicators_of
from bayespanel.families.shared.world_fields import Array
from bayespanel.language.errors import SpecError
from bayespanel.language.values import said, settle

Shapes = dict[str, tuple[int, ...]]

FIELDS = ("item_loading", "item_intercept", "item_sd")

LASTING = ("item_pupil_sd", "item_class_sd", "item_school_sd")
"""What items have of their own that lasts, level by level."""


def settle_names(world: Any) -> None:
    """Check the names of items."""
    settle(world, indicators=indicators_of(world.indicators, world.variables))


def columns(world: Any) -> tuple[str, ...]:
    """Return the columns of scores in a simulated table: items, and variables that have none."""
    return tuple(item for name in world.variables for item in world.indicators.get(name, (name,)))


def items(world: Any) -> tuple[str, ...]:
    """Return the items of all variables, those of one after those of another."""
    return tuple(item for name in world.variables for item in world.indicators.get(name, ()))


def shapes_of_items(world: Any) -> dict[str, Shapes]:
    """Return the shapes that each array of items may have."""
    number = len(items(world))
    out: dict[str, Shapes] = {name: {"item": (number,), "wave, item": (world.waves, number)} for name in FIELDS}
    return out | {name: {"item": (number,)} for name in LASTING}


def settle_items(world: Any) -> None:
    """Check what these fields owe each other.

    Raises
    ------
    SpecError
        They do not go together.
    """
    extra = [name for name in (*FIELDS, *LASTING) if getattr(world, name) is not None]
    if bool(world.indicators) != (world.item_sd is not None) or (extra and not world.indicators):
        raise SpecError(
            "A world with items says how far each varies by itself.",
            f"indicators = {said(dict(world.indicators))}, item_sd is {said(world.item_sd)}; given are {extra}.",
            "Give indicators and item_sd, or none of these.",
        )
    if world.re_formed_classes and world.item_class_sd is not None:
        raise SpecError(
            "Items have effects of classes of their own where classes stay as they are.",
            "'item_class_sd' and re_formed_classes=True are given.",
            "Leave one of them out.",
        )
    every, named = items(world), [own[0] for own in world.indicators.values()]
    first = [every.index(item) for item in named]
    if world.item_loading is not None and not (world.item_loading[..., first] == 1).all():
        raise SpecError(
            "The first item of a variable gives it its unit: its loading is 1.",
            f"'item_loading' has {said(world.item_loading[..., first].tolist())} for {', '.join(named)}.",
            "Divide the loadings of a variable by that of its first item, and multiply the variable by it.",
        )


def each_wave(world: Any, name: str) -> Array:
    """Return an array of items as [wave, item]: loadings are 1 and intercepts 0 where none are given."""
    value = getattr(world, name)
    value = (1.0 if name == "item_loading" else 0.0) if value is None else value
    return np.broadcast_to(value, (world.waves, len(items(world))))
