"""Simulated pupils of a world: numpy alone, step by step, knowing nothing of the model's code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayespanel.families.panel.group_world import drawn, each
from bayespanel.families.panel.world import PanelWorld
from bayespanel.families.panel.worlds import null_panel, small_triangle, triangle_panel
from bayespanel.families.shared.enrolment import Roll, enrolled
from bayespanel.families.shared.simulation import categories, chance_of_missing, standard_normal, streams
from bayespanel.families.shared.world_fields import Array

__all__ = ["PanelWorld", "null_panel", "simulate", "small_triangle", "triangle_panel"]


def simulate(world: PanelWorld, seed: int) -> pd.DataFrame:
    """Draw the pupils of a world.

    School, class, scores and missing waves are drawn from separate streams of random numbers: the same seed with other
    missing waves gives the same scores.

    Returns
    -------
    pandas.DataFrame
        One row per pupil and wave, in this order, with the columns `pupil`, `wave` (1, 2, ...), `school`, `class`
        (numbers from 1, unique over schools), that of the groups if there are any, and one per variable (of one with
        items, per item), per covariate and per outcome after the last wave; the last two are known in all rows of a
        pupil or in none. A wave that a pupil missed is a row of NaN in the variables; waves after the pupil left are
        absent.
    """
    sitting, scoring, missing, grouping, standing, moving = streams(seed, 6)
    roll = enrolled(sitting, world.schools, world.classes_per_school, world.pupils_per_class, world.pupils)
    cohort = sitting.permutation(roll.classes) % world.cohorts  # of each class
    classes = _classes(world, roll, cohort, moving)
    group = drawn(world, len(roll.school), grouping) if world.groups else np.zeros(len(roll.school), np.int64)
    covariates = _covariates(world, len(roll.school), standing)
    scores, beside = _scores(world, roll, classes, group, covariates - covariates.mean(axis=0), scoring)
    observed, later = _observe(world, roll, group, scores, scoring), _later(world, *beside, standing)
    covariates = _thinned(covariates, world.covariate_missing, standing)
    present, seen = _presence(world, cohort[roll.classroom], observed, missing)
    scores = np.where(seen[..., None], observed, np.nan)
    pupil, wave = np.nonzero(present)
    table: dict[str, Any] = {
        "pupil": pupil + 1,
        "wave": wave + 1,
        "school": roll.school[pupil] + 1,
        "class": classes[pupil, wave] + 1,
    }
    if world.groups:
        labels = np.array(list(world.groups), dtype=object)
        table[world.grouping] = pd.Categorical(labels[group[pupil]], categories=list(world.groups))
    table |= {name: scores[pupil, wave, v] for v, name in enumerate(world.columns)}
    table |= {name: covariates[pupil, z] for z, name in enumerate(world.covariates)}
    return pd.DataFrame(table | {name: later[pupil, d] for d, name in enumerate(world.distal)})


def _classes(world: PanelWorld, roll: Roll, cohort: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the class [pupil, wave] of every pupil: that of the roll, or one drawn anew in every later school year."""
    classes = np.repeat(roll.classroom[:, None], world.waves, axis=1)
    if not world.re_formed_classes or world.school_years is None:
        return classes
    shared = roll.school * world.cohorts + cohort[roll.classroom]
    for year in range(1, max(world.school_years) + 1):
        now = roll.classroom.copy()
        for one in np.unique(shared):
            now[shared == one] = rng.permutation(now[shared == one])
        classes[:, np.array(world.school_years) == year] = now[:, None]
    return classes


def _covariates(world: PanelWorld, pupils: int, rng: np.random.Generator) -> Array:
    """Draw covariates [pupil, covariate]: with mean 0 and SD 1 over the pupils, or 0 and 1."""
    normal, uniform = rng.standard_normal((pupils, len(world.covariates))), rng.random((pupils, len(world.covariates)))
    out = (normal - normal.mean(axis=0)) / normal.std(axis=0)
    for z, name in enumerate(world.covariates):
        if name in world.covariate_shares:
            out[:, z] = uniform[:, z] < world.covariate_shares[name]
    return out


