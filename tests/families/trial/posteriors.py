"""Posteriors of trials without a sampler: draws around the maximum of the likelihood."""

from __future__ import annotations

import numpy as np
import xarray as xr

import bayespanel as bp
from bayespanel.families.trial.design import design
from bayespanel.families.trial.draws import posterior


def around(spec: bp.ClusterTrial, data: bp.TrialMoments, *, jitter: float = 0.02, draws: int = 50) -> xr.Dataset:
    """Return draws [2 chains] whose covariances are those of maximum likelihood, correlations apart, and whose
    effects scatter by `jitter` of an SD."""
    found = bp.maximum_likelihood(spec, data).estimates
    rng = np.random.default_rng(8)
    scale = design(spec, data).scale
    free = {}
    for name in found.data_vars:
        value = found[name].values
        lead = (2, draws)
        if name.endswith("_cov"):
            level = name.removesuffix("_cov")
            free["residual_sd" if level == "residual" else f"{level}_scale"] = np.broadcast_to(
                np.sqrt(np.diag(value)), (*lead, len(value))
            )
        else:
            free[name] = value + jitter * scale.mean() * rng.normal(size=(*lead, *value.shape))
    return posterior(spec, data, free)
