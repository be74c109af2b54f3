"""From a specification and a panel to a plain `pm.Model` of its trajectories."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from bayespanel.families.trajectories.components import of_components
from bayespanel.families.trajectories.counts import count_weights
from bayespanel.families.trajectories.emission import gaussian_weights, ordinal_weights
from bayespanel.families.trajectories.maxima import maxima
from bayespanel.families.trajectories.plan import VARIANCE_DIMS, Array, Plan, plan
from bayespanel.families.trajectories.points import locations
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trajectories.statistics import Data, data_for
from bayespanel.families.trajectories.unbounded_vector import n_random, unpack
from bayespanel.inference.parameters import deviation, location
from bayespanel.language.prior import Prior
from bayespanel.likelihood.correlation import lkj_shape
from bayespanel.likelihood.op import latent_classes_logp

NEAR = 10.0
"""Maxima whose log-likelihood is within this of the best may hold some of the posterior: chains begin there too."""


def build(spec: Trajectories, data: Data) -> pm.Model:
    """Build the model of a specification for data.

    Parameters
    ----------
    spec
        The model.
    data
        A panel, or its rows.

    Returns
    -------
    pm.Model
        Growth, residuals and random effects in raw units, with named dimensions; logits of membership as free values
        of orthonormal contrasts between the classes, per SD of a predictor. The likelihood sums membership out and
        reads the rows of the plan.

    Raises
    ------
    DataError
        When the data lack what the model needs; see `data_for`.
    """
    layout = plan(spec, data_for(spec, data))
    labels = {name: list(values) for name, values in layout.coordinates(spec).items() if values}
    labels |= {
        "level_coefficient": _coefficients(layout, level=True),
        "change_coefficient": _coefficients(layout, level=False),
    }
    labels |= {"random": ["intercept", "slope"][: n_random(spec)]}
    with pm.Model(coords={name: values for name, values in labels.items() if values}) as model:
        centre, scale = (pm.Data(name, np.array([getattr(layout, name)]))[0] for name in ("centre", "scale"))
        w = _weights(spec, layout, _growth(spec, layout, centre, scale), centre, scale)
        b, u = of_components(layout, *_membership(spec, layout))
        data_vars = [pm.Data(name, getattr(layout, name)) for name in ("phi", "x")]
        # pm.Data would narrow integers to 32 bits, and the kernel reads 64.
        for name, integers in (("place", layout.place), ("allowed", layout.allowed_components)):
            shared = pytensor.shared(integers, name=name, shape=(None, None))
            model.register_data_var(shared)
            data_vars.append(shared)
        jacobian = pm.Data("jacobian", np.array([layout.jacobian]))
        pm.Potential("log_likelihood", latent_classes_logp(w, b, u, *data_vars) + jacobian.sum())
    return model


def held(spec: Trajectories) -> tuple[str, ...]:
    """Return the variables that stay at their start while the mode is sought: SDs of cluster effects."""
    return tuple(f"{level}_scale" for level in spec.cluster_levels)


prior_model = build


def start(spec: Trajectories, data: Data) -> dict[str, Array]:
    """Return where the search for the mode starts: the best maximum of the likelihood; see `maxima`."""
    return _point(spec, data, 0)


def elsewhere(spec: Trajectories, data: Data) -> Sequence[dict[str, Array]]:
    """Return the other maxima at which some of the chains begin, so that they can disagree."""
    found = maxima(spec, data_for(spec, data)).log_likelihoods
    return [_point(spec, data, i) for i in range(1, len(found)) if found[i] > found[0] - NEAR]


def _point(spec: Trajectories, data: Data, which: int) -> dict[str, Array]:
    """Return a maximum as values of the model's variables: logarithms and log-odds of those that the vector bounds."""
    rows = data_for(spec, data)
    layout, found = plan(spec, rows), maxima(spec, rows)
    values = unpack(spec, layout, found.vectors[which])
    growth = raw_growth(layout, values.growth)
    level = layout.growth.is_level
    out: dict[str, Array] = {"growth_level": growth[:, level], "growth_change": growth[:, ~level]}
    if values.variance is not None:
        sd = layout.scale * np.sqrt(values.variance)
        axes = {"equal": (0, 1), "by_wave": (0,), "by_class": (1,), "free": ()}[spec.residual]
        out["residual_sd"] = np.log(sd).mean(axis=axes) if axes else np.log(sd)
    if values.root is not None:
        root = np.array([row + [0.0] * (len(values.root) - len(row)) for row in values.root], dtype=float)
        sd = np.maximum(np.sqrt((root**2).sum(axis=1)), 0.05)
        out["random_scale"] = layout.unit * sd
        if len(root) == 2:
            rho = np.clip(root[1, 0] * np.sign(root[0, 0]) / sd[1], -0.95, 0.95)
            out["random_partial"] = np.array([np.log((1 + rho) / (1 - rho))])
    if values.gap is not None:
        out["threshold_gap"] = np.log(values.gap)
    if values.cv is not None:
        out["rate_cv"] = np.log(np.maximum(values.cv, 0.02))
    if values.excess is not None:
        out["zero_inflation"] = np.clip(values.excess, -6.0, 6.0)
    free = layout.contrasts.T @ np.asarray(values.logit)
    out["membership_intercept_free"] = free[:, 0]
    predictors = len(spec.predictors)
    out["membership_effect_free"] = free[:, 1 : 1 + predictors]
    if len(spec.regressors) > predictors:
        out["programme_effect_free"] = free[:, 1 + predictors]
    out |= {f"{name}_scale": np.array(0.3) for name in spec.cluster_levels}
    return out


