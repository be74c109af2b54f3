"""What a methods section says of a trial."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bayespanel.data import TrialCounts, TrialEstimates
from bayespanel.families.shared.sentences import (
    UNITS,
    Cite,
    counted,
    joined,
    of_patterns,
    per_covariate,
    scale_of,
    within,
)
from bayespanel.families.trial.checks import clusters_per_arm
from bayespanel.families.trial.spec import ClusterTrial, varying_level
from bayespanel.families.trial.statistics import Reduced

SCORES = "outcomes"

PARAMETERS: dict[str, str] = {}


def sample(spec: ClusterTrial, data: Reduced) -> Iterator[str]:
    """Say what was analysed."""
    if isinstance(data, TrialEstimates):
        yield f"Published standardised effects on {joined(spec.outcomes)}, each with its standard error, were analysed."
        yield "No scores of pupils were at hand."
        return
    pupils = f"{counted(data.n_pupils, 'pupil')}{within(data, spec.cluster_levels)}"
    yield f"Outcomes of {pupils} were analysed: {joined(spec.outcomes)}."
    first, *others = data.arms
    yield f"The arms were {joined([f'{first} (the reference)', *others])}."
    number = clusters_per_arm(data)
    each = f" ({joined([f'{n:,} in {arm}' for arm, n in number.items()])})" if number else ""
    yield f"Randomised were {UNITS[data.randomised]}{each}."
    if number and data.randomised not in spec.cluster_levels:
        yield f"The model has no effects of {UNITS[data.randomised]}, so that its intervals are too narrow."


def missing(spec: ClusterTrial, data: Reduced) -> tuple[float, float | None] | None:
    """Return the shares of outcomes that are missing, and of pupils who have all of them.

    The latter is not known from counts; published estimates have no outcomes at all.
    """
    if isinstance(data, TrialEstimates):
        return None
    if isinstance(data, TrialCounts):
        seen = sum(int(data.counts[data.outcome == data.outcomes.index(name)].sum()) for name in spec.outcomes)
        return 1 - seen / (data.n_pupils * len(spec.outcomes)), None
    sums = data.sums
    return of_patterns(sums.observed[:, [sums.variables.index(name) for name in spec.outcomes]], sums.n)


def model(spec: ClusterTrial, data: Reduced, cite: Cite) -> Iterator[str]:
    """Say what the model is."""
    levels = joined([UNITS[level] for level in spec.cluster_levels])
    if isinstance(data, TrialEstimates):
        number = data.clusters[[data.outcomes.index(name) for name in spec.outcomes]]
        student = "Student-t distributed with the number of randomised clusters less 2 as degrees of freedom"
        normal = "normally distributed" + (" where that number is not known" if number.any() else "")
        forms = [*([student] if number.any() else []), *([normal] if (number == 0).any() else [])]
        yield f"An estimate was taken to be {' and '.join(forms)}, around its effect."
    elif spec.link == "identity":
        several = len(spec.outcomes) > 1 or spec.adjustment == "constrained"
        what = "Outcomes were modelled jointly, as normal" if several else "The outcome was modelled as normal"
        random = f", and random effects of {levels}" if levels else ""
        free = ", with free covariances at every level" if several else ""
        yield f"{what}, with an effect of each arm against the reference{random}{free}."
        yield f"Effects of {levels} were integrated out of the likelihood exactly." if levels else ""
        if spec.varying_effects != "none":
            how = {"uncorrelated": "each by itself", "correlated": "correlated with each other and with their means"}
            varying = UNITS[varying_level(spec)]
            yield f"Effects of the arms varied between {varying}, {how[spec.varying_effects]}."
        if spec.variances == "by_arm":
            yield "Each arm had variances of its own, among pupils and between clusters that lie in one arm."
        if spec.arms_without_classes:
            yield f"Pupils of {joined(spec.arms_without_classes)} had no class effect (a partially nested design)."
    elif spec.link == "log":
        random = f" and random effects of {levels}" if levels else ""
        zeros = ", with a share of zeros beside those of this distribution" if spec.zero_inflated else ""
        yield f"Counts of events were negative binomial{zeros}, with a log link, effects of the arms{random}."
    else:
        random = f" and random effects of {levels}" if levels else ""
        yield f"Ordered outcomes had cumulative {spec.link} models with effects of the arms{random}."
    with_baseline = [] if isinstance(data, TrialEstimates) else [o for o, _ in data.baseline if o in spec.outcomes]
    every = len(with_baseline) == len(spec.outcomes)
    whose = "Each outcome" if every else joined(with_baseline)
    which = "Baselines" if every else f"Baselines of {joined(with_baseline)}"
    how = {
        "none": "Baselines were not used.",
        "covariate": f"{whose} was adjusted for its own baseline, the mean in place of a missing one, and an "
        "indicator of that.",
        "constrained": f"{which} were modelled as outcomes on which arms have no effect.",
    }
    if not isinstance(data, TrialEstimates):
        yield how[spec.adjustment]
        yield f"Covariates were {joined(spec.covariates)}, counted from their means." if spec.covariates else ""
        yield f"Effects could differ by {joined(spec.moderators)}." if spec.moderators else ""
    if spec.families:
        families = "; ".join(f"{name}: {joined(members)}" for name, members in spec.families.items())
        yield f"Effects on outcomes of one family ({families}) were partially pooled, as far as the data say."
        yield "They were estimated without pooling as well."


def unit(spec: ClusterTrial, data: Reduced) -> str:
    """Say what priors count in."""
    if isinstance(data, TrialEstimates):
        return "They count in the standard deviations in which effects were published."
    of = {"covariate_effect": spec.covariates, "moderation": spec.moderators}
    per = per_covariate([spec.prior(name) for name, used in of.items() if used])
    if spec.link == "log":
        return f"They count in logarithms of the expected number of events{per}."
    latent = "the latent score within clusters" if spec.link != "identity" else "an outcome within arms"
    return f"They count in standard deviations of {latent}{per}."


def scale(data: Reduced, attrs: Mapping[str, Any], cite: Cite) -> Iterator[str]:
    """Say what the standardised scale of the evidence is."""
    if isinstance(data, TrialEstimates):
        yield "Effects are in the standard deviations in which they were published."
    elif attrs.get("standardisation"):
        yield from scale_of(attrs)
        yield f"Total standard deviations are the convention{cite('hedges2007', 'wwc2022')}."


def region(bound: float, cite: Cite) -> str:
    """Say what the upper bound of a symmetric region of practical equivalence means: nothing more than it says."""
    return ""
