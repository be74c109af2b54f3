"""Simulated pupils of a trial: numpy and distribution functions, step by step, knowing nothing of the model's code."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammaincinv, ndtr

from bayespanel.families.shared.enrolment import Roll, enrolled
from bayespanel.families.shared.simulation import categories, chance_of_missing, standard_normal, streams
from bayespanel.families.shared.world_fields import Array
from bayespanel.families.trial.world import TrialWorld
from bayespanel.families.trial.worlds import involvement, small_trial

__all__ = ["TrialWorld", "involvement", "simulate", "small_trial"]


def simulate(world: TrialWorld, seed: int) -> pd.DataFrame:
    """Draw the pupils of a trial.

    Sizes, arms, sexes, scores and missing scores are drawn from separate streams of random numbers: the same seed with
    other effects gives the same pupils, and with other missing rates the same scores.

    Returns
    -------
    pandas.DataFrame
        One row per pupil with the columns `pupil`, `school`, `class` (numbers from 1, classes unique over schools; no
        `class` without a class level), `arm` (label), `girl` (0 or 1, if the world has girls), one per pre-test and
        one per outcome. A missing score is NaN; a pupil without any score still has a row.
    """
    sitting, allocating, sexes, scoring, missing, differing, counting = streams(seed, 7)
    classes = world.classes_per_school or (1, 1)
    roll = enrolled(sitting, world.schools, classes, world.pupils_per_class, world.pupils)
    arm = _allocate(world, roll, allocating)
    girl = (sexes.random(len(roll.school)) < (world.girls or 0.0)).astype(np.int64)
    pre, post = _scores(world, roll, arm, girl, scoring, differing, counting)
    tested = [k for k, name in enumerate(world.outcomes) if name in world.baseline]
    pre_seen, post_seen = _seen(world, pre, tested, missing)
    table: dict[str, object] = {"pupil": np.arange(len(arm)) + 1, "school": roll.school + 1}
    if world.classes_per_school is not None:
        table["class"] = roll.classroom + 1
    table["arm"] = np.asarray(world.arms, dtype=object)[arm]
    if world.girls is not None:
        table["girl"] = girl
    for k in tested:
        table[world.baseline[world.outcomes[k]]] = np.where(pre_seen[:, k], pre[:, k], np.nan)
    for k, name in enumerate(world.outcomes):
        table[name] = np.where(post_seen[:, k], post[:, k], np.nan)
    return pd.DataFrame(table)


def _allocate(world: TrialWorld, roll: Roll, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw the arm of each pupil [pupil], as its number."""
    if world.randomised == "school":
        arms = np.repeat(np.arange(len(world.arms)), world.schools_per_arm)
        return rng.permutation(arms)[roll.school]
    by_class = world.randomised == "class"
    block = roll.school_of_class if by_class else roll.classroom
    # Random order within blocks, blocks one after the other: dealing arms in turn keeps each block balanced, and a
    # block's odd unit goes to the arm that is next, which keeps the whole trial balanced too.
    order = np.lexsort((rng.random(len(block)), block))
    arm = np.empty(len(block), dtype=np.int64)
    arm[order] = rng.permutation(len(world.arms))[np.arange(len(block)) % len(world.arms)]
    return arm[roll.classroom] if by_class else arm


