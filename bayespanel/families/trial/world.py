"""A trial's world: everything that decides how simulated pupils are allocated, scored and seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bayespanel.families.shared import world_fields as given
from bayespanel.families.shared.enrolment import require_room
from bayespanel.families.shared.world_fields import Array
from bayespanel.language.errors import SpecError
from bayespanel.language.values import choice, listed, settle

RESERVED = ("pupil", "school", "class", "arm", "girl")
"""Columns of every simulated table that describe the design."""

RANDOMISED = ("school", "class", "pupil")

LINKS = ("normal", "logistic")


@dataclass(frozen=True, eq=False)
class TrialWorld:
    """A population of pupils in classes in schools, of which some receive an intervention.

    With a[i] the arm of pupil i and g[i] = 1 for a girl, the post-test of outcome k is

        y[i, k] = mean[k] + effect[a[i], k] + (girl_effect[k] + moderation[a[i], k]) g[i] + school + class + e[i, k],

    where the effect and the moderation of the first arm are 0. The effect may vary between schools (`effect_sd`). The
    pre-test follows the same equation without the terms of the arms. At each level it has the SDs and correlations of
    the post-test. The correlation of pre-test j with post-test k is the correlation of outcomes j and k times
    `baseline_corr` (within classes) or times `baseline_cluster_corr` (between classes and schools).

    A "pupil" is any person who answers: a pupil, a parent or a teacher. The scores of ordered categories follow from a
    latent score, for which all of this is true.

    Parameters
    ----------
    outcomes
        Names of the outcomes.
    effect : [arm - 1, outcome], or [outcome] with two arms
        Difference of each arm from the first one, raw units. With `girls` it is the difference among boys.
    residual_sd : [outcome], or [arm, outcome]
        Standard deviation among pupils of the same class (or school), arm and sex, raw units.
    mean : [outcome]
        Expected post-test scores in the first arm, raw units (with `girls`, those of boys). None means 0.
    residual_corr : [outcome, outcome]
        Correlations of the residuals; None means that there are none.
    class_sd, class_corr, school_sd, school_corr : [outcome] or [arm, outcome], [outcome, outcome]
        Standard deviations and correlations of the cluster effects. None means no effects, or no correlations. Clusters
        that lie wholly in one arm may have SDs of each arm: 0 in one whose pupils are in no classes.
    effect_sd : [arm - 1, outcome], or [outcome] with two arms
        Standard deviation of the effects between schools, where classes or pupils are randomised. None means that all
        schools have the same effect. `school_corr` may then be [term, term]: means of the outcomes, then effects on
        them, arm after arm.
    arms
        Labels of the arms. The first arm is the reference: the others are compared with it.
    randomised
        "school", "class" or "pupil". Classes are allocated within their school, pupils within their class (or school):
        in a random order, to each arm in turn, so that the numbers of the arms differ by at most one in each block.
    schools_per_arm : [arm]
        Number of schools in each arm, if schools are randomised. Otherwise the sum is the number of schools.
    classes_per_school
        Smallest and largest number of classes in a school; all numbers between these are equally likely. None or
        (0, 0) means that there are no classes.
    pupils_per_class
        Smallest and largest number of pupils in a class; without classes, in a school.
    pupils
        Exact number of pupils. None: the number follows from the class sizes, which are drawn at random.
    baseline
        For an outcome, the name of its pre-test. An outcome that is not named has no pre-test.
    baseline_mean : [outcome]
        Expected pre-test scores, raw units. None means those of the post-test in the first arm. The entry of an outcome
        without a pre-test is not used.
    baseline_corr, baseline_cluster_corr
        Correlation of the pre-test and the post-test of an outcome: of their residuals, and of their cluster effects;
        -1 to 1.
    girls
        Probability that a pupil is a girl. None means that the table has no column `girl`.
    girl_effect : [outcome]
        Mean of girls minus mean of boys in the first arm, raw units, the same at pre-test and post-test. None means 0.
    moderation : [arm - 1, outcome], or [outcome] with two arms
        Effect among girls minus effect among boys, raw units; None means 0.
    missing_outcome, missing_baseline
        Probability that a single post-test score is missing, and that a single pre-test score is missing.
    dropout_slope
        Change in the log-odds that a post-test score is missing, per standard deviation of the observed pre-test of
        the same outcome (missing at random). `missing_outcome` is then the probability for pupils whose pre-test is
        average or is not known.
    ordinal
        For an outcome, increasing cut points: a score becomes the number of cut points that the latent score reaches,
        0, 1, ..., the same at pre-test and post-test.
    events
        For an outcome that is a count of events, the dispersion a, 0 or more: the equation is then that of the
        logarithm of the expected number mu, and numbers are negative binomial with the variance mu + a mu^2. Its
        `residual_sd` is 1: among pupils of a class it spreads by its dispersion, and by chance.
    excess_zeros
        For a count of events, the probability that a pupil has none whatever the others have.
    link
        Distribution of the latent residual of ordered outcomes: "normal" (probit) or "logistic". Both have the SD
        `residual_sd`; a standard logistic residual has the SD pi / sqrt(3). `residual_corr` holds the correlations of
        normal residuals, from which logistic ones are made.

    Raises
    ------
    SpecError
        A field has a value of the wrong type or an array of the wrong shape; a standard deviation is negative; a matrix
        is not a correlation matrix; there are too few schools, classes or pupils for the arms, or too many for the
        number of pupils; a probability is not between 0 and 1; an outcome is unknown; or a field is given without
        another one that it needs.
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
    effect_sd: Array | None = None
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
    events: Mapping[str, float] = field(default_factory=dict)
    excess_zeros: Mapping[str, float] = field(default_factory=dict)
    link: str = "normal"

    def __post_init__(self) -> None:
        """Check every field; arrays become read-only copies, and effects [arm - 1, outcome]."""
        self._settle_names()
        given.arrays(self, self._shapes(), required=("effect", "residual_sd"))
        for name in ("effect", "moderation", "effect_sd"):
            if getattr(self, name) is not None:
                settle(self, **{name: getattr(self, name).reshape(-1, len(self.outcomes))})
        self._settle_design()
        self._settle_sizes()
        self._settle_baseline()
        self._settle_missing()
        names = given.table("ordinal", self.ordinal, "names of outcomes to cut points", self.outcomes, "outcomes")
        cuts = {name: given.cut_points(repr(name), own) for name, own in names.items()}
        settle(self, ordinal=cuts, link=choice("link", self.link, LINKS))
        self._settle_events()

    @property
    def schools(self) -> int:
        """Number of schools."""
        return sum(self.schools_per_arm)

    def _settle_names(self) -> None:
        outcomes, arms = given.texts("outcomes", self.outcomes, least=1), given.texts("arms", self.arms, least=2)
        maps = "names of outcomes to names of pre-tests"
        baseline = given.table("baseline", self.baseline, maps, outcomes, "outcomes")
        if not all(isinstance(name, str) and name for name in baseline.values()):
            raise SpecError(f"'baseline' maps {maps}.", f"It is {baseline!r}.", "Correct it.")
        given.texts("baseline", list(dict.fromkeys(baseline.values())))
        given.columns([*outcomes, *baseline.values()], RESERVED)
        settle(self, outcomes=outcomes, arms=arms, baseline=baseline)

    def _shapes(self) -> dict[str, dict[str, tuple[int, ...]]]:
        """Return the shapes that each array may have."""
        k, others = len(self.outcomes), len(self.arms) - 1
        by_arm: dict[str, tuple[int, ...]] = {"arm - 1, outcome": (others, k)}
        one: dict[str, tuple[int, ...]] = {"outcome": (k,)}
        matrix: dict[str, tuple[int, ...]] = {"outcome, outcome": (k, k)}
        return {
            **dict.fromkeys(("effect", "moderation"), by_arm | one if others == 1 else by_arm),
            **dict.fromkeys(("mean", "baseline_mean", "girl_effect"), one),
            **dict.fromkeys(("residual_sd", "class_sd", "school_sd"), one | {"arm, outcome": (others + 1, k)}),
            "effect_sd": by_arm | one if others == 1 else by_arm,
            **dict.fromkeys(("residual_corr", "class_corr"), matrix),
            "school_corr": matrix | ({} if self.effect_sd is None else {"term, term": (k + others * k,) * 2}),
        }

    def _settle_design(self) -> None:
        schools = given.wholes("schools_per_arm", self.schools_per_arm)
        by_school = choice("randomised", self.randomised, RANDOMISED) == "school"
        fits = len(schools) == len(self.arms) or not by_school
        if not fits or min(schools, default=0) < (1 if by_school else 0) or sum(schools) < 1:
            raise SpecError(
                "'schools_per_arm' has one number per arm, each at least 1.",
                f"It is {schools}, and the arms are {list(self.arms)}.",
                "Give as many numbers as there are arms; unless schools are randomised, (30,) means 30 schools.",
            )
        if self.effect_sd is not None and by_school:
            raise SpecError(
                "Effects vary between schools that hold several arms.",
                "'effect_sd' is given, and whole schools are randomised.",
                "Randomise classes or pupils, or leave it out.",
            )
        for level in ("class", "school"):
            sd = getattr(self, f"{level}_sd")
            apart = RANDOMISED.index(self.randomised) <= RANDOMISED.index(level)
            if sd is not None and sd.ndim == 2 and not apart:
                raise SpecError(
                    "SDs of each arm belong to clusters that lie in one arm.",
                    f"'{level}_sd' has a row for each arm, and the unit of randomisation is '{self.randomised}'.",
                    "Give one row, of all arms.",
                )
        classes = self.classes_per_school
        if listed(classes) == (0, 0):
            classes = None
        settle(self, schools_per_arm=schools, classes_per_school=classes)
        needs = {"'class_sd' is given": self.class_sd is not None, "randomised = 'class'": self.randomised == "class"}
        for what in (what for what, needed in needs.items() if needed and classes is None):
            raise SpecError(
                "Class effects and the randomisation of classes need a class level.",
                f"{what}, and there are no classes.",
                "Give classes_per_school, or leave classes out.",
            )

    def _settle_sizes(self) -> None:
        classes = self.classes_per_school
        settle(
            self,
            classes_per_school=None if classes is None else given.sizes("classes_per_school", classes),
            pupils_per_class=given.sizes("pupils_per_class", self.pupils_per_class),
            pupils=None if self.pupils is None else given.whole("pupils", self.pupils),
        )
        limits = self.classes_per_school or (1, 1)
        scores = len(self.outcomes) + len(self.baseline)
        require_room(self.schools, limits, self.pupils_per_class, self.pupils, "schools_per_arm", scores)
        least = self.schools * limits[0]
        units = {"class": least, "pupil": self.pupils or least * self.pupils_per_class[0]}.get(self.randomised)
        if units is not None and units < len(self.arms):
            raise SpecError(
                "Each arm receives a randomised unit.",
                f"There may be {units} of them ('{self.randomised}') for {len(self.arms)} arms.",
                "Add schools, classes or pupils.",
            )

    def _settle_baseline(self) -> None:
        for name in ("baseline_corr", "baseline_cluster_corr"):
            settle(self, **{name: given.correlation(name, getattr(self, name))})
        settle(self, girls=None if self.girls is None else given.share("girls", self.girls))
        if not self.baseline and (self.baseline_mean is not None or self.missing_baseline):
            raise SpecError(
                "A pre-test's mean and missing rate belong to a pre-test.",
                "'baseline' is empty, and baseline_mean or missing_baseline is given.",
                "Name pre-tests in 'baseline', or leave these out.",
            )
        if self.girls is None and (self.girl_effect is not None or self.moderation is not None):
            raise SpecError(
                "Differences between girls and boys need girls.",
                "girl_effect or moderation is given, and girls is None.",
                "Give the probability of being a girl, such as girls=0.5.",
            )

    def _settle_events(self) -> None:
        spread = given.table("events", self.events, "names of outcomes to their dispersion", self.outcomes, "outcomes")
        zeros = given.table("excess_zeros", self.excess_zeros, "names of counts to a share", tuple(spread), "'events'")
        events = {name: given.number(f"events.{name}", value, low=0) for name, value in spread.items()}
        shares = {name: given.rate(f"excess_zeros.{name}", value) for name, value in zeros.items()}
        settle(self, events=events, excess_zeros=shares)
        both = [name for name in events if name in self.ordinal]
        if both:
            raise SpecError(
                "An outcome is a number, an ordered category or a count of events.",
                f"{both[0]!r} is in 'ordinal' and in 'events'.",
                "Keep it in one of them.",
            )
        sd = self.residual_sd.reshape(-1, len(self.outcomes))
        wide = [name for name in events if not (sd[:, self.outcomes.index(name)] == 1).all()]
        if wide:
            raise SpecError(
                "Pupils of a class spread in a count of events by its dispersion, and its residual_sd is 1.",
                f"residual_sd of {wide[0]!r} is {sd[0, self.outcomes.index(wide[0])]:g}.",
                "Write 1 there, and the dispersion in 'events'.",
            )

    def _settle_missing(self) -> None:
        for name in ("missing_outcome", "missing_baseline"):
            settle(self, **{name: given.rate(name, getattr(self, name))})
        settle(self, dropout_slope=given.number("dropout_slope", self.dropout_slope))
        if self.dropout_slope and not (self.baseline and self.missing_outcome):
            raise SpecError(
                "A dropout slope belongs to a pre-test and a rate.",
                f"dropout_slope = {self.dropout_slope:g}, missing_outcome = {self.missing_outcome:g}, "
                f"pre-tests: {list(self.baseline.values())}.",
                "Give 'baseline' and a positive missing_outcome, or no slope.",
            )
