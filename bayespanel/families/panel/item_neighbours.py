"""Models beside one whose variables are measured by items: what is freed behind the items, and what they shared."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bayespanel.data import Moments
from bayespanel.families.panel.groups import alone, freed, grouped, has_groups, labels_of, tagged
from bayespanel.families.panel.indicators import has_means
from bayespanel.families.panel.item_structure import items_of
from bayespanel.families.panel.measurement import Index, constructs, measured, of_constructs
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.structure import structure
from bayespanel.inference.structure import Array, Arrays, Structure

Change = Callable[[Structure, Moments], Structure]
"""From the structure of a model, and its data, to that with something more."""


def behind_items(spec: RICLPM, moments: Moments, base: Structure, change: Change, shocked: str = "") -> Structure:
    """Return the structure of a model with something more; of items, behind them.

    Parameters
    ----------
    spec, moments, base
        The model, its data and its structure.
    change
        What there is more, given the structure and the data of variables.
    shocked
        A level whose effects then differ between waves.
    """
    if not spec.indicators:
        return change(base, moments)
    if has_groups(spec):
        one = behind_items(alone(spec), moments, base, change, shocked)
        return grouped(one, moments.group_names, freed(spec))
    seen = of_constructs(spec, moments)
    return items_of(change(structure(constructs(spec), seen), seen), spec, moments, shocked)


def split(spec: RICLPM, less: RICLPM, moments: Moments) -> dict[str, Index]:
    """Return which of a model's loadings and intercepts each one of a model with less invariance was before."""
    if not spec.indicators:
        return {}
    old, new = measured(spec, moments.waves), measured(less, moments.waves)
    return {
        "item_loading": _before(old.loading_at, new.loading_at),
        "item_intercept": _before(old.intercept_at, new.intercept_at),
    }


def _before(old: Index, new: Index) -> Index:
    found: list[int] = [int(old[np.nonzero(new == i)][0]) for i in range(int(new.max()) + 1)]
    return np.array(found, np.int64)


def at_means(
    spec: RICLPM, less: RICLPM, moments: Moments, coefficients: Array, model: Structure, start: Array
) -> Array:
    """Return a start whose intercepts take up the means of variables, where less invariance leaves these none.

    Parameters
    ----------
    spec, less, moments
        The model, that with less invariance, and the data.
    coefficients : [group, cell, regressor]
        What the model implies at its maximum.
    model, start
        The structure of `less`, and its start without these means.
    """
    if not (spec.indicators and has_means(spec) and not has_means(less)):
        return start
    plan, arrays = measured(less, moments.waves), model.arrays(start)
    for g, label in enumerate(labels_of(spec, moments)):
        names = [name for name in (tagged("item_intercept", label), "item_intercept") if name in arrays]
        seen = (coefficients[g, : moments.n_cells, 0] + moments.centre).reshape(plan.waves, -1)
        arrays[names[0]] = np.array([seen[plan.intercept_at == i].mean() for i in range(len(plan.intercept_of))])
    return model.vector_of(arrays)


def loadings_of(arrays: Arrays) -> Arrays:
    """Return the loadings of items that all pupils share, if there are any."""
    return {"item_loading": arrays["item_loading"]} if "item_loading" in arrays else {}
