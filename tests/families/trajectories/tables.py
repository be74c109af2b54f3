"""Small worlds and panels of trajectories."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bayespanel import Panel
from bayespanel.families.trajectories.simulate import Arm, Course, TrajectoryWorld, simulate

TIMES = (0.0, 5.0, 12.0, 17.0)


COURSES = {
    "identity": ((3.0, 2.6, 2.2, 1.8), (0.5,) * 4),
    "logit": ((2.5, 2.0, 1.5, 1.0), (-1.5, -1.6, -1.7, -1.8)),
    "log": ((1.6, 1.4, 1.2, 1.0), (-1.0,) * 4),
}


def small_world(*, link: str = "identity", control: bool = True, pupil_sd: float = 0.0) -> TrajectoryWorld:
    """Two well separated classes under intervention, the same two in control, one predictor, few schools."""
    high, low = COURSES[link]
    courses = (Course("low", 0.0, low), Course("high", -1.0, high, {"anxiety": 1.0}))
    return TrajectoryWorld(
        outcome="victimisation",
        waves=4,
        control=Arm(200, 5, courses) if control else None,
        intervention=Arm(300, 6, courses),
        predictors=("anxiety",),
        residual_sd=0.6,
        pupil_sd=pupil_sd,
        cuts=(0.0, 1.5) if link == "logit" else (),
        events=0.5 if link == "log" else None,
        school_sd=0.2,
        missing_wave=0.15,
    )


def panel_of(frame: pd.DataFrame, covariates: tuple[str, ...] = ("anxiety", "programme")) -> Panel:
    return Panel.from_long(
        frame,
        pupil="pupil",
        wave="wave",
        variables=["victimisation"],
        classroom="class",
        school="school",
        covariates=covariates,
    )


def small_panel(seed: int = 1, **world: object) -> Panel:
    frame = simulate(small_world(**world), seed)  # type: ignore[arg-type]
    return panel_of(frame, ("anxiety", "programme") if frame["programme"].nunique() > 1 else ("anxiety",))


def wide_panel(values: np.ndarray, **covariates: np.ndarray) -> Panel:
    """A panel from scores [pupil, wave]; values that look like codes are scores here."""
    frame = pd.DataFrame(values, columns=[f"y{t}" for t in range(values.shape[1])]).assign(**covariates)
    columns = {"y": [f"y{t}" for t in range(values.shape[1])]}
    return Panel.from_wide(frame, columns=columns, covariates=list(covariates), accept=["codes"])
