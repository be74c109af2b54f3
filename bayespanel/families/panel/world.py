"""A world of panels: the true values of a population, and the design by which its pupils are observed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bayespanel.families.panel import group_world
from bayespanel.families.panel.world_beside import acts_on_what_lasts, settle_beside, shapes_beside
from bayespanel.families.panel.world_items import columns, settle_items, settle_names, shapes_of_items
from bayespanel.families.panel.world_rules import require_possible
from bayespanel.families.panel.world_time import of_intervals, settled_start
from bayespanel.families.shared import world_fields as given
from bayespanel.families.shared.enrolment import require_room
from bayespanel.families.shared.world_fields import Array
from bayespanel.language.errors import SpecError
from bayespanel.language.values import flag, settle

RESERVED = ("pupil", "wave", "school", "class")
"""Columns of every simulated table that describe the design."""


@dataclass(frozen=True, eq=False)
class PanelWorld:
    """A population of pupils in classes in schools, with its true values, and the design by which it is observed.

    Parameters have the names that they have in the posterior, so that you can compare a fit with them:

        y[i, t] = mean[t] + school + class + intercept_loading[t] r[i] + (t - 1) slope[i] + w[i, t],
        w[i, 1] ~ Normal(0, initial), u[i, t] ~ Normal(0, innovation[t-1]), u[i, 1] = w[i, 1],
        w[i, t] = lag[t-1] w[i, t-1] + lag_2 w[i, t-2] + moving_average u[i, t-1] + u[i, t].

    Every pupil stays in one class at all waves, unless classes are formed anew (`re_formed_classes`).

    Parameters
    ----------
    variables
        Names of the variables.
    months : [wave]
        The month of each wave, in increasing order. Months only describe the design, except in continuous time: a lag
        is per interval, whether the interval is long or short.
    lag : [target, source] or [interval, target, source]
        Effect of the source at one wave on the target at the next, raw units.
    drift, diffusion_sd, diffusion_corr : [target, source], [variable], [variable, variable]
        In place of lag and innovation, a world in continuous time: change per month that a deviation brings about in
        itself and in others, and the standard deviations and correlations of what arrives in a month. The last two may
        have the dimension interval first. None: time is discrete.
    lag_2, first_lag : [target, source]
        Effect of the source at one wave on the target two waves later, beside the lag, raw units; and the lag from the
        first wave to the second, None for `lag`. Without lag_2 there is no first_lag.
    moving_average : [target, source]
        What an innovation does once more, a wave later, beside what the lags carry on, raw units; None for nothing.
    initial_sd : [variable]
        Within-person standard deviation at the first wave, raw units; None where the world is stationary.
    innovation_sd : [variable] or [interval, variable]
        Standard deviation of the innovations, raw units.
    initial_corr, innovation_corr : [variable, variable]; the latter also [interval, variable, variable]
        Correlations; None means that there are none.
    stationary
        True: deviations at the first wave have the covariance at which lags and innovations, equal over intervals,
        settle. It is then computed, and stands in initial_sd and initial_corr.
    intercept_sd, intercept_corr : [variable], [variable, variable]
        Standard deviations and correlations of the stable parts of pupils. None means no stable parts, or no
        correlations.
    intercept_loading : [wave, variable]
        Loadings of the stable parts on the waves, those of the first wave 1; None for ones.
    accumulating, first_loading : bool, [variable, growth factor or variable]
        True: stable parts, and slopes, enter every wave after the first, and the lags, then those of scores around
        their means, carry them on. `first_loading` is what they do at the first wave; in its place may stand
        `intercept_loading`, by which they enter every wave, and which is 1 at the first. None with False.
    slope_sd : [variable]
        Standard deviation of pupils' linear slopes, raw units per wave, in continuous time per month; None: there are
        none.
    growth_corr : [growth factor, growth factor]
        Correlations of intercepts and slopes: first the intercepts of all variables, then their slopes. It stands in
        place of `intercept_corr` where there are slopes; None for uncorrelated.
    tail_df
        Degrees of freedom, above 2, of what pupils have around means and effects of classes and schools: all of it is
        then multivariate Student-t, with the standard deviations given here. None for normal distributions.
    lag_school_sd : [target, source]
        Standard deviations between schools of the lags: each school has lags of its own, normal around `lag` and
        independent. None for lags that are the same in all schools.
    class_sd, class_corr, school_sd, school_corr : [variable], [variable, variable]
        Standard deviations and correlations of the cluster effects, one effect per variable. With the shapes
        [wave, variable] and [cell, cell] there is one effect per wave and variable; cells are all variables of the
        first wave, then all of the second. None means no effects, or no correlations.
    covariates
        Names of covariates that do not change over time and are independent of each other: standard normal, mean and
        SD exact over the pupils.
    covariate_shares
        For a covariate that is 0 or 1 instead, the probability of 1.
    covariate_effect : [variable, covariate] or [wave, variable, covariate]
        What a covariate, counted from its mean over the pupils, adds per unit to what lasts in a pupil, with slopes
        [growth factor, variable, covariate]; or, with the dimension of waves, to the score of each wave. Raw units;
        None with no covariates.
    covariate_missing
        Probability that a covariate of a pupil is missing, independently of everything.
    distal
        Names of outcomes that are measured once, after the last wave.
    distal_effect, distal_deviation_effect : [outcome, variable]
        Effects on them of what lasts in pupils (with slopes, [outcome, growth factor, variable]), and of deviations at
        the last wave, raw units; None for no effects.
    distal_mean, distal_sd : [outcome]
        Expected values for pupils with average covariates (None means 0), and SD of the rest, raw units.
    distal_missing
        Probability that an outcome after the last wave is missing, independently of everything.
    indicators
        Names of variables to the columns of the table that hold their items, {"depression": ["d1", "d2", "d3"]}. The
        variable itself is then in no column.
    item_loading, item_intercept : [item] or [wave, item]
        What an item adds per unit of its variable, 1 for the first of each (None: all 1), and what it has beside (None:
        0), raw units. Items are those of the first variable that has any, then those of the next.
    item_sd : [item] or [wave, item]
        Standard deviation of what is an item's own, drawn anew at every wave, raw units.
    item_pupil_sd, item_class_sd, item_school_sd : [item]
        Standard deviation of what an item has of its own in a pupil, class or school at all waves, beside what its
        variable has; None for nothing. Raw units.
    mean : [variable] or [wave, variable]
        Expected scores of pupils with average covariates, raw units; None means 0.
    schools
        Number of schools.
    classes_per_school, pupils_per_class
        Smallest and largest number of classes in a school, and of pupils in a class. All numbers between these are
        equally likely.
    pupils
        Exact number of pupils. None: the number follows from the class sizes, which are drawn at random.
    school_years : [wave]
        School year (0, 1, ...) to which each wave belongs. None means that all waves are in one school year.
    re_formed_classes
        Whether the pupils of each school and cohort are shared out at random among its classes anew in every school
        year. A class then has an effect on the scores of its year.
    cohorts
        Number of cohorts over which the classes are spread. The oldest cohort leaves after the first school year, the
        next one after the second, and so on. With 1 cohort nobody leaves.
    missing_wave
        Probability that a pupil misses a wave, independently of all scores (missing completely at random). Every pupil
        has scores at one wave or more.
    dropout
        Probability per wave that an average pupil who was observed before leaves the study for good.
    dropout_variable, dropout_slope
        A variable, and the change in the log-odds of dropout per standard deviation of its last observed score
        (missing at random).
    measurement_error_sd, measurement_error_corr : [variable] or [wave, variable], [variable, variable]
        Standard deviation of the noise of each observed score, raw units, and the correlations of this noise between
        the variables of one wave. None means no noise, or no correlations.
    skew
        For a variable, a number k > 0: the deviation d of a score from the mean becomes (exp(k d) - 1) / k. If d is
        standard normal, k = .5 gives a skewness of 1.75.
    ordinal
        For a variable, increasing cut points: a score becomes the number of cut points that it reaches, 0, 1, ...
    groups
        Names of groups of pupils and their shares, {"girl": 0.5, "boy": 0.5}; empty for one group. Groups share
        classes and schools and their effects.
    by_group
        For a group, the fields whose values are its own, {"girl": {"lag": ...}}: means, lags, and the standard
        deviations, correlations and loadings of pupils.
    grouping
        Name of the column that tells the groups.

    Raises
    ------
    SpecError
        A field has a value of the wrong type or an array of the wrong shape; a standard deviation is negative; a matrix
        is not a correlation matrix; the schools are too small or too large for the number of pupils; a probability is
        not between 0 and 1; a variable is unknown; or groups are not shares of pupils.
    """

    variables: tuple[str, ...]
    months: tuple[float, ...]
    lag: Array = None  # type: ignore[assignment]  # None in continuous time alone, where it follows from the drift
    initial_sd: Array = None  # type: ignore[assignment]  # never: a world without it is refused
    innovation_sd: Array = None  # type: ignore[assignment]  # as lag
    initial_corr: Array | None = None
    innovation_corr: Array | None = None
    intercept_sd: Array | None = None
    intercept_corr: Array | None = None
    intercept_loading: Array | None = None
    accumulating: bool = False
    first_loading: Array | None = None
    drift: Array | None = None
    diffusion_sd: Array | None = None
    diffusion_corr: Array | None = None
    lag_2: Array | None = None
    first_lag: Array | None = None
    moving_average: Array | None = None
    stationary: bool = False
    slope_sd: Array | None = None
    growth_corr: Array | None = None
    tail_df: float | None = None
    lag_school_sd: Array | None = None
    class_sd: Array | None = None
    class_corr: Array | None = None
    school_sd: Array | None = None
    school_corr: Array | None = None
    covariates: tuple[str, ...] = ()
    covariate_shares: Mapping[str, float] = field(default_factory=dict)
    covariate_effect: Array | None = None
    covariate_missing: float = 0.0
    distal: tuple[str, ...] = ()
    distal_effect: Array | None = None
    distal_deviation_effect: Array | None = None
    distal_mean: Array | None = None
    distal_sd: Array | None = None
    distal_missing: float = 0.0
    indicators: Mapping[str, Sequence[str]] = field(default_factory=dict)
    item_loading: Array | None = None
    item_intercept: Array | None = None
    item_sd: Array | None = None
    item_pupil_sd: Array | None = None
    item_class_sd: Array | None = None
    item_school_sd: Array | None = None
    mean: Array | None = None
    schools: int = 30
    classes_per_school: tuple[int, int] = (2, 4)
    pupils_per_class: tuple[int, int] = (18, 25)
    pupils: int | None = None
    school_years: tuple[int, ...] | None = None
    re_formed_classes: bool = False
    cohorts: int = 1
    missing_wave: float = 0.0
    dropout: float = 0.0
    dropout_variable: str | None = None
    dropout_slope: float = 0.0
    measurement_error_sd: Array | None = None
    measurement_error_corr: Array | None = None
    skew: Mapping[str, float] = field(default_factory=dict)
    ordinal: Mapping[str, Sequence[float]] = field(default_factory=dict)
    groups: Mapping[str, float] = field(default_factory=dict)
    by_group: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    grouping: str = "group"

    def __post_init__(self) -> None:
        """Check every field; arrays become read-only copies."""
        settle(self, variables=given.texts("variables", self.variables, least=1))
        for name in ("covariates", "distal"):
            settle(self, **{name: given.texts(name, getattr(self, name))})
        settle_names(self)
        given.columns((*self.columns, *self.covariates, *self.distal), RESERVED)
        self._settle_waves()
        own = ("lag", "innovation_sd") if self.drift is None else ("drift", "diffusion_sd")
        flags = ("accumulating", "re_formed_classes", "stationary")
        settle(self, **{name: flag(name, getattr(self, name)) for name in flags})
        given.arrays(self, self._shapes(), required=(*own, *(() if self.stationary else ("initial_sd",))))
        if self.stationary:
            settle(self, **settled_start(self))
        settle(self, tail_df=None if self.tail_df is None else given.number("tail_df", self.tail_df))
        require_possible(self)
        settle_beside(self)
        settle_items(self)
        self._settle_sizes()
        self._settle_missing()
        self._settle_observation()
        shares, by_group, column = group_world.settled(self)
        settle(self, groups=shares, by_group=by_group, grouping=column)

    @property
    def waves(self) -> int:
        """Number of waves."""
        return len(self.months)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of scores in a simulated table: items, and variables that have none."""
        return columns(self)

    @property
    def clock(self) -> Array:
        """What slopes run over [wave]: waves counted from 0, in continuous time months since the first."""
        return np.arange(self.waves, dtype=float) if self.drift is None else np.array(self.months) - self.months[0]

    def intervals(self) -> tuple[Array, Array, Array | None]:
        """Return lags [interval, target, source], and SDs and correlations of innovations, of every interval."""
        t, v = self.waves, len(self.variables)
        if self.drift is None or self.diffusion_sd is None:
            corr = self.innovation_corr
            every = None if corr is None else np.broadcast_to(corr, (t - 1, v, v))
            return np.broadcast_to(self.lag, (t - 1, v, v)), np.broadcast_to(self.innovation_sd, (t - 1, v)), every
        corr = np.eye(v) if self.diffusion_corr is None else self.diffusion_corr
        sd = self.diffusion_sd
        lag, arrived = of_intervals(self.drift, sd[..., :, None] * corr * sd[..., None, :], self.months)
        spread = np.sqrt(np.einsum("tii->ti", arrived))
        some = np.where(spread > 0, spread, 1.0)
        return lag, spread, arrived / some[:, :, None] / some[:, None, :] * (1 - np.eye(v)) + np.eye(v)

    def _settle_waves(self) -> None:
        months, years = given.increasing(self.months), self.school_years
        if months is None or len(months) < 2:
            raise SpecError(
                "A panel has two waves or more, at increasing months.", f"months = {self.months!r}.", "Correct them."
            )
        cohorts = given.whole("cohorts", self.cohorts, least=1)
        if years is not None:
            years = given.wholes("school_years", years)
            if len(years) != len(months) or list(years) != sorted(years):
                raise SpecError(
                    "Each wave falls into a school year, 0, 1, ..., in order.",
                    f"school_years = {years} with {len(months)} waves.",
                    "Give one year per wave.",
                )
        if cohorts > 1 and (years is None or years[0] != 0):
            raise SpecError(
                "Cohorts leave after a school year, and the first wave falls into year 0.",
                f"There are {cohorts} cohorts, and school_years = {years}.",
                "Give school_years such as (0, 1, 1, 2, 2), or cohorts=1.",
            )
        settle(self, months=months, cohorts=cohorts, school_years=years)

    def _shapes(self) -> dict[str, dict[str, tuple[int, ...]]]:
        """Return the shapes that each array may have."""
        v, t = len(self.variables), self.waves
        one: dict[str, tuple[int, ...]] = {"variable": (v,)}
        matrix: dict[str, tuple[int, ...]] = {"variable, variable": (v, v)}
        lags: dict[str, tuple[int, ...]] = {"target, source": (v, v)}
        out: dict[str, dict[str, tuple[int, ...]]] = {
            "lag": lags | {"interval, target, source": (t - 1, v, v)},
            "mean": one | {"wave, variable": (t, v)},
            "drift": lags,
            "diffusion_sd": one | {"interval, variable": (t - 1, v)},
            "diffusion_corr": matrix | {"interval, variable, variable": (t - 1, v, v)},
            "innovation_sd": one | {"interval, variable": (t - 1, v)},
            "innovation_corr": matrix | {"interval, variable, variable": (t - 1, v, v)},
            **dict.fromkeys(("lag_2", "first_lag", "moving_average", "lag_school_sd"), lags),
            **dict.fromkeys(("initial_sd", "intercept_sd", "slope_sd"), one),
            "measurement_error_sd": one | {"wave, variable": (t, v)},
            "intercept_loading": {"wave, variable": (t, v)},
            "first_loading": {"variable, effect": (v, v if self.slope_sd is None else 2 * v)},
            "growth_corr": {"growth factor, growth factor": (2 * v, 2 * v)},
            **dict.fromkeys(("initial_corr", "intercept_corr", "measurement_error_corr"), matrix),
        }
        out |= shapes_beside(self) | shapes_of_items(self)
        for level in ("class", "school"):
            name = f"{level}_sd"
            sd = getattr(self, name)
            by_wave = sd is not None and given.numbers(name, sd).ndim == 2
            out[name] = one | {"wave, variable": (t, v)}
            out[f"{level}_corr"] = {"cell, cell": (t * v, t * v)} if by_wave else matrix
        return out

    @property
    def predicted(self) -> bool:
        """Whether covariates act on what lasts in pupils, and not on the scores of each wave."""
        return acts_on_what_lasts(self)

    def _settle_sizes(self) -> None:
        settle(
            self,
            schools=given.whole("schools", self.schools),
            classes_per_school=given.sizes("classes_per_school", self.classes_per_school),
            pupils_per_class=given.sizes("pupils_per_class", self.pupils_per_class),
            pupils=None if self.pupils is None else given.whole("pupils", self.pupils),
        )
        scores = self.waves * len(self.columns)
        require_room(self.schools, self.classes_per_school, self.pupils_per_class, self.pupils, "schools", scores)

    def _settle_missing(self) -> None:
        for name in ("missing_wave", "dropout", "covariate_missing", "distal_missing"):
            settle(self, **{name: given.rate(name, getattr(self, name))})
        settle(self, dropout_slope=given.number("dropout_slope", self.dropout_slope))
        if self.dropout_variable is not None:
            given.known_name("dropout_variable", self.dropout_variable, self.columns, "variables")
        if self.dropout_slope and (self.dropout_variable is None or not self.dropout):
            raise SpecError(
                "A dropout slope belongs to a variable and a rate.",
                f"dropout_slope = {self.dropout_slope:g}, dropout_variable = {self.dropout_variable}, "
                f"dropout = {self.dropout:g}.",
                "Give all three, or no slope.",
            )

    def _settle_observation(self) -> None:
        skew = given.table("skew", self.skew, "names of variables to numbers", self.columns, "variables")
        ordinal = given.table("ordinal", self.ordinal, "names of variables to cut points", self.columns, "variables")
        for variable, strength in skew.items():
            if given.number(f"skew of {variable}", strength) <= 0:
                raise SpecError(
                    "A skew is positive and finite.", f"{variable!r} has {strength:g}.", "Give a positive k."
                )
        both = sorted(set(skew) & set(ordinal))
        if both:
            raise SpecError(
                "A variable is skewed or ordinal: cut points can say both.",
                f"{both[0]!r} is in 'skew' and 'ordinal'.",
                "Leave it out of 'skew' and move its cut points.",
            )
        cuts = {name: given.cut_points(repr(name), own) for name, own in ordinal.items()}
        settle(self, skew=skew, ordinal=cuts)
