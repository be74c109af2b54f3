"""Posteriors made of known numbers, and random ones that are admissible."""

from __future__ import annotations

import numpy as np
import xarray as xr

from bayespanel.families.panel.spec import RICLPM
from bayespanel.language.names import interval_labels

DIMS = {
    "mean": ("wave", "variable"),
    "lag": ("target", "source"),
    "initial_sd": ("variable",),
    "initial_corr": ("variable", "variable_"),
    "innovation_sd": ("variable",),
    "innovation_corr": ("variable", "variable_"),
    "intercept_sd": ("variable",),
    "intercept_corr": ("variable", "variable_"),
    "class_sd": ("variable",),
    "class_corr": ("variable", "variable_"),
    "school_sd": ("variable",),
    "school_corr": ("variable", "variable_"),
}


def posterior(variables, waves, values):
    """Draws with the names and coordinates of the package; values have chain and draw first."""
    labels = tuple(str(w + 1) for w in range(waves))
    k = len(variables)
    coords = {
        "wave": list(labels),
        "interval": list(interval_labels(labels)),
        **{d: list(variables) for d in ("variable", "variable_", "target", "source")},
    }
    data = {}
    for name, value in values.items():
        value = np.asarray(value, float)
        dims = DIMS[name]
        if name.endswith("_corr") and value.shape[-1] != k:
            dims = ("cell", "cell_")
        elif value.ndim - 2 == len(dims) + 1:
            dims = ("wave" if name.split("_")[0] in ("class", "school") else "interval", *dims)
        data[name] = (("chain", "draw", *dims), value)
    used = {d for _, (dims, _) in data.items() for d in dims} | {"wave"}
    return xr.Dataset(data, coords={d: c for d, c in coords.items() if d in used})


def correlation(rng, *shape):
    """Random correlation matrices [..., k, k]."""
    *lead, k = shape
    root = rng.normal(size=(*lead, k, k + 2))
    covariance = root @ np.swapaxes(root, -1, -2)
    sd = np.sqrt(np.einsum("...ii->...i", covariance))
    return covariance / sd[..., :, None] / sd[..., None, :]


def random_posterior(spec: RICLPM, waves: int, seed: int, chains: int = 2, draws: int = 3) -> xr.Dataset:
    """Random admissible draws of every parameter of a specification."""
    rng = np.random.default_rng(seed)
    k, n = len(spec.variables), (chains, draws)
    over_time = (waves - 1,)
    lead = n + (over_time if spec.innovations == "free" else ())
    values = {
        "mean": rng.normal(size=(*n, waves, k)),
        "lag": rng.normal(scale=0.4 / k**0.5, size=(*n, *(over_time if spec.lags == "free" else ()), k, k)),
        "initial_sd": rng.uniform(0.5, 3, size=(*n, k)),
        "innovation_sd": rng.uniform(0.5, 3, size=(*lead, k)),
    }
    if k > 1:
        values["initial_corr"] = correlation(rng, *n, k)
        values["innovation_corr"] = correlation(rng, *lead, k)
    names = (["intercept"] if spec.intercepts else []) + list(spec.cluster_levels)
    for name in names:
        by_wave = name != "intercept" and spec.effects_of(name) == "by_wave"
        values[f"{name}_sd"] = rng.uniform(0.2, 2, size=(*n, *((waves,) if by_wave else ()), k))
        if k > 1 or by_wave:
            values[f"{name}_corr"] = correlation(rng, *n, k * waves if by_wave else k)
    return posterior(spec.variables, waves, values)
