"""What the data alone say of means and effects, at the covariances of the posterior: generalised least squares.

At the posterior mean of the covariances the log-likelihood is quadratic in means and effects, so that its maximum and
curvature cost a handful of gradients, not a fit. With g(0) and H its gradient and Hessian at a start::

    estimate = start - H^-1 g(0),   sampling covariance = -H^-1                                          (10)

No prior of an effect plays a part in either; that of the cluster SDs does, as it must with few clusters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from bayespanel.data import TrialCounts, TrialEstimates
from bayespanel.families.trial.covariances import Normal, from_scales, normal
from bayespanel.families.trial.design import Array, Design, design
from bayespanel.families.trial.leave_out import parameters
from bayespanel.families.trial.moments import coefficients, shapes, terms
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.families.trial.statistics import Reduced
from bayespanel.likelihood.kernels import nested_normal

FLAT = 1e-10
"""Eigenvalue of the information, scaled to ones on its diagonal, up to which the data know nothing of a direction."""


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """Estimates and their sampling SDs by the names of the mean's parameters, in raw units and the model's shapes."""

    estimate: Mapping[str, Array]
    error: Mapping[str, Array]


def mean_covariances(spec: ClusterTrial, plan: Design, posterior: xr.Dataset) -> Normal:
    """Return the posterior means of the covariances, as the nested normal reads them."""
    named = from_scales(spec, plan, parameters(spec, plan, posterior))
    return normal(spec, plan, {name: value.mean(axis=0) for name, value in named.items()})


def least_squares(spec: ClusterTrial, plan: Design, covariances: Normal) -> LeastSquares:
    """Return estimates and sampling SDs, equation (10); NaN where the data leave a mean or an effect open."""
    packed, linear, shape = plan.statistics(spec), terms(plan), shapes(plan)
    names = list(linear)
    sizes = [int(np.prod(shape[name])) for name in names]
    stops = np.cumsum(sizes)
    scale = np.concatenate([np.full(size, plan.scale.mean()) for size in sizes])
    sigma, inner, outer = covariances

    def named(theta: Array) -> dict[str, Array]:
        parts = np.split(theta, stops[:-1])
        return {name: part.reshape(shape[name]) for name, part in zip(names, parts, strict=True)}

    def gradient(theta: Array) -> Array:
        b = coefficients(plan, named(theta), linear)
        _, _, d_b, _, _ = nested_normal(sigma, b, inner, outer, packed.index, packed.value)
        return np.concatenate([np.einsum("gcxk,gcx->k", linear[name], d_b) for name in names])

    start = np.zeros(stops[-1])
    start[: sizes[0]] = plan.sums.centre
    here = gradient(start)
    information = -np.stack([(gradient(start + step) - here) for step in np.diag(scale)]) / scale[:, None]
    diagonal = np.diag(information)
    unit = 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, np.inf))
    values, vectors = np.linalg.eigh(0.5 * (information + information.T) * np.outer(unit, unit))
    known = values > FLAT
    covariance = (vectors[:, known] / values[known]) @ vectors[:, known].T * np.outer(unit, unit)
    # What has a share in a direction of which the data know nothing is itself not known; all else is.
    left_open = (vectors[:, ~known] ** 2).sum(1) > FLAT
    estimate, error = start + covariance @ here, np.sqrt(np.diag(covariance))  # (10)
    return LeastSquares(*(named(np.where(left_open, np.nan, found)) for found in (estimate, error)))


def standard_errors(
    spec: ClusterTrial,
    data: Reduced,
    groups: Mapping[str, xr.Dataset],
    pathways: xr.Dataset,
) -> Array | None:
    """Return the sampling SD [pathway] of effects and moderation, in total SDs; NaN of anything else, None for counts.

    Parameters
    ----------
    spec, data
        Model and data of a fit.
    groups
        Its draws: "posterior", and "unpooled" where effects are pooled.
    pathways
        Its pathways. A pooled effect is no estimate of a design, and has none.
    """
    if isinstance(data, TrialCounts):
        return None
    kinds = {"effect": "posterior", "moderation": "posterior", "unpooled": "unpooled"}
    columns = [pathways[name].values for name in ("kind", "source", "target", "via", "pooled")]
    out = np.full(pathways.sizes["pathway"], np.nan)
    found: dict[str, LeastSquares] = {}
    for i, (kind, arm, outcome, moderator, pooled) in enumerate(zip(*columns, strict=True)):
        group = kinds.get(str(kind))
        if group is None or pooled:
            continue
        if isinstance(data, TrialEstimates):
            out[i] = data.standard_error[data.outcomes.index(outcome)]
            continue
        model = spec if group == "posterior" else spec.unpooled()
        plan = design(model, data)
        if group not in found:
            found[group] = least_squares(model, plan, mean_covariances(model, plan, groups[group]))
        name = "moderation" if kind == "moderation" else "effect"
        error = found[group].error[name]
        error = error if len(plan.arms) > 2 else error[None]
        g = plan.arms.index(arm) - 1 if len(plan.arms) > 2 else 0
        at = (g, spec.outcomes.index(outcome), *([plan.moderators.index(moderator)] if name == "moderation" else []))
        out[i] = error[at] / float(groups[group]["total_sd"].sel(outcome=outcome).mean())
    return out
