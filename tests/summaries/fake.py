"""Draws of pathways with a known answer."""

from __future__ import annotations

import numpy as np
import xarray as xr


def draws(values, raw=None, **coords):
    """`standardised` and `raw` from an array [chain, draw, pathway]."""
    values = np.asarray(values, float)
    n = values.shape[2]
    defaults = {
        "pathway": [f"p{i}" for i in range(n)],
        "kind": ["direct"] * n,
        "source": [f"s{i}" for i in range(n)],
        "target": [f"t{i}" for i in range(n)],
        "interval": [""] * n,
        "edge": [""] * n,
    }
    dims = ("chain", "draw", "pathway")
    return xr.Dataset(
        {"standardised": (dims, values), "raw": (dims, values if raw is None else raw)},
        coords={name: ("pathway", list(column)) for name, column in {**defaults, **coords}.items()},
        attrs={"standardisation": "In known units.", "averaging": ""},
    )


def normal(n_pathways, *, mean=0.0, sd=1.0, chains=4, length=500, seed=1):
    """Independent normal draws [chain, draw, pathway]."""
    return mean + sd * np.random.default_rng(seed).normal(size=(chains, length, n_pathways))


def autocorrelated(n_pathways, phi, *, chains=4, length=500, seed=1):
    """Stationary AR(1) draws with mean 0 and variance 1."""
    noise = np.random.default_rng(seed).normal(size=(chains, length, n_pathways))
    out = noise.copy()
    for t in range(1, length):
        out[:, t] = phi * out[:, t - 1] + np.sqrt(1 - phi**2) * noise[:, t]
    return out
