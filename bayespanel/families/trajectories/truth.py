"""What is true of simulated trajectories, by the names of the posterior; and their table as the model's data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from bayespanel.data import Panel
from bayespanel.families.trajectories.fields import ARMS
from bayespanel.families.trajectories.spec import Trajectories
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
    )


def truth(spec: Trajectories, world: TrajectoryWorld) -> dict[str, xr.Dataset]:
    """Return the truth of a world as a posterior of one draw; NaN for what has no true value in it.

    Log odds of predictors are known where model and world name the same classes. Shares, and what a programme does to
    them, follow from the world without a closed form and are not given.
    """
    labels, predictors = spec.trajectories, spec.predictors
    arms = {ARMS[0]: world.control, ARMS[1]: world.intervention}
    effect = np.full((len(labels), len(predictors)), np.nan)
    for row, label in enumerate(labels):
        prefix, sign, name = label.rpartition(": ")
        arm = arms[prefix] if sign and prefix in arms else world.intervention
        courses = {} if arm is None else {course.name: course for course in arm.courses}
        wanted = [own for group in spec.names for own in group]
        if name in courses and (sign or set(wanted) == set(courses)):
            effect[row] = [courses[name].effects.get(p, 0.0 if p in world.predictors else np.nan) for p in predictors]
    dims = ("chain", "draw")
    shared = spec.arm is not None and not spec.by_arm
    share = np.full((1, 1, *((2,) if shared else ()), len(labels)), np.nan)
    content = {"share": ((*dims, *(("arm",) if shared else ()), "trajectory"), share)}
    coords: dict[str, object] = {"chain": [0], "draw": [0], "trajectory": list(labels)}
    if predictors:
        content["membership_effect"] = ((*dims, "trajectory", "predictor"), effect[None, None])
        coords |= {"predictor": list(predictors), "predictor_sd": ("predictor", np.ones(len(predictors)))}
    if shared:
        coords["arm"] = list(ARMS)
    return {"posterior": xr.Dataset(content, coords=coords)}
