"""Effects of the arms, partially pooled within families of outcomes.

With unit[o] the SD of outcome o within arms, the effect on an outcome of family f is::

    effect[o] = unit[o] (family_effect[f] + family_sd[f] z[o]),   z[o] ~ Normal(0, 1)                (4)

The family's standard deviation is the absolute value of a signed scale, so that zero, complete pooling, is an inner
point; z makes the geometry easy where effects hardly differ, which is where data are few.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from bayespanel.families.trial.spec import ClusterTrial

Array = NDArray[np.float64]


def pooling_coordinates(spec: ClusterTrial) -> dict[str, list[str]]:
    """Return the labels of the dimensions that pooling adds to a model."""
    if not spec.families:
        return {}
    single = [spec.outcomes[o] for o in placement(spec)[2]]
    return {"family": list(spec.families)} | ({"alone": single} if single else {})


def effects_start(spec: ClusterTrial, arms: int) -> dict[str, Array]:
    """Return the starting values of the signed scales."""
    shape = (arms - 1, len(spec.families)) if arms > 2 else (len(spec.families),)
    return {"family_scale": np.full(shape, 0.1)} if spec.families else {}


def placement(spec: ClusterTrial) -> tuple[list[int], list[int], list[int]]:
    """Return the positions of outcomes in families, the family of each of these, and the positions of the others."""
    members, family = [], []
    for f, names in enumerate(spec.families.values()):
        for name in names:
            members.append(spec.outcomes.index(name))
            family.append(f)
    return members, family, [o for o in range(len(spec.outcomes)) if o not in members]


def effects_from(spec: ClusterTrial, free: Mapping[str, Array], unit: Array) -> dict[str, Array]:
    """Return effect, family_effect and family_sd [chain, draw, ...] from the model's free variables, equation (4)."""
    if not spec.families:
        return {"effect": free["effect"]}
    members, family, single = placement(spec)
    z = free["effect_in_family"]
    effect = np.empty((*z.shape[:-1], len(spec.outcomes)))
    effect[..., members] = free["family_effect"][..., family] + free["family_scale"][..., family] * z  # (4)
    effect[..., members] *= unit[members]
    if single:
        effect[..., single] = free["effect_alone"]
    return {"effect": effect, "family_effect": free["family_effect"], "family_sd": np.abs(free["family_scale"])}


def beside(spec: ClusterTrial) -> dict[str, ClusterTrial]:
    """Return what a fit samples beside the model itself, group of draws -> model: pooled effects without pooling."""
    return {"unpooled": spec.unpooled()} if spec.families else {}
