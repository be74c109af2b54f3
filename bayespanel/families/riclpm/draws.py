"""From the model's free variables to the posterior by its names, in raw units."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.data import Moments
from bayespanel.families.riclpm.build import coordinates
from bayespanel.families.riclpm.derive import derive
from bayespanel.families.riclpm.spec import RICLPM
from bayespanel.inference.parameters import correlations

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
        With the names of `bayespanel.names.PARAMETERS`, derived quantities included.
    """
    waves, k = len(moments.waves), len(spec.variables)
    content: dict[str, tuple[tuple[str, ...], Array]] = {}
    mean_dims = ("wave", "variable") if spec.means == "free" else ("variable",)
    content["mean"] = (mean_dims, free["mean"])
    if spec.covariates:
        content["covariate_effect"] = (("wave", "variable", "covariate"), free["covariate_effect"])
    lag_dims = ("interval", "target", "source") if spec.lags == "free" and waves > 2 else ("target", "source")
    content["lag"] = (lag_dims, free["lag"])
    for name in ("initial", "innovation", *(["intercept"] if spec.intercepts else []), *spec.cluster_levels):
        signed = f"{name}_scale" in free
        value = free[f"{name}_scale" if signed else f"{name}_sd"]
        by_wave = name in spec.cluster_levels and spec.effects_of(name) == "by_wave"
        sd = np.abs(value)
        if by_wave:
            content[f"{name}_sd"] = (("wave", "variable"), sd.reshape(*sd.shape[:2], waves, k))
        else:
            content[f"{name}_sd"] = ((*(["interval"] if sd.ndim == 4 else []), "variable"), sd)
        if f"{name}_partial" in free:
            corr = correlations(value if signed else np.ones_like(value), free[f"{name}_partial"])
            side = ("cell", "cell_") if by_wave else ("variable", "variable_")
            content[f"{name}_corr"] = ((*(["interval"] if corr.ndim == 5 else []), *side), corr)
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
