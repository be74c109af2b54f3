"""Specification of trajectories with uncertain class membership."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bayespanel.families.shared.spec_fields import edges_of, levels_of, require_events, require_one_role, rows_of
from bayespanel.families.trajectories.fields import ARMS, Classes, Growth, class_names, growth_of
from bayespanel.language.errors import SpecError, nearest
from bayespanel.language.names import LEVELS
from bayespanel.language.prior import Prior, merge
from bayespanel.language.values import choice, flag, name_of, names_of, numbers_of, settle

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CHOICES = {
    "residual": ("equal", "by_wave", "by_class", "free"),
    "random": ("none", "intercept", "slope"),
    "link": ("identity", "logit", "log"),
}
"""Options of a specification and their values, the default first."""

ALONE = {"by_class": "equal", "free": "by_wave"}
"""Residual variances that differ between classes -> what they are with one class."""


@dataclass(frozen=True)
class Trajectories:
    """The specification of a model of trajectories: latent classes of pupils whose scores take the same course.

    Parameters
    ----------
    outcome
        The variable whose course divides the pupils.
    classes
        The number of classes, or their names from the highest average to the lowest. If the arms have different
        classes, a table {"control": ..., "intervention": ...} of these; if both arms use a name, the sizes of this
        class are compared.
    growth
        Mean course of a class: "constant", "linear", "quadratic", "cubic", "free" (a mean at each wave), or a table of
        coefficients, each with its loading at every wave: {"level": [1, 1, 1], "step": [0, 1, 1]}.
    times
        Time of each wave, in any unit. The default is the names of the waves if they are numbers, otherwise 0, 1, 2,
        .... Polynomials count time from the first wave in units of the whole study: "slope" is the change from the
        first to the last wave. If neither a polynomial nor a random slope needs the times, they only place the waves in
        figures.
    residual
        Residual variance: "equal" over waves and classes, "by_wave", "by_class", or "free" over both.
    random
        What differs between the pupils of a class besides residuals: "none" (latent class growth), "intercept", or
        "slope" for intercept and slope (growth mixture). Their covariance is the same in all classes. With a link they
        count in its units, and their integral is a sum over points.
    link
        "identity" for a Gaussian outcome; "logit" for ordered categories, with cumulative probabilities; "log" for
        counts of events, whose numbers are negative binomial: courses are those of the logarithm of the rate.
    zero_inflated
        For counts of events: whether some pupils have none at a wave whatever the rate of their class is.
    categories
        The ordered scores for the link "logit", such as (0, 1, 2, 3, 4). The default is the scores that occur.
    predictors
        Covariates that predict membership, estimated in the same step.
    arm
        Covariate that is 1 in the intervention arm and 0 in control. If the arms share the classes, it predicts
        membership.
    levels
        "pupil", then "class" and/or "school": the clusters between which membership varies. If whole clusters are in
        one arm, they must be among the levels.
    contrast
        The two classes that the question compares: ("persistent", "decreasing") asks who belongs to the former rather
        than to the latter. The default is the first two classes.
    edges
        For a predictor, the edge of the triangle to which its effect belongs, such as "parent->child".
    priors
        Rows that replace the default priors.

    Raises
    ------
    SpecError
        An argument is not one of these values.

    References
    ----------
    Nagin (1999), doi:10.1037/1082-989X.4.2.139, on classes of trajectories; Muthén & Shedden (1999),
    doi:10.1111/j.0006-341X.1999.00463.x, on growth mixtures with predictors in one step; Vermunt (2010),
    doi:10.1093/pan/mpq025, on what is lost in three steps.
    """

    outcome: str = ""
    classes: Classes = 3
    growth: Growth = "linear"
    times: tuple[float, ...] = ()
    residual: str = "equal"
    random: str = "none"
    link: str = "identity"
    zero_inflated: bool = False
    categories: tuple[float, ...] = ()
    predictors: tuple[str, ...] = ()
    arm: str | None = None
    levels: tuple[str, ...] = ("pupil",)
    contrast: tuple[str, ...] = ()
    edges: Mapping[str, str] = field(default_factory=dict, hash=False)
    priors: tuple[Prior, ...] = ()

    def __post_init__(self) -> None:
        """Check every field."""
        settle(
            self,
            outcome=name_of("outcome", self.outcome, "outcome"),
            arm=None if self.arm is None else name_of("arm", self.arm, "covariate"),
            classes=class_names(self.classes),
            growth=growth_of(self.growth),
            times=numbers_of("times", self.times),
            categories=numbers_of("categories", self.categories),
            predictors=names_of("predictors", self.predictors, "predictor"),
            levels=levels_of(self.levels),
            zero_inflated=flag("zero_inflated", self.zero_inflated),
            priors=rows_of(self.priors),
            **{name: choice(name, getattr(self, name), choices) for name, choices in CHOICES.items()},
        )
        settle(self, edges=edges_of(self.edges, (*self.predictors, *([self.arm] if self.arm else [])), "predictors"))
        self._check_together()
        self._check_membership()
        settle(self, contrast=self._settled_contrast())
        self._check_priors()

    def __hash__(self) -> int:
        return hash((self.outcome, self.trajectories, self.predictors, self.arm, self.levels))

    def _check_together(self) -> None:
        if isinstance(self.growth, Mapping) and self.times:
            lengths = {len(loadings) for loadings in self.growth.values()}
            if lengths != {len(self.times)}:
                raise SpecError(
                    "Every coefficient of 'growth' has a loading at every wave.",
                    f"There are {len(self.times)} times and {max(lengths)} loadings.",
                    "Give one for each time.",
                )
        require_one_role(outcome=[self.outcome], predictors=self.predictors, arm=[self.arm] if self.arm else [])
        for name, given in (("times", self.times), ("categories", self.categories)):
            if given and (len(given) < 2 or list(given) != sorted(set(given))):
                raise SpecError(
                    f"'{name}' are two numbers or more, each larger than the one before.",
                    f"They are {', '.join(f'{number:g}' for number in given)}.",
                    "Put them in order, each once.",
                )
        if self.by_arm and self.arm is None:
            raise SpecError(
                "Classes by arm need the arm.",
                "'classes' is a table of arms; 'arm' is not given.",
                "Name the covariate that is 1 in the intervention arm: arm=...",
            )
        if self.link != "identity" and self.residual != "equal":
            raise SpecError(
                "Ordered categories and counts of events have no residual variance of their own.",
                f"The model has link={self.link!r}, residual={self.residual!r}.",
                "Leave 'residual' out, or treat the outcome as Gaussian (link='identity').",
            )
        if self.link != "logit" and self.categories:
            raise SpecError(
                "'categories' belong to link='logit'.",
                f"The link is {self.link!r}.",
                "Leave them out, or change the link.",
            )
        require_events(self.link, zero_inflated=self.zero_inflated)

    def _check_membership(self) -> None:
        """Refuse what speaks of membership, or of differences between classes, where there is one class."""
        if self.divides:
            return
        if len(self.trajectories) == 1 and self.residual in ALONE:
            raise SpecError(
                "Residual variances by class differ between classes.",
                f"There is one class, and residual={self.residual!r}.",
                f"Write residual={ALONE[self.residual]!r}, which is the same here, or ask for two classes.",
            )
        given = {
            "predictors": f"predictors={self.predictors}" if self.predictors else "",
            "arm": f"arm={self.arm!r}" if self.arm and not self.by_arm else "",
            "levels": f"levels={self.levels}" if self.cluster_levels else "",
        }
        idle = [name for name, value in given.items() if value]
        if idle:
            raise SpecError(
                "Predictors, an arm and clusters say who belongs to which class: with one class they have no effect.",
                f"There is one class, and the model has {', '.join(filter(None, given.values()))}.",
                f"Leave {' and '.join(idle)} out, or ask for two classes. If the mean course itself should differ "
                "by covariates and schools, use ClusterTrial or RICLPM.",
            )

    def _settled_contrast(self) -> tuple[str, ...]:
        names = self.names[self.contrast_group]
        given = names_of("contrast", self.contrast, "class")
        if not given:
            return names[:2] if len(names) > 1 else ()
        wrong = [name for name in given if name not in names]
        if wrong or len(given) != 2:
            raise SpecError(
                f"'contrast' names two of the classes {', '.join(names)}.",
                f"It is {', '.join(given)}." + (f" {nearest(wrong[0], list(names))}" if wrong else ""),
                "Correct it, or leave it out for the first two.",
            )
        if given != names[:2] and not self.predictors:
            raise SpecError(
                "'contrast' names the two classes between which the predictors are to distinguish.",
                f"It is {', '.join(given)}, and the model has no predictors.",
                "Name predictors, or leave it out.",
            )
        return given

    def _check_priors(self) -> None:
        for row in merge(self.default_priors(), self.priors):
            symmetric = row.parameter.startswith(("membership", "programme"))
            if symmetric and (row.distribution != "Normal" or row.arguments[0] != 0):
                raise SpecError(
                    f"The prior of '{row.parameter}' is a Normal around 0, the same for the log odds of any two "
                    "classes.",
                    f"The row says {row.distribution}({', '.join(f'{a:g}' for a in row.arguments)}).",
                    "Give Normal with mu = 0.",
                )

    @property
    def by_arm(self) -> bool:
        """Whether each arm has classes of its own."""
        return isinstance(self.classes, Mapping)

    @property
    def divides(self) -> bool:
        """Whether there are two classes or more in a group of pupils, so that membership has a meaning."""
        return max(len(names) for names in self.names) > 1

    @property
    def names(self) -> tuple[tuple[str, ...], ...]:
        """Names of the classes of all pupils; if the arms have their own classes, of control and of intervention."""
        return tuple(self.classes[arm] for arm in ARMS) if self.by_arm else (self.classes,)

    @property
    def trajectories(self) -> tuple[str, ...]:
        """Labels of all classes; if the arms have their own classes, such as "control: low"."""
        if not self.by_arm:
            return tuple(self.classes)
        return tuple(f"{arm}: {name}" for arm in ARMS for name in self.classes[arm])

    @property
    def allowed(self) -> NDArray[np.int64]:
        """Whether a class occurs in a group of pupils, [group, class]."""
        import numpy as np  # reading a card needs no arrays

        group = np.repeat(np.arange(len(self.names)), [len(names) for names in self.names])
        return np.asarray(group == np.arange(len(self.names))[:, None], dtype=np.int64)

    @property
    def contrast_group(self) -> int:
        """Position in `names` of the group whose classes are compared: the last group with two or more classes."""
        return max((g for g, names in enumerate(self.names) if len(names) > 1), default=0)

    def trajectory(self, name: str) -> str:
        """Return the label of a class of the contrast."""
        return f"{ARMS[self.contrast_group]}: {name}" if self.by_arm else name

    @property
    def variables(self) -> tuple[str, ...]:
        """The columns of scores that the data must contain: the outcome."""
        return (self.outcome,)

    @property
    def columns(self) -> tuple[str, ...]:
        """The same, under the name that it has where several columns measure a variable."""
        return self.variables

    @property
    def covariates(self) -> tuple[str, ...]:
        """The columns that the data must contain besides the scores: the predictors, then the arm."""
        return (*self.predictors, *((self.arm,) if self.arm else ()))

    @property
    def regressors(self) -> tuple[str, ...]:
        """What predicts membership: the predictors, and the arm if the arms share the classes."""
        return self.predictors if self.by_arm else self.covariates

    @property
    def cluster_levels(self) -> tuple[str, ...]:
        """The levels above the pupil, innermost first."""
        return tuple(level for level in LEVELS[1:] if level in self.levels)

    def default_priors(self) -> tuple[Prior, ...]:
        """Return the default priors of the parameters that this model can have."""
        return default_priors(self)

    def prior(self, parameter: str) -> Prior:
        """Return the prior of a parameter."""
        return {row.parameter: row for row in merge(self.default_priors(), self.priors)}[parameter]

    def with_classes(self, number: int) -> Trajectories:
        """Return the same model with another number of classes, without names.

        With one class the predictors are left out, because there is no membership to predict.

        Raises
        ------
        SpecError
            Classes differ by arm.
        """
        if self.by_arm:
            raise SpecError(
                "The number of classes is compared where all pupils share them.",
                "Here each arm has its own.",
                "Compare within each arm: give the pupils of one arm, classes=2 and no 'arm'.",
            )
        if number > 1:
            return replace(self, classes=number, contrast=())
        gone = ("membership_intercept", "membership_effect", "programme_effect", "class_sd", "school_sd")
        return replace(
            self,
            classes=1,
            contrast=(),
            predictors=(),
            arm=None,
            levels=("pupil",),
            edges={},
            residual=ALONE.get(self.residual, self.residual),
            priors=tuple(row for row in self.priors if row.parameter not in gone),
        )


def default_priors(spec: Trajectories) -> tuple[Prior, ...]:
    """Return the default, weakly informative priors.

    Standardised rows count in standard deviations of the outcome: of its scores, or, with a link, of the latent score
    within a class, 1.81 logits, or the logarithm of a rate, whose unit is 1. Rows of membership are log odds of any two
    classes: per SD of a predictor.
    """

    def row(parameter: str, distribution: str, arguments: tuple[float, ...], reason: str) -> Prior:
        source = "default; doi:10.1016/j.jmva.2009.04.008" if distribution == "LKJ" else "default"
        return Prior(parameter, distribution, arguments, reason=reason, source=source)

    ordinal = spec.link == "logit"
    reach, reason = (3 if ordinal else 2), "classes lie within the range of the scores"
    if spec.link == "log":
        reason = "rates of classes seldom differ from the mean number of events by more than the factor 50"
    rows = [row("growth_level", "Normal", (0, reach), reason)]
    if spec.growth not in ("constant", "free"):  # these have levels alone
        reason = "a class seldom moves by more than three SDs over the study"
        rows.append(row("growth_change", "Normal", (0, 1.5), reason))
    if ordinal and len(spec.categories) != 2:
        rows.append(row("threshold_gap", "HalfNormal", (3,), "from each threshold to the next"))
    if spec.link == "identity":
        rows.append(row("residual_sd", "HalfNormal", (1,), "at most about the total SD"))
    if spec.link == "log":
        reason = "rates of a pupil seldom spread around the course by more than four times their mean"
        rows.append(row("rate_cv", "HalfNormal", (2,), reason))
    if spec.zero_inflated:
        reason = "from 2 to 88 % of the scores are 0 whatever the rate"
        rows.append(row("zero_inflation", "Normal", (-1, 1.5), reason))
    if spec.random != "none":
        most = 0.5 if spec.link == "identity" else 1.0
        rows.append(row("random_sd", "HalfNormal", (most,), "most of what is stable is between the classes"))
    if spec.random == "slope":
        rows.append(row("random_corr", "LKJ", (2,), "mildly against correlations of one"))
    if not spec.divides:
        return tuple(rows)
    rows.append(row("membership_intercept", "Normal", (0, 2), "one class may be 50 times as large as another"))
    if spec.predictors:
        rows.append(row("membership_effect", "Normal", (0, 1), "odds ratios per SD from 1/7 to 7"))
    if spec.arm and not spec.by_arm:
        rows.append(row("programme_effect", "Normal", (0, 1), "odds ratios of a programme from 1/7 to 7"))
    for level in spec.cluster_levels:
        rows.append(row(f"{level}_sd", "HalfNormal", (0.5,), f"odds seldom differ more than sevenfold by {level}"))
    return tuple(rows)
