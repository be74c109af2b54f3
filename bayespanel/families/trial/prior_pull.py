"""How far the priors of effects draw them: the posterior mean beside what the data alone say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from bayespanel.data import TrialCounts, TrialEstimates, TrialMoments
from bayespanel.families.trial.design import Array, design
from bayespanel.families.trial.least_squares import least_squares, mean_covariances
from bayespanel.families.trial.nulls import per_moderator, units
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.language.prior import Prior
from bayespanel.summaries.precision import pull


@dataclass(frozen=True)
class Pull:
    """One effect.

    Attributes
    ----------
    name
        Of the pathway.
    row
        The prior.
    moved
        Posterior mean less the estimate from the data alone, in posterior SDs; infinite where the data say less than
        a quarter of what the prior does.
    mean, estimate
        Both in what the prior counts in; the estimate is NaN where `moved` is infinite.
    """

    name: str
    row: Prior
    moved: float
    mean: float
    estimate: float


def pulls(spec: ClusterTrial, posterior: xr.Dataset, data: TrialMoments | TrialCounts | TrialEstimates) -> list[Pull]:
    """Return a row for each effect, mean of a family and moderation that has a prior of its own.

    The data alone: the published estimate; generalised least squares for Gaussian outcomes; for ordered categories and
    families the posterior without the precision of the prior. Effects in a family are drawn to the family's mean, which
    is what pooling is for; they have no row.
    """
    pooled = [outcome for members in spec.families.values() for outcome in members]
    exact, unit = _exact(spec, posterior, data), units(spec, data)
    per = per_moderator(spec, data) if spec.moderators else {}
    out = []
    for name in (name for name in ("effect", "family_effect", "moderation") if name in posterior):
        row = spec.unpooled().prior(name) if name == "effect" else spec.prior(name)
        dims = [str(dim) for dim in posterior[name].dims if dim not in ("chain", "draw")]
        for index in np.ndindex(*(posterior.sizes[dim] for dim in dims)):
            at = {dim: str(posterior[dim].values[i]) for dim, i in zip(dims, index, strict=True)}
            if name == "effect" and at["outcome"] in pooled:
                continue
            size = (unit[at["outcome"]] if "outcome" in at else 1.0) / per.get(at.get("moderator", ""), 1.0)
            draws = posterior[name].sel(at).values
            mean, sd = float(draws.mean()), float(draws.std(ddof=1))
            if name in exact:
                estimate = float(exact[name].sel(at))
                moved = (mean - estimate) / sd if np.isfinite(estimate) else np.inf
            else:
                moved = pull(draws, row, size)
                estimate = mean - moved * sd if np.isfinite(moved) else np.nan
            counted_in = size if row.scale != "raw" else 1.0
            out.append(Pull(_name(at), row, moved, mean / counted_in, estimate / counted_in))
    return out


def _name(at: Mapping[str, str]) -> str:
    """Return the name of the pathway that an entry is."""
    what = at["outcome"] if "outcome" in at else f"family {at['family']}"
    by = f" by {at['moderator']}" if "moderator" in at else ""
    return (f"{at['arm']}: " if "arm" in at else "") + what + by


def _exact(
    spec: ClusterTrial, posterior: xr.Dataset, data: TrialMoments | TrialCounts | TrialEstimates
) -> dict[str, xr.DataArray]:
    """Return what is known without the draws of the effects, labelled like these."""
    if isinstance(data, TrialCounts):
        return {}
    if isinstance(data, TrialEstimates):
        return {"effect": xr.DataArray(data.effect, dims="outcome", coords={"outcome": list(data.outcomes)})}
    plan = design(spec, data)
    found = least_squares(spec, plan, mean_covariances(spec, plan, posterior)).estimate
    return {name: _like(posterior[name], found[name]) for name in ("effect", "moderation") if name in found}


def _like(draws: xr.DataArray, value: Array) -> xr.DataArray:
    dims = [str(dim) for dim in draws.dims if dim not in ("chain", "draw")]
    return xr.DataArray(value, dims=dims, coords={dim: draws[dim].values for dim in dims})
