"""From the model's free variables to the posterior by its names, in raw units."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.data import Moments
from bayespanel.families.panel.components import coordinates, mean_dims
from bayespanel.families.panel.derive import derive
from bayespanel.families.panel.process import process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.likelihood.kernels import correlations

Array = NDArray[np.float64]


def posterior(spec: RICLPM, moments: Moments, free: Mapping[str, Array]) -> xr.Dataset:
    """Name the draws.

    Parameters
    ----------
    spec, moments
        As the model was built with.
    free
        Values of the model's free variables, [chain, draw, ...].

    Returns
    -------
    xr.Dataset
        With the names of `language.names.PARAMETERS`, derived quantities included.
    """
    waves, k = len(moments.waves), len(spec.variables)
    content: dict[str, tuple[tuple[str, ...], Array]] = {}
    content["mean"] = (mean_dims(spec), free["mean"])
    if spec.covariates:
        content["covariate_effect"] = (("wave", "variable", "covariate"), free["covariate_effect"])
    content["lag"] = (process(spec).dims(waves), free["lag"])
    for part in spec.components():
        name = part.name
        value = free[f"{name}_scale" if part.signed else f"{name}_sd"]
        content[f"{name}_sd"] = (part.sd_dims(waves), np.abs(value).reshape(*value.shape[:2], *part.sd_shape(waves, k)))
        if part.correlates(k):
            corr = correlations(value if part.signed else np.ones_like(value), free[f"{name}_partial"])
            content[f"{name}_corr"] = (part.corr_dims(waves), corr)
    coords = {name: list(labels) for name, labels in coordinates(spec, moments).items()}
    used = {dim for dims, _ in content.values() for dim in dims}
    dataset = xr.Dataset(
        {name: (("chain", "draw", *dims), value) for name, (dims, value) in content.items()},
        coords={
            "chain": np.arange(free["mean"].shape[0]),
            "draw": np.arange(free["mean"].shape[1]),
            **{name: labels for name, labels in coords.items() if name in used | {"interval", "wave"}},
        },
    )
    return derive(spec, dataset)
