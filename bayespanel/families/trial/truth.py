"""What is true in a simulated trial, by the names of the posterior; and its table as the model's data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.special import polygamma

from bayespanel.data import Trial
from bayespanel.data.guesses import QUESTIONS
from bayespanel.families.shared.named import Content, one_draw
from bayespanel.families.shared.world_fields import Array
from bayespanel.families.trial.design import APART, terms_of
from bayespanel.families.trial.levels import settled_for as settled_for
from bayespanel.families.trial.pooling import placement
from bayespanel.families.trial.spec import ClusterTrial, split_levels, varying_level
from bayespanel.families.trial.world import TrialWorld
from bayespanel.language.names import LEVELS

LATENT_SD = {"logit": float(np.pi / np.sqrt(3.0)), "probit": 1.0}
"""SD of a pupil's latent score, in the units of a link."""


def observed(spec: ClusterTrial, world: TrialWorld, frame: pd.DataFrame) -> Trial:
    """Return simulated pupils as the data of a model."""
    spec = settled_for(spec, world)
    return Trial.from_frame(
        frame,
        arm="arm",
        control=world.arms[0],
        outcomes=list(spec.outcomes),
        randomised=world.randomised,  # type: ignore[arg-type]  # a world checks it
        baseline={post: pre for post, pre in world.baseline.items() if post in spec.outcomes},
        covariates=list(spec.covariates),
        classroom="class" if "class" in (*spec.cluster_levels, world.randomised) else None,
        school="school" if "school" in (*spec.cluster_levels, world.randomised) else None,
        pupil="pupil",
        accept=tuple(QUESTIONS),  # simulated scores are what they are
    )


def truth(spec: ClusterTrial, world: TrialWorld) -> dict[str, xr.Dataset]:
    """Return the truth of a world as a posterior of one draw; NaN for what has no true value in it.

    Effects are those on the scores behind categories, if there are any: in total SDs of these, and raw in the units of
    the link. Where categories or numbers of events are taken as scores, raw effects have no true value. The effect of a
    family is the mean of its outcomes' standardised effects. What a model leaves out, a level or the girls, counts to
    its residual.
    """
    spec = settled_for(spec, world)
    known = set(spec.outcomes) <= set(world.outcomes)
    at = np.array([world.outcomes.index(name) if known else 0 for name in spec.outcomes])
    content = _effects(spec, world, at)
    labels = {
        "outcome": spec.outcomes,
        "cell": spec.outcomes,
        "cell_": spec.outcomes,
        "arm": world.arms[1:],
        "family": tuple(spec.families),
        "moderator": spec.moderators,
        "level": spec.cluster_levels,
        "every_arm": world.arms,
        "term": (terms := terms_of(spec.outcomes, world.arms, spec.outcomes)),
        "term_": terms,
    }
    if spec.link == "identity":
        content |= _of_numbers(spec, world, at)
    elif spec.link == "log":
        content |= _of_events(spec, world, at)
    elif known and all(name in world.ordinal for name in spec.outcomes):
        cuts = {name: world.ordinal[name] for name in spec.outcomes}
        labels["boundary"] = tuple(f"{name}: {i} | {i + 1}" for name, own in cuts.items() for i in range(len(own)))
        unit = _units(spec, world, at)
        mean = _mean(world, at)
        value = [(cut - mean[o]) * unit[o] for o, name in enumerate(spec.outcomes) for cut in cuts[name]]
        content["threshold"] = (("boundary",), np.array(value))
    if not known:
        content = {name: (dims, value * np.nan) for name, (dims, value) in content.items()}
    dataset = one_draw(content, labels)
    return {"posterior": dataset} | ({"unpooled": dataset} if spec.families else {})


