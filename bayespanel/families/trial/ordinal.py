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
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from bayespanel.families.trial.counted import Counted
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.inference.parameters import deviation, location

SMALLEST = 1e-300
"""A probability below which a category counts as this improbable: far beyond any posterior, and it has a logarithm."""


def parameters(spec: ClusterTrial, plan: Counted) -> TensorVariable:
    """Return the thresholds [threshold] of all outcomes one after the other, increasing within each."""
    outcomes, unit = len(plan.outcomes), pt.as_tensor(plan.latent_sd)
    first = location("threshold_first", spec.prior("threshold"), 0.0, unit, (outcomes,), ("outcome",))
    gaps = len(plan.thresholds) - outcomes
    parts = first
    if gaps:
        gap = deviation("threshold_gap", spec.prior("threshold_gap"), unit, (gaps,), ("gap",), signed=False)
        parts = pt.concatenate([first, gap])
    return pm.Deterministic("threshold", pt.dot(plan.cumulative(), parts), dims="boundary")


def log_likelihood(
    spec: ClusterTrial, threshold: TensorVariable, eta: TensorVariable, data: dict[str, TensorVariable]
) -> TensorVariable:
    """Return the log-likelihood at the latent scores eta [row]."""
    if spec.link == "logit":
        distance = eta[data["pair_row"]] - threshold[data["pair_threshold"]]
        beside = data["pair_beside"] * pt.softplus(distance) - data["pair_above"] * distance
        gap = threshold[data["inner_upper"]] - threshold[data["inner_upper"] - 1]
        inner = data["inner_count"] * pt.log(-pt.expm1(-gap))
        return inner.sum() - beside.sum()  # (6)
    infinite = pt.as_tensor(np.array([np.inf]))
    padded = pt.concatenate([threshold, infinite])
    upper = padded[data["entry_upper"]] - eta[data["entry_row"]]
    lower = pt.switch(data["entry_lower"] < 0, -np.inf, padded[data["entry_lower"]] - eta[data["entry_row"]])
    # In the upper tail both probabilities are near 1: there the difference of the complements is exact.
    flip = lower > 0
    probability = _normal(pt.switch(flip, -lower, upper)) - _normal(pt.switch(flip, -upper, lower))
    return (data["entry_count"] * pt.log(pt.maximum(probability, SMALLEST))).sum()


def _normal(x: TensorVariable) -> TensorVariable:
    return 0.5 * pt.erfc(-x / np.sqrt(2.0))
