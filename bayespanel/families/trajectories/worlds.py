"""Ready worlds of trajectories: design-matched assumptions, every one of them a parameter or stated here.

None of these numbers is an estimate from the study whose design they match, and none says anything about children.
"""

from __future__ import annotations

import numpy as np

from bayespanel.families.shared.ready import ready
from bayespanel.families.trajectories.world import Arm, Course, TrajectoryWorld

PREDICTORS = ("peer_rejection", "anxiety", "depression", "parental_warmth", "parental_rejection")
"""Baseline risks of the study."""

CORRELATIONS = np.array(
    [
        [1.0, 0.2, 0.25, -0.1, 0.15],
        [0.2, 1.0, 0.5, -0.15, 0.2],
        [0.25, 0.5, 1.0, -0.25, 0.3],
        [-0.1, -0.15, -0.25, 1.0, -0.4],
        [0.15, 0.2, 0.3, -0.4, 1.0],
    ]
)
"""Assumed."""

RISKS = {
    "persistent": {
        "peer_rejection": 1.0, "anxiety": 0.7, "depression": 0.8, "parental_warmth": -0.6, "parental_rejection": 0.5,
    },
    "decreasing": {
        "peer_rejection": 0.6, "anxiety": 0.4, "depression": 0.4, "parental_warmth": -0.3, "parental_rejection": 0.2,
    },
}  # fmt: skip
"""Assumed log odds ratios per SD, against the low class; persistent against decreasing is their difference."""

MEANS = {
    "gaussian": {
        "persistent": (2.4, 2.5, 2.4, 2.5, 2.4),
        "decreasing": (2.1, 1.75, 1.27, 0.92, 0.45),
        "low": (0.4, 0.37, 0.33, 0.3, 0.25),
    },
    "ordinal": {
        "persistent": (2.2, 2.3, 2.3, 2.3, 2.4),
        "decreasing": (1.8, 1.16, 0.26, -0.38, -1.28),
        "low": (-2.0, -2.1, -2.25, -2.35, -2.5),
    },
}
"""Courses over the months 0, 5, 12, 17, 24: assumed, linear in time but for small steps."""


@ready
def persistent_victims(
    *,
    ordinal: bool = False,
    control: bool = True,
    school_sd: float = 0.3,
    pupil_sd: float = 0.0,
    missing_wave: float = 0.08,
    schools: int = 99,
    pupils: int | None = None,
) -> TrajectoryWorld:
    """Return a world with the design of the study of persistent victims: 9,122 pupils, five waves, two arms.

    Under intervention pupils are persistent victims, decreasing or low (one initial victim in five persists); in
    control persistent or low. No number in it is an estimate from the study, whose data are not public.

    Parameters
    ----------
    ordinal
        Scores 0 to 4 in place of continuous ones.
    control
        Whether the control arm is there.
    school_sd, pupil_sd, missing_wave
        See `TrajectoryWorld`; pupil_sd is in logits with ordinal scores.
    schools, pupils
        Of both arms together, two thirds of them under intervention; pupils left out are as many per school as in the
        study.
    """
    means = MEANS["ordinal" if ordinal else "gaussian"]
    number = round(9122 * schools / 99) if pupils is None else pupils
    treated, own = round(schools * 66 / 99), round(number * 6142 / 9122)
    low = Course("low", 0.0, means["low"])
    persistent = Course("persistent", -4.2, means["persistent"], RISKS["persistent"])
    decreasing = Course("decreasing", -1.75, means["decreasing"], RISKS["decreasing"])
    high = Course("persistent", -2.3, means["persistent"], RISKS["persistent"])
    return TrajectoryWorld(
        outcome="victimisation",
        waves=5,
        control=Arm(number - own, schools - treated, (low, high)) if control else None,
        intervention=Arm(own, treated, (low, decreasing, persistent)),
        predictors=PREDICTORS,
        predictor_corr=CORRELATIONS,
        pupil_sd=pupil_sd,
        cuts=(0.0, 1.3, 2.2, 3.0) if ordinal else (),
        school_sd=school_sd,
        missing_wave=missing_wave,
        leaves={1: 0.12, 3: 0.12},
    )