def _effects(spec: ClusterTrial, world: TrialWorld, at: NDArray[np.int64]) -> Content:
    """Effects, and the shares of the variance."""
    arms = len(world.arms) - 1
    lead = ("arm",) if arms > 1 else ()
    difference, _ = _girls(world, at)
    covariance, random = _levels(spec, world, at)
    explained = _explained(world, at)
    total = np.sqrt(random + explained)
    unit = _units(spec, world, at)
    effect = world.effect[:, at] + (world.girls or 0.0) * difference

    def by_arm(values: Array) -> Array:
        return values if arms > 1 else values[0]

    standardised = effect / np.where(_counted(spec, world) & (spec.link != "log"), np.nan, total)
    dims = "outcome" if spec.link != "identity" else "cell"
    content: Content = {
        "effect": ((*lead, "outcome"), by_arm(effect * unit)),
        "effect_standardised": ((*lead, "outcome"), by_arm(standardised)),
        "total_sd": (("outcome",), total * unit),
    }
    if spec.moderators:
        slopes = np.stack([difference * unit if name == "girl" else difference * np.nan for name in spec.moderators], 2)
        content["moderation"] = ((*lead, "outcome", "moderator"), by_arm(slopes))
    if spec.families:
        members, family, _ = placement(spec)
        mean = [standardised[:, [m for m, g in zip(members, family, strict=True) if g == f]].mean(axis=1)
                for f in range(len(spec.families))]  # fmt: skip
        content["family_effect"] = ((*lead, "family"), by_arm(np.stack(mean, axis=1)))
    share = _shares(world)
    variance = {level: share @ np.diagonal(matrix, axis1=1, axis2=2) for level, matrix in covariance.items()}
    for level in spec.cluster_levels:
        content[f"{level}_sd"] = _sds(spec, world, level, dims, covariance[level], unit)
    if varying_level(spec):
        own = np.zeros_like(effect) if world.effect_sd is None else world.effect_sd[:, at]
        own = own if varying_level(spec) == "school" else own * np.nan
        content["effect_sd"] = ((*lead, "outcome"), by_arm(own * unit))
        content["effect_new"] = ((*lead, "outcome"), by_arm(own * np.nan))
        if varying_level(spec) == "school":
            variance["school"] = share @ _school_variances(world, at)
    if spec.cluster_levels:
        left = np.sum(list(variance.values()), axis=0)  # by covariates
        content["icc"] = (("level", "outcome"), np.stack([variance[level] / left for level in spec.cluster_levels]))
        if spec.varying_effects != "none" or spec.variances != "common" or spec.arms_without_classes:
            by_level = np.stack([variance[level] * unit**2 for level in spec.cluster_levels])
            content["level_variance"] = (("level", "outcome"), by_level)
    return content


def _of_events(spec: ClusterTrial, world: TrialWorld, at: NDArray[np.int64]) -> Content:
    """What only a model of counts of events has; NaN for an outcome that is none."""
    unit = _units(spec, world, at)
    own = {"log_mean": _mean(world, at), "rate_cv": np.sqrt([world.events.get(name, np.nan) for name in spec.outcomes])}
    if spec.zero_inflated:
        share = own["excess_zeros"] = np.array([world.excess_zeros.get(name, 0.0) for name in spec.outcomes])
        with np.errstate(divide="ignore"):
            own["zero_inflation"] = np.log(share) - np.log1p(-share)
    return {name: (("outcome",), value * unit) for name, value in own.items()}


def _counted(spec: ClusterTrial, world: TrialWorld) -> NDArray[np.bool_]:
    """Return which outcomes are counts of events."""
    return np.array([name in world.events for name in spec.outcomes])


def _sds(
    spec: ClusterTrial, world: TrialWorld, level: str, dims: str, matrices: Array, unit: Array
) -> tuple[tuple[str, ...], Array]:
    """Return the SDs of a level, from its covariance in each arm [arm, outcome, outcome]."""
    each = np.sqrt(np.diagonal(matrices, axis1=1, axis2=2)) * unit
    if _is_split(spec, world, level):
        return ("every_arm", dims), each
    if level == "class":
        each = each[[arm not in spec.arms_without_classes for arm in world.arms]]
    # In a model with one for all arms it has no true value where they differ.
    return (dims,), np.where(np.ptp(each, axis=0) <= 1e-12 * each.max(axis=0), each[0], np.nan)


