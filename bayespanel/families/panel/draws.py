"""From the model's free variables to the posterior by its names, in raw units."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.data import Moments
from bayespanel.data.group_moments import of_group
from bayespanel.families.panel import predictors, shrinkage, varying, varying_scale
from bayespanel.families.panel.components import (
    coordinates,
    has_loadings,
    joint,
    known_sd,
    mean_dims,
    means_enter,
    reaching,
    starting,
)
from bayespanel.families.panel.derive import derive
from bayespanel.families.panel.further import effect_dims
from bayespanel.families.panel.groups import beside, each, has_groups, lead, moves
from bayespanel.families.panel.indicators import has_means
from bayespanel.families.panel.measurement import of_constructs
from bayespanel.families.panel.outcomes import with_outcomes
from bayespanel.families.panel.process import process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.shared.named import Content, draws
from bayespanel.likelihood.kernels import correlations

Array = NDArray[np.float64]


def posterior(spec: RICLPM, moments: Moments, free: Mapping[str, Array]) -> xr.Dataset:
    """Name the draws, derived quantities included."""
    waves, k, groups = len(moments.waves), len(spec.variables), len(moments.group_names)
    content: Content = {"mean": (mean_dims(spec), free["mean"])} if has_means(spec) else {}
    if means_enter(spec):
        content["first_mean"] = (("variable",), free["first_mean"])
    if spec.indicators:
        content["item_intercept"] = (("intercept_of",), free["item_intercept"])
        content["item_loading"] = (("loading_of",), free["item_loading"])
        content["item_sd"] = (("wave", "indicator"), free["item_sd"])
    if spec.item_effects:
        content["item_effect_sd"] = (("item_level", "indicator"), np.abs(free["item_effect_scale"]))
    if spec.covariates:
        content["covariate_effect"] = (predictors.dims(spec), free["covariate_effect"])
    if has_loadings(spec):
        content["intercept_loading"] = (("later_wave", "variable"), free["intercept_loading"])
    part = starting(spec)
    if part is not None:
        content["first_loading"] = (part.start_dims, free["first_loading"])
    if process(spec).continuous:
        content["drift"] = (("target", "source"), free["drift"])
    elif shrinkage.shrinks(spec):
        content |= _shrunk(spec, moments, free)
    else:
        content["lag"] = (process(spec).dims(waves), free["lag"])
    if process(spec).second:
        content["lag_2"] = (process(spec).second_dims(waves), free["lag_2"])
    if process(spec).averages:
        content["moving_average"] = (process(spec).average_dims, free["moving_average"])
    if process(spec).apart:
        content["first_lag"] = (("target", "source"), free["first_lag"])
    for part in spec.components():
        name = part.name
        if part.follows:
            continue
        if part.fixed:
            sd, front = known_sd(spec, of_constructs(spec, moments).scale), free["initial_sd"].shape[:2]
            content[f"{name}_sd"] = (part.sd_dims(waves), np.broadcast_to(sd, (*front, k)).copy())
            continue
        value = free[f"{name}_scale" if part.signed else f"{name}_sd"]
        shape = ((groups,) if moves(spec, name) else ()) + part.sd_shape(waves, k)
        content[f"{name}_sd"] = (part.sd_dims(waves), np.abs(value).reshape(*value.shape[:2], *shape))
        if part.correlates(k):
            corr = correlations(value if part.signed else np.ones_like(value), free[f"{name}_partial"])
            content[f"{name}_corr"] = (part.corr_dims(waves), corr)
    content |= further_content(spec, free) | varying.content(spec, moments, free)
    content = {name: ((*lead(spec, name), *dims), value) for name, (dims, value) in content.items()}
    also = ("interval", "wave", *(("group",) if has_groups(spec) else ()))
    named = draws(content, coordinates(spec, moments), also=also)
    found = derive(spec, named if moments.times is None else named.assign_coords(time=("wave", moments.times)))
    return with_standardised(spec, moments, varying_scale.with_standardised(spec, moments, found))


def with_standardised(spec: RICLPM, moments: Moments, found: xr.Dataset) -> xr.Dataset:
    """Add what covariates do to what lasts, and what follows the last wave, on the standardised scale."""
    if not (spec.covariates or spec.distal):
        return found
    parts = []
    for label, one, own in each(spec, found):
        whole = of_group(moments, label) if label else moments
        phi = predictors.spread(one, whole) if one.covariates and not joint(one) else None
        parts.append(with_outcomes(one, predictors.with_standardised(one, own, phi), phi))
    if not has_groups(spec):
        return parts[0]
    new = [name for name in parts[0] if name not in found]
    return found.merge(beside(spec, [part[new] for part in parts], moments.group_names, ("chain", "draw")))


def _shrunk(spec: RICLPM, moments: Moments, free: Mapping[str, Array]) -> Content:
    """Return lags and what shrinks them, from lags in units of their own standard deviations."""
    k, scale = len(spec.variables), spec.prior("lag").scale
    unit = free["initial_sd"] if scale == "standardised" else moments.scale if scale == "total" else np.ones(k)
    lag = shrinkage.lag_draws(spec, free, unit[..., :, None] / unit[..., None, :])
    out: Content = {"lag": (process(spec).dims(len(moments.waves)), lag), shrinkage.SD: ((), free[shrinkage.SD])}
    if shrinkage.LOCAL in free:
        out[shrinkage.LOCAL] = (shrinkage.local_dims(spec, len(moments.waves)), free[shrinkage.LOCAL])
    return out


def further_content(spec: RICLPM, free: Mapping[str, Array]) -> Content:
    """Return the parameters of the cells beside the scores."""
    out: Content = {}
    if joint(spec):
        out["covariate_mean"] = (("covariate",), free["covariate_mean"])
        out["covariate_sd"] = (("covariate",), free["covariate_sd"])
        if len(spec.covariates) > 1:
            corr = correlations(np.ones_like(free["covariate_sd"]), free["covariate_partial"])
            out["covariate_corr"] = (("covariate", "covariate_"), corr)
    if spec.distal:
        out |= {name: (("distal",), free[name]) for name in ("distal_mean", "distal_sd")}
        out["distal_effect"] = (effect_dims(spec), free["distal_effect"])
    if reaching(spec):
        out["distal_deviation_effect"] = (("distal_both", "variable"), free["distal_deviation_effect"])
    return out
