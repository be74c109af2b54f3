"""Specification of a cluster-randomised trial."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bayespanel.families.shared.spec_fields import edges_of, levels_of, require_events, require_one_role, rows_of
from bayespanel.language.errors import SpecError, nearest
from bayespanel.language.names import LEVELS
from bayespanel.language.plain_names import require_distinct_pathways
from bayespanel.language.prior import Prior, merge
from bayespanel.language.values import choice, flag, names_of, settle, table_of

CHOICES = {
    "adjustment": ("none", "covariate", "constrained"),
    "link": ("identity", "logit", "probit", "log"),
    "varying_effects": ("none", "uncorrelated", "correlated"),
    "variances": ("common", "by_arm"),
}
"""Options of a specification and their values, the default first."""


@dataclass(frozen=True)
class ClusterTrial:
    """The specification of a model of a randomised trial with pupils in classes and schools.

    Parameters
    ----------
    outcomes
        Names of the outcomes, in order; they are modelled jointly.
    levels
        "pupil", then "class" and/or "school": the levels with random effects. "pupil" stands for any person who
        answered: a pupil, a parent or a teacher. If they are left out, the data decide: every level that the data
        contain and can tell apart (`bayespanel.families.trial.levels`), and the specification of the fit names them. If
        they are given, they must contain the unit of randomisation.
    adjustment
        "none": only the post-test is used. "covariate": each outcome is regressed on its own baseline (ANCOVA).
        "constrained": the baselines are outcomes too, with an arm effect of zero; this keeps pupils without a baseline
        and pupils without a post-test (constrained longitudinal analysis).
    covariates
        Covariates that shift the outcomes.
    moderators
        Covariates with which the effect of an arm may change: for whom does the programme work?
    families
        The outcomes of each family, by the family's name. The standardised effects of a family are partially pooled.
        Not of counts of events.
    edges
        For an outcome, the edge of the triangle to which its effect belongs, such as "school->parent".
    link
        "identity" for Gaussian outcomes; "logit" or "probit" for ordered categories, with cumulative probabilities;
        "log" for counts of events, which are negative binomial.
    zero_inflated
        Whether some pupils have no events whatever the others have: a share of zeros beside those of the negative
        binomial distribution, one for each outcome. Counts of events only.
    varying_effects
        Whether the effects of the arms differ between schools (the outermost clusters), each of which holds several
        arms: random effects of the treatment. "uncorrelated": each effect varies by itself. "correlated": with each
        other and with the means of the schools in the reference arm. Gaussian outcomes only.
    variances
        "common": all arms have one covariance at each level. "by_arm": each arm has its own, among pupils and at the
        levels whose clusters lie wholly in one arm. Gaussian outcomes only.
    arms_without_classes
        Arms whose pupils are taught in no class, so that these have no class effect: a partially nested design, such
        as groups for the intervention alone. Gaussian outcomes only.
    priors
        Rows that replace the default priors.

    Raises
    ------
    SpecError
        An argument is not one of these values.

    References
    ----------
    Liang & Zeger (2000), Sankhya B 62, 134-148, on the constrained analysis; Gelman, Hill & Yajima (2012),
    doi:10.1080/19345747.2011.618213, on pooling in place of corrections for multiplicity.
    """

    outcomes: tuple[str, ...] = ()
    levels: tuple[str, ...] | None = None
    adjustment: str = "none"
    covariates: tuple[str, ...] = ()
    moderators: tuple[str, ...] = ()
    families: Mapping[str, Sequence[str]] = field(default_factory=dict, hash=False)
    edges: Mapping[str, str] = field(default_factory=dict, hash=False)
    link: str = "identity"
    zero_inflated: bool = False
    varying_effects: str = "none"
    variances: str = "common"
    arms_without_classes: tuple[str, ...] = ()
    priors: tuple[Prior, ...] = ()

    def __post_init__(self) -> None:
        """Check every field."""
        settle(
            self,
            outcomes=names_of("outcomes", self.outcomes, "outcome"),
            covariates=names_of("covariates", self.covariates, "covariate"),
            moderators=names_of("moderators", self.moderators, "moderator"),
            arms_without_classes=names_of("arms_without_classes", self.arms_without_classes, "arm"),
            levels=None if self.levels is None else levels_of(self.levels),
            priors=rows_of(self.priors),
            zero_inflated=flag("zero_inflated", self.zero_inflated),
            **{name: choice(name, getattr(self, name), choices) for name, choices in CHOICES.items()},
        )
        if not self.outcomes:
            raise SpecError("A trial has outcomes.", "None was named.", "Give outcomes=[...].")
        for name in self.moderators:
            if name not in self.covariates:
                raise SpecError(
                    "A moderator is one of the covariates: its own effect belongs in the model too.",
                    f"{name!r} is not among them. {nearest(name, list(self.covariates))}",
                    "Add it to 'covariates'.",
                )
        require_one_role(outcomes=self.outcomes, covariates=self.covariates)
        settle(self, families=self._settled_families(), edges=edges_of(self.edges, self.outcomes, "outcomes"))
        if self.link != "identity" and self.adjustment == "constrained":
            raise SpecError(
                "The constrained analysis is for Gaussian outcomes.",
                f"The link is '{self.link}'.",
                "Use adjustment='covariate', or link='identity'.",
            )
        require_events(self.link, zero_inflated=self.zero_inflated)
        if self.families and self.link == "log":
            raise SpecError(
                "The effects of a family are pooled in standard deviations of its outcomes.",
                f"The link is 'log', and effects log rate ratios, beside the families {', '.join(self.families)}.",
                "Leave 'families' out: each count of events then stands on its own.",
            )
        self._require_gaussian()
        if self.levels is not None:
            self._require_clusters(self.levels)
        merge(self.default_priors(), self.priors)

    def _require_gaussian(self) -> None:
        """Check that what only the likelihood of Gaussian outcomes has is not asked of ordered ones."""
        given = {
            f"varying_effects='{self.varying_effects}'": self.varying_effects != "none",
            f"variances='{self.variances}'": self.variances != "common",
            f"arms_without_classes={self.arms_without_classes}": bool(self.arms_without_classes),
        }
        for what in (what for what, there in given.items() if there and self.link != "identity"):
            raise SpecError(
                "Effects that vary, variances by arm and arms without classes are for Gaussian outcomes.",
                f"The link is '{self.link}', beside {what}.",
                "Use link='identity', or leave it out.",
            )

    def _require_clusters(self, levels: tuple[str, ...]) -> None:
        """Check that a model with named levels has those that vary."""
        if self.varying_effects != "none" and levels == ("pupil",):
            raise SpecError(
                "Effects vary between the clusters of a level of the model.",
                f"varying_effects='{self.varying_effects}', and the levels are {', '.join(levels)}.",
                "Add 'school' to 'levels', or leave them out: they follow the data.",
            )
        if self.arms_without_classes and "class" not in levels:
            raise SpecError(
                "Arms without classes belong to a model with classes in other arms.",
                f"arms_without_classes={self.arms_without_classes}, and the levels are {', '.join(levels)}.",
                "Add 'class' to 'levels', or leave 'arms_without_classes' out.",
            )

    def _settled_families(self) -> dict[str, tuple[str, ...]]:
        given = table_of("families", self.families, '{"mood": ["sadness", "worry"]}')
        require_distinct_pathways(
            [
                *self.outcomes,
                *(f"family {family}" for family in given),
                *(f"{outcome} by {moderator}" for outcome in self.outcomes for moderator in self.moderators),
            ]
        )
        families: dict[str, tuple[str, ...]] = {}
        seen: dict[str, str] = {}
        for family, members in given.items():
            names = names_of(f"families.{family}", members, "member of a family")
            for outcome in names:
                if outcome not in self.outcomes:
                    raise SpecError(
                        "A family holds outcomes of the model.",
                        f"'{family}' names {outcome!r}. {nearest(outcome, list(self.outcomes))}",
                        "Correct the name, or add the outcome.",
                    )
                if outcome in seen:
                    raise SpecError(
                        "An outcome belongs to one family.",
                        f"{outcome!r} is in '{seen[outcome]}' and in '{family}'.",
                        "Keep it in one of them.",
                    )
                seen[outcome] = family
            if len(names) < 2:
                raise SpecError(
                    "A family pools the effects of two or more outcomes.",
                    f"'{family}' has {len(names)}.",
                    "Add outcomes, or leave the family out: its outcome then stands on its own.",
                )
            families[family] = names
        return families

    @property
    def variables(self) -> tuple[str, ...]:
        """The columns of scores that the data must contain: the outcomes."""
        return self.outcomes

    @property
    def cluster_levels(self) -> tuple[str, ...]:
        """The levels above the pupil, innermost first.

        Raises
        ------
        SpecError
            The specification leaves the levels to the data, and no data were given yet.
        """
        if self.levels is None:
            raise SpecError(
                "Levels that are left out follow the data of the trial.",
                "No data were looked at here.",
                'Name them, as in levels=("pupil", "school"), or take the specification of the fit.',
            )
        return tuple(level for level in self.levels if level != "pupil")

    def default_priors(self) -> tuple[Prior, ...]:
        """Return the default priors of the parameters that this model can have.

        If the specification leaves the levels to the data, those of all levels are among them.
        """
        return default_priors(self)

    def prior(self, parameter: str) -> Prior:
        """Return the prior of a parameter."""
        rows = {row.parameter: row for row in merge(self.default_priors(), self.priors)}
        return rows[parameter]

    def unpooled(self) -> ClusterTrial:
        """Return the same model without families of outcomes, so that no effects are pooled."""
        gone = ("family_effect", "family_sd")
        rows = tuple(row for row in self.priors if row.parameter not in gone)
        return replace(self, families={}, priors=rows)


def varying_level(spec: ClusterTrial) -> str:
    """Return the level between whose clusters effects differ, the outermost one; "" where they do not."""
    return spec.cluster_levels[-1] if spec.varying_effects != "none" else ""


def split_levels(spec: ClusterTrial, apart: Collection[str]) -> tuple[str, ...]:
    """Return the levels with a covariance of each arm, "residual" first.

    Where arms have no classes one arm alone has them, and their covariance is its own already.

    Parameters
    ----------
    spec
        The model.
    apart
        Levels whose clusters lie wholly in one arm.
    """
    if spec.variances == "common":
        return ()
    own = [level for level in spec.cluster_levels if level in apart]
    return ("residual", *(level for level in own if level != "class" or not spec.arms_without_classes))


def as_given(spec: ClusterTrial) -> tuple[str, ...]:
    """Return the parameters whose standardised rows count per unit of a covariate as given, not per SD of it."""
    used = [name for name, of in (("covariate_effect", spec.covariates), ("moderation", spec.moderators)) if of]
    return tuple(name for name in used if spec.prior(name).scale == "total")


def default_priors(spec: ClusterTrial) -> tuple[Prior, ...]:
    """Return the default, weakly informative priors; standardised rows count in SDs of an outcome within arms.

    Rows of covariates and moderators are per standard deviation of the covariate, of the baseline per one of the
    baseline. With a link, they count in SDs of a pupil's latent score, 1.81 logits or 1 probit; those of counts of
    events count in logarithms of the expected number.
    """
    clusters = LEVELS[1:] if spec.levels is None else spec.cluster_levels

    def row(parameter: str, distribution: str, arguments: tuple[float, ...], reason: str) -> Prior:
        source = "default; doi:10.1016/j.jmva.2009.04.008" if distribution == "LKJ" else "default"
        return Prior(parameter, distribution, arguments, reason=reason, source=source)

    gaussian, events = spec.link == "identity", spec.link == "log"
    # Chosen by simulation: the table in docs/trial.md, made by tests/families/trial/effect_prior.py.
    reason = "2 SD are unheard of; with 3 + 3 schools it takes about a tenth from an effect, with 6 + 6 a twentieth"
    if events:
        reason = "seven times as many events, or a seventh, are unheard of"
    rows = [row("effect", "Normal", (0, 1), reason)]
    if spec.families:
        rows += [
            row("family_effect", "Normal", (0, 1), "as for a single outcome"),
            row("family_sd", "HalfNormal", (0.2,), "effects of one family seldom differ by more than 0.4 SD"),
        ]
    if gaussian:
        rows += [
            row("mean", "Normal", (0, 5), "five SDs around the overall mean"),
            row("residual_sd", "HalfNormal", (1,), "at most about the total SD"),
        ]
    elif events:
        rows += [
            row("log_mean", "Normal", (0, 3), "expected numbers from 1 in 400 pupils to 400 for each"),
            row("rate_cv", "HalfNormal", (2,), "rates of pupils seldom spread by more than four times their mean"),
        ]
        if spec.zero_inflated:
            rows.append(row("zero_inflation", "Normal", (-1, 1.5), "from 2 to 88 % of the pupils never have an event"))
    else:
        rows += [
            row("threshold", "Normal", (0, 3), "the first threshold; shares of 1 in 20,000 lie four SDs out"),
            row("threshold_gap", "HalfNormal", (3,), "from each threshold to the next"),
        ]
    if spec.adjustment == "covariate":
        rows.append(row("baseline_effect", "Normal", (0, 1), "one SD of the outcome per SD of its baseline"))
        rows.append(
            row("baseline_missing_effect", "Normal", (0, 1), "one SD between pupils with and without a baseline")
        )
    if spec.covariates:
        rows.append(row("covariate_effect", "Normal", (0, 1), "one SD of the outcome per SD of the covariate"))
    if spec.moderators:
        reason = "effects seldom differ by more than one SD between the two halves of the pupils"
        rows.append(row("moderation", "Normal", (0, 0.25), reason))
    for level in clusters:
        reason = f"{level} ICCs above .25 are rare for reports and scores"
        rows.append(row(f"{level}_sd", "HalfNormal", (0.5,), reason))
    if spec.varying_effects != "none":
        rows.append(row("effect_sd", "HalfNormal", (0.25,), "effects seldom differ by half an SD between most schools"))
    several = gaussian and (len(spec.outcomes) > 1 or spec.adjustment == "constrained")
    together = clusters[-1:] if spec.varying_effects == "correlated" else ()
    for name in ("residual", *clusters) if several else together:
        rows.append(row(f"{name}_corr", "LKJ", (2,), "mildly against correlations of one"))
    return tuple(rows)
