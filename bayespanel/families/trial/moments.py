"""The implied mean of a Gaussian trial, as linear maps from its parameters.

A pupil of arm g with regressors x = (1, covariates, baselines) has in cell c the expected score B_g[c] x with::

    B_g[c, 0]     = mean[c] - centre[c] + effect[g, c]                                               (1)
    B_g[c, j]     = covariate_effect[c, j] + moderation[g, c, j]                                     (2)
    B_g[c, pre]   = baseline_effect[pre]           where c is the outcome of this baseline           (3)

with effects of zero for the reference arm and for baseline cells. The covariance is free at every level.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from bayespanel.families.trial.design import Array, Design


def dimensions(design: Design) -> dict[str, tuple[str, ...]]:
    """Return the parameters of the mean and their dimensions; the arm is one only beside a third."""
    arm = ("arm",) if len(design.arms) > 2 else ()
    out: dict[str, tuple[str, ...]] = {"mean": ("cell",), "effect": (*arm, "outcome")}
    if design.covariates:
        out["covariate_effect"] = ("cell", "covariate")
    if design.moderators:
        out["moderation"] = (*arm, "outcome", "moderator")
    if design.baselines:
        out["baseline_effect"] = ("baseline",)
    if design.baselines_missing:
        out["baseline_missing_effect"] = ("baseline_missing",)
    return out


def shapes(design: Design) -> dict[str, tuple[int, ...]]:
    """Return the shape of each parameter of the mean."""
    labels = design.coordinates()
    return {name: tuple(len(labels[dim]) for dim in dims) for name, dims in dimensions(design).items()}


def terms(design: Design) -> dict[str, Array]:
    """Return the linear map [arm, cell, regressor, entry] of each parameter of the mean, entries in C order."""
    arms, cells = len(design.arms), len(design.cells)
    outcomes, covariates = len(design.outcomes), len(design.covariates)
    size = (arms, cells, len(design.regressors))
    out = {name: np.zeros((*size, *shape)) for name, shape in shapes(design).items()}
    for c in range(cells):
        out["mean"][:, c, 0, c] = 1  # (1)
    effect = out["effect"].reshape(*size, arms - 1, outcomes)
    for g in range(1, arms):
        for o in range(outcomes):
            effect[g, o, 0, g - 1, o] = 1  # (1)
    if covariates:
        for c in range(cells):
            for j in range(covariates):
                out["covariate_effect"][:, c, 1 + j, c, j] = 1  # (2)
    if design.moderators:
        moderation = out["moderation"].reshape(*size, arms - 1, outcomes, len(design.moderators))
        for m, name in enumerate(design.moderators):
            at = 1 + design.covariates.index(name)
            for g in range(1, arms):
                for o in range(outcomes):
                    moderation[g, o, at, g - 1, o, m] = 1  # (2)
    start = 1 + covariates
    for name, pairs in (("baseline_effect", design.baselines), ("baseline_missing_effect", design.baselines_missing)):
        for b, (post, _) in enumerate(pairs):
            out[name][:, design.outcomes.index(post), start + b, b] = 1  # (3)
        start += len(pairs)
    return {name: value.reshape(*size, -1) for name, value in out.items()}


def coefficients(design: Design, values: Mapping[str, Array], maps: Mapping[str, Array] | None = None) -> Array:
    """Return B - centre [..., arm, cell, regressor], equations (1) to (3).

    Parameters
    ----------
    design
        The design.
    values
        Each parameter of the mean, [..., its own dimensions]; leading dimensions such as chain and draw are kept.
    maps
        From `terms`, if at hand.
    """
    linear = terms(design) if maps is None else maps
    shape = shapes(design)
    parts = []
    for name, term in linear.items():
        value = np.asarray(values[name])
        flat = value.reshape(*value.shape[: value.ndim - len(shape[name])], -1)
        parts.append(np.einsum("gcxk,...k->...gcx", term, flat))
    total: Array = np.sum(parts, axis=0)
    total[..., :, :, 0] -= design.sums.centre
    return total


def units(design: Design, as_given: Collection[str] = ()) -> dict[str, Array]:
    """Return the raw size of one standardised unit of each parameter of the mean, in its shape.

    Effects and moderation by covariates are per standard deviation of the covariate within arms; those of `as_given`
    per unit.
    """
    outcome = design.scale[: len(design.outcomes)]
    shape = shapes(design)
    own = covariate_scale(design)
    per = {name: np.ones_like(own) if name in as_given else own for name in ("covariate_effect", "moderation")}
    out = {"mean": design.scale, "effect": np.broadcast_to(outcome, shape["effect"])}
    if "covariate_effect" in shape:
        out["covariate_effect"] = np.broadcast_to(
            design.scale[:, None] / per["covariate_effect"], shape["covariate_effect"]
        )
    if "moderation" in shape:
        at = [design.covariates.index(name) for name in design.moderators]
        out["moderation"] = np.broadcast_to(outcome[:, None] / per["moderation"][at], shape["moderation"])
    if design.baselines:
        at = [design.outcomes.index(post) for post, _ in design.baselines]
        out["baseline_effect"] = outcome[at] / baseline_scale(design)
    if design.baselines_missing:
        out["baseline_missing_effect"] = outcome[[design.outcomes.index(post) for post, _ in design.baselines_missing]]
    return out


def covariate_scale(design: Design) -> Array:
    """SD within arms [covariate] of the covariates; 1 for one that is the same for everybody in an arm."""
    at = slice(1, 1 + len(design.covariates))
    variance = np.diag(within_arms(design))[at]
    x = list(design.regressors)[at]
    square = np.diag(design.sums.sxx.sum(axis=0))[x] / design.sums.n.sum()
    return np.asarray(np.sqrt(np.where(variance > 1e-12 * square, variance, 1.0)))


def baseline_scale(design: Design) -> Array:
    """SD within arms [baseline] of the baselines of an ANCOVA, means in place of what is missing."""
    first = 1 + len(design.covariates)
    variance = np.diag(within_arms(design))[first : first + len(design.baselines)]
    return np.asarray(np.sqrt(variance))


def within_arms(design: Design) -> Array:
    """Covariance within arms [regressor, regressor] of the regressors, weighted by the arms' sizes."""
    return np.asarray(sum(share * covariance for share, covariance in by_arm(design)))


def by_arm(design: Design) -> list[tuple[float, Array]]:
    """Return the share of pupils, and the covariance [regressor, regressor] of their regressors, for each arm."""
    x = list(design.regressors)
    sums = design.sums
    out = []
    for g in range(len(design.arms)):
        here = sums.group == g
        n = sums.n[here].sum()
        total = sums.sxx[here].sum(0)[np.ix_(x, x)]
        out.append((float(n / sums.n.sum()), total / n - np.outer(total[0], total[0]) / n**2))
    return out
