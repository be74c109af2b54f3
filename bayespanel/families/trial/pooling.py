"""Effects of the arms, partially pooled within families of outcomes.

With unit[o] the SD of outcome o within arms, the effect on an outcome of family f is::

    effect[o] = unit[o] (family_effect[f] + family_sd[f] z[o]),   z[o] ~ Normal(0, 1)                (4)

The family's standard deviation is the absolute value of a signed scale, so that zero, complete pooling, is an inner
point; z makes the geometry easy where effects hardly differ, which is where data are few.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.tensor.variable import TensorVariable

from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.inference.parameters import deviation, location

Array = NDArray[np.float64]


def effects(spec: ClusterTrial, unit: TensorVariable, arms: int) -> TensorVariable:
    """Return the effect [(arm,) outcome] in raw units, within a `pm.Model`.

    Parameters
    ----------
    spec
        The model.
    unit : [outcome]
        Raw size of one standardised unit.
    arms
        Number of arms, the reference included.
    """
    lead, dims = ((arms - 1,), ("arm",)) if arms > 2 else ((), ())
    outcomes = len(spec.outcomes)
    if not spec.families:
        return location("effect", spec.prior("effect"), 0.0, unit, (*lead, outcomes), (*dims, "outcome"))
    one = pt.ones(())
    families = (*lead, len(spec.families))
    centre = location("family_effect", spec.prior("family_effect"), 0.0, one, families, (*dims, "family"))
    spread = deviation("family_scale", spec.prior("family_sd"), one, families, (*dims, "family"), signed=True)
    pm.Deterministic("family_sd", pt.abs(spread), dims=(*dims, "family"))
    members, family, single = placement(spec)
    z = pm.Normal("effect_in_family", 0.0, 1.0, shape=(*lead, len(members)))
    pooled = centre[..., family] + spread[..., family] * z
    columns = [pooled[..., i] for i in range(len(members))]
    if single:
        alone = location(
            "effect_alone", spec.prior("effect"), 0.0, unit[np.array(single)], (*lead, len(single)), (*dims, "alone")
        )
        columns += [alone[..., i] / unit[o] for i, o in enumerate(single)]
    order = np.argsort([*members, *single])
    effect = pt.stack([columns[i] for i in order], axis=-1) * unit
    return pm.Deterministic("effect", effect, dims=(*dims, "outcome"))


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
