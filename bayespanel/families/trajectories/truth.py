"""What is true of simulated trajectories, by the names of the posterior; and their table as the model's data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from bayespanel.data import Panel
from bayespanel.data.guesses import QUESTIONS
from bayespanel.families.shared.named import Content, one_draw
from bayespanel.families.shared.world_fields import Array
from bayespanel.families.trajectories.fields import ARMS
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trajectories.statistics import require_unit
from bayespanel.families.trajectories.world import TrajectoryWorld


def observed(spec: Trajectories, world: TrajectoryWorld, frame: pd.DataFrame) -> Panel:
    """Return simulated pupils as the data of a model; a model without an arm sees those of the intervention alone."""
    if spec.arm is None and world.control is not None:
        frame = frame[frame["programme"] == 1]
    if spec.arm is not None and spec.arm != "programme":
        frame = frame.rename(columns={"programme": spec.arm})
    return Panel.from_long(
        frame,
        pupil="pupil",
        wave="wave",
        variables=[spec.outcome],
        classroom="class" if "class" in spec.levels else None,
        school="school" if "school" in spec.levels else None,
        covariates=list(spec.covariates),
        accept=tuple(QUESTIONS),  # simulated scores are what they are
    )


def settled_for(spec: Trajectories, world: TrajectoryWorld) -> Trajectories:
    """Return the specification, after checking that it has the schools that are allocated to the arms.

    Raises
    ------
    SpecError
        It compares arms and leaves their schools out.
    """
    if world.control is not None:
        require_unit(spec, "school", "In this world schools are allocated to the arms")
    return spec


def truth(spec: Trajectories, world: TrajectoryWorld) -> dict[str, xr.Dataset]:
    """Return the truth of a world as a posterior of one draw; NaN for what has no true value in it.

    Log odds of predictors are known where model and world name the same classes, and the model leaves out no predictor
    that matters. Shares, and what a programme does to them, follow from the world without a closed form and are not
    given.
    """
    labels, predictors = spec.trajectories, spec.predictors
    effect = np.concatenate(
        [_effects(spec, world, arm, names) for arm, names in zip(_arms(spec), spec.names, strict=True)]
    )
    shared = spec.arm is not None and not spec.by_arm
    dims = ("arm", "trajectory") if shared else ("trajectory",)
    content: Content = {"share": (dims, np.full((2, len(labels))[-len(dims) :], np.nan))}
    if predictors:
        content["membership_effect"] = (("trajectory", "predictor"), effect)
    dataset = one_draw(content, {"trajectory": labels, "predictor": predictors, "arm": ARMS})
    if predictors:
        dataset = dataset.assign_coords(predictor_sd=("predictor", np.ones(len(predictors))))
    return {"posterior": dataset}


def _arms(spec: Trajectories) -> tuple[str, ...]:
    """Return the arm of each group of classes; classes that arms share are those of the intervention."""
    return ARMS if spec.by_arm else ARMS[1:]


def _effects(spec: Trajectories, world: TrajectoryWorld, name: str, classes: tuple[str, ...]) -> Array:
    """Return the log odds [class, predictor] of the classes of an arm."""
    out = np.full((len(classes), len(spec.predictors)), np.nan)
    arm = getattr(world, name)
    if arm is None or set(classes) != {course.name for course in arm.courses}:
        return out
    courses = {course.name: course.effects for course in arm.courses}
    others = world.control.courses if spec.arm and not spec.by_arm and world.control else ()
    agree = all(dict(courses.get(other.name, {})) == dict(other.effects) for other in others)
    left_out = {p for effects in courses.values() for p, value in effects.items() if value} - set(spec.predictors)
    for row, own in enumerate(classes):
        for column, predictor in enumerate(spec.predictors):
            if agree and not left_out and predictor in world.predictors:
                out[row, column] = courses[own].get(predictor, 0.0)
    return out
