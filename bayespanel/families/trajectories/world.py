"""A world of trajectories: what is true of simulated pupils, and the design by which they are seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayespanel.errors import SpecError, nearest
from bayespanel.plain_names import require_plain_names

Array = NDArray[np.float64]

COLUMNS = ("pupil", "wave", "class", "school", "arm")
"""Columns that every simulated table has."""


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


@dataclass(frozen=True)
class Arm:
    """The pupils of an arm: their number, the number of their schools, and their classes."""

    pupils: int
    schools: int
    courses: tuple[Course, ...]


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
        size = len(self.predictors)
        corr = np.eye(size) if self.predictor_corr is None else np.asarray(self.predictor_corr, dtype=float)
        object.__setattr__(self, "predictor_corr", corr)
        proper = corr.shape == (size, size) and np.allclose(corr, corr.T) and np.allclose(np.diag(corr), 1.0)
        if not proper or (size and np.linalg.eigvalsh(corr)[0] <= 0):
            raise SpecError(
                "'predictor_corr' is a correlation matrix of the predictors.",
                f"Its shape is {corr.shape}; there are {size} predictors.",
                "Give a symmetric, positive definite matrix with ones on the diagonal.",
            )
        for name in ("residual_sd", "pupil_sd", "school_sd"):
            value = getattr(self, name)
            if not (isinstance(value, Real) and 0 <= float(value) < np.inf):
                raise SpecError(f"'{name}' is a finite number, 0 or more.", f"It is {value!r}.", "Correct it.")
        self._check_names()
        self._check_design()
        if not 0 <= self.missing_wave < 1 or sum(self.leaves.values()) >= 1:
            raise SpecError(
                "Pupils miss waves and leave with probabilities below 1.",
                f"missing_wave = {self.missing_wave}, leaves = {dict(self.leaves)}.",
                "Give smaller ones.",
            )
        if not all(isinstance(cut, Real) and np.isfinite(cut) for cut in self.cuts) or list(self.cuts) != sorted(
            set(self.cuts)
        ):
            raise SpecError("Cut points increase.", f"They are {self.cuts}.", "Put them in order.")
        for arm in (self.control, self.intervention):
            if arm is not None:
                self._check_arm(arm)

    def _check_names(self) -> None:
        courses = [course.name for arm in (self.control, self.intervention) if arm for course in arm.courses]
        names = (self.outcome, *self.predictors)
        for name in (*names, *courses):
            if not isinstance(name, str):
                raise SpecError("Names are texts.", f"One is {name!r}.", "Put it in quotes.")
        require_plain_names((*names, *courses), "variable or class of a world")
        taken = [name for name in names if name in COLUMNS]
        if taken or len(set(names)) < len(names):
            raise SpecError(
                f"Scores and predictors have names of their own, other than {', '.join(COLUMNS)}.",
                f"They are called {', '.join(map(repr, names))}.",
                "Choose other names.",
            )

    def _check_design(self) -> None:
        sizes = self.class_sizes
        whole = isinstance(sizes, tuple) and len(sizes) == 2 and all(isinstance(size, Integral) for size in sizes)
        if not whole or not 1 <= sizes[0] <= sizes[1]:
            raise SpecError(
                "'class_sizes' are two whole numbers, the smallest and the largest class.",
                f"They are {sizes!r}.",
                "Write class_sizes=(18, 25), say.",
            )
        wrong = [wave for wave, share in self.leaves.items() if not self._can_leave(wave, share)]
        if wrong:
            raise SpecError(
                "'leaves' maps a wave but the last to the share of the pupils who leave after it, from 0 to 1.",
                f"It holds {wrong[0]!r}: {self.leaves[wrong[0]]!r}; there are {self.waves} waves.",
                "Write leaves={2: 0.2}, say.",
            )

    def _can_leave(self, wave: object, share: object) -> bool:
        inside = isinstance(wave, Integral) and 1 <= int(wave) < self.waves
        return inside and isinstance(share, Real) and 0 <= float(share) < 1

    def _check_arm(self, arm: Arm) -> None:
        if not isinstance(arm.pupils, Integral) or not isinstance(arm.schools, Integral):
            raise SpecError(
                "An arm has whole numbers of pupils and schools.",
                f"It has {arm.pupils!r} pupils and {arm.schools!r} schools.",
                "Correct them.",
            )
        if arm.pupils < arm.schools or arm.schools < 1 or not arm.courses:
            raise SpecError(
                "An arm has schools with pupils, and classes.",
                f"It has {arm.schools} schools, {arm.pupils} pupils, {len(arm.courses)} classes.",
                "Give at least one of each.",
            )
        names = [course.name for course in arm.courses]
        if len(set(names)) < len(names):
            raise SpecError(
                "The classes of an arm have names of their own.",
                f"They are called {', '.join(map(repr, names))}.",
                "Rename one.",
            )
        first = arm.courses[0]
        if first.log_odds != 0 or any(first.effects.values()):
            raise SpecError(
                "Log odds are against the first class, whose own are 0.",
                f"'{first.name}' has {first.log_odds:g} and effects {dict(first.effects)}.",
                "Set them to 0.",
            )
        for course in arm.courses:
            numbers = (course.log_odds, *course.mean, *course.effects.values())
            if not all(isinstance(number, Real) and np.isfinite(number) for number in numbers):
                raise SpecError(
                    "Log odds, means and effects are finite numbers.",
                    f"Those of '{course.name}' are {', '.join(map(repr, numbers))}.",
                    "Correct them.",
                )
            if len(course.mean) != self.waves:
                raise SpecError(
                    "A course has a mean at every wave.",
                    f"'{course.name}' has {len(course.mean)}; there are {self.waves} waves.",
                    "Give one per wave.",
                )
            for name in course.effects:
                if name not in self.predictors:
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
        if isinstance(values.get(name), Mapping):
            arm = dict(values[name])
            given = arm.get("courses", ())
            courses = tuple(course if isinstance(course, Course) else Course(**course) for course in given)
            values[name] = Arm(**{**arm, "courses": courses})
    values["leaves"] = {int(wave): share for wave, share in values.get("leaves", {}).items()}
    return TrajectoryWorld(**values)
