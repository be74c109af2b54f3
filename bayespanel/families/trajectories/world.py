"""A world of trajectories: the true values of a population, and the design by which its pupils are observed."""

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
    """A latent class: pupils whose scores take the same course.

    Parameters
    ----------
    name
        Name of the class.
    log_odds
        Log odds of this class against the first class of the arm, for a pupil with average predictors in an average
        school. The first class has 0.
    mean
        Mean at each wave, raw units. With cut points it is the mean of the latent score behind the categories, in
        logits; of counts of events, the logarithm of the rate.
    effects
        For a predictor, the change of these log odds per SD of the predictor. A predictor that is not named has no
        effect; the first class has no effects.
    """

    name: str
    log_odds: float
    mean: tuple[float, ...]
    effects: Mapping[str, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Check the type of every field. The world checks whether the course fits to its waves and predictors."""
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
        """Check the type of every field. The world checks whether the arm fits to its waves and predictors."""
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
    """A population of pupils in latent classes, with its true values, and the design by which it is observed.

    The probability that a pupil of school s belongs to class k is proportional to
    exp(log_odds[k] + effects[k]' x + v[s, k]). The predictors x are standard normal and correlated. The effects v of a
    school are normal with SD `school_sd`, one for each class except the first (see `symmetric`). A score is the sum of
    the mean of the class, of the pupil's own deviation, which has the SD `pupil_sd`, and of noise. With `cuts`, the
    noise is logistic, and cut points divide this sum into categories.

    Parameters
    ----------
    outcome
        Name of the scores.
    waves
        Number of waves.
    control, intervention
        The two arms. `control` may be None: there is then only the intervention arm.
    predictors
        Names of the predictors.
    predictor_corr : [predictor, predictor]
        Correlations of the predictors; None means that there are none.
    residual_sd
        SD of the noise, raw units. It is not used with cut points and of counts of events.
    pupil_sd
        SD of the deviation of pupils from the course of their class, the same at all waves.
    cuts
        Cut points of ordered categories, in logits; () for other scores.
    events
        Dispersion a of counts of events, 0 or more: the variance of a number is then mu + a mu^2, with mu the
        exponential of the mean of the class and the pupil's own deviation. None for other scores.
    excess_zeros
        Probability that a count of events is 0 at a wave even where its mean is high.
    school_sd
        SD of the effects of schools on the log odds of each class against the first.
    symmetric
        Whether all latent classes are treated alike: the log odds of any two of them then have the SD `school_sd`
        between schools. If False, this is true only of a class and the first class, and the log odds of two other
        classes have an SD that is larger by the square root of 2.
    class_sizes
        Smallest and largest number of pupils in a school class.
    missing_wave
        Probability that a pupil misses a wave, independently of all scores.
    leaves
        For a wave, the share of the pupils, the oldest ones, who leave after it: with {2: 0.2} a fifth leaves after the
        second wave.
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
    events: float | None = None
    excess_zeros: float = 0.0
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
            events=None if self.events is None else given.number("events", self.events, low=0),
            excess_zeros=given.rate("excess_zeros", self.excess_zeros),
        )
        self._check_events()
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

    def _check_events(self) -> None:
        if self.events is not None and self.cuts:
            raise SpecError(
                "Scores are numbers, ordered categories or counts of events.",
                "The world has 'cuts' and 'events'.",
                "Leave one of them out.",
            )
        if self.events is None and self.excess_zeros:
            raise SpecError(
                "Zeros beside a distribution are those of counts of events.",
                f"'excess_zeros' is {self.excess_zeros:g}, and 'events' is not given.",
                "Give 'events', the dispersion of the counts, or leave 'excess_zeros' out.",
            )

    def _settle_leaves(self) -> None:
        leaves = self.leaves
        wrong = not isinstance(leaves, Mapping) or not all(
            is_whole(wave) and 1 <= wave < self.waves and is_number(share) and 0 <= share < 1
            for wave, share in leaves.items()
        )
        if wrong or sum(leaves.values()) >= 1:
            raise SpecError(
                "'leaves' gives, for waves before the last, the share of the pupils who leave after it, together less "
                "than 1.",
                f"It is {leaves!r}; there are {self.waves} waves.",
                "Write for example leaves={2: 0.2}.",
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
