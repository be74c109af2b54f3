"""Simulated pupils of a world: numpy alone, step by step, knowing nothing of the model's code."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayespanel.errors import SpecError
from bayespanel.families.riclpm.world import Array, PanelWorld
from bayespanel.families.riclpm.worlds import null_panel, small_triangle, triangle_panel

__all__ = ["PanelWorld", "null_panel", "simulate", "small_triangle", "triangle_panel"]


def simulate(world: PanelWorld, seed: int) -> pd.DataFrame:
    """Draw the pupils of a world.

    School, class, scores and missing waves are drawn from separate streams of random numbers: the same seed with other
    missing waves gives the same scores.

    Parameters
    ----------
    world
        The truth and the design.
    seed
        A whole number, 0 or more; the same seed gives the same table.

    Returns
    -------
    pandas.DataFrame
        One row per pupil and wave, in this order, with the columns `pupil`, `wave` (1, 2, ...), `school`, `class`
        (numbers from 1, unique over schools) and one per variable. A wave that a pupil missed is a row of NaN; waves
        after the pupil left are absent.

    Raises
    ------
    SpecError
        The seed is not a whole number, 0 or more.
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise SpecError("A seed is a whole number, 0 or more.", f"It is {seed!r}.", "Give such a number.")
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(int(seed)).spawn(3)]
    roll = _enrol(world, streams[0])
    observed = _observe(world, _scores(world, roll, streams[1]), streams[1])
    enrolled, seen = _presence(world, roll, observed, streams[2])
    scores = np.where(seen[..., None], observed, np.nan)
    pupil, wave = np.nonzero(enrolled)
    table = {
        "pupil": pupil + 1,
        "wave": wave + 1,
        "school": roll.school[pupil] + 1,
        "class": roll.classroom[pupil] + 1,
    }
    return pd.DataFrame(table | {name: scores[pupil, wave, v] for v, name in enumerate(world.variables)})


@dataclass(frozen=True, eq=False)
class _Roll:
    """Who sits where: school, class and cohort of each pupil, school [pupil], classroom [pupil], cohort [pupil]."""

    schools: int
    classes: int
    school: NDArray[np.int64]
    classroom: NDArray[np.int64]
    cohort: NDArray[np.int64]