def _is_split(spec: ClusterTrial, world: TrialWorld, level: str) -> bool:
    """Return whether each arm has a covariance of its own at a level."""
    return ("residual" if level == "pupil" else level) in split_levels(spec, APART[world.randomised])


def _of_numbers(spec: ClusterTrial, world: TrialWorld, at: NDArray[np.int64]) -> Content:
    """What only a model of numbers has: means, residuals and correlations."""
    covariance, _ = _levels(spec, world, at)
    unit = _units(spec, world, at)
    content: Content = {"mean": (("cell",), _mean(world, at) * unit)}
    for level, matrices in covariance.items():
        name = "residual" if level == "pupil" else level
        if level == "pupil":
            content["residual_sd"] = _sds(spec, world, level, "cell", matrices, unit)
        if level == varying_level(spec) and spec.varying_effects == "correlated":
            content[f"{name}_corr"] = (("term", "term_"), _term_corr(world, at, level))
        elif len(at) > 1:
            sd = np.sqrt(np.diagonal(matrices, axis1=1, axis2=2))
            scale = np.where(sd > 0, sd, 1.0)
            corr = matrices / scale[:, :, None] / scale[:, None, :]
            corr[:, range(len(at)), range(len(at))] = 1.0
            apart = _is_split(spec, world, level)
            front = ("every_arm",) if apart else ()
            content[f"{name}_corr"] = ((*front, "cell", "cell_"), corr if apart else corr[0])
    return content


def _term_corr(world: TrialWorld, at: NDArray[np.int64], level: str) -> Array:
    """Return the correlations of the means of clusters and of the effects in them."""
    k, arms = len(world.outcomes), len(world.arms)
    picked = np.concatenate([g * k + at for g in range(arms)])
    corr = getattr(world, f"{level}_corr")
    full = np.eye(k * arms)
    if corr is not None:
        full[: len(corr), : len(corr)] = corr
    return full[np.ix_(picked, picked)]


def _shares(world: TrialWorld) -> Array:
    """Return the share of the pupils in each arm [arm] that is to be expected."""
    if world.randomised == "school":
        return np.asarray(world.schools_per_arm) / world.schools
    return np.full(len(world.arms), 1 / len(world.arms))


def _school_variances(world: TrialWorld, at: NDArray[np.int64]) -> Array:
    """Return the variance between schools in each arm [arm, outcome], that of effects included."""
    k, arms = len(world.outcomes), len(world.arms)
    mean = np.zeros(k) if world.school_sd is None else world.school_sd
    effect = np.zeros((arms - 1, k)) if world.effect_sd is None else world.effect_sd
    sd = np.concatenate([mean, effect.ravel()])
    corr = _term_corr(world, np.arange(k), "school")
    covariance = sd[:, None] * corr * sd
    out = np.tile(mean**2, (arms, 1))
    for g in range(1, arms):
        for j in range(k):
            out[g, j] += covariance[g * k + j, g * k + j] + 2 * covariance[j, g * k + j]
    return out[:, at]


