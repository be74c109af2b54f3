"""Standardised effects, correlations and intraclass correlations of a maximum of the likelihood."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from bayespanel.families.shared.named import draws
from bayespanel.families.trial.covariances import normal, sides, variances
from bayespanel.families.trial.design import Array, Design
from bayespanel.families.trial.draws import in_total_sds
from bayespanel.families.trial.moments import dimensions
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.inference.structure import Structure


def standardised(spec: ClusterTrial, plan: Design, model: Structure) -> Callable[[Array], xr.Dataset]:
    """Return the function from vectors [draw, parameter] to what has no unit, as `delta` reads it.

    NaN where a variance is zero.
    """
    dims = dimensions(plan)
    labels = {**plan.coordinates(), "level": spec.cluster_levels}

    def measure(vectors: Array) -> xr.Dataset:
        blocks = [model.arrays(vector) for vector in vectors]
        stacked = {block.name: np.stack([arrays[block.name] for arrays in blocks])[None] for block in model.blocks}
        if "effect_variance" in stacked:
            stacked["effect_variance"] = stacked["effect_variance"][..., 0, 0]
        with np.errstate(invalid="ignore", divide="ignore"):
            by_level = variances(spec, plan, normal(spec, plan, stacked))
            content = in_total_sds(spec, plan, stacked, (dims["effect"], stacked["effect"]), by_level)
            for name in ("total_sd", "level_variance"):  # raw units
                content.pop(name, None)
            for name, side in sides(spec, plan).items():
                covariance = stacked[f"{name}_cov"]
                if covariance.shape[-1] > 1:
                    sd = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
                    content[f"{name}_corr"] = (side, covariance / sd[..., :, None] / sd[..., None, :])
        return draws(content, labels).isel(chain=0, drop=True)

    return measure
