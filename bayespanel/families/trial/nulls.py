"""Prior densities at 0 of effects, pooled and not, of families and of moderation."""

from __future__ import annotations

import numpy as np
import xarray as xr

from bayespanel.data import TrialCounts, TrialEstimates
from bayespanel.families.trial.counted import Counted, counted
from bayespanel.families.trial.design import design
from bayespanel.families.trial.moments import covariate_scale
from bayespanel.families.trial.spec import ClusterTrial, as_given
from bayespanel.families.trial.statistics import Data, data_for
from bayespanel.summaries.nulls import Nulls, location_at_zero, pooled_at_zero

BEYOND = True
"""Whether a pathway is a smooth function of the parameters, so that the model's density says more than its draws."""


def nulls(spec: ClusterTrial, data: Data, pathways: xr.Dataset) -> Nulls:
    """Return what Bayes factors of the pathways need.

    Effects have their prior in raw units; one in a family has it given the family's mean and SD, over which it is
    integrated. Intraclass correlations are no effects and have none.
    """
    unit = units(spec, data)
    pooled = pooled_at_zero(spec.prior("family_effect"), spec.prior("family_sd")) if spec.families else np.nan
    scale, log_prior = [], []
    for path in pathways["pathway"]:
        kind, outcome = (str(path[name].values) for name in ("kind", "target"))
        on, value = "", np.nan
        if kind in ("effect", "unpooled"):
            together = kind == "effect" and bool(path["pooled"].values)
            row = spec.unpooled().prior("effect")
            value = pooled - np.log(unit[outcome]) if together else location_at_zero(row, unit[outcome])
            on = "raw"
        elif kind == "family":
            on, value = "standardised", location_at_zero(spec.prior("family_effect"))
        elif kind == "moderation":
            per = per_moderator(spec, data)[str(path["via"].values)]
            on, value = "raw", location_at_zero(spec.prior("moderation"), unit[outcome] / per)
        scale.append(on)
        log_prior.append(value)
    return Nulls(tuple(scale), np.array(log_prior), ((),) * len(scale))


def units(spec: ClusterTrial, data: Data) -> dict[str, float]:
    """Return the raw size of a standardised unit of each outcome's effect."""
    found = data_for(spec, data)
    if isinstance(found, TrialEstimates):
        return dict.fromkeys(spec.outcomes, 1.0)
    if isinstance(found, TrialCounts):
        return dict.fromkeys(spec.outcomes, counted(spec, found).latent_sd)
    plan = design(spec, found)
    return dict(zip(plan.outcomes, plan.scale.tolist(), strict=False))


def per_moderator(spec: ClusterTrial, data: Data) -> dict[str, float]:
    """Return what a standardised unit of moderation is per: the SD of each moderator, or 1 where it counts as given."""
    found, given = data_for(spec, data), "moderation" in as_given(spec)
    assert not isinstance(found, TrialEstimates)  # published estimates have no moderators
    plan = counted(spec, found) if isinstance(found, TrialCounts) else design(spec, found)
    if isinstance(plan, Counted):
        own = plan.per_covariate(given)
    else:
        own = np.ones(len(plan.covariates)) if given else covariate_scale(plan)
    return dict(zip(plan.covariates, own.tolist(), strict=True))
