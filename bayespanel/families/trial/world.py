"""A trial's world: everything that decides how simulated pupils are allocated, scored and seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real

import numpy as np
from numpy.typing import NDArray

from bayespanel.errors import SpecError, nearest

type Array = NDArray[np.float64]

RESERVED = ("pupil", "school", "class", "arm", "girl")
"""Columns of every simulated table that describe the design."""

RANDOMISED = ("school", "class", "pupil")


@dataclass(frozen=True, eq=False)
class TrialWorld:
    """A population of pupils in classes in schools, of which some receive an intervention.

    With a[i] the arm of pupil i and g[i] = 1 for a girl, the post-test of outcome k is

        y[i, k] = mean[k] + effect[a[i], k] + (girl_effect[k] + moderation[a[i], k]) g[i] + school + class + e[i, k],

    where the effect and moderation of the first arm are 0. The pre-test is the same without arm: it has the SDs and
    correlations of the post-test at each level, and at each level pre-test j correlates with post-test k as
    baseline_corr (schools and classes: baseline_cluster_corr) times the correlation of outcomes j and k.

    "Pupils" are whoever answers: for parents and teachers read parents and teachers. For ordinal outcomes all of this
    holds of the latent score behind the categories.

    Parameters
    ----------
    outcomes
        Names of the outcomes.
    effect : [arm - 1, outcome], or [outcome] with two arms
        Effect of each arm against the first, raw units; with `girls`, the effect among boys.
    residual_sd : [outcome]
        Standard deviation among pupils of the same class (or school), arm and sex, raw units.
    mean : [outcome]
        Expected post-test scores in the first arm (of boys), raw units; None for 0.
    residual_corr : [outcome, outcome]
        Correlation of the residuals; None for uncorrelated.
    class_sd, class_corr, school_sd, school_corr : [outcome], [outcome, outcome]
        Cluster effects; None: there are none, or they are uncorrelated.
    arms
        Labels of the arms, the first the one that others are compared with.
    randomised
        "school", "class" or "pupil". Classes are allocated in turn within their school, pupils within their class
        (or school), in random order: in each block the arms differ by one unit at most.
    schools_per_arm : [arm]
        Schools of each arm if schools are randomised. Otherwise their sum is the number of schools.
    classes_per_school
        Smallest and largest number, those in between equally likely; None or (0, 0): there is no class level.
    pupils_per_class
        Smallest and largest size; without classes, of schools.
    pupils
        Exact number of pupils; None leaves it to the sizes drawn.
    baseline
        Outcome -> name of its pre-test. Outcomes not in it have none.
    baseline_mean : [outcome]
        Expected pre-test scores, raw units; None: those of the post-test in the first arm. Outcomes without a
        pre-test ignore theirs.
    baseline_corr, baseline_cluster_corr
        Correlation of an outcome's pre-test and post-test residuals, and of its cluster effects; -1 to 1.
    girls
        Probability of being a girl; None: the table has no column `girl`.
    girl_effect : [outcome]
        Girls minus boys in the first arm, raw units, at pre-test and post-test alike; None for 0.
    moderation : [arm - 1, outcome], or [outcome] with two arms
        Effect among girls minus effect among boys, raw units; None for 0.
    missing_outcome, missing_baseline
        Probability that a pupil misses a post-test score or a pre-test score, for each score by itself.
    dropout_slope
        Log-odds of missing a post-test score per standard deviation of the same outcome's pre-test, as far as that
        was seen (missing at random): `missing_outcome` is then the probability at the mean pre-test and without one.
    ordinal
        Outcome -> increasing cut points: its scores become the number of cut points that the latent score reaches,
        0, 1, ..., at pre-test and post-test alike.
    link
        Residual of ordinal outcomes: "normal" (probit) or "logistic". Both have the SD `residual_sd`; a standard
        logistic residual has the SD pi / sqrt(3). Correlations are those of the normal scores behind it.

    Raises
    ------
    SpecError
        For fields of another kind than theirs, shapes that do not fit, negative standard deviations, matrices that are
        no correlation matrices, sizes that cannot hold the pupils or the arms, probabilities outside 0..1, unknown
        outcomes, parts that lack theirs.
    """

    outcomes: tuple[str, ...]
    effect: Array
    residual_sd: Array
    mean: Array | None = None
    residual_corr: Array | None = None
    class_sd: Array | None = None
    class_corr: Array | None = None
    school_sd: Array | None = None
    school_corr: Array | None = None
    arms: tuple[str, ...] = ("control", "intervention")
    randomised: str = "school"
    schools_per_arm: tuple[int, ...] = (15, 15)
    classes_per_school: tuple[int, int] | None = (2, 4)
    pupils_per_class: tuple[int, int] = (18, 25)
    pupils: int | None = None
    baseline: Mapping[str, str] = field(default_factory=dict)
    baseline_mean: Array | None = None
    baseline_corr: float = 0.5
    baseline_cluster_corr: float = 0.5
    girls: float | None = None
    girl_effect: Array | None = None
    moderation: Array | None = None
    missing_outcome: float = 0.0
    missing_baseline: float = 0.0
    dropout_slope: float = 0.0
    ordinal: Mapping[str, Sequence[float]] = field(default_factory=dict)
    link: str = "normal"

    def __post_init__(self) -> None:
        """Check every field; arrays become read-only copies."""
        _check_kinds(self)
        object.__setattr__(self, "outcomes", tuple(self.outcomes))
        object.__setattr__(self, "arms", tuple(self.arms))
        object.__setattr__(self, "schools_per_arm", tuple(self.schools_per_arm))
        if self.classes_per_school is not None and tuple(self.classes_per_school) == (0, 0):
            object.__setattr__(self, "classes_per_school", None)
        _check_names(self)
        _check_arrays(self)
        _check_design(self)
        _check_sizes(self)
        _check_baseline(self)
        _check_missing(self)
        _check_ordinal(self)

    @property
    def schools(self) -> int:
        """Number of schools."""
        return sum(self.schools_per_arm)


def _check_kinds(world: TrialWorld) -> None:
    """Refuse what would otherwise fail half-way through a simulation, or be rounded unseen."""
    pretests = [*world.baseline, *world.baseline.values()] if isinstance(world.baseline, Mapping) else None
    cuts = list(world.ordinal) if isinstance(world.ordinal, Mapping) else None
    numbers = ("baseline_corr", "baseline_cluster_corr", "missing_outcome", "missing_baseline", "dropout_slope")
    optional = ("classes_per_school", "pupils", "girls")
    for name, rule, fits in (
        ("outcomes", "is a tuple of names", _are_names(world.outcomes)),
        ("arms", "is a tuple of names", _are_names(world.arms)),
        ("baseline", "maps names of outcomes to names of pre-tests", _are_names(pretests)),
        ("ordinal", "maps names of outcomes to cut points", _are_names(cuts)),
        ("schools_per_arm", "is a tuple of whole numbers", _are_whole(world.schools_per_arm)),
        ("classes_per_school", "is a pair of whole numbers", _are_whole(world.classes_per_school)),
        ("pupils_per_class", "is a pair of whole numbers", _are_whole(world.pupils_per_class)),
        ("pupils", "is a whole number", _are_whole((world.pupils,))),
        *((number, "is a number", _are_numbers((getattr(world, number),))) for number in (*numbers, "girls")),
    ):
        given = getattr(world, name)
        if not fits and not (given is None and name in optional):
            raise SpecError(f"'{name}' {rule}.", f"It is {given!r}.", "Correct it.")


def _are_names(given: object) -> bool:
    return isinstance(given, tuple | list) and all(isinstance(name, str) and name for name in given)


def _are_whole(given: object) -> bool:
    # The checker does not see that what holds numbers can be iterated.
    return _are_numbers(given) and all(isinstance(number, Integral) for number in given)  # type: ignore[attr-defined]


def _are_numbers(given: object) -> bool:
    # True and False count as 1 and 0 in Python, and are never meant here.
    held = given if isinstance(given, tuple | list | np.ndarray) else (None,)
    return all(isinstance(number, Real) and not isinstance(number, bool | np.bool_) for number in held)


def _check_names(world: TrialWorld) -> None:
    for word, names in (("outcomes", world.outcomes), ("arms", world.arms)):
        least = 2 if word == "arms" else 1
        if len(names) < least or len(set(names)) != len(names):
            raise SpecError(
                f"A trial has {least} or more {word}, each with its own name.",
                f"Given: {list(names)}.",
                "Name each once.",
            )
    for outcome in world.baseline:
        _check_outcome(world, "baseline", outcome)
    columns = [*world.outcomes, *world.baseline.values()]
    reserved = [name for name in columns if name in RESERVED]
    if reserved:
        raise SpecError(
            f"The columns {', '.join(RESERVED)} describe the design.",
            f"An outcome or pre-test is called {reserved[0]!r}.",
            "Rename it.",
        )
    if len(set(columns)) != len(columns):
        raise SpecError(
            "Each pre-test has a name of its own.",
            f"Outcomes {list(world.outcomes)}, pre-tests {list(world.baseline.values())}.",
            "Rename the pre-test.",
        )


def _check_arrays(world: TrialWorld) -> None:
    k, others = len(world.outcomes), len(world.arms) - 1
    by_arm: dict[str, tuple[int, ...]] = {"arm - 1, outcome": (others, k)}
    if others == 1:
        by_arm["outcome"] = (k,)
    for name in ("effect", "moderation"):
        _settle(world, name, by_arm)
    for name in ("mean", "residual_sd", "class_sd", "school_sd", "baseline_mean", "girl_effect"):
        _settle(world, name, {"outcome": (k,)})
    for level in ("residual", "class", "school"):
        _settle(world, f"{level}_corr", {"outcome, outcome": (k, k)})
        if getattr(world, f"{level}_sd") is None and getattr(world, f"{level}_corr") is not None:
            raise SpecError(
                "Correlations belong to standard deviations.",
                f"'{level}_corr' is given without '{level}_sd'.",
                f"Give '{level}_sd' too, or neither.",
            )


def _settle(world: TrialWorld, name: str, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Replace an array by a checked, read-only copy; effects become [arm - 1, outcome]."""
    given = getattr(world, name)
    if given is None:
        if name in ("effect", "residual_sd"):
            raise SpecError(f"A trial has '{name}'.", "It is None.", "Give one number per outcome.")
        return
    try:
        array = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise SpecError(f"'{name}' holds numbers.", f"It is {given!r}.", "Correct it.") from None
    if array.shape not in shapes.values():
        allowed = " or ".join(f"[{dims}] = {shape}" for dims, shape in shapes.items())
        raise SpecError(f"'{name}' has the shape {allowed}.", f"It has the shape {array.shape}.", "Reshape it.")
    if not np.isfinite(array).all():
        raise SpecError(f"'{name}' holds finite numbers.", "One is not finite.", "Correct it.")
    if name.endswith("_sd") and (array < 0).any():
        raise SpecError("A standard deviation is at least 0.", f"'{name}' holds {array.min():g}.", "Correct it.")
    if name.endswith("_corr"):
        _check_correlation(name, array)
    if name in ("effect", "moderation"):
        array = array.reshape(-1, len(world.outcomes))
    array.flags.writeable = False
    object.__setattr__(world, name, array)


