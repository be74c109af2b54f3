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
        The model, of ordered categories or counts of events.
    world
        The design: pupils, schools, waves, missing waves, correlations of the predictors.
    rng
        Source of random numbers.
    seed
        The seed with which the world will be simulated: predictors count in their SDs among exactly these pupils.

    Raises
    ------
    SpecError
        The model has Gaussian scores, classes that differ by arm, slopes that differ within classes, effects of
        classrooms, or predictors or an arm that the world lacks; or priors of rates count from the mean of the data.
    """
    _check(spec, world)
    course = growth(spec, tuple(str(wave + 1) for wave in range(world.waves)))
    k, level = len(spec.trajectories), course.is_level
    latent_sd = LATENT_SD if spec.link == "logit" else 1.0
    coefficients = np.empty((k, len(course.coefficients)))
    for name, here in (("growth_level", level), ("growth_change", ~level)):
        shape = (k, int(here.sum()))
        if here.any():
            coefficients[:, here] = drawn(spec.prior(name), rng, shape, unit=latent_sd / course.unit[here])
    mean = coefficients @ course.loadings.T
    own = {name: float(drawn(spec.prior(name), rng)) for name in _scalars(spec)}
    cuts = np.zeros(max(len(spec.categories) - 1, 0))
    if len(cuts) > 1:
        cuts[1:] = np.cumsum(drawn(spec.prior("threshold_gap"), rng, (len(cuts) - 1,), unit=latent_sd))
    pupil_sd = float(drawn(spec.prior("random_sd"), rng, unit=latent_sd)) if spec.random == "intercept" else 0.0
    order = np.argsort(-_expected(mean, cuts, pupil_sd).mean(axis=1))
    mean, coefficients = mean[order], coefficients[order]
    logit = _symmetric(spec, rng, "membership_intercept", (k,))
    effect = _symmetric(spec, rng, "membership_effect", (k, len(spec.predictors)))
    programme = _symmetric(spec, rng, "programme_effect", (k,)) if spec.arm else np.zeros(k)
    school_sd = float(drawn(spec.prior("school_sd"), rng)) if spec.cluster_levels and k > 1 else 0.0
    blank = replace(
        world, cuts=tuple(cuts.tolist()), school_sd=school_sd, symmetric=True, pupil_sd=pupil_sd,
        events=own["rate_cv"] ** 2 if "rate_cv" in own else None,
        excess_zeros=float(expit(own["zero_inflation"])) if "zero_inflation" in own else 0.0,
    )  # fmt: skip
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
            **({"threshold": (("boundary",), cuts)} if len(cuts) else {}),
            **({"random_sd": (("random",), [pupil_sd])} if spec.random == "intercept" else {}),
            **{name: ((), value) for name, value in own.items()},
            "membership_intercept": (("trajectory",), logit - logit.mean()),
            "membership_effect": (("trajectory", "predictor"), raw - raw.mean(axis=0)),
            **({"programme_effect": (("trajectory",), programme - programme.mean())} if spec.arm else {}),
            **({"school_sd": ((), school_sd)} if school_sd else {}),
        },
        coords={"trajectory": list(spec.trajectories), "coefficient": list(course.coefficients), "boundary": boundary},
    ).assign_coords(random=["intercept"], predictor=list(spec.predictors), predictor_sd=("predictor", sd))
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
    if spec.link == "identity" or spec.by_arm or (spec.link == "logit" and not spec.categories):
        given = "The model has Gaussian scores, undeclared categories, or classes that differ by arm."
    elif spec.random == "slope":
        given = "Slopes differ within classes; the pupils of a world differ in level alone."
    elif spec.link == "log" and spec.prior("growth_level").scale != "raw":
        given = "The prior of 'growth_level' counts from the mean number of events of the data."
    elif spec.categories != tuple(range(len(spec.categories))):
        given = "The categories are not 0, 1, 2, ..."
    elif not set(spec.predictors) <= set(world.predictors):
        given = f"The world has the predictors {', '.join(world.predictors)}."
    elif "class" in spec.levels:
        given = "The model has effects of classrooms; those of the world are its schools' alone."
    elif spec.arm is not None and world.control is None:
        given = "The model has an arm; the world has no control."
    if given:
        raise SpecError(
            "Trajectories are calibrated with declared categories 0, 1, ... or counts of events whose priors are raw, "
            "classes that all pupils share, effects of schools at most, and predictors and arms of the world.",
            given,
            "Change the card or the world.",
        )


def _scalars(spec: Trajectories) -> tuple[str, ...]:
    """Names of the parameters of counts of events."""
    return (*(("rate_cv",) if spec.link == "log" else ()), *(("zero_inflation",) if spec.zero_inflated else ()))


def _expected(mean: Array, cuts: Array, pupil_sd: float) -> Array:
    """Expected category, or rate, of the pupils of a class at each wave [class, wave]."""
    if not len(cuts):
        return np.asarray(np.exp(mean))
    nodes, weight = np.polynomial.hermite_e.hermegauss(60)
    reached = expit(mean[:, :, None, None] + pupil_sd * nodes[:, None] - cuts).sum(axis=3)
    return np.asarray(reached @ (weight / weight.sum()))


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
