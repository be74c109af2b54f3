"""Trajectories whose truth is drawn from the priors of a model, for its calibration.

Classes have no order of their own: truth and draws are both put in order of their average expected score, draw by draw,
so that what is ranked does not hang on labels.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import xarray as xr
from scipy.special import expit

from bayespanel.families.shared.world_fields import Array
from bayespanel.families.trajectories.growth import growth
from bayespanel.families.trajectories.plan import LATENT_SD
from bayespanel.families.trajectories.simulate import simulate
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trajectories.world import Course, TrajectoryWorld
from bayespanel.language.errors import SpecError
from bayespanel.language.prior_draws import drawn

SORTED = ("expected", "growth", "membership_intercept", "membership_effect", "programme_effect", "share")
"""What is put in order with the classes."""


def prior_world(
    spec: Trajectories, world: TrajectoryWorld, rng: np.random.Generator, seed: int
) -> tuple[TrajectoryWorld, xr.Dataset]:
    """Return a world with the design of another world and true values drawn from the priors, and these values by name.

    Parameters
    ----------
    spec
        The model, of ordered categories.
    world
        The design: pupils, schools, waves, missing waves, correlations of the predictors.
    rng
        Source of random numbers.
    seed
        The seed with which the world will be simulated: predictors count in their SDs among exactly these pupils.

    Raises
    ------
    SpecError
        The model has Gaussian scores, classes that differ by arm, effects of classrooms, or predictors or an arm that
        the world lacks.
    """
    _check(spec, world)
    course = growth(spec, tuple(str(wave + 1) for wave in range(world.waves)))
    k, level = len(spec.trajectories), course.is_level
    coefficients = np.empty((k, len(course.coefficients)))
    for name, here in (("growth_level", level), ("growth_change", ~level)):
        shape = (k, int(here.sum()))
        if here.any():
            coefficients[:, here] = drawn(spec.prior(name), rng, shape, unit=LATENT_SD / course.unit[here])
    mean = coefficients @ course.loadings.T
    cuts = np.zeros(len(spec.categories) - 1)
    if len(cuts) > 1:
        cuts[1:] = np.cumsum(drawn(spec.prior("threshold_gap"), rng, (len(cuts) - 1,), unit=LATENT_SD))
    expected = expit(mean[:, :, None] - cuts).sum(axis=2)
    order = np.argsort(-expected.mean(axis=1))
    mean, coefficients = mean[order], coefficients[order]
    logit = _symmetric(spec, rng, "membership_intercept", (k,))
    effect = _symmetric(spec, rng, "membership_effect", (k, len(spec.predictors)))
    programme = _symmetric(spec, rng, "programme_effect", (k,)) if spec.arm else np.zeros(k)
    school_sd = float(drawn(spec.prior("school_sd"), rng)) if spec.cluster_levels and k > 1 else 0.0
    blank = replace(world, cuts=tuple(cuts.tolist()), school_sd=school_sd, symmetric=True, pupil_sd=0.0)
    centre, sd = _units(spec, blank, seed)
    raw = effect if spec.predictors and spec.prior("membership_effect").scale == "raw" else effect / sd
    base = logit - raw @ centre
    courses = [
        tuple(
            Course(
                name,
                float(base[c] - base[0] + arm * (programme[c] - programme[0])),
                tuple(mean[c].tolist()),
                dict(zip(spec.predictors, (raw[c] - raw[0]).tolist(), strict=True)),
            )
            for c, name in enumerate(spec.names[0])
        )
        for arm in (0, 1)
    ]
    control = None if spec.arm is None or world.control is None else replace(world.control, courses=courses[0])
    intervention = replace(world.intervention, courses=courses[0] if control is None else courses[1])
    boundary = [f"{a:g}|{b:g}" for a, b in pairwise(spec.categories)]
    parameters = xr.Dataset(
        {
            "growth": (("trajectory", "coefficient"), coefficients),
            "threshold": (("boundary",), cuts),
            "membership_intercept": (("trajectory",), logit - logit.mean()),
            "membership_effect": (("trajectory", "predictor"), raw - raw.mean(axis=0)),
            **({"programme_effect": (("trajectory",), programme - programme.mean())} if spec.arm else {}),
            **({"school_sd": ((), school_sd)} if school_sd else {}),
        },
        coords={"trajectory": list(spec.trajectories), "coefficient": list(course.coefficients), "boundary": boundary},
    ).assign_coords(predictor=list(spec.predictors), predictor_sd=("predictor", sd))
    return replace(blank, control=control, intervention=intervention), parameters


def in_order(_spec: Trajectories, posterior: xr.Dataset) -> xr.Dataset:
    """Put the classes of every draw in order of their average expected score, the highest first."""
    order = np.argsort(-posterior["expected"].mean("wave").transpose("chain", "draw", "trajectory").values, axis=2)
    out = {}
    for name in SORTED:
        if name in posterior:
            dims = posterior[name].dims
            values = posterior[name].transpose("chain", "draw", "trajectory", ...)
            at = order.reshape(*order.shape, *[1] * (values.ndim - 3))
            moved = xr.DataArray(np.take_along_axis(values.values, at, axis=2), dims=values.dims)
            out[name] = moved.transpose(*dims).variable
    return posterior.assign(out)


def _check(spec: Trajectories, world: TrajectoryWorld) -> None:
    given = ""
    if spec.link != "logit" or not spec.categories or spec.by_arm:
        given = "It has Gaussian scores, undeclared categories, or classes that differ by arm."
    elif spec.categories != tuple(range(len(spec.categories))):
        given = "Its categories are not 0, 1, 2, ..."
    elif not set(spec.predictors) <= set(world.predictors):
        given = f"The world has the predictors {', '.join(world.predictors)}."
    elif "class" in spec.levels:
        given = "The model has effects of classrooms; those of the world are its schools' alone."
    elif spec.arm is not None and world.control is None:
        given = "The model has an arm; the world has no control."
    if given:
        raise SpecError(
            "Trajectories are calibrated with declared categories 0, 1, ..., classes that all pupils share, effects of "
            "schools at most, and predictors and arms of the world.",
            given,
            "Change the card or the world.",
        )


def _symmetric(spec: Trajectories, rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> Array:
    """Draw values per class whose difference between any two has the prior of the row."""
    if shape[-1] == 0:
        return np.zeros(shape)
    return np.asarray(drawn(spec.prior(name), rng, shape) / np.sqrt(2.0))


def _units(spec: Trajectories, world: TrajectoryWorld, seed: int) -> tuple[Array, Array]:
    """Return mean and SD of the predictors among the pupils that will be seen; their scores do not matter for them."""
    if spec.arm is None:
        world = replace(world, control=None)
    pupils = simulate(world, seed).drop_duplicates("pupil")
    x = pupils[list(spec.predictors)].to_numpy(float)
    return x.mean(axis=0), x.std(axis=0)