def raw_growth(layout: Plan, growth: Array) -> Array:
    """Return coefficients [..., class, coefficient] in raw units from those of the plan."""
    return layout.unit * growth + layout.centre * layout.growth.flat


def _coefficients(layout: Plan, *, level: bool) -> list[str]:
    return [
        name
        for name, is_level in zip(layout.growth.coefficients, layout.growth.is_level, strict=True)
        if is_level == level
    ]


def _growth(spec: Trajectories, layout: Plan, centre: TensorVariable, scale: TensorVariable) -> TensorVariable:
    """Coefficients [class, coefficient], raw units."""
    course, k = layout.growth, layout.classes
    parts = {}
    for name, these in (("growth_level", course.is_level), ("growth_change", ~course.is_level)):
        size = int(these.sum())
        if size:
            unit, zero = scale / course.unit[these], centre * course.flat[these]
            dim = name.removeprefix("growth_") + "_coefficient"
            parts[name] = location(name, spec.prior(name), zero, unit, (k, size), ("trajectory", dim))
    order = np.argsort(np.concatenate([np.flatnonzero(course.is_level), np.flatnonzero(~course.is_level)]))
    return pm.Deterministic(
        "growth", pt.concatenate(list(parts.values()), axis=1)[:, order], dims=("trajectory", "coefficient")
    )


def _weights(
    spec: Trajectories, layout: Plan, growth: TensorVariable, centre: TensorVariable, scale: TensorVariable
) -> TensorVariable:
    """W [pattern, component, feature] of the kernel."""
    k, waves = layout.classes, len(layout.rows.waves)
    course = pt.dot(growth, layout.growth.loadings.T)
    if layout.link != "identity":
        course = locations(course, _root(spec, scale, 1.0), layout.points, layout.random_loadings)
    if layout.link == "log":
        cv = deviation("rate_cv", spec.prior("rate_cv"), scale, (), (), signed=False)
        excess = None
        if spec.zero_inflated:
            excess = location("zero_inflation", spec.prior("zero_inflation"), 0.0, scale, (), ())
        return count_weights(pt, course, cv, excess, layout.numbers)
    if layout.link == "logit":
        gaps = len(layout.categories) - 2
        gap = None
        if gaps:
            gap = deviation("threshold_gap", spec.prior("threshold_gap"), scale, (gaps,), ("gap",), signed=False)
        return ordinal_weights(pt, course, gap, len(layout.categories))
    shape = {"equal": (), "by_wave": (waves,), "by_class": (k,), "free": (k, waves)}[spec.residual]
    sd = deviation("residual_sd", spec.prior("residual_sd"), scale, shape, VARIANCE_DIMS[spec.residual], signed=False)
    sd = sd[:, None] if spec.residual == "by_class" else sd
    variance = (sd / scale) ** 2 * pt.ones((k, waves))
    loadings = layout.random_loadings[:, : max(n_random(spec), 1)]
    observed = pm.Data("observed", layout.observed)
    return gaussian_weights(pt, (course - centre) / scale, variance, _root(spec, scale, scale), observed, loadings)