def _levels(spec: ClusterTrial, world: TrialWorld, at: NDArray[np.int64]) -> tuple[dict[str, Array], Array]:
    """Return the covariance [arm, outcome, outcome] at each level of a model, and the variance of all levels together.

    A level that the model leaves out counts to the one inside, and so does a difference between girls and boys of which
    it does not know. Of schools it is that of their means; how effects vary counts to the variance of all levels alone.
    """
    arms, size = len(world.arms), len(at)
    out = {"pupil": np.zeros((arms, size, size))}
    share = _shares(world)
    random = share @ (_school_variances(world, at) if world.effect_sd is not None else np.zeros((arms, size)))
    for level in LEVELS:
        if level in spec.cluster_levels:
            out[level] = np.zeros((arms, size, size))
        name = "residual" if level == "pupil" else level
        sd, corr = getattr(world, f"{name}_sd"), getattr(world, f"{name}_corr")
        if sd is not None:
            own = np.broadcast_to(sd, (arms, len(world.outcomes)))[:, at]
            if level == "pupil" and spec.link == "log":
                own = _log_rate_sds(world, at)
            matrix = np.eye(size) if corr is None else corr[at[:, None], at]
            out[list(out)[-1]] += own[:, :, None] * matrix * own[:, None, :]
            if level != "school" or world.effect_sd is None:
                random = random + share @ own**2
    _, gap = _girls(world, at)
    spread = (world.girls or 0.0) * (1 - (world.girls or 0.0))
    if "girl" not in spec.moderators:
        left = gap - share @ gap if "girl" in spec.covariates else gap
        by_arm = spread * left[:, :, None] * left[:, None, :]
        out["pupil"] += by_arm if spec.variances == "by_arm" else np.tensordot(share, by_arm, 1)
    return out, random


def _log_rate_sds(world: TrialWorld, at: NDArray[np.int64]) -> Array:
    """Return the SD [arm, outcome] of pupils of a cluster on the scale of the logarithm: of their rates, and by chance.

    The trigamma function of Nakagawa et al. (2017), doi:10.1098/rsif.2017.0213, of the rates of each arm.
    """
    spread, shape = _explained(world, at), (len(world.arms), len(world.outcomes))
    for sd in (sd for sd in (world.class_sd, world.school_sd) if sd is not None):
        spread = spread + _shares(world) @ np.broadcast_to(sd, shape)[:, at] ** 2
    dispersion = np.array([world.events.get(world.outcomes[i], np.nan) for i in at])
    effect = world.effect[:, at] + (world.girls or 0.0) * _girls(world, at)[0]
    mean = _mean(world, at) + np.concatenate([np.zeros((1, len(at))), effect])
    return np.asarray(np.sqrt(polygamma(1, 1 / (np.exp(-mean - spread / 2) + dispersion))))


def _girls(world: TrialWorld, at: NDArray[np.int64]) -> tuple[Array, Array]:
    """Return how much effects differ among girls [arm - 1, outcome], and girls from boys in each arm [arm, outcome]."""
    none = np.zeros((len(world.arms) - 1, len(at)))
    difference = none if world.moderation is None else world.moderation[:, at]
    gap = np.vstack([np.zeros((1, len(at))), difference])
    return difference, gap + (0.0 if world.girl_effect is None else world.girl_effect[at])


def _explained(world: TrialWorld, at: NDArray[np.int64]) -> Array:
    """Return the variance within arms that is between girls and boys [outcome], over all pupils."""
    girls = world.girls or 0.0
    return np.asarray(girls * (1 - girls) * (_shares(world) @ _girls(world, at)[1] ** 2))


def _mean(world: TrialWorld, at: NDArray[np.int64]) -> Array:
    """Return the expected scores [outcome] in the first arm, of girls and boys together."""
    mean = np.zeros(len(at)) if world.mean is None else world.mean[at]
    return np.asarray(mean + (world.girls or 0.0) * (0.0 if world.girl_effect is None else world.girl_effect[at]))


def _units(spec: ClusterTrial, world: TrialWorld, at: NDArray[np.int64]) -> Array:
    """Return what one unit of the world's scores is in a model's raw units [outcome], NaN where it is nothing."""
    ordinal, counted = np.array([name in world.ordinal for name in spec.outcomes]), _counted(spec, world)
    if spec.link == "identity":
        return np.where(ordinal | counted, np.nan, 1.0)
    if spec.link == "log":
        return np.where(counted, 1.0, np.nan)
    pupil = np.sqrt(_levels(spec, world, at)[0]["pupil"][0].diagonal())
    return np.where(ordinal, LATENT_SD[spec.link] / pupil, np.nan)
