"""Effects of the arms as parameters of a `pm.Model`; see `pooling`, whose equation (4) this is."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from bayespanel.families.trial.pooling import placement
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.inference.parameters import deviation, location


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
