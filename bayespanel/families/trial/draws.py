"""From the model's free variables to the posterior by its names, and what follows from it draw by draw.

With V_l[c] the variance of cell c at level l, and b the coefficients of an outcome on the other regressors::

    total[o]               = sum_l V_l[o] + sum_g share_g b_g' S_g b_g                                     (7)
    effect_standardised[o] = effect[o] / sqrt(total[o])                                                    (8)
    icc[l, o]              = V_l[o] / sum_k V_k[o]                                                         (9)

S_g is the covariance of the regressors within arm g. So the unit of an effect is the total standard deviation within
arms, between clusters and within them, not adjusted for covariates or baselines, which is how the What Works
Clearinghouse counts; intraclass correlations are those of what covariates leave.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import expit, polygamma

from bayespanel.data import TrialCounts, TrialEstimates
from bayespanel.families.shared.named import Content, draws
from bayespanel.families.trial.counted import Counted, counted
from bayespanel.families.trial.covariances import from_scales, normal, sides, variances
from bayespanel.families.trial.design import Design, design
from bayespanel.families.trial.levels import settled
from bayespanel.families.trial.moments import by_arm, coefficients, dimensions
from bayespanel.families.trial.pooling import effects_from
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.families.trial.statistics import Data, data_for
from bayespanel.likelihood.kernels import correlations

Array = NDArray[np.float64]

NEW = 20260917
"""Seed of the effects in a new cluster: the same draws of a model have the same ones."""


def posterior(spec: ClusterTrial, data: Data, free: Mapping[str, Array]) -> xr.Dataset:
    """Name the draws, derived quantities included.

    References
    ----------
    Hedges (2007), doi:10.3102/1076998606298043, on standardising by the total SD; What Works Clearinghouse (2022),
    Procedures and Standards Handbook, version 5.0.
    """
    found = data_for(spec, data)
    spec = settled(spec, found)
    if isinstance(found, TrialEstimates):
        named = effects_from(spec, free, np.ones(len(spec.outcomes)))
        content: Content = {**_effects(named, 2), "effect_standardised": (("outcome",), named["effect"])}
        return _dataset(spec, content, {"outcome": spec.outcomes})
    if isinstance(found, TrialCounts):
        plan = counted(spec, found)
        return _dataset(spec, _counted(spec, plan, free), plan.coordinates())
    sheet = design(spec, found)
    return _dataset(spec, _gaussian(spec, sheet, free), sheet.coordinates())


def _effects(named: Mapping[str, Array], arms: int) -> Content:
    lead = ("arm",) if arms > 2 else ()
    return {name: ((*lead, "outcome" if name == "effect" else "family"), value) for name, value in named.items()}


def _gaussian(spec: ClusterTrial, plan: Design, free: Mapping[str, Array]) -> Content:
    outcomes = len(plan.outcomes)
    named = effects_from(spec, free, plan.scale[:outcomes])
    mean = {name: named[name] if name in named else free[name] for name in dimensions(plan)}
    content: Content = {name: (dims, mean[name]) for name, dims in dimensions(plan).items()}
    content |= _effects(named, len(plan.arms))
    lead = ("arm",) if len(plan.arms) > 2 else ()
    if "effect_scale" in free:
        content["effect_sd"] = dims, sd = (*lead, "outcome"), np.abs(free["effect_scale"])
        z = np.random.default_rng(NEW).normal(size=sd.shape)
        content["effect_new"] = dims, content["effect"][1] + sd * z
    for name, side in sides(spec, plan).items():
        front = tuple(dim for dim in side if dim == "every_arm")
        scale = free["residual_sd" if name == "residual" else f"{name}_scale"]
        content[f"{name}_sd"] = ((*front, "cell"), np.abs(scale))
        if f"{name}_partial" in free:
            signs = np.ones_like(scale) if name == "residual" else scale
            if "term" in side:
                own = free["effect_scale"]
                signs = np.concatenate([signs, own.reshape(*own.shape[:2], -1)], axis=-1)
            content[f"{name}_corr"] = (side, correlations(signs, free[f"{name}_partial"]))
    values = {name: value for name, (_, value) in content.items()}
    parts = normal(spec, plan, from_scales(spec, plan, values))
    return content | in_total_sds(spec, plan, mean, content["effect"], variances(spec, plan, parts))


def in_total_sds(
    spec: ClusterTrial,
    plan: Design,
    mean: Mapping[str, Array],
    effect: tuple[tuple[str, ...], Array],
    by_level: Mapping[str, Array],
) -> Content:
    """Return what follows of a Gaussian trial by equations (7) to (9).

    Parameters
    ----------
    spec, plan
        The model and its design.
    mean
        Parameters of the mean, [chain, draw, ...].
    effect
        Dimensions and values of the effects.
    by_level
        "pupil" and each level of clusters -> variances [chain, draw, outcome], averaged over the pupils of the arms.
    """
    outcomes = len(plan.outcomes)
    b = coefficients(plan, mean)[..., :outcomes, 1:]
    explained = sum(
        share * np.einsum("...cx,xy,...cy->...c", b[..., g, :, :], within[1:, 1:], b[..., g, :, :])
        for g, (share, within) in enumerate(by_arm(plan))
    )
    return _derived(spec, effect, by_level, np.asarray(explained))


def _counted(spec: ClusterTrial, plan: Counted, free: Mapping[str, Array]) -> Content:
    lead = ("arm",) if len(plan.arms) > 2 else ()
    named = effects_from(spec, free, np.full(len(plan.outcomes), plan.latent_sd))
    content = _of_events(free) if plan.events else _of_categories(plan, free)
    content |= _effects(named, len(plan.arms))
    others = {
        "covariate_effect": ("outcome", "covariate"),
        "moderation": (*lead, "outcome", "moderator"),
        "baseline_effect": ("baseline",),
        "baseline_missing_effect": ("baseline_missing",),
    }
    content |= {name: (dims, free[name]) for name, dims in others.items() if name in free}
    shape = (*named["effect"].shape[:2], len(plan.outcomes))
    explained, by_level = plan.explained(free, shape), {"pupil": np.full(shape, plan.latent_sd**2)}
    for level in spec.cluster_levels:
        scale = free[f"{level}_scale"]
        content[f"{level}_sd"] = (("outcome",), np.abs(scale))
        content[f"{level}_effect"] = (("outcome", level), scale[..., None] * free[f"{level}_standard"])
        by_level[level] = scale**2
    if plan.events:
        between = sum(by_level[level] for level in spec.cluster_levels)
        by_level["pupil"] = _over_arms(plan, free, named["effect"], between + explained)
    return content | _derived(spec, content["effect"], by_level, explained)


def _of_categories(plan: Counted, free: Mapping[str, Array]) -> Content:
    parts = [free["threshold_first"], *([free["threshold_gap"]] if "threshold_gap" in free else [])]
    return {"threshold": (("boundary",), np.concatenate(parts, axis=-1) @ plan.cumulative().T)}


def _of_events(free: Mapping[str, Array]) -> Content:
    content: Content = {
        name: (("outcome",), free[name]) for name in ("log_mean", "rate_cv", "zero_inflation") if name in free
    }
    if "zero_inflation" in free:
        content["excess_zeros"] = (("outcome",), expit(free["zero_inflation"]))
    return content


def _over_arms(plan: Counted, free: Mapping[str, Array], effect: Array, spread: Array) -> Array:
    """Return the variance [chain, draw, outcome] of pupils of a cluster in logarithms, over the pupils of all arms."""
    shape = (*effect.shape[:2], len(plan.arms) - 1, len(plan.outcomes))
    by_arm = np.concatenate([np.zeros((*shape[:2], 1, shape[3])), effect.reshape(shape)], axis=2)
    log_mean, rate_cv = (free[name][:, :, None] for name in ("log_mean", "rate_cv"))
    return np.asarray(
        (plan.shares() * variance_of_log_rates(log_mean + by_arm, rate_cv, spread[:, :, None])).sum(axis=2)
    )


def variance_of_log_rates(log_mean: Array, rate_cv: Array, spread: Array) -> Array:
    """Return the variance of pupils of a cluster on the scale of the logarithm, of counts of events.

    With mu the expected number of a pupil, averaged over all that spreads it by the variance `spread`, it is
    trigamma(1 / (1 / mu + rate_cv^2)): what the rate of a pupil and the chance of single events add.

    References
    ----------
    Nakagawa, Johnson & Schielzeth (2017), doi:10.1098/rsif.2017.0213, table 1, the trigamma function.
    """
    return np.asarray(polygamma(1, 1 / (np.exp(-log_mean - spread / 2) + rate_cv**2)))


def _derived(
    spec: ClusterTrial, effect: tuple[tuple[str, ...], Array], by_level: Mapping[str, Array], explained: Array
) -> Content:
    random = np.sum([by_level[level] for level in ("pupil", *spec.cluster_levels)], axis=0)
    total = random + explained  # (7)
    dims, value = effect
    sd = np.sqrt(total)
    out: Content = {
        "effect_standardised": (dims, value / (sd[:, :, None] if value.ndim == 4 else sd)),  # (8)
        "total_sd": (("outcome",), sd),
    }
    if spec.cluster_levels:
        icc = np.stack([by_level[level] / random for level in spec.cluster_levels], axis=2)  # (9)
        out["icc"] = (("level", "outcome"), icc)
    if spec.varying_effects != "none" or spec.variances != "common" or spec.arms_without_classes:
        own = np.stack([by_level[level] for level in spec.cluster_levels], axis=2)
        out["level_variance"] = (("level", "outcome"), own)
    return out


def _dataset(spec: ClusterTrial, content: Content, labels: Mapping[str, tuple[str, ...]]) -> xr.Dataset:
    return draws(content, {**labels, "family": tuple(spec.families), "level": spec.cluster_levels})