def _check_correlation(name: str, array: Array) -> None:
    # Rounded tables are symmetric to their last digit; ones computed here to rounding error.
    if not np.allclose(array, array.T, atol=1e-12) or not np.allclose(np.diag(array), 1, atol=1e-12):
        raise SpecError(
            "A correlation matrix is symmetric with ones on its diagonal.",
            f"'{name}' is not.",
            "Give correlations here and standard deviations apart.",
        )
    smallest = float(np.linalg.eigvalsh(array)[0])
    if smallest <= 1e-10:
        raise SpecError(
            "A correlation matrix is positive definite.",
            f"The smallest eigenvalue of '{name}' is {smallest:.3g}.",
            "Make its largest correlations smaller: no outcomes can correlate like this.",
        )


def _check_design(world: TrialWorld) -> None:
    if world.randomised not in RANDOMISED:
        raise SpecError(
            "Schools, classes or pupils are randomised.",
            f"randomised = {world.randomised!r}. {nearest(str(world.randomised), list(RANDOMISED))}",
            "Choose one of the three.",
        )
    by_school = world.randomised == "school"
    least = 1 if by_school else 0
    fits = len(world.schools_per_arm) == len(world.arms) or not by_school
    if not fits or min(world.schools_per_arm, default=-1) < least or world.schools < 1:
        raise SpecError(
            "'schools_per_arm' has one number per arm, each at least 1.",
            f"It is {world.schools_per_arm}, and the arms are {list(world.arms)}.",
            "Give as many numbers as there are arms; unless schools are randomised, (30,) means 30 schools.",
        )
    if world.classes_per_school is None:
        for given, what in (
            (world.class_sd is not None, "'class_sd' is given"),
            (world.randomised == "class", "randomised = 'class'"),
        ):
            if given:
                raise SpecError(
                    "Class effects and the randomisation of classes need a class level.",
                    f"{what}, and there are no classes.",
                    "Give classes_per_school, or leave classes out.",
                )


