"""From the model's free variables to the posterior by its names, in raw units."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.data import Moments
from bayespanel.families.panel.components import accumulates, coordinates, has_loadings, known_sd, mean_dims
from bayespanel.families.panel.derive import derive
from bayespanel.families.panel.groups import has_groups, lead, moves
from bayespanel.families.panel.process import process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.shared.named import Content, draws
from bayespanel.likelihood.kernels import correlations

Array = NDArray[np.float64]


def posterior(spec: RICLPM, moments: Moments, free: Mapping[str, Array]) -> xr.Dataset:
    """Name the draws, derived quantities included."""
    waves, k, groups = len(moments.waves), len(spec.variables), len(moments.group_names)
    content: Content = {"mean": (mean_dims(spec), free["mean"])}
    if spec.covariates:
        content["covariate_effect"] = (("wave", "variable", "covariate"), free["covariate_effect"])
    if has_loadings(spec):
        content["intercept_loading"] = (("later_wave", "variable"), free["intercept_loading"])
    if accumulates(spec):
        content["first_loading"] = (("variable", "effect"), free["first_loading"])
    if process(spec).continuous:
        content["drift"] = (("target", "source"), free["drift"])
    else:
        content["lag"] = (process(spec).dims(waves), free["lag"])
    if process(spec).second:
        content["lag_2"] = (process(spec).second_dims(waves), free["lag_2"])
    if process(spec).apart:
        content["first_lag"] = (("target", "source"), free["first_lag"])
    for part in spec.components():
        name = part.name
        if part.fixed:
            sd = known_sd(spec, moments.scale)
            content[f"{name}_sd"] = (part.sd_dims(waves), np.broadcast_to(sd, (*free["mean"].shape[:2], k)).copy())
            continue
        value = free[f"{name}_scale" if part.signed else f"{name}_sd"]
        shape = ((groups,) if moves(spec, name) else ()) + part.sd_shape(waves, k)
        content[f"{name}_sd"] = (part.sd_dims(waves), np.abs(value).reshape(*value.shape[:2], *shape))
        if part.correlates(k):
            corr = correlations(value if part.signed else np.ones_like(value), free[f"{name}_partial"])
            content[f"{name}_corr"] = (part.corr_dims(waves), corr)
    content = {name: ((*lead(spec, name), *dims), value) for name, (dims, value) in content.items()}
    also = ("interval", "wave", *(("group",) if has_groups(spec) else ()))
    named = draws(content, coordinates(spec, moments), also=also)
    return derive(spec, named if moments.times is None else named.assign_coords(time=("wave", moments.times)))
