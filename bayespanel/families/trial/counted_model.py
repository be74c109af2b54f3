"""The graph of a model of counts: one linear predictor for each distinct row, with class and school effects.

What a row's predictor means is said by `ordinal` of ordered categories and by `rates` of counts of events.
"""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.tensor.variable import TensorVariable

from bayespanel.data import TrialCounts
from bayespanel.families.trial import ordinal, rates
from bayespanel.families.trial.counted import Counted, counted
from bayespanel.families.trial.effects import effects
from bayespanel.families.trial.pooling import pooling_coordinates
from bayespanel.families.trial.spec import ClusterTrial, as_given
from bayespanel.inference.parameters import deviation, location

Array = NDArray[np.float64]


def build(spec: ClusterTrial, counts: TrialCounts) -> pm.Model:
    """Build the model of ordered outcomes, in logits or probits, or of counts of events, in logarithms."""
    plan = counted(spec, counts)
    room = rates if plan.events else ordinal
    labels = {name: list(values) for name, values in plan.coordinates().items() if values}
    with pm.Model(coords=labels | pooling_coordinates(spec)) as model:
        data = {
            name: pytensor.shared(value, name=name, shape=(None,) * value.ndim)
            for name, value in plan.arrays(spec.link).items()
        }
        for variable in data.values():
            model.register_data_var(variable)
        own = room.parameters(spec, plan)
        eta = _linear_predictor(spec, plan, data)
        pm.Potential("log_likelihood", room.log_likelihood(spec, own, eta, data))
    return model


def start(spec: ClusterTrial, counts: TrialCounts) -> dict[str, Array]:
    """Return the starting values of the signed scales."""
    plan = counted(spec, counts)
    return {f"{level}_scale": np.full(len(plan.outcomes), 0.3 * plan.latent_sd) for level in spec.cluster_levels}


def _linear_predictor(spec: ClusterTrial, plan: Counted, data: dict[str, TensorVariable]) -> TensorVariable:
    """Return eta [row] without thresholds and means: effects of arms, covariates, baselines, classes and schools."""
    outcomes, arms = len(plan.outcomes), len(plan.arms)
    unit = pt.as_tensor(np.full(outcomes, plan.latent_sd))
    one = pt.as_tensor(plan.latent_sd)
    effect = effects(spec, unit, arms).reshape((arms - 1, outcomes))
    by_arm = pt.concatenate([pt.zeros((1, outcomes)), effect])
    eta = by_arm[data["row_arm"], data["row_outcome"]]
    lead = ("arm",) if arms > 2 else ()
    if plan.covariates:
        shape, dims = (outcomes, len(plan.covariates)), ("outcome", "covariate")
        row, unit = spec.prior("covariate_effect"), one / plan.per_covariate("covariate_effect" in as_given(spec))
        slope = location("covariate_effect", row, 0.0, unit, shape, dims)
        eta = eta + (slope[data["row_outcome"]] * data["row_x"]).sum(axis=1)
    if plan.moderators:
        full = (arms - 1, outcomes, len(plan.moderators))
        dims = (*lead, "outcome", "moderator")
        at = [plan.covariates.index(name) for name in plan.moderators]
        row, unit = spec.prior("moderation"), one / plan.per_covariate("moderation" in as_given(spec))[at]
        differs = location("moderation", row, 0.0, unit, full if lead else full[1:], dims)
        none = pt.zeros((1, *full[1:]))
        table = pt.concatenate([none, differs.reshape(full)])
        eta = eta + (table[data["row_arm"], data["row_outcome"]] * data["row_x"][:, at]).sum(axis=1)
    for name in ("baseline", "baseline_missing"):
        pairs = getattr(plan, f"{name}s" if name == "baseline" else name)
        if pairs:
            row = spec.prior(f"{name}_effect")
            step = one / plan.baseline_scale() if name == "baseline" else one
            slope = location(f"{name}_effect", row, 0.0, step, (len(pairs),), (name,))
            where = [plan.outcomes.index(post) for post, _ in pairs]
            spread = pt.set_subtensor(pt.zeros(outcomes)[where], slope)
            eta = eta + spread[data["row_outcome"]] * data[f"row_{name}"]
    for level in reversed(spec.cluster_levels):  # schools first, see `inference.explicit`
        eta = eta + _cluster_effects(spec, plan, level, one)[data["row_outcome"], data[f"row_{level}"]]
    return eta


def _cluster_effects(spec: ClusterTrial, plan: Counted, level: str, unit: TensorVariable) -> TensorVariable:
    """Effects [outcome, cluster] of a level: a signed scale times standard normals."""
    outcomes = len(plan.outcomes)
    scale = deviation(f"{level}_scale", spec.prior(f"{level}_sd"), unit, (outcomes,), ("outcome",), signed=True)
    pm.Deterministic(f"{level}_sd", pt.abs(scale), dims="outcome")
    clusters = len(plan.class_names if level == "class" else plan.school_names)
    z = pm.Normal(f"{level}_standard", 0.0, 1.0, shape=(outcomes, clusters), dims=("outcome", level))
    return scale[:, None] * z
