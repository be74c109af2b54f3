"""The pathway of the toy: the effect of its covariate."""

from __future__ import annotations

from collections.abc import Mapping

import xarray as xr

from bayespanel.families.shared.pathways import Pathway, collected, refuse_intervals
from tests.families.toy.spec import Toy

STANDARDISATION = "The effect is in total SDs of the variable per SD of the covariate."


def collect(spec: Toy, groups: Mapping[str, xr.Dataset], *, by_interval: bool) -> xr.Dataset:
    """Return the draws of the effect."""
    refuse_intervals(by_interval, "a toy")
    draws = groups["posterior"].transpose("chain", "draw")
    both = draws["effect_standardised"].values, draws["effect"].values
    name = f"{spec.covariate} -> {spec.variable}"
    path = Pathway(name, "effect", spec.covariate, spec.variable, edge=(spec.edges or {}).get(spec.covariate, ""))
    return collected(Pathway, [(path, *both)], draws, STANDARDISATION)