def _enrol(world: PanelWorld, rng: np.random.Generator) -> _Roll:
    """Draw the sizes of schools and classes, and spread cohorts over classes."""
    low, high = world.pupils_per_class
    if world.pupils is None:
        classes = rng.integers(*world.classes_per_school, size=world.schools, endpoint=True)
        sizes = rng.integers(low, high, size=int(classes.sum()), endpoint=True)
    else:
        least, most = -(-world.pupils // high), world.pupils // low
        classes = _sizes(rng, world.schools, world.classes_per_school, least, most)
        sizes = _sizes(rng, int(classes.sum()), (low, high), world.pupils, world.pupils)
    school_of_class = np.repeat(np.arange(world.schools), classes)
    cohort_of_class = rng.permutation(len(sizes)) % world.cohorts
    classroom = np.repeat(np.arange(len(sizes)), sizes)
    return _Roll(world.schools, len(sizes), school_of_class[classroom], classroom, cohort_of_class[classroom])


def _sizes(rng: np.random.Generator, number: int, limits: tuple[int, int], least: int, most: int) -> NDArray[np.int64]:
    """Draw sizes within limits, then move some by one until their sum lies between `least` and `most`."""
    low, high = limits
    sizes = rng.integers(low, high, size=number, endpoint=True)
    while (total := int(sizes.sum())) < least:
        room = np.flatnonzero(sizes < high)
        sizes[rng.permutation(room)[: least - total]] += 1
    while (total := int(sizes.sum())) > most:
        room = np.flatnonzero(sizes > low)
        sizes[rng.permutation(room)[: total - most]] -= 1
    return sizes


def _scores(world: PanelWorld, roll: _Roll, rng: np.random.Generator) -> Array:
    """Draw the true scores [pupil, wave, variable]."""
    n, t, v = len(roll.school), world.waves, len(world.variables)
    lags = np.broadcast_to(world.lag, (t - 1, v, v))
    innovation_sd = np.broadcast_to(world.innovation_sd, (t - 1, v))
    innovation_corr = None if world.innovation_corr is None else np.broadcast_to(world.innovation_corr, (t - 1, v, v))
    stable = _draw(rng, n, world.intercept_sd, world.intercept_corr, v)
    within = _draw(rng, n, world.initial_sd, world.initial_corr, v)
    scores = np.zeros((n, t, v))
    scores[:, 0] = stable + within
    for step in range(t - 1):
        corr = None if innovation_corr is None else innovation_corr[step]
        within = within @ lags[step].T + _draw(rng, n, innovation_sd[step], corr, v)
        scores[:, step + 1] = stable + within
    for number, member, sd, corr in (
        (roll.classes, roll.classroom, world.class_sd, world.class_corr),
        (roll.schools, roll.school, world.school_sd, world.school_corr),
    ):
        if sd is not None:
            effects = _draw(rng, number, sd.ravel(), corr, sd.size).reshape(number, -1, v)
            scores += effects[member]
    return scores if world.mean is None else scores + world.mean


def _draw(rng: np.random.Generator, number: int, sd: Array | None, corr: Array | None, size: int) -> Array:
    """Draw normal vectors [number, size] with mean 0; no sd: zeros."""
    if sd is None:
        return np.zeros((number, size))
    standard = rng.standard_normal((number, size))
    if corr is not None:
        standard = standard @ np.linalg.cholesky(corr).T
    return standard * sd


def _observe(world: PanelWorld, scores: Array, rng: np.random.Generator) -> Array:
    """Turn true scores into observed ones: noise, then skew or categories."""
    observed = scores
    if world.measurement_error_sd is not None:
        observed = observed + rng.standard_normal(scores.shape) * world.measurement_error_sd
    observed = observed.copy()
    mean = np.broadcast_to(0.0 if world.mean is None else world.mean, scores.shape[1:])
    for name, strength in world.skew.items():
        v = world.variables.index(name)
        observed[..., v] = mean[:, v] + np.expm1(strength * (observed[..., v] - mean[:, v])) / strength
    for name, cuts in world.ordinal.items():
        v = world.variables.index(name)
        observed[..., v] = np.searchsorted(np.asarray(cuts), observed[..., v], side="right")
    return observed


def _presence(
    world: PanelWorld, roll: _Roll, observed: Array, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Draw who is still enrolled, and who of these is seen, each [pupil, wave]."""
    n, t = observed.shape[:2]
    enrolled = np.ones((n, t), dtype=np.bool_)
    if world.cohorts > 1 and world.school_years is not None:
        # Cohort 0, the oldest, is in its last school year in year 0; cohort 1 in year 1; ...
        enrolled = roll.cohort[:, None] >= np.asarray(world.school_years)[None, :]
    missed = rng.random((n, t)) < world.missing_wave
    kept = np.argmax(np.where(enrolled, rng.random((n, t)), -1.0), axis=1)
    seen = enrolled & ~missed
    never = np.flatnonzero(~seen.any(axis=1))
    seen[never, kept[never]] = True
    if world.dropout > 0:
        gone = _dropped(world, observed, seen, rng)
        enrolled, seen = enrolled & ~gone, seen & ~gone
    return enrolled, seen


def _dropped(
    world: PanelWorld, observed: Array, seen: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Draw who has dropped out by each wave [pupil, wave], given the last score that was seen."""
    n, t = seen.shape
    v = 0 if world.dropout_variable is None else world.variables.index(world.dropout_variable)
    gone = np.zeros((n, t), dtype=np.bool_)
    last = np.full(n, np.nan)
    draws = rng.random((n, t))
    for wave in range(1, t):
        now = seen[:, wave - 1] & ~gone[:, wave - 1]
        last[now] = observed[now, wave - 1, v]
        at_risk = ~np.isnan(last)
        score = last[at_risk]
        spread = float(np.std(score)) if score.size else 0.0
        z = np.zeros(n)
        if spread > 0:
            z[at_risk] = (score - score.mean()) / spread
        log_odds = np.log(world.dropout / (1 - world.dropout)) + world.dropout_slope * z
        leaves = at_risk & (draws[:, wave] < 1 / (1 + np.exp(-log_odds)))
        gone[:, wave] = gone[:, wave - 1] | leaves
    return gone
