"""Covariances of a Gaussian trial by name, and as the nested normal reads them; see `loadings`, (15) to (18)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bayespanel.families.trial.design import Array, Design
from bayespanel.families.trial.loadings import loadings
from bayespanel.families.trial.moments import by_arm
from bayespanel.families.trial.spec import ClusterTrial, split_levels, varying_level

Normal = tuple[Array, Array, Array]
"""sigma [..., arm, cell, cell], inner and outer covariance [..., effect, effect]."""


def sides(spec: ClusterTrial, plan: Design) -> dict[str, tuple[str, ...]]:
    """Return the dimensions of the covariance of each level, the residual first."""
    split, varying = split_levels(spec, plan.apart), varying_level(spec)
    out: dict[str, tuple[str, ...]] = {}
    for name in ("residual", *spec.cluster_levels):
        together = name == varying and spec.varying_effects == "correlated"
        side = ("term", "term_") if together else ("cell", "cell_")
        out[name] = ("every_arm", *side) if name in split else side
    return out


def from_scales(spec: ClusterTrial, plan: Design, values: Mapping[str, Array]) -> dict[str, Array]:
    """Return `<level>_cov` [..., its dimensions], and `effect_variance`, from standard deviations and correlations.

    Parameters
    ----------
    spec, plan
        The model and its design.
    values
        `<level>_sd`, `effect_sd` and the correlations that there are, with leading dimensions; `<level>_cov` and
        `effect_variance` stand for them where they are given.
    """
    varying, lead = varying_level(spec), len(effect_shape(plan))
    out: dict[str, Array] = {}
    for name, dims in sides(spec, plan).items():
        if f"{name}_cov" in values:
            out[f"{name}_cov"] = np.asarray(values[f"{name}_cov"])
            continue
        sd = np.asarray(values[f"{name}_sd"])
        if "term" in dims:
            own = np.asarray(values["effect_sd"])
            sd = np.concatenate([sd, own.reshape(*own.shape[: own.ndim - lead], -1)], axis=-1)
        corr = values.get(f"{name}_corr", np.eye(sd.shape[-1]))
        out[f"{name}_cov"] = np.asarray(sd[..., :, None] * corr * sd[..., None, :])
    if varying and spec.varying_effects == "uncorrelated":
        out["effect_variance"] = (
            np.asarray(values["effect_variance"])
            if "effect_variance" in values
            else np.asarray(values["effect_sd"]) ** 2
        )
    return out


def normal(spec: ClusterTrial, plan: Design, covariances: Mapping[str, Array]) -> Normal:
    """Return the covariances of the nested normal from those by name, see `from_scales`."""
    arms, split, varying = len(plan.arms), split_levels(spec, plan.apart), varying_level(spec)
    sigma = np.asarray(covariances["residual_cov"])
    if "residual" not in split:
        sigma = np.repeat(sigma[..., None, :, :], arms, axis=-3)
    levels = []
    for level in spec.cluster_levels:
        psi = np.asarray(covariances[f"{level}_cov"])
        if level in split:
            psi = _blocks([psi[..., g, :, :] for g in range(arms)])
        elif level == varying and spec.varying_effects == "uncorrelated":
            own = covariances["effect_variance"]
            own = own.reshape(*own.shape[: own.ndim - len(effect_shape(plan))], -1)
            psi = _blocks([psi, own[..., :, None] * np.eye(own.shape[-1])])
        levels.append(psi)
    inner, outer = (*levels, np.zeros((0, 0)), np.zeros((0, 0)))[:2]
    return sigma, inner, outer


def to_names(spec: ClusterTrial, plan: Design, d_sigma: Array, d_inner: Array, d_outer: Array) -> dict[str, Array]:
    """Return the gradient for the covariances by name from that for the nested normal: the adjoint of `normal`."""
    arms, cells, split, varying = len(plan.arms), len(plan.cells), split_levels(spec, plan.apart), varying_level(spec)
    out = {"residual_cov": d_sigma if "residual" in split else d_sigma.sum(0)}
    for level, gradient in zip(spec.cluster_levels, (d_inner, d_outer), strict=False):
        if level in split:
            each = gradient.reshape(arms, cells, arms, cells)
            gradient = np.stack([each[g, :, g] for g in range(arms)])
        elif level == varying and spec.varying_effects == "uncorrelated":
            out["effect_variance"] = np.diag(gradient)[cells:].reshape(effect_shape(plan))
            gradient = gradient[:cells, :cells]
        out[f"{level}_cov"] = gradient
    return out


def variances(spec: ClusterTrial, plan: Design, parts: Normal) -> dict[str, Array]:
    """Return the variance of each level [..., outcome], the pupil's first, averaged over the pupils of the arms."""
    outcomes = len(plan.outcomes)
    share = np.array([part for part, _ in by_arm(plan)])
    sigma, *clusters = parts
    diagonal = np.diagonal(sigma, axis1=-2, axis2=-1)[..., :outcomes]
    out = {"pupil": np.einsum("g,...gc->...c", share, diagonal)}
    for level, loading, psi in zip(
        spec.cluster_levels, loadings(spec, plan.arms, len(plan.cells), plan.apart), clusters, strict=False
    ):
        each = np.broadcast_to(loading, (len(plan.arms), *loading.shape[-2:]))[:, :outcomes]
        out[level] = np.einsum("g,gck,...kl,gcl->...c", share, each, psi, each)
    return out


def effect_shape(plan: Design) -> tuple[int, ...]:
    """Return the shape of the effects: the arm is a dimension only beside a third."""
    arms, outcomes = len(plan.arms), len(plan.outcomes)
    return (arms - 1, outcomes) if arms > 2 else (outcomes,)


def _blocks(parts: list[Array]) -> Array:
    """Return matrices [..., row, row] with these along the diagonal."""
    front = np.broadcast_shapes(*(part.shape[:-2] for part in parts))
    size = sum(part.shape[-1] for part in parts)
    out = np.zeros((*front, size, size), np.result_type(*parts))
    at = 0
    for part in parts:
        stop = at + part.shape[-1]
        out[..., at:stop, at:stop] = part
        at = stop
    return out
