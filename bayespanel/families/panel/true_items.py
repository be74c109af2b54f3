"""What is true of the items of a simulated panel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayespanel.families.panel.indicators import has_means
from bayespanel.families.panel.measurement import Index, measured
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.world import PanelWorld
from bayespanel.families.panel.world_items import each_wave, items
from bayespanel.families.shared.named import Content
from bayespanel.families.shared.world_fields import Array


def same_items(spec: RICLPM, world: PanelWorld) -> bool:
    """Return whether the variables of a model have the items that they have in a world."""
    return all(spec.indicators.get(name, ()) == world.indicators.get(name, ()) for name in spec.variables)


def of_items(spec: RICLPM, world: PanelWorld, at: NDArray[np.int64]) -> Content:
    """Return the true parameters of the items of a model, NaN where it has one for several.

    A model has the origin of a variable at its mean of the first wave, or of every wave where items have intercepts of
    each; there these hold what the means of the world add to items.
    """
    if not spec.indicators:
        return {}
    waves = tuple(str(wave + 1) for wave in range(world.waves))
    plan = measured(spec, waves)
    mean = np.broadcast_to(0.0 if world.mean is None else world.mean, (world.waves, len(world.variables)))[:, at]
    loads, spread = np.ones((2, world.waves, len(plan.items)))
    own = np.zeros(loads.shape)
    every = items(world)
    for j, item in enumerate(plan.items):
        if item in every:
            loads[:, j], own[:, j], spread[:, j] = (
                each_wave(world, name)[:, every.index(item)] for name in ("item_loading", "item_intercept", "item_sd")
            )
    origin = mean[:1] if has_means(spec) or spec.means == "equal" else mean
    intercept = own + loads * np.broadcast_to(origin, mean.shape)[:, plan.owner]
    out: Content = {
        "item_loading": (("loading_of",), _shared(plan.loading_at, loads)),
        "item_intercept": (("intercept_of",), _shared(plan.intercept_at, intercept)),
        "item_sd": (("wave", "indicator"), spread[:, plan.several]),
    }
    if spec.item_effects:
        out["item_effect_sd"] = (("item_level", "indicator"), _lasting(spec, world))
    if has_means(spec):
        out["mean"] = (("later_wave", "variable"), (mean - mean[:1])[1:])
    return out


def _lasting(spec: RICLPM, world: PanelWorld) -> Array:
    """Return the standard deviations of what items of the model have of their own [item_level, indicator]."""
    every = items(world)
    at = [every.index(item) for name in spec.variables for item in spec.indicators.get(name, ()) if item in every]
    fields = [getattr(world, f"item_{level}_sd") for level in spec.item_effects]
    return np.array([np.zeros(len(at)) if value is None else value[at] for value in fields])


def _shared(at: Index, values: Array) -> Array:
    """Return what each parameter is at all of its places [wave, item], NaN where that differs."""
    out = []
    for i in range(int(at.max()) + 1):
        here = values[at == i]
        out.append(here[0] if np.allclose(here, here[0]) else np.nan)
    return np.array(out)
