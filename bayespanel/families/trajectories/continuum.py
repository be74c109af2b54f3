"""One continuum of courses: everybody's own course is a draw from one normal distribution, and nobody has a class.

    y_it = lambda_t' beta + z_t' u_i + e_it,   u_i ~ N(0, Omega)                                           (1)

with u an intercept and a slope where the waves hold both. For a Gaussian outcome this is the model with one class and
random effects, whose integral has a closed form. For ordered categories, P(y_it >= c | u_i) = logistic(lambda_t' beta +
z_t' u_i - tau_c), the integral is a sum over the points of a Gauss-Hermite rule (Hedeker & Gibbons 1994,
doi:10.2307/2533433): a mixture of as many classes as points, whose shares are the rule's weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from bayespanel.data import PanelRows
from bayespanel.families.trajectories.emission import ordinal_weights
from bayespanel.families.trajectories.maxima import climb, maxima
from bayespanel.families.trajectories.plan import LATENT_SD, Array, Plan, plan
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trajectories.statistics import identified
from bayespanel.families.trajectories.unbounded_vector import Values, unpack
from bayespanel.likelihood.kernels import latent_classes

STEP = 1e-30
"""Of complex steps."""

POINTS = (31, 15)
"""Of the rule, for the intercept and the slope."""

LIGHT = 1e-7
"""Weight below which a point is left out."""

SPREADS = ((2.5, 0.8), (1.0, 1.5))
"""SDs of intercept and slope, in logits, from which the maximum is sought."""


@dataclass(frozen=True, eq=False)
class Continuum:
    """One continuum, at its maximum of the likelihood.

    Attributes
    ----------
    random
        What varies: "intercept", or "slope" for intercept and slope.
    log_likelihood, n_parameters, bic
        Of the scores of all pupils.
    values
        The parameters, in units of the plan.
    """

    random: str
    log_likelihood: float
    n_parameters: int
    bic: float
    values: Values


def random_of(spec: Trajectories, waves: int, coefficients: int) -> str:
    """Return what varies in the continuum that a model of classes is set beside: what courses and waves hold."""
    enough = waves > 2 if spec.link == "logit" else identified("slope", spec.with_classes(1).residual, waves)
    return "slope" if enough and coefficients > 1 else "intercept"


def continuum(spec: Trajectories, rows: PanelRows) -> Continuum:
    """Fit one continuum to scores alone.

    Parameters
    ----------
    spec, rows
        Classes and their scores, from `scores_alone`.
    """
    layout = plan(spec, rows)
    random = random_of(spec, *layout.growth.loadings.shape)
    if spec.link == "logit":
        logl, values, parameters = _ordered(spec, rows, 2 if random == "slope" else 1)
    else:
        one = replace(spec.with_classes(1), random=random)
        found = maxima(one, rows)
        logl, parameters = float(found.log_likelihoods[0]), len(found.vectors[0])
        values = unpack(one, plan(one, rows), found.vectors[0])
    return Continuum(random, logl, parameters, np.log(rows.n_pupils) * parameters - 2 * logl, values)


def _ordered(spec: Trajectories, rows: PanelRows, effects: int) -> tuple[float, Values, int]:
    """Return the maximum of the likelihood of ordered scores, where it is, and how many parameters there are."""
    one = spec.with_classes(1)
    alone, layout = maxima(one, rows), plan(one, rows)
    start = unpack(one, layout, alone.vectors[0])
    gaps = np.zeros(0) if start.gap is None else np.log(start.gap)
    function = ordered_objective(layout, effects)
    coefficients = layout.growth.loadings.shape[1]
    bounds = [(-100.0, 100.0)] * (coefficients + effects * (effects + 1) // 2) + [(-6.0, 6.0)] * len(gaps)
    ends = []
    for spread in SPREADS:
        root = [spread[0]] if effects == 1 else [spread[0], 0.0, spread[1]]
        wider = np.sqrt(1.0 + (spread[0] / LATENT_SD) ** 2)
        vector = np.concatenate([wider * start.growth.ravel(), root, gaps + np.log(wider)])
        ends.append(climb(function, vector, bounds, rows.n_pupils))
    logl, vector = max(ends, key=lambda end: end[0])
    return logl, _values(layout, effects, vector), len(vector)


def _values(layout: Plan, effects: int, vector: Array) -> Values:
    size, roots = layout.growth.loadings.shape[1], effects * (effects + 1) // 2
    own = vector[size : size + roots]
    root = [[own[0]]] if effects == 1 else [[own[0]], [own[1], own[2]]]
    gap = np.exp(vector[size + roots :]) if len(vector) > size + roots else None
    return Values(vector[:size].reshape(1, -1), None, root, gap, np.zeros((1, 1)))


def ordered_objective(layout: Plan, effects: int) -> Callable[[Array], tuple[float, Array]]:
    """Return the function from a vector to the log-likelihood of ordered scores and its gradient.

    The vector holds the coefficients of the course, the lower triangular root of Omega and log gaps of the thresholds.
    """
    points, weight = rule(effects)
    loadings, z = layout.growth.loadings, layout.random_loadings[:, :effects]
    x, b = np.ones((len(layout.phi), 1)), np.log(weight)[:, None]
    place = layout.place.copy()
    place[:, [0, 1, 2]] = 0
    allowed, none = np.ones((1, len(weight)), np.int64), np.zeros((1, len(weight)))

    def table(vector: Array) -> Array:
        values = _values(layout, effects, vector)
        own = [sum(values.root[i][j] * points[:, j] for j in range(i + 1)) for i in range(effects)]
        location = (values.growth @ loadings.T) + np.stack(own, axis=1) @ z.T
        return np.asarray(ordinal_weights(np, location, values.gap, len(layout.categories)))

    def value_and_gradient(vector: Array) -> tuple[float, Array]:
        logl, dw, _, _ = latent_classes(layout.phi, x, place, allowed, table(vector), b, none)
        if not np.isfinite(logl):
            return -np.inf, np.zeros(len(vector))
        gradient = np.empty(len(vector))
        for j in range(len(vector)):
            moved = vector.astype(complex)
            moved[j] += STEP * 1j
            gradient[j] = np.sum(table(moved).imag * dw) / STEP
        return float(logl), gradient

    return value_and_gradient


def rule(effects: int) -> tuple[Array, Array]:
    """Return points [point, effect] and weights of a standard normal."""
    axes = [np.polynomial.hermite_e.hermegauss(number) for number in POINTS[:effects]]
    points = np.stack([grid.ravel() for grid in np.meshgrid(*[nodes for nodes, _ in axes], indexing="ij")], axis=1)
    weight = np.ones(1)
    for _, own in axes:
        weight = np.outer(weight, own / own.sum()).ravel()
    kept = weight > LIGHT
    return points[kept], weight[kept] / weight[kept].sum()
