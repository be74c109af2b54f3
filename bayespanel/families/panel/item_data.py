"""What items ask of the data: waves of the names given, spread at every wave, and one direction."""

from __future__ import annotations

import numpy as np
from scipy.sparse.csgraph import connected_components

from bayespanel.data import Moments
from bayespanel.families.panel.indicators import HELD, read
from bayespanel.families.panel.measurement import measured
from bayespanel.families.panel.spec import RICLPM
from bayespanel.language.errors import DataError, SpecError, nearest

FLAT = 1e-10
"""Share of an item's variance over waves below which it does not vary at one."""


def require_items(spec: RICLPM, moments: Moments) -> None:
    """Refuse data whose items cannot be what the model says of them.

    Raises
    ------
    SpecError
        'released' names a wave that the data lack, or leaves waves of a variable that no intercept connects.
    DataError
        An item that does not vary at a wave, or that goes against the first item of its variable.
    """
    if not spec.indicators:
        return
    _require_lasting_classes(spec, moments)
    _require_waves(spec, moments)
    _require_origin(spec, moments)
    _require_spread(spec, moments)
    _require_direction(spec, moments)


def _require_lasting_classes(spec: RICLPM, moments: Moments) -> None:
    if "class" in spec.cluster_levels and moments.courses is not None:
        raise SpecError(
            "Variables that items measure have effects of classes that stay as they are.",
            "The model has indicators and the level 'class', and the data have classes that are formed anew every "
            "school year.",
            "Take 'class' out of 'levels', or model scale scores, the means of items.",
        )


def _require_waves(spec: RICLPM, moments: Moments) -> None:
    for name in spec.released:
        wave = read(name, spec.indicators)[2]
        if wave and wave not in moments.waves:
            raise SpecError(
                "'released' names waves of the data.",
                f"It names {name!r}; the waves are {', '.join(moments.waves)}. {nearest(wave, list(moments.waves))}",
                "Correct the wave, or leave it out.",
            )


def _require_origin(spec: RICLPM, moments: Moments) -> None:
    """Check that intercepts which are held connect all waves of a variable: what they do not connect has no means."""
    if "intercept" not in HELD[spec.invariance]:
        return
    plan = measured(spec, moments.waves)
    for k, variable in enumerate(spec.variables):
        if variable not in spec.indicators:
            continue
        at = plan.intercept_at[:, plan.owner == k]
        both = (at[:, None] == at[None]).any(axis=2)
        part = connected_components(both)[1]
        apart = [wave for wave, own in zip(moments.waves, part, strict=True) if own != part[0]]
        if apart:
            raise SpecError(
                "With scalar invariance, intercepts of a variable's items that are held equal connect all waves: they "
                "tell how means differ.",
                f"'released' leaves none of {variable!r} that connects wave {', '.join(apart)} with wave "
                f"{moments.waves[0]}.",
                "Release fewer intercepts, or take invariance='metric'.",
            )


def _require_spread(spec: RICLPM, moments: Moments) -> None:
    seen = np.maximum(moments.n @ moments.observed.astype(np.int64), 1)
    first = moments.sxy[:, 0].sum(axis=0) / seen
    variance = np.diagonal(moments.syy, axis1=1, axis2=2).sum(axis=0) / seen - first**2
    flat = variance <= FLAT * np.tile(moments.scale, len(moments.waves)) ** 2
    items = [item for own in spec.indicators.values() for item in own]
    for cell in np.flatnonzero(flat):
        wave, item = divmod(int(cell), len(moments.variables))
        if moments.variables[item] in items:
            raise DataError(
                "An item differs between pupils at every wave.",
                f"{moments.variables[item]!r} is the same for all at wave {moments.waves[wave]!r}.",
                "Leave out the item, or the wave.",
            )


def _require_direction(spec: RICLPM, moments: Moments) -> None:
    """Check that the items of a variable go together, over pupils of all waves."""
    j = len(moments.variables)
    cells = np.arange(moments.n_cells).reshape(-1, j)
    for variable, items in spec.indicators.items():
        at = [moments.variables.index(item) for item in items]
        with_first = moments.syy[:, cells[:, at], cells[:, at[:1]]].sum(axis=(0, 1))
        for item, product in zip(items, with_first, strict=True):
            if product < 0:
                raise DataError(
                    "Items of a variable go together: high scores mean the same in all of them.",
                    f"{item!r} goes against {items[0]!r}, the first item of {variable!r}.",
                    "Turn its scores round before the data are read, or leave it out.",
                )
