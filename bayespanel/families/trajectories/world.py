"""A world of trajectories: what is true of simulated pupils, and the design by which they are seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bayespanel.families.shared import world_fields as given
from bayespanel.families.shared.enrolment import require_simulable
from bayespanel.families.shared.world_fields import Array
from bayespanel.language.errors import SpecError, nearest
from bayespanel.language.values import flag, is_number, is_whole, listed, settle

COLUMNS = ("pupil", "wave", "class", "school", "arm", "programme", "trajectory")
"""Columns of every simulated table, and `arm`, which could be taken for `programme`."""


@dataclass(frozen=True)
class Course:
    """A class of pupils who take the same course.

    Parameters
    ----------
    name
        Its name.
    log_odds
        Log of its size against that of the first class of the arm, for a pupil with average predictors in an average
        school; 0 for the first class.
    mean
        Mean at each wave: of the scores, or, with cut points, of the latent score behind the categories, in logits.
    effects
        Predictor -> change of these log odds per SD of the predictor; 0 for those left out, and for the first class.
    """

    name: str
    log_odds: float
    mean: tuple[float, ...]
    effects: Mapping[str, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Check that every field is of its kind; what a world makes of a course, the world checks."""
        means = listed(self.mean)
        if means is None:
            raise SpecError("A course has a mean at every wave.", f"'mean' is {self.mean!r}.", "Give one per wave.")
        name = given.text("name", self.name)
        effects = given.table("effects", self.effects, "names of predictors to numbers")
        numbers = (self.log_odds, *means, *effects.values())
        if not all(is_number(one) and np.isfinite(float(one)) for one in numbers):
            raise SpecError(
                "Log odds, means and effects are finite numbers.",
                f"Those of '{name}' are {', '.join(map(repr, numbers))}.",
                "Correct them.",
            )
        settle(self, mean=tuple(map(float, means)), log_odds=float(self.log_odds))
        settle(self, effects={key: float(value) for key, value in effects.items()})


@dataclass(frozen=True)
class Arm:
    """The pupils of an arm: their number, the number of their schools, and their classes."""

    pupils: int
    schools: int
    courses: tuple[Course, ...]

    def __post_init__(self) -> None:
        """Check that every field is of its kind; what a world makes of an arm, the world checks."""
        if not is_whole(self.pupils) or not is_whole(self.schools):
            raise SpecError(
                "An arm has whole numbers of pupils and schools.",
                f"It has {self.pupils!r} pupils and {self.schools!r} schools.",
                "Correct them.",
            )
        courses = listed(self.courses)
        if courses is None or not all(isinstance(course, Course) for course in courses):
            raise SpecError("An arm has a list of courses.", f"'courses' is {self.courses!r}.", "Give courses.")
        settle(self, courses=courses)


