"""Covariances from draws of standard deviations and correlations, to hold against other programs' covariances."""

from __future__ import annotations

import xarray as xr

NAMES = ("initial", "innovation", "intercept")


def with_covariances(posterior: xr.Dataset) -> xr.Dataset:
    """Add `<name>_cov` for each `<name>_sd` and `<name>_corr`."""
    found = {}
    for name in NAMES:
        sd = posterior[f"{name}_sd"]
        found[f"{name}_cov"] = sd * sd.rename(variable="variable_") * posterior[f"{name}_corr"]
    return posterior.assign(found)
