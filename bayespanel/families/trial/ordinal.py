"""Ordered categories: cumulative logit or probit with class and school effects, on counts.

A pupil's latent score is eta + e, with e logistic or standard normal, and its category the number of thresholds below:

    P(category <= k) = F(threshold[k] - eta),   eta = effect[arm] + covariates + class effect + school effect    (5)

Pupils who share outcome, arm, cluster and covariates share eta, so the data are counts of categories per distinct row
and the cost does not grow with pupils. With F logistic the log-probability of a category splits into one term for each
of its two thresholds and one that does not depend on eta:

    log(F(u) - F(l)) = -softplus(eta - t_u) - softplus(t_l - eta) + log(1 - exp(t_l - t_u))                 (6)

References
----------
McCullagh (1980), Journal of the Royal Statistical Society B 42, 109-142, doi:10.1111/j.2517-6161.1980.tb01109.x.
"""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.tensor.variable import TensorVariable

from bayespanel.data import TrialCounts
from bayespanel.families.trial.counted import Counted, counted
from bayespanel.families.trial.effects import effects
from bayespanel.families.trial.pooling import pooling_coordinates
from bayespanel.families.trial.spec import ClusterTrial, as_given
from bayespanel.inference.parameters import deviation, location

Array = NDArray[np.float64]

SMALLEST = 1e-300
"""A probability below which a category counts as this improbable: far beyond any posterior, and it has a logarithm."""


def build(spec: ClusterTrial, counts: TrialCounts) -> pm.Model:
    """Build the model of ordered outcomes. Thresholds and effects are in latent units: logits or probits."""
    plan = counted(spec, counts)
    outcomes, arms = len(plan.outcomes), len(plan.arms)
    unit = pt.as_tensor(np.full(outcomes, plan.latent_sd))
    one = pt.as_tensor(plan.latent_sd)
    labels = {name: list(values) for name, values in plan.coordinates().items() if values}
    with pm.Model(coords=labels | pooling_coordinates(spec)) as model:
        data = {
            name: pytensor.shared(value, name=name, shape=(None,) * value.ndim)
            for name, value in plan.arrays(spec.link).items()
        }
        for variable in data.values():
            model.register_data_var(variable)
        threshold = _thresholds(spec, plan, one)
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
        for level in spec.cluster_levels:
            eta = eta + _cluster_effects(spec, plan, level, one)[data["row_outcome"], data[f"row_{level}"]]
        pm.Potential("log_likelihood", _log_likelihood(spec, threshold, eta, data))
    return model


def start(spec: ClusterTrial, counts: TrialCounts) -> dict[str, Array]:
    """Return the starting values of the signed scales."""
    plan = counted(spec, counts)
    return {f"{level}_scale": np.full(len(plan.outcomes), 0.3 * plan.latent_sd) for level in spec.cluster_levels}


def _thresholds(spec: ClusterTrial, plan: Counted, unit: TensorVariable) -> TensorVariable:
    """Thresholds [threshold] of all outcomes one after the other, increasing within each."""
    outcomes = len(plan.outcomes)
    first = location("threshold_first", spec.prior("threshold"), 0.0, unit, (outcomes,), ("outcome",))
    gaps = len(plan.thresholds) - outcomes
    parts = first
    if gaps:
        gap = deviation("threshold_gap", spec.prior("threshold_gap"), unit, (gaps,), ("gap",), signed=False)
        parts = pt.concatenate([first, gap])
    return pm.Deterministic("threshold", pt.dot(plan.cumulative(), parts), dims="boundary")


def _cluster_effects(spec: ClusterTrial, plan: Counted, level: str, unit: TensorVariable) -> TensorVariable:
    """Effects [outcome, cluster] of a level: a signed scale times standard normals."""
    outcomes = len(plan.outcomes)
    scale = deviation(f"{level}_scale", spec.prior(f"{level}_sd"), unit, (outcomes,), ("outcome",), signed=True)
    pm.Deterministic(f"{level}_sd", pt.abs(scale), dims="outcome")
    clusters = len(plan.class_names if level == "class" else plan.school_names)
    z = pm.Normal(f"{level}_standard", 0.0, 1.0, shape=(outcomes, clusters), dims=("outcome", level))
    return scale[:, None] * z


def _log_likelihood(
    spec: ClusterTrial, threshold: TensorVariable, eta: TensorVariable, data: dict[str, TensorVariable]
) -> TensorVariable:
    if spec.link == "logit":
        distance = eta[data["pair_row"]] - threshold[data["pair_threshold"]]
        below = data["pair_below"] * pt.softplus(distance)
        above = data["pair_above"] * pt.softplus(-distance)
        gap = threshold[data["inner_upper"]] - threshold[data["inner_upper"] - 1]
        inner = data["inner_count"] * pt.log(-pt.expm1(-gap))
        return inner.sum() - below.sum() - above.sum()  # (6)
    infinite = pt.as_tensor(np.array([np.inf]))
    padded = pt.concatenate([threshold, infinite])
    upper = padded[data["entry_upper"]] - eta[data["entry_row"]]
    lower = pt.switch(data["entry_lower"] < 0, -np.inf, padded[data["entry_lower"]] - eta[data["entry_row"]])
    # In the upper tail both probabilities are near 1: there the difference of the complements is exact.
    flip = lower > 0
    probability = pt.switch(flip, _normal(-lower) - _normal(-upper), _normal(upper) - _normal(lower))
    return (data["entry_count"] * pt.log(pt.maximum(probability, SMALLEST))).sum()


def _normal(x: TensorVariable) -> TensorVariable:
    return 0.5 * pt.erfc(-x / np.sqrt(2.0))