@dataclass(frozen=True)
class TrajectoryWorld:
    """What is true, and what is seen of it.

    A pupil of school s belongs to class k with probability proportional to exp(log_odds[k] + effects[k]' x + v[s, k]),
    with x standard normal and correlated, v normal with SD `school_sd` for each class but the first (see `symmetric`).
    Its scores are the mean of its class, plus an own deviation with SD `pupil_sd`, plus noise; with `cuts`, the
    categories into which cut points divide a score whose noise is logistic.

    Parameters
    ----------
    outcome
        Name of the scores.
    waves
        Their number.
    control, intervention
        The arms; control may be None.
    predictors
        Names of the predictors.
    predictor_corr : [predictor, predictor]
    residual_sd
        SD of the noise, raw units; without cut points.
    pupil_sd
        SD of the pupils' own deviations from the course of their class.
    cuts
        Cut points of ordered categories, in logits; () for a continuous score.
    school_sd
        SD of the schools' effects on the log odds of each class against the first.
    symmetric
        Whether that is the SD for any two classes, none of which comes first: the log odds of two classes other than
        the first then vary by `school_sd` too, and not by its square root of 2.
    class_sizes
        Smallest and largest class; pupils sit in the classes of one school.
    missing_wave
        Probability that a pupil misses a wave, whatever its scores.
    leaves
        Share of the pupils, the oldest, who leave after the waves named here: {2: 0.2} are a fifth after the second.
    """

    outcome: str
    waves: int
    control: Arm | None
    intervention: Arm
    predictors: tuple[str, ...] = ()
    predictor_corr: Array | None = field(default=None, hash=False, compare=False)
    residual_sd: float = 0.8
    pupil_sd: float = 0.0
    cuts: tuple[float, ...] = ()
    school_sd: float = 0.0
    symmetric: bool = False
    class_sizes: tuple[int, int] = (18, 25)
    missing_wave: float = 0.0
    leaves: Mapping[int, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Check every field."""
        predictors = given.texts("predictors", self.predictors)
        outcome, waves = given.text("outcome", self.outcome), given.whole("waves", self.waves, least=2)
        given.columns((outcome, *predictors), COLUMNS)
        size = len(predictors)
        corr = np.eye(size) if self.predictor_corr is None else self.predictor_corr
        settle(
            self,
            predictors=predictors,
            predictor_corr=given.array("predictor_corr", corr, {"predictor, predictor": (size, size)}),
            **{name: given.sd(name, getattr(self, name)) for name in ("residual_sd", "pupil_sd", "school_sd")},
            cuts=given.cut_points(f"{outcome!r}", self.cuts, least=0),
            symmetric=flag("symmetric", self.symmetric),
            class_sizes=given.sizes("class_sizes", self.class_sizes),
            missing_wave=given.rate("missing_wave", self.missing_wave),
        )
        self._settle_leaves()
        for name in ("control", "intervention"):
            arm = getattr(self, name)
            if isinstance(arm, Arm):
                self._check_arm(arm)
            elif arm is not None or name == "intervention":
                raise SpecError(
                    "A world of trajectories has an arm 'intervention', and may have an arm 'control'.",
                    f"'{name}' is {arm!r}.",
                    "Give an Arm: its pupils, schools and courses.",
                )
        require_simulable(sum(arm.pupils for arm in (self.control, self.intervention) if arm), waves)

    def _settle_leaves(self) -> None:
        leaves = self.leaves
        wrong = not isinstance(leaves, Mapping) or not all(
            is_whole(wave) and 1 <= wave < self.waves and is_number(share) and 0 <= share < 1
            for wave, share in leaves.items()
        )
        if wrong or sum(leaves.values()) >= 1:
            raise SpecError(
                "'leaves' maps waves but the last to the shares of the pupils who leave after them, together below 1.",
                f"It is {leaves!r}; there are {self.waves} waves.",
                "Write leaves={2: 0.2}, say.",
            )
        settle(self, leaves={int(wave): float(share) for wave, share in leaves.items()})

    def _check_arm(self, arm: Arm) -> None:
        if arm.pupils < arm.schools or arm.schools < 1 or not arm.courses:
            raise SpecError(
                "An arm has schools with pupils, and classes.",
                f"It has {arm.schools} schools, {arm.pupils} pupils, {len(arm.courses)} classes.",
                "Give at least one of each.",
            )
        given.texts("courses", [course.name for course in arm.courses])
        first = arm.courses[0]
        if first.log_odds != 0 or any(first.effects.values()):
            raise SpecError(
                "Log odds are against the first class, whose own are 0.",
                f"'{first.name}' has {first.log_odds:g} and effects {dict(first.effects)}.",
                "Set them to 0.",
            )
        for course in arm.courses:
            if len(course.mean) != self.waves:
                raise SpecError(
                    "A course has a mean at every wave.",
                    f"'{course.name}' has {len(course.mean)}; there are {self.waves} waves.",
                    "Give one per wave.",
                )
            for name in (name for name in course.effects if name not in self.predictors):
                raise SpecError(
                    "Effects are those of predictors of the world.",
                    f"'{course.name}' names {name!r}. {nearest(name, list(self.predictors))}",
                    "Correct the name.",
                )

    def log_odds_ratio(self, predictor: str, first: str, second: str) -> float:
        """Return the true log odds ratio per SD of a predictor, of one class of the intervention arm and another."""
        effects = {course.name: course.effects.get(predictor, 0.0) for course in self.intervention.courses}
        return effects[first] - effects[second]


def from_tables(**values: Any) -> TrajectoryWorld:
    """Return a world from its fields as a file has them: arms and courses as tables, waves as texts."""
    values.setdefault("control", None)  # TOML has no word for none
    for name in ("control", "intervention"):
        arm = values.get(name)
        if isinstance(arm, Mapping):
            courses = listed(arm.get("courses", ()))
            if courses is not None:
                made = tuple(given.record(Course, f"{name}.courses", course) for course in courses)
                arm = {**arm, "courses": made}
            values[name] = given.record(Arm, name, arm)
    leaves = values.get("leaves", {})
    if isinstance(leaves, Mapping):
        values["leaves"] = {int(w) if str(w).isdecimal() else w: share for w, share in leaves.items()}
    return given.record(TrajectoryWorld, "world", values)