def _check_sizes(world: TrialWorld) -> None:
    ranges = {"classes_per_school": world.classes_per_school or (1, 1), "pupils_per_class": world.pupils_per_class}
    for name, size in ranges.items():
        if len(size) != 2 or not 1 <= size[0] <= size[1]:
            raise SpecError(
                f"'{name}' is a smallest and a largest size, at least 1.", f"It is {tuple(size)}.", "Correct it."
            )
    classes, sizes = ranges.values()
    least, most = (world.schools * classes[i] * sizes[i] for i in (0, 1))
    if world.pupils is not None and not least <= world.pupils <= most:
        raise SpecError(
            "The schools can hold the pupils.",
            f"{world.schools} schools hold {least} to {most} pupils, not {world.pupils}.",
            "Change schools_per_arm, classes_per_school or pupils_per_class.",
        )
    if world.pupils is not None and -(-world.pupils // sizes[1]) > world.pupils // sizes[0]:
        raise SpecError(
            "The pupils can be divided into classes of the given sizes.",
            f"{world.pupils} pupils fit into no number of classes of {sizes[0]} to {sizes[1]}.",
            "Change pupils, or widen pupils_per_class.",
        )
    units = {"class": world.schools * classes[0], "pupil": world.pupils or least}.get(world.randomised)
    if units is not None and units < len(world.arms):
        raise SpecError(
            "Each arm receives a randomised unit.",
            f"There may be {units} of them ('{world.randomised}') for {len(world.arms)} arms.",
            "Add schools, classes or pupils.",
        )


def _check_baseline(world: TrialWorld) -> None:
    for name in ("baseline_corr", "baseline_cluster_corr"):
        if not -1 <= getattr(world, name) <= 1:
            raise SpecError(f"'{name}' is a correlation.", f"It is {getattr(world, name):g}.", "Give -1 to 1.")
    if not world.baseline and (world.baseline_mean is not None or world.missing_baseline):
        raise SpecError(
            "A pre-test's mean and missing rate belong to a pre-test.",
            "'baseline' is empty, and baseline_mean or missing_baseline is given.",
            "Name pre-tests in 'baseline', or leave these out.",
        )
    if world.girls is None and (world.girl_effect is not None or world.moderation is not None):
        raise SpecError(
            "Differences between girls and boys need girls.",
            "girl_effect or moderation is given, and girls is None.",
            "Give the probability of being a girl, such as girls=0.5.",
        )
    if world.girls is not None and not 0 <= world.girls <= 1:
        raise SpecError("'girls' is a probability.", f"It is {world.girls:g}.", "Give 0 to 1.")
    object.__setattr__(world, "baseline", dict(world.baseline))


def _check_missing(world: TrialWorld) -> None:
    for name in ("missing_outcome", "missing_baseline"):
        if not 0 <= getattr(world, name) < 1:
            raise SpecError(
                f"'{name}' is a probability below 1.", f"It is {getattr(world, name):g}.", "Give 0 <= p < 1."
            )
    if not np.isfinite(world.dropout_slope):
        raise SpecError("'dropout_slope' is finite.", f"It is {world.dropout_slope}.", "Correct it.")
    if world.dropout_slope and not (world.baseline and world.missing_outcome):
        raise SpecError(
            "A dropout slope belongs to a pre-test and a rate.",
            f"dropout_slope = {world.dropout_slope:g}, missing_outcome = {world.missing_outcome:g}, "
            f"pre-tests: {list(world.baseline.values())}.",
            "Give 'baseline' and a positive missing_outcome, or no slope.",
        )


def _check_ordinal(world: TrialWorld) -> None:
    if world.link not in ("normal", "logistic"):
        raise SpecError("A link is 'normal' or 'logistic'.", f"It is {world.link!r}.", "Choose one of the two.")
    for outcome, cuts in world.ordinal.items():
        _check_outcome(world, "ordinal", outcome)
        if not _are_numbers(cuts) or len(cuts) == 0 or not np.all(np.diff(cuts) > 0) or not np.isfinite(cuts).all():
            raise SpecError("Cut points are finite and increase.", f"{outcome!r} has {cuts!r}.", "Put them in order.")
    object.__setattr__(world, "ordinal", {name: tuple(map(float, cuts)) for name, cuts in world.ordinal.items()})


def _check_outcome(world: TrialWorld, name: str, outcome: str) -> None:
    if outcome not in world.outcomes:
        raise SpecError(
            f"'{name}' speaks of the world's outcomes.",
            f"{outcome!r} is none. {nearest(outcome, list(world.outcomes))}",
            "Correct the name.",
        )