def _thinned(values: Array, missing: float, rng: np.random.Generator) -> Array:
    """Take values [pupil, .] out at random."""
    return np.where(rng.random(values.shape) < missing, np.nan, values)


def _later(world: PanelWorld, lasting: Array, deviation: Array, rng: np.random.Generator) -> Array:
    """Draw the outcomes after the last wave [pupil, outcome]."""
    out = rng.standard_normal((len(lasting), len(world.distal)))
    if world.distal_sd is not None:
        out = out * world.distal_sd + (0.0 if world.distal_mean is None else world.distal_mean)
    if world.distal_effect is not None:
        out = out + lasting @ world.distal_effect.reshape(len(world.distal), -1).T
    if world.distal_deviation_effect is not None:
        out = out + deviation @ world.distal_deviation_effect.T
    return _thinned(out, world.distal_missing, rng)


def _scores(
    world: PanelWorld,
    roll: Roll,
    classes: NDArray[np.int64],
    group: NDArray[np.int64],
    covariates: Array,
    rng: np.random.Generator,
) -> tuple[Array, tuple[Array, Array]]:
    """Draw the true scores [pupil, wave, variable]; and what lasts, and the deviations of the last wave.

    Scores are those of each group of pupils, and effects that all share.
    """
    v = len(world.variables)
    scores, deviation = np.zeros((len(group), world.waves, v)), np.zeros((len(group), v))
    lasting = np.zeros((len(group), v if world.slope_sd is None or world.intercept_sd is None else 2 * v))
    own = each(world)
    for g, one in enumerate(own.values()):
        for differing, here in _places(one, roll, group == g, rng):
            scores[here], lasting[here], deviation[here] = _of_pupils(differing, covariates[here], rng)
    for number, member, sd, corr in (
        (roll.classes, roll.classroom, None if world.re_formed_classes else world.class_sd, world.class_corr),
        (roll.schools, roll.school, world.school_sd, world.school_corr),
    ):
        if sd is not None:
            effects = standard_normal(rng, (number, sd.size), corr) * sd.ravel()
            scores += effects.reshape(number, -1, v)[member]
    if world.re_formed_classes and world.class_sd is not None:  # one effect for each class and year
        years = np.array(world.school_years)
        drawn_anew = standard_normal(rng, (years.max() + 1, roll.classes, v), world.class_corr) * world.class_sd
        scores += drawn_anew[years[None], classes]
    for g, one in enumerate(own.values()):
        if one.mean is not None:
            scores[group == g] += one.mean
        if one.covariate_effect is not None and not one.predicted:
            scores[group == g] += np.einsum("iz,tvz->itv", covariates[group == g], one.covariate_effect)
    return scores, (lasting, deviation)


def _places(
    world: PanelWorld, roll: Roll, here: NDArray[np.bool_], rng: np.random.Generator
) -> Iterator[tuple[PanelWorld, NDArray[np.bool_]]]:
    """The world and its pupils; where lags differ between schools, one world for each of them."""
    if world.lag_school_sd is None:
        yield world, here
        return
    for school in range(roll.schools):
        lag = world.lag + world.lag_school_sd * rng.standard_normal(world.lag_school_sd.shape)
        inside = here & (roll.school == school)
        if inside.any():
            yield replace(world, lag=lag, lag_school_sd=None, groups={}, by_group={}), inside


