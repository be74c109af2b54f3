"""All parameters as one unbounded vector, and the log-likelihood and its gradient at a vector.

In units of the plan: scores in SDs from their mean, predictors in SDs from theirs. The vector holds the growth
coefficients, log residual variances, the root of the random effects' covariance, log gaps between thresholds, the
logarithm of the coefficient of variation of rates, the log odds of zeros beside them, and the free logits of
membership. The kernel gives the gradient for W; complex steps carry it to the vector, exact to the last bits (Squire &
Trapp 1998, doi:10.1137/S003614459631241X).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bayespanel.families.trajectories.components import density
from bayespanel.families.trajectories.counts import count_weights
from bayespanel.families.trajectories.emission import gaussian_weights, ordinal_weights
from bayespanel.families.trajectories.plan import EFFECTS, Array, Plan
from bayespanel.families.trajectories.points import locations
from bayespanel.families.trajectories.spec import Trajectories

STEP = 1e-30
"""Of complex steps: no difference is taken, so nothing cancels."""


@dataclass(frozen=True, eq=False)
class Values:
    """The parameters of a vector, in units of the plan.

    Attributes
    ----------
    growth : [class, coefficient]
    variance : [class, wave] or None
        Residual variances.
    root : list of lists, or None
        Lower triangular root of the random effects' covariance.
    gap : [threshold - 1] or None
    logit : [class, 1 + regressor]
        Intercepts and effects, centred within each group's classes.
    cv, excess : scalar, or None
        Of counts of events: coefficient of variation of rates, and log odds of zeros beside them.
    """

    growth: Any
    variance: Any
    root: Any
    gap: Any
    logit: Any
    cv: Any = None
    excess: Any = None


def variance_shape(spec: Trajectories, plan: Plan) -> tuple[int, ...]:
    """Return the shape of the residual variances that are free."""
    waves = len(plan.rows.waves)
    return {"equal": (), "by_wave": (waves,), "by_class": (plan.classes, 1), "free": (plan.classes, waves)}[
        spec.residual
    ]


def n_random(spec: Trajectories) -> int:
    """Return the number of random effects within a class."""
    return EFFECTS[spec.random]


def sizes(spec: Trajectories, plan: Plan) -> dict[str, int]:
    """Return how many entries of the vector belong to each part, in order."""
    k, r = plan.classes, n_random(spec)
    return {
        "growth": k * len(plan.growth.coefficients),
        "variance": 0 if plan.link != "identity" else int(np.prod(variance_shape(spec, plan), dtype=int)),
        "root": r * (r + 1) // 2,
        "gap": max(len(plan.categories) - 2, 0),
        "cv": int(plan.link == "log"),
        "excess": int(spec.zero_inflated),
        "logit": plan.contrasts.shape[1] * plan.x.shape[1],
    }


def unpack(spec: Trajectories, plan: Plan, vector: Any) -> Values:
    """Return the parameters of a vector."""
    parts, at = {}, 0
    for name, size in sizes(spec, plan).items():
        parts[name] = vector[at : at + size]
        at += size
    k, waves = plan.classes, len(plan.rows.waves)
    variance = None
    if plan.link == "identity":
        free = np.exp(parts["variance"]).reshape(variance_shape(spec, plan))
        variance = free * np.ones((k, waves))
    root = None
    if len(parts["root"]) == 1:
        root = [[parts["root"][0]]]
    elif len(parts["root"]) == 3:
        root = [[parts["root"][0]], [parts["root"][1], parts["root"][2]]]
    return Values(
        growth=parts["growth"].reshape(k, -1),
        variance=variance,
        root=root,
        gap=np.exp(parts["gap"]) if len(parts["gap"]) else None,
        logit=plan.contrasts @ parts["logit"].reshape(plan.contrasts.shape[1], plan.x.shape[1]),
        cv=np.exp(parts["cv"][0]) if len(parts["cv"]) else None,
        excess=parts["excess"][0] if len(parts["excess"]) else None,
    )


def pack(spec: Trajectories, plan: Plan, values: Values) -> Array:
    """Return the vector of parameters; `unpack` turns it back."""
    parts = [values.growth.ravel()]
    if plan.link == "identity":
        shape = variance_shape(spec, plan)
        axes = tuple(i for i, name in enumerate(("by_class", "by_wave")) if spec.residual not in (name, "free"))
        parts.append(np.log(values.variance).mean(axis=axes).reshape(shape).ravel())
    if values.root is not None:
        parts.append(np.concatenate([np.ravel(row) for row in values.root]))
    if values.gap is not None:
        parts.append(np.log(values.gap))
    if values.cv is not None:
        parts.append(np.log([values.cv]))
    if values.excess is not None:
        parts.append(np.array([values.excess]))
    parts.append((plan.contrasts.T @ values.logit).ravel())
    return np.concatenate(parts).astype(float)


def weights(xp: Any, spec: Trajectories, plan: Plan, values: Values) -> Any:
    """Return W [pattern, component, feature]; `xp` is numpy or pytensor.tensor."""
    if plan.link != "identity":
        return weights_at(xp, plan, component_locations(xp, plan, values), values)
    location = xp.dot(values.growth, plan.growth.loadings.T)
    loadings = plan.random_loadings[:, : max(n_random(spec), 1)]
    return gaussian_weights(xp, location, values.variance, values.root, plan.observed, loadings)


def component_locations(xp: Any, plan: Plan, values: Values) -> Any:
    """Return the location of each component of the mixture [component, wave], in units of the link."""
    location = xp.dot(values.growth, plan.growth.loadings.T) + (plan.centre if plan.link == "log" else 0.0)
    return locations(location, values.root, plan.points, plan.random_loadings)


def weights_at(xp: Any, plan: Plan, location: Any, values: Values) -> Any:
    """Return W [1, component, feature] of scores with a link, at the locations of components [component, wave]."""
    if plan.link == "log":
        return count_weights(xp, location, values.cv, values.excess, plan.numbers)
    return ordinal_weights(xp, location, values.gap, len(plan.categories))


def objective(spec: Trajectories, plan: Plan) -> Callable[[Array], tuple[float, Array]]:
    """Return the function from a vector to the log-likelihood, every constant included, and its gradient.

    Effects of clusters are zero in it.
    """
    no_effects = np.zeros((plan.clusters, plan.classes))
    n_logit = sizes(spec, plan)["logit"]

    def value_and_gradient(vector: Array) -> tuple[float, Array]:
        values = unpack(spec, plan, vector)
        w = weights(np, spec, plan, values)
        logl, dw, db = density(plan, w, values.logit, no_effects)
        if not np.isfinite(logl):
            return -np.inf, np.zeros(len(vector))
        gradient = np.empty(len(vector))
        n = len(vector) - n_logit
        for j in range(n):
            moved = vector.astype(complex)
            moved[j] += STEP * 1j
            gradient[j] = np.sum(weights(np, spec, plan, unpack(spec, plan, moved)).imag * dw) / STEP
        gradient[n:] = (plan.contrasts.T @ db).ravel()
        return logl + plan.jacobian, gradient

    return value_and_gradient
