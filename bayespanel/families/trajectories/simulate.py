"""Simulated pupils with trajectories: numpy alone, step by step, knowing nothing of the model's code."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayespanel.families.shared.enrolment import spread
from bayespanel.families.shared.simulation import categories, standard_normal, streams
from bayespanel.families.shared.world_fields import Array
from bayespanel.families.trajectories.world import Arm, Course, TrajectoryWorld
from bayespanel.families.trajectories.worlds import persistent_victims

__all__ = ["Arm", "Course", "TrajectoryWorld", "persistent_victims", "simulate"]


def simulate(world: TrajectoryWorld, seed: int) -> pd.DataFrame:
    """Draw the pupils of a world.

    Returns
    -------
    pandas.DataFrame
        One row per pupil and wave with the columns `pupil`, `wave` (1, 2, ...), `school`, `class` (numbers from 1,
        unique over schools), `programme` (1 under intervention, 0 in control), the predictors, the outcome (NaN at a
        missed wave), and `trajectory`, the class that the pupil was drawn from, which no real table has. Waves after a
        pupil has left are absent.
    """
    frames, pupils, schools, classes = [], 0, 0, 0
    for programme, arm, rng in zip((0, 1), (world.control, world.intervention), streams(seed, 2), strict=True):
        if arm is None:
            continue
        frame = _arm(world, arm, rng)
        frame.insert(4, "programme", programme)
        for column, shift in (("pupil", pupils), ("school", schools), ("class", classes)):
            frame[column] += shift
        pupils, schools, classes = (int(frame[column].max()) for column in ("pupil", "school", "class"))
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _arm(world: TrajectoryWorld, arm: Arm, rng: np.random.Generator) -> pd.DataFrame:
    n = arm.pupils
    roll = spread(rng, arm.schools, n, world.class_sizes)
    x = standard_normal(rng, (n, len(world.predictors)), world.predictor_corr)
    which = _which(world, arm, x, roll.school, rng)
    scores = _scores(world, arm, which, rng)
    present = _present(world, n, rng)
    missed = rng.random((n, world.waves)) < world.missing_wave
    missed[np.arange(n), rng.integers(_last(present) + 1)] = False  # everyone is seen once
    scores = np.where(missed, np.nan, scores)
    pupil, wave = np.nonzero(present)
    names = np.array([course.name for course in arm.courses], dtype=object)
    table: dict[str, object] = {
        "pupil": pupil + 1,
        "wave": wave + 1,
        "school": roll.school[pupil] + 1,
        "class": roll.classroom[pupil] + 1,
    }
    table |= {name: x[pupil, j] for j, name in enumerate(world.predictors)}
    return pd.DataFrame(table | {world.outcome: scores[pupil, wave], "trajectory": names[which[pupil]]})


def _which(
    world: TrajectoryWorld, arm: Arm, x: Array, school: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw the class of each pupil."""
    utility = np.zeros((len(x), len(arm.courses)))
    for k, course in enumerate(arm.courses):
        utility[:, k] = course.log_odds
        for j, name in enumerate(world.predictors):
            utility[:, k] += course.effects.get(name, 0.0) * x[:, j]
        if world.symmetric:
            utility[:, k] += world.school_sd / np.sqrt(2.0) * rng.standard_normal(arm.schools)[school]
        elif k > 0:
            utility[:, k] += world.school_sd * rng.standard_normal(arm.schools)[school]
    # The largest of utilities with Gumbel noise is a draw by the logit's probabilities (McFadden 1974).
    return np.asarray(np.argmax(utility + rng.gumbel(size=utility.shape), axis=1))


def _scores(world: TrajectoryWorld, arm: Arm, which: NDArray[np.int64], rng: np.random.Generator) -> Array:
    mean = np.array([course.mean for course in arm.courses])[which]
    own = world.pupil_sd * rng.standard_normal(len(which))
    if world.cuts:
        latent = mean + own[:, None] + rng.logistic(size=mean.shape)
        return categories(latent, world.cuts)
    if world.events is not None:
        rate = np.exp(mean + own[:, None])
        if world.events > 0:
            rate = rate * rng.gamma(1.0 / world.events, world.events, rate.shape)
        numbers = rng.poisson(rate).astype(float)
        numbers[rng.random(numbers.shape) < world.excess_zeros] = 0.0
        return numbers
    return np.asarray(mean + own[:, None] + world.residual_sd * rng.standard_normal(mean.shape))


def _present(world: TrajectoryWorld, n: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Draw who is still enrolled [pupil, wave]."""
    present = np.ones((n, world.waves), dtype=np.bool_)
    age, below = rng.random(n), 0.0
    for last, share in sorted(world.leaves.items()):
        present[(below <= age) & (age < below + share), last:] = False
        below += share
    return present


def _last(present: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.asarray(present.sum(axis=1) - 1)