def _of_pupils(world: PanelWorld, covariates: Array, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Draw what is of pupils alone in the scores of one group [pupil, wave, variable], around their means.

    With it go what lasts in them, and the deviations of the last wave.
    """
    n, t, v = len(covariates), world.waves, len(world.variables)
    every, innovation_sd, innovation_corr = world.intervals()
    lags = every.copy()
    lags[0] = lags[0] if world.first_lag is None else world.first_lag
    stretch = _stretch(world, n, rng)
    lasting, stable = _lasting(world, stretch, covariates, rng)
    deviation = standard_normal(rng, (n, v), world.initial_corr) * world.initial_sd * stretch
    moving, shock = deviation, deviation  # moving: with what accumulates, if any does
    if world.accumulating:
        begun = lasting if world.first_loading is None else lasting @ world.first_loading.T
        moving = moving + begun
    scores = np.zeros((n, t, v))
    scores[:, 0] = moving if world.accumulating else stable[:, 0] + moving
    before = np.zeros((n, v))
    second, again = (np.zeros((v, v)) if m is None else m for m in (world.lag_2, world.moving_average))
    for step in range(t - 1):
        corr, echo = None if innovation_corr is None else innovation_corr[step], shock @ again.T
        shock = standard_normal(rng, (n, v), corr) * innovation_sd[step] * stretch
        deviation = deviation @ lags[step].T + before @ second.T + echo + shock
        before, moving = moving, moving @ lags[step].T + before @ second.T + echo + shock
        if world.accumulating:
            moving = moving + stable[:, step + 1]
        scores[:, step + 1] = moving if world.accumulating else stable[:, step + 1] + moving
    return scores, lasting, deviation


def _stretch(world: PanelWorld, pupils: int, rng: np.random.Generator) -> Array:
    """Draw by what all that is a pupil's own is multiplied [pupil, 1]: a normal becomes Student-t, of variance 1."""
    if world.tail_df is None:
        return np.ones((pupils, 1))
    return np.sqrt((world.tail_df - 2) / rng.chisquare(world.tail_df, (pupils, 1)))


def _lasting(world: PanelWorld, stretch: Array, covariates: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Draw what lasts in pupils [pupil, effect], and what it adds to each wave [pupil, wave, variable]."""
    pupils, t, v = len(stretch), world.waves, len(world.variables)
    stable = np.zeros((pupils, t, v))
    if world.intercept_sd is None:
        return np.zeros((pupils, v)), stable
    if world.slope_sd is None:
        effects = standard_normal(rng, (pupils, v), world.intercept_corr) * world.intercept_sd * stretch
        if world.predicted and world.covariate_effect is not None:
            effects = effects + covariates @ world.covariate_effect.T
        stable += effects[:, None]
        return effects, stable * (1.0 if world.intercept_loading is None else world.intercept_loading)
    sd = np.concatenate([world.intercept_sd, world.slope_sd])
    effects = standard_normal(rng, (pupils, 2 * v), world.growth_corr) * sd * stretch
    if world.predicted and world.covariate_effect is not None:
        effects = effects + covariates @ np.concatenate(list(world.covariate_effect)).T
    for wave, time in enumerate(world.clock):
        stable[:, wave] = effects[:, :v] + time * effects[:, v:]
    return effects, stable


def _observe(world: PanelWorld, roll: Roll, group: NDArray[np.int64], scores: Array, rng: np.random.Generator) -> Array:
    """Turn true scores into observed ones, in each group as its world says."""
    observed = np.empty((*scores.shape[:2], len(world.columns)))
    lasting = _lasting_items(world, roll, rng)
    for g, one in enumerate(each(world).values()):
        observed[group == g] = _observed(one, scores[group == g], lasting[group == g], rng)
    return observed


def _lasting_items(world: PanelWorld, roll: Roll, rng: np.random.Generator) -> Array:
    """Draw what items have of their own in pupils, classes and schools [pupil, item]."""
    pupils = np.arange(len(roll.school))
    out = np.zeros((len(pupils), sum(map(len, world.indicators.values()))))
    for number, member, sd in (
        (len(pupils), pupils, world.item_pupil_sd),
        (roll.classes, roll.classroom, world.item_class_sd),
        (roll.schools, roll.school, world.item_school_sd),
    ):
        if sd is not None:
            out += (rng.standard_normal((number, len(sd))) * sd)[member]
    return out


def _observed(world: PanelWorld, scores: Array, lasting: Array, rng: np.random.Generator) -> Array:
    """Turn the true scores of a group into observed ones: noise, items, then skew or categories."""
    observed = scores
    if world.measurement_error_sd is not None:
        noise = standard_normal(rng, scores.shape, world.measurement_error_corr)
        observed = observed + noise * world.measurement_error_sd
    mean = np.broadcast_to(0.0 if world.mean is None else world.mean, scores.shape[1:])
    observed, mean = _measured(world, observed, mean, lasting, rng)
    for name, strength in world.skew.items():
        v = world.columns.index(name)
        observed[..., v] = mean[:, v] + np.expm1(strength * (observed[..., v] - mean[:, v])) / strength
    for name, cuts in world.ordinal.items():
        v = world.columns.index(name)
        observed[..., v] = categories(observed[..., v], cuts)
    return observed


def _measured(
    world: PanelWorld, scores: Array, mean: Array, lasting: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Draw what measures the variables [pupil, wave, column], and its means [wave, column]."""
    if world.item_sd is None:
        return scores.copy(), mean
    every = [item for name in world.variables for item in world.indicators.get(name, ())]
    loads = np.ones(len(every)) if world.item_loading is None else world.item_loading
    own = np.zeros(len(every)) if world.item_intercept is None else world.item_intercept
    noise = lasting[:, None] + rng.standard_normal((*scores.shape[:2], len(every))) * world.item_sd
    found, means = [], []
    for v, name in enumerate(world.variables):
        at = [every.index(item) for item in world.indicators.get(name, ())]
        if not at:
            found.append(scores[..., v : v + 1])
            means.append(mean[:, v : v + 1])
            continue
        found.append(own[..., at] + loads[..., at] * scores[..., v : v + 1] + noise[..., at])
        means.append(own[..., at] + loads[..., at] * mean[:, v : v + 1])
    return np.concatenate(found, axis=2), np.concatenate(means, axis=1)


def _presence(
    world: PanelWorld, cohort: NDArray[np.int64], observed: Array, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Draw who is still enrolled, and who of these is seen, each [pupil, wave]; cohort [pupil]."""
    n, t = observed.shape[:2]
    present = np.ones((n, t), dtype=np.bool_)
    if world.cohorts > 1 and world.school_years is not None:
        # Cohort 0, the oldest, is in its last school year in year 0; cohort 1 in year 1; ...
        present = cohort[:, None] >= np.asarray(world.school_years)[None, :]
    missed = rng.random((n, t)) < world.missing_wave
    kept = np.argmax(np.where(present, rng.random((n, t)), -1.0), axis=1)
    seen = present & ~missed
    never = np.flatnonzero(~seen.any(axis=1))
    seen[never, kept[never]] = True
    if world.dropout > 0:
        gone = _dropped(world, observed, seen, rng)
        present, seen = present & ~gone, seen & ~gone
    return present, seen


def _dropped(
    world: PanelWorld, observed: Array, seen: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Draw who has dropped out by each wave [pupil, wave], given the last score that was seen."""
    n, t = seen.shape
    v = 0 if world.dropout_variable is None else world.columns.index(world.dropout_variable)
    gone = np.zeros((n, t), dtype=np.bool_)
    last = np.full(n, np.nan)
    draws = rng.random((n, t))
    for wave in range(1, t):
        now = seen[:, wave - 1] & ~gone[:, wave - 1]
        last[now] = observed[now, wave - 1, v]
        at_risk = ~np.isnan(last)
        gone[:, wave] = gone[:, wave - 1]
        gone[at_risk, wave] |= draws[at_risk, wave] < chance_of_missing(
            world.dropout, world.dropout_slope, last[at_risk]
        )
    return gone
