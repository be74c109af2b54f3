"""What is true of ordered scores in a world: its scores behind categories, in the units that the model gives them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bayespanel.families.panel.ordered import is_ordered
from bayespanel.families.panel.ordered_units import powers
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.world import PanelWorld
from bayespanel.families.shared.named import Content
from bayespanel.families.shared.world_fields import Array
from bayespanel.language.errors import SpecError
from bayespanel.language.prior_draws import drawn


def of_ordered(spec: RICLPM, world: PanelWorld, content: Content) -> Content:
    """Return parameters in units of deviations at the first wave, counted from the first cut point, and thresholds.

    Parameters
    ----------
    spec, world
        The model, and a world whose variables, as far as the model knows them, are its own.
    content
        The parameters by their names, in the raw units of the world.
    """
    if not spec.ordered:
        return content
    cuts = cut_points(spec, world)
    initial = content["initial_sd"][1]
    unit = np.where(is_ordered(spec), initial, 1.0)
    origin = np.array([cuts[name][0] if name in cuts else 0.0 for name in spec.variables])
    out: Content = {}
    for name, (dims, value) in content.items():
        moved = value
        if name in ("mean", "first_mean"):
            line = "growth_factor" in dims  # of which the first row is a mean, the second its change
            moved = value - (np.array([[1.0], [0.0]]) * origin if line else origin)
        power = powers(name, value.shape, dims, len(spec.variables))
        out[name] = (dims, moved * np.exp(-(power @ np.log(unit))))
    own = dict(zip(spec.variables, unit.tolist(), strict=True))
    steps = [(np.array(cut) - cut[0]) / own[name] for name, cut in cuts.items()]
    return {**out, "threshold": (("boundary",), np.concatenate(steps))}


def boundaries(spec: RICLPM, world: PanelWorld) -> list[str]:
    """Return the labels of the thresholds, whose categories a world numbers from 0."""
    return [f"{name} {c}|{c + 1}" for name, cut in cut_points(spec, world).items() for c in range(len(cut))]


def cut_points(spec: RICLPM, world: PanelWorld) -> Mapping[str, tuple[float, ...]]:
    """Return the cut points of each ordered variable.

    Raises
    ------
    SpecError
        The world has none for one.
    """
    for name in spec.ordered:
        if name not in world.ordinal:
            raise SpecError(
                "A model of ordered variables is studied in a world that has cut points for each of them.",
                f"'ordinal' of the world has none for {name!r}.",
                f"Give for example ordinal={{{name!r}: (0.5, 1, 1.5)}}, for four categories, or leave ordered out.",
            )
    return {name: tuple(world.ordinal[name]) for name in spec.ordered}


def drawn_cut_points(spec: RICLPM, world: PanelWorld, rng: np.random.Generator) -> dict[str, tuple[float, ...]]:
    """Return cut points from the prior of the gaps between thresholds, as many as the world has; the first is 0."""
    out: dict[str, tuple[float, ...]] = {}
    for name, cut in cut_points(spec, world).items():
        gaps: Array = drawn(spec.prior("threshold_gap"), rng, (len(cut) - 1,))
        out[name] = tuple(np.concatenate([[0.0], np.cumsum(gaps)]).tolist())
    return out
