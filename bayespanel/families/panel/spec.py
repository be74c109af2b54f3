"""Specification of a hierarchical random-intercept cross-lagged panel model (RI-CLPM)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

from bayespanel.families.panel.blocks import column_of, parameters_of, settled_free
from bayespanel.families.panel.combinations import require_one_measure, require_possible, require_shrinking
from bayespanel.families.panel.component import Component
from bayespanel.families.panel.default_rows import default_priors
from bayespanel.families.panel.distal import (
    Outcomes,
    distal_of,
    require_distal,
    require_modelled,
)
from bayespanel.families.panel.indicators import (
    INVARIANCE,
    Items,
    columns,
    indicators_of,
    item_effects_of,
    released_of,
    require_measurable,
)
from bayespanel.families.panel.option_values import length, moderators_of, ordered_of, varying_of, whole_order
from bayespanel.families.shared.spec_fields import levels_of, require_one_role, rows_of, triangle_of
from bayespanel.language.errors import SpecError, nearest
from bayespanel.language.plain_names import require_distinct_pathways
from bayespanel.language.prior import Prior, merge
from bayespanel.language.triangle import Triangle
from bayespanel.language.values import choice, flag, is_number, names_of, said, settle, table_of

CHOICES = {
    "lags": ("equal", "free"),
    "initial": ("free", "stationary"),
    "innovations": ("free", "equal"),
    "means": ("free", "equal", "linear"),
    "moving_average": ("none", "own", "cross"),
    "loadings": ("one", "first", "free"),
    "error": ("none", "equal", "free"),
    "shrinkage": ("none", "horseshoe", "common"),
    "time": ("discrete", "continuous"),
    "tails": ("normal", "student"),
    "cluster_effects": ("stable", "by_wave"),
    "covariate_effects": ("by_wave", "stable"),
    "missing_covariates": ("refused", "modelled"),
    "invariance": INVARIANCE,
}
"""Options of a specification and their values, the default first."""


@dataclass(frozen=True)
class RICLPM:
    """The specification of a random-intercept cross-lagged panel model (RI-CLPM).

    Parameters
    ----------
    variables
        Names of the variables, in order. Leave them out if a triangle names them.
    triangle
        The variables on each vertex of the triangle.
    levels
        "pupil", then "class" and/or "school": the levels that have random intercepts.
    lags
        "equal" over intervals (default), or "free".
    order
        How many waves back lags reach: 1 (default), or 2. The first two waves then start the process, with lags of
        their own between them.
    moving_average
        What an innovation does once more a wave later, beside what lags carry on: "none" (default), something to its
        "own" variable, or "cross", something to every variable, the same at all waves. Lags are then what lasts of an
        effect, moving averages what is over after a wave. Deviations of the first wave count as innovations.
    shrinkage
        How far cross-lags are drawn towards 0. "none" (default): each has the prior of the lags. "common": they are
        normal around 0 with one standard deviation, which is estimated. "horseshoe": most are next to 0 and some are
        not, by a regularised horseshoe whose slab is the prior of the lags. Carry-over is not shrunk.
    time
        "discrete" (default): lags go from wave to wave. "continuous": deviations drift at every moment, and lags of
        short and of long intervals follow from one drift, for waves at unequal gaps; the data then need the times of
        the waves. `innovations` says whether the diffusion is equal at all times, or free from interval to interval.
    per
        In continuous time, the length of the interval of which the evidence speaks, in the unit of the times; None for
        the median gap between waves. The model is the same whatever it is.
    initial
        Covariance of deviations at the first wave: "free" (default), or "stationary", that at which the process
        settles, the same at all waves. Lags and innovations are then "equal", and innovations follow from it.
    innovations
        Innovation covariances that are "free" over waves (default), or "equal".
    means
        Means that are "free" over waves (default), "equal", or "linear": a mean intercept and a mean slope. Where
        stable parts accumulate, that line enters every wave after the first and the lags carry it on.
    intercepts
        Whether pupils have random intercepts. False gives the cross-lagged panel model (CLPM), for comparison: it
        mistakes stable differences between pupils for effects within pupils.
    slopes
        Whether pupils have random linear slopes beside their random intercepts, and deviations are those from a line
        of their own: the latent curve model with structured residuals (LCM-SR). Slopes are per wave, or per unit of
        time where the data have the times of the waves.
    loadings
        Loadings of the random intercepts on the waves: "one" (default), or "free" after the first, for stable
        differences that grow or shrink over time. Where they accumulate, "one" leaves open what stable parts do at the
        first wave, each to every variable; with "first" each has a loading of its own there, and with "free" 1.
    accumulating
        Whether what lasts in pupils enters the score of every wave after the first anew, and the lags, which are then
        those of the scores themselves, carry it on: the dynamic panel model (DPM), with slopes the autoregressive
        latent trajectory model (ALT), with moving averages the general cross-lagged panel model (GCLM). What lasts may
        be anything at the first wave, unless `loadings` says more.
    error
        "none" (default): everything in a score that is not stable belongs to the deviation. "equal": each score also
        has an occasion error, whose variance is equal at all waves, as in the STARTS model. "free": its variance
        differs from wave to wave, which takes equal innovations. The lags are then those of the true scores. Few waves
        cannot distinguish errors from deviations; such data are refused.
    reliability
        Names of variables to their reliabilities, known from elsewhere: shares above 0, up to 1, of the observed
        variance that are no error. The variance of the errors is then fixed, for a study of how pathways change with
        it. Variables that are not named have no error.
    error_correlated
        Whether the errors of different variables at one wave correlate, for example because the same person answered
        all questions.
    ordered
        Names of variables whose scores are ordered categories, such as 0 to 4 with most pupils at 0, or yes and no. The
        category is that of a score behind it, between thresholds that are equal at all waves; all else is said of that
        score, and so is the evidence. Its unit is the standard deviation within pupils at the first wave.
    tails
        "normal" (default), or "student": what pupils have around means and effects of classes and schools has the heavy
        tails of a multivariate Student-t distribution, with degrees of freedom that are estimated, so that single
        pupils far off count less. Standard deviations and lags mean what they mean without.
    cluster_effects
        "stable" (default): each class and school has one effect per variable. "by_wave": it has one effect per wave and
        variable, with a free covariance. A table such as {"school": "by_wave"} gives either of them by level.
    covariates
        Names of covariates that do not change over time and shift the means.
    covariate_effects
        "by_wave" (default): each covariate has an effect on the score of every wave and variable. "stable": covariates
        predict the random intercepts, and slopes where there are any, with one effect each, and what lasts in pupils
        carries it to the waves.
    missing_covariates
        "refused" (default): covariates are known for every pupil, and nothing is assumed of their distribution.
        "modelled": they may be missing, at random given what is seen of the pupil, and are normal beside the scores.
    distal
        Outcomes that were measured once, after the last wave: columns of the data among the covariates of the pupils. A
        table says what each is regressed on: {"grade": "stable"}, on the random intercepts (with slopes, on these
        too), or "both", on the deviations of the last wave as well; a list of names stands for "both". An outcome is
        continuous, and has a residual variance of its own.
    indicators
        Names of variables to the columns of the data that measure each, two or more: {"depression": ["d1", "d2",
        "d3"]}. The first gives the variable its unit; each item has a residual variance of its own at every wave. All
        else is said of the variables behind the items, and so is the evidence.
    invariance
        What of an item is equal over waves: its loading ("metric", default), its loading and its intercept ("scalar";
        the means of the variables then change instead), or neither ("configural").
    released
        Items that are not held equal as the others are: "d3@2" at one wave, "d3" at all; "loading d3@2" or "intercept
        d3@2" of these alone.
    item_effects
        Levels ("pupil", "class", "school") at which single items have effects of their own that last, beside those of
        their variable, each with a variance; none by default.
    groups
        The column of the data that tells groups of pupils, such as girls and boys; empty for one group.
    free
        What differs between groups: "all" (default) that can, "none", or the names of blocks of parameters, such as
        ("mean", "lag"); everything else is equal. Blocks are "mean", "covariate_effect", "lag", "initial",
        "innovation", "intercept", "loading", "error" and "measurement". Effects of classes and schools are common to
        all groups.
    varying
        Paths that vary between schools, ("x -> y", "y -> y"): each school has a lag of its own around the mean lag,
        with a standard deviation between schools. The level "school" is then among the levels.
    moderators
        What predicts such paths: {"x -> y": ("programme",)}, covariates of the data that are the same for all pupils of
        a school.
    priors
        Rows that replace the default priors, in all groups.

    Raises
    ------
    SpecError
        An argument is not one of these values.

    References
    ----------
    Hamaker, Kuiper & Grasman (2015), doi:10.1037/a0038889; Mulder & Hamaker (2021), doi:10.1080/10705511.2020.1784738;
    on STARTS, Kenny & Zautra (1995), doi:10.1037/0022-006X.63.1.52; Lüdtke, Robitzsch & Wagner (2018),
    doi:10.1037/met0000155; on continuous time, Voelkle, Oud, Davidov & Schmidt (2012), doi:10.1037/a0027543; on the
    LCM-SR, Curran, Howard, Bainter, Lane & McGinley (2014), doi:10.1037/a0035297;
    on Student-t tails, Lange, Little & Taylor (1989), doi:10.1080/01621459.1989.10478852;
    on the regularised horseshoe, Piironen & Vehtari (2017), doi:10.1214/17-EJS1337SI;
    on the DPM, Allison, Williams & Moral-Benito (2017), doi:10.1177/2378023117710578; on accumulating factors, Usami,
    Murayama & Hamaker (2019), doi:10.1037/met0000210; on moving averages, Zyphur et al. (2020),
    doi:10.1177/1094428119847278.
    """

    variables: tuple[str, ...] = ()
    triangle: Triangle | None = None
    levels: tuple[str, ...] = ("pupil",)
    lags: str = "equal"
    order: int = 1
    moving_average: str = "none"
    shrinkage: str = "none"
    time: str = "discrete"
    per: float | None = None
    initial: str = "free"
    innovations: str = "free"
    means: str = "free"
    intercepts: bool = True
    slopes: bool = False
    loadings: str = "one"
    accumulating: bool = False
    error: str = "none"
    error_correlated: bool = False
    reliability: Mapping[str, float] = field(default_factory=dict)
    ordered: tuple[str, ...] = ()
    tails: str = "normal"
    cluster_effects: str | Mapping[str, str] = "stable"
    covariates: tuple[str, ...] = ()
    covariate_effects: str = "by_wave"
    missing_covariates: str = "refused"
    distal: Outcomes = field(default_factory=dict)
    indicators: Items = field(default_factory=dict)
    invariance: str = "metric"
    released: tuple[str, ...] = ()
    item_effects: tuple[str, ...] = ()
    groups: str = ""
    free: str | tuple[str, ...] = "all"
    varying: tuple[str, ...] = ()
    moderators: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    priors: tuple[Prior, ...] = ()

    def __post_init__(self) -> None:
        """Check every field, and settle the variables."""
        settle(
            self,
            variables=names_of("variables", self.variables, "variable"),
            distal=distal_of(self.distal),
            covariates=names_of("covariates", self.covariates, "covariate"),
            triangle=triangle_of(self.triangle),
            levels=levels_of(self.levels),
            intercepts=flag("intercepts", self.intercepts),
            slopes=flag("slopes", self.slopes),
            order=whole_order(self.order),
            per=length(self.per, self.time),
            accumulating=flag("accumulating", self.accumulating),
            error_correlated=flag("error_correlated", self.error_correlated),
            priors=rows_of(self.priors),
            **{name: choice(name, getattr(self, name), CHOICES[name]) for name in CHOICES if name != "cluster_effects"},
        )
        self._settle_variables()
        settle(self, indicators=indicators_of(self.indicators, self.variables))
        settle(self, released=released_of(self.released, self.indicators, self.invariance))
        settle(self, item_effects=item_effects_of(self.item_effects, self.indicators, self.levels))
        settle(self, groups=column_of("groups", self.groups))
        grouping = [self.groups] if self.groups else []
        roles = {"covariates": self.covariates, "distal": tuple(self.distal), "groups": grouping}
        items = [item for own in self.indicators.values() for item in own]
        require_one_role(variables=self.variables, indicators=items, **roles)
        settle(self, cluster_effects=self._settled_effects(), reliability=self._settled_reliability())
        settle(self, ordered=ordered_of(self.ordered, self.variables))
        settle(self, varying=varying_of(self.varying, self.variables))
        settle(self, moderators=moderators_of(self.moderators, self.varying))
        require_possible(self)
        require_measurable(self)
        by_wave = self.covariates if self.covariate_effects == "by_wave" else ()
        require_distal(self.distal, intercepts=self.intercepts, clusters=self.cluster_levels, by_wave=by_wave)
        require_modelled(self.missing_covariates, self.covariates)
        settle(self, free=settled_free(self.groups, self.free, parameters_of(self.default_priors())))
        require_one_measure(self)
        merge(self.default_priors(), self.priors)
        require_shrinking(self)

    def _settled_effects(self) -> str | dict[str, str]:
        def chosen(given: object) -> str:
            return choice("cluster_effects", given, CHOICES["cluster_effects"])

        effects = self.cluster_effects
        by_level = isinstance(effects, Mapping)
        named = table_of("cluster_effects", effects, '{"school": "by_wave"}') if by_level else {}
        idle = [level for level in named if level not in self.cluster_levels]
        if idle or (not by_level and chosen(effects) != "stable" and not self.cluster_levels):
            raise SpecError(
                "cluster_effects names cluster levels of the model.",
                f"It is {said(idle[0] if idle else effects)}; the levels are {', '.join(self.levels)}.",
                "Add 'class' or 'school' to 'levels', or leave it out.",
            )
        return {level: chosen(given) for level, given in named.items()} if by_level else chosen(effects)

    def _settled_reliability(self) -> dict[str, float]:
        given = table_of("reliability", self.reliability, '{"depression": 0.8}')
        for name, share in given.items():
            if name not in self.variables:
                raise SpecError(
                    "A reliability is that of a variable of the model.",
                    f"'reliability' names {said(name)}. {nearest(str(name), list(self.variables))}",
                    "Correct the name, or leave it out.",
                )
            if not is_number(share) or not 0 < share <= 1:
                raise SpecError(
                    "A reliability is a number above 0, up to 1.",
                    f"That of {name!r} is {said(share)}.",
                    "Give the share of variance that is no error; leave a variable without error out.",
                )
        if given and self.error != "none":
            raise SpecError(
                "Errors are estimated, or follow from reliabilities.",
                f"error={self.error!r}, and reliabilities are given.",
                'Leave one of them out: error="none" with reliabilities.',
            )
        return {name: float(given[name]) for name in self.variables if name in given}

    def _settle_variables(self) -> None:
        if self.triangle is not None:
            others = (*self.covariates, *self.distal)
            named = tuple(name for name in self.triangle.variables if name not in others)
            if self.variables and set(self.variables) != set(named):
                raise SpecError(
                    "A triangle names the variables of the model, and may name its covariates and distal outcomes.",
                    f"Only in one of them: {', '.join(sorted(set(self.variables) ^ set(named)))}.",
                    "Leave 'variables' out: the triangle names them.",
                )
            if not self.variables:
                settle(self, variables=named)
        if not self.variables:
            raise SpecError("An RI-CLPM needs variables.", "None was named.", "Give 'variables' or a 'triangle'.")
        require_distinct_pathways(f"{x} ~ {y}" for x, y in combinations(self.variables, 2))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of scores that the data must contain: items, and variables that have none."""
        return columns(self)

    @property
    def cluster_levels(self) -> tuple[str, ...]:
        """The levels above the pupil, innermost first."""
        return tuple(level for level in self.levels if level != "pupil")

    @property
    def augmented(self) -> bool:
        """Whether the likelihood has no closed form: a fit draws unseen scores or weights beside the parameters."""
        return bool(self.ordered) or self.tails != "normal"

    def effects_of(self, level: str) -> str:
        """Return whether a cluster level's effects are "stable" or "by_wave"."""
        if isinstance(self.cluster_effects, Mapping):
            return self.cluster_effects.get(level, "stable")
        return self.cluster_effects

    def components(self) -> tuple[Component, ...]:
        """Return the covariances of the model: within pupils, of pupils, of classes and of schools."""
        total = "at most about the total SD"
        start = {"one": "any", "first": "own", "free": ""}[self.loadings] if self.accumulating else ""
        later, carried = self.loadings == "free", self.accumulating
        over = "interval" if self.innovations == "free" else None
        settled = self.initial == "stationary"
        rows = [Component("initial", None, None, 1, total)]
        if self.time == "continuous":
            reason = "what arrives between two waves of the usual gap is at most about twice the total SD"
            rows.append(Component("diffusion", None, over, 2, reason, follows=settled, arrives=True))
        else:
            rows.append(Component("innovation", None, over, 1, total, follows=settled))
        if self.slopes:
            reason = f"{total}; of slopes, in the change from the first wave to the last"
            rows.append(Component("growth", "pupil", "growth", 1, reason, carried=carried, start=start))
        elif self.intercepts:
            rows.append(Component("intercept", "pupil", None, 1, total, later=later, carried=carried, start=start))
        if self.error != "none":
            reason = "at most about half the total variance: a reliability of .5"
            waves = "wave" if self.error == "free" else None
            rows.append(Component("error", None, waves, 0.5, reason, anew=True, correlated=self.error_correlated))
        if self.reliability:
            rows.append(Component("error", None, None, 0, "known", anew=True, correlated=False, fixed=True))
        for level in self.cluster_levels:
            over = "wave" if self.effects_of(level) == "by_wave" else None
            reason = f"{level} ICCs above .25 are rare for pupils' reports and scores"
            rows.append(Component(level, level, over, 0.5, reason))
        return tuple(rows)

    def default_priors(self) -> tuple[Prior, ...]:
        """Return the default priors of the parameters that this model has."""
        return default_priors(self)

    def prior(self, parameter: str) -> Prior:
        """Return the prior of a parameter."""
        rows = {row.parameter: row for row in merge(self.default_priors(), self.priors)}
        return rows[parameter]
