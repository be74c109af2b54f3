"""Paths that vary between schools, in the graph of the model; equation (19) of `varying`."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from bayespanel.data import Moments
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.varying import moderation_matrix, moderations, names, positions, school_values
from bayespanel.inference.parameters import deviation, location


def lags_of_schools(
    spec: RICLPM, moments: Moments, lag: TensorVariable, initial_sd: TensorVariable, scale: TensorVariable
) -> TensorVariable:
    """Put into the model what varies, and return the lags [school, interval or 1, target, source].

    Parameters
    ----------
    spec, moments
        The model, and data whose groups are the schools.
    lag : [interval or 1, target, source]
        Mean lags.
    initial_sd, scale : [variable]
        In which standardised rows, and others, count.
    """
    schools, paths = len(moments.group_names), len(spec.varying)
    target, source = positions(spec)

    def unit(name: str) -> TensorVariable:
        sd = initial_sd if spec.prior(name).scale == "standardised" else scale
        return sd[target] / sd[source]

    row = spec.prior("lag_school_sd")
    spread = deviation("lag_school_scale", row, unit("lag_school_sd"), (paths,), ("varying",), signed=True)
    pm.Deterministic("lag_school_sd", pt.abs(spread), dims="varying")
    xi = pm.Normal("lag_school_standard", 0.0, 1.0, shape=(schools, paths), dims=("school", "varying"))
    away = spread * xi
    if moderations(spec):
        values = school_values(spec, moments)
        data = pt.specify_shape(pm.Data("school_value", values), values.shape)
        path, at = moderation_matrix(spec)
        per = unit("lag_moderation")[path]
        if spec.prior("lag_moderation").scale != "raw":
            per = per / pt.sqrt((data**2).mean(axis=0))[at]
        row = spec.prior("lag_moderation")
        effect = location("lag_moderation", row, 0.0, per, (len(path),), ("moderation",))
        spot = np.zeros((len(path), len(names(spec)), paths))
        spot[np.arange(len(path)), at, path] = 1.0
        away = away + data @ pt.tensordot(effect, spot, axes=1)
    flat = np.zeros((paths, *[len(spec.variables)] * 2))
    flat[np.arange(paths), target, source] = 1.0
    return lag[None] + pt.tensordot(away, flat, axes=1)[:, None]