def _scores(
    world: TrialWorld,
    roll: Roll,
    arm: NDArray[np.int64],
    girl: NDArray[np.int64],
    rng: np.random.Generator,
    differing: np.random.Generator,
    counting: np.random.Generator,
) -> tuple[Array, Array]:
    """Draw pre-test and post-test scores, each [pupil, outcome]; pre-tests also of outcomes that have none.

    How effects differ between schools and numbers of events are drawn from streams of their own.
    """
    k = len(world.outcomes)
    mean = np.zeros(k) if world.mean is None else world.mean
    baseline_mean = mean if world.baseline_mean is None else world.baseline_mean
    girls = np.zeros(k) if world.girl_effect is None else world.girl_effect
    moderation = np.zeros_like(world.effect) if world.moderation is None else world.moderation
    first = np.zeros((1, k))
    effect = np.concatenate([first, world.effect])[arm] + np.concatenate([first, moderation])[arm] * girl[:, None]
    pre = baseline_mean + girls * girl[:, None]
    post = mean + girls * girl[:, None] + effect
    for number, member, sd, corr, stability in (
        (world.schools, roll.school, world.school_sd, world.school_corr, world.baseline_cluster_corr),
        (roll.classes, roll.classroom, world.class_sd, world.class_corr, world.baseline_cluster_corr),
    ):
        means = None if corr is None else corr[:k, :k]
        before, after = np.zeros((2, number, k))
        if sd is not None:
            before, after = _twice(rng, number, means, k, stability)
            own = np.broadcast_to(sd, (len(world.arms), k))[arm]
            pre, post = pre + before[member] * own, post + after[member] * own
        if member is roll.school and world.effect_sd is not None:
            more = _effects_of_schools(world, after, differing)
            post = post + more[arm, member]
    before, after = _twice(rng, len(arm), world.residual_corr, k, world.baseline_corr)
    for name in world.ordinal if world.link == "logistic" else ():
        j = world.outcomes.index(name)
        before[:, j], after[:, j] = _logistic(before[:, j]), _logistic(after[:, j])
    own = np.broadcast_to(world.residual_sd, (len(world.arms), k))[arm]
    pre, post = pre + before * own, post + after * own
    for name in world.events:
        j = world.outcomes.index(name)
        for scores, residual in ((pre, before), (post, after)):
            scores[:, j] = _events(world, name, scores[:, j] - residual[:, j], residual[:, j], counting)
    for name, cuts in world.ordinal.items():
        j = world.outcomes.index(name)
        for scores in (pre, post):
            scores[:, j] = categories(scores[:, j], cuts)
    return pre, post


def _events(world: TrialWorld, name: str, log_mean: Array, residual: Array, rng: np.random.Generator) -> Array:
    """Draw numbers of events, whose rates have the ranks of standard normal residuals."""
    rate, a = np.exp(log_mean), world.events[name]
    if a > 0:
        shape = 1 / a
        rate = rate * gammaincinv(shape, np.clip(ndtr(residual), 1e-15, 1 - 1e-15)) / shape
    number = rng.poisson(rate).astype(float)
    number[rng.random(len(number)) < world.excess_zeros.get(name, 0.0)] = 0.0
    return number


def _effects_of_schools(world: TrialWorld, means: Array, rng: np.random.Generator) -> Array:
    """Draw what the effect of each arm is more in a school than on average [arm, school, outcome], 0 in the first arm.

    Given the standardised means of schools, effects are normal around their regression on these.
    """
    assert world.effect_sd is not None  # asked for
    schools, k = means.shape
    corr, size = world.school_corr, world.effect_sd.size
    expected, left = np.zeros((schools, size)), np.eye(size)
    if corr is not None and len(corr) > k:
        slope = corr[k:, :k] @ np.linalg.pinv(corr[:k, :k])
        expected, left = means @ slope.T, corr[k:, k:] - slope @ corr[:k, k:]
    values, vectors = np.linalg.eigh(left)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    z = expected + rng.normal(size=(schools, size)) @ root.T
    more = np.swapaxes((z * world.effect_sd.ravel()).reshape(schools, -1, k), 0, 1)
    return np.concatenate([np.zeros((1, schools, k)), more])


def _twice(
    rng: np.random.Generator, number: int, corr: Array | None, outcomes: int, stability: float
) -> tuple[Array, Array]:
    """Draw standard normal vectors [number, outcome] at pre-test and post-test.

    Both have the correlation `corr`; pre-test j and post-test k correlate as stability times corr[j, k].
    """
    after, fresh = standard_normal(rng, (2, number, outcomes), corr)
    return stability * after + math.sqrt(1 - stability**2) * fresh, after


def _logistic(normal: Array) -> Array:
    """Turn standard normal scores into logistic ones of the same rank, mean 0 and variance 1."""
    # Log-odds of the normal distribution function, from its two tails, so that neither rounds to 0.
    z = normal / math.sqrt(2)
    log_odds = [math.log(math.erfc(-value)) - math.log(math.erfc(value)) for value in z]
    return np.array(log_odds, dtype=np.float64) * (math.sqrt(3) / math.pi)


def _seen(
    world: TrialWorld, pre: Array, tested: list[int], rng: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Draw which pre-test and post-test scores are seen, each [pupil, outcome]."""
    draws_pre, draws_post = rng.random((2, *pre.shape))
    pre_seen = draws_pre >= world.missing_baseline
    chance = np.full(pre.shape, world.missing_outcome)
    for k in tested if world.dropout_slope else ():
        seen = pre_seen[:, k]
        chance[seen, k] = chance_of_missing(world.missing_outcome, world.dropout_slope, pre[seen, k])
    return pre_seen, draws_post >= chance
