"""Fits of any family without a sampler: draws of the model's own variables scattered about one point."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

import bayespanel as bp
from bayespanel.catalogue.spec_records import spec_to_dict
from bayespanel.families.door import family_of, models, pathways_of, reduced
from bayespanel.inference.fit import FREE, free_group
from bayespanel.inference.prior import one_point
from bayespanel.summaries.summary import summarise
from bayespanel.verbs.fitting import STATISTICS_OF


def unsampled(spec: Any, data: Any, *, chains: int = 2, draws: int = 100, spread: float = 0.2, seed: int = 1) -> bp.Fit:
    """Return a fit with everything in it that a sampled one has, but draws that are no posterior.

    Positive variables and partial correlations, which lie between 0 and 1, stay in their bounds.
    """
    rng = np.random.default_rng(seed)
    settled, read = reduced(spec, data)
    groups: dict[str, xr.Dataset] = {}
    for group, model in models(settled).items():
        free = {}
        for name, value in one_point(family_of(model).build.build(model, read)).items():
            noise = spread * rng.normal(size=(chains, draws, *value.shape[2:]))
            free[name] = np.clip(value + noise, 0.05, 0.95) if name.endswith("_partial") else value * np.exp(noise)
            if (value == 0.1).all():  # a location whose initial point is 0
                free[name] = value + noise
        groups[group] = family_of(model).draws.posterior(model, read, free)
        flat = rng.normal(size=(chains, draws))
        statistics = {"diverging": flat > 9, "depth": np.full(flat.shape, 3), "energy": flat}
        groups[STATISTICS_OF[group]] = xr.Dataset(
            {name: (("chain", "draw"), value) for name, value in statistics.items()},
            coords={"chain": range(chains), "draw": range(draws)},
        )
        if group == "posterior":
            groups[FREE] = free_group(free)
    settings = {"seed": seed, "chains": chains, "tune": 0, "draws": draws, "target_accept": 0.9}
    provenance = {"spec": spec_to_dict(settled), "card": None, "rope": 0.1, "data": read.fingerprint(), **settings}
    return bp.Fit(groups, settled, read, provenance)


def weighed(fit: bp.Fit) -> xr.Dataset:
    """Return the evidence of such a fit without its Bayes factors, for which a model would be compiled."""
    return summarise(pathways_of(fit.spec, fit.groups, by_interval=False), rope=0.05, prob=0.95)