def _root(spec: Trajectories, scale: TensorVariable, unit: TensorVariable | float) -> list[list[TensorVariable]] | None:
    """Root of the random effects' covariance, in units of the plan; priors count in `scale`."""
    effects = n_random(spec)
    if not effects:
        return None
    own = deviation("random_scale", spec.prior("random_sd"), scale, (effects,), ("random",), signed=True) / unit
    if effects == 1:
        return [[own[0]]]
    beta = lkj_shape(2, spec.prior("random_corr").arguments[0])
    rho = 2.0 * pm.Beta("random_partial", beta, beta, shape=(1,))[0] - 1.0
    return [[own[0]], [own[1] * rho, own[1] * pt.sqrt(1.0 - rho**2)]]


def _membership(spec: Trajectories, layout: Plan) -> tuple[TensorVariable, TensorVariable]:
    """Logits: B [class, 1 + regressor] and effects of clusters U [cluster, class]."""
    free = layout.contrasts.shape[1]
    if not free:
        none = np.zeros((layout.classes, layout.x.shape[1]))
        return pt.as_tensor(none), pt.zeros((layout.clusters, layout.classes))
    columns = [_free("membership_intercept", spec.prior("membership_intercept"), np.ones(1), free)]
    predictors = len(spec.predictors)
    if predictors:
        columns.append(_free("membership_effect", spec.prior("membership_effect"), layout.x_sd[:predictors], free))
    if len(spec.regressors) > predictors:
        columns.append(_free("programme_effect", spec.prior("programme_effect"), np.ones(1), free))
    contrasts = pt.as_tensor(layout.contrasts)
    b = pt.dot(contrasts, pt.concatenate(columns, axis=1))
    return b, _cluster_effects(spec, layout, contrasts)


def _free(name: str, row: Prior, unit: Array, free: int) -> TensorVariable:
    """Free values [free, regressor] whose contrasts give the log odds of any two classes the prior of the row."""
    sigma = row.arguments[1] / np.sqrt(2.0) * (unit if row.scale == "raw" else np.ones_like(unit))
    several = name == "membership_effect"
    value = pm.Normal(
        f"{name}_free", 0.0, sigma if several else sigma[0], shape=(free, len(unit)) if several else (free,)
    )
    return value if several else value[:, None]


def _cluster_effects(spec: Trajectories, layout: Plan, contrasts: TensorVariable) -> TensorVariable:
    """Effects [cluster, class] of the innermost clusters, those of their schools included."""
    rows, total = layout.rows, pt.zeros((layout.clusters, layout.classes))
    for level in spec.cluster_levels:
        names = rows.class_names if level == "class" else rows.school_names
        scale = deviation(f"{level}_scale", spec.prior(f"{level}_sd"), pt.as_tensor(1.0), (), (), signed=True)
        z = pm.Normal(f"{level}_standard", 0.0, 1.0, shape=(len(names), layout.contrasts.shape[1]))
        effect = scale / np.sqrt(2.0) * pt.dot(z, contrasts.T)
        nested = level == "school" and rows.levels == ("class", "school")
        total = total + (effect[rows.parent] if nested else effect)
    return total
