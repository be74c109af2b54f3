"""A trial as other programs see it: the cells, the columns of the arms, and what cannot be written for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bayespanel.bridges.columns import distinct, r_name
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.language.errors import SpecError, nearest


def with_levels(spec: ClusterTrial) -> ClusterTrial:
    """Return the specification with pupils and schools, where it leaves its levels to data: there are none here."""
    return spec if spec.levels is not None else replace(spec, levels=("pupil", "school"))


def require_gaussian(spec: ClusterTrial, program: str) -> None:
    """Refuse what `to_lavaan` and `to_mplus` do not write."""
    rule = f"What is written for {program} is a Gaussian trial without ANCOVA and moderators."
    given = {
        f"varying_effects='{spec.varying_effects}'": spec.varying_effects != "none",
        f"variances='{spec.variances}'": spec.variances != "common",
        f"arms_without_classes={spec.arms_without_classes}": bool(spec.arms_without_classes),
    }
    for what in (what for what, there in given.items() if there):
        raise SpecError(
            f"What is written for {program} is a Gaussian trial with one effect and one covariance for all arms.",
            f"The model has {what}.",
            "Leave it out here, or fit the model here.",
        )
    if spec.link != "identity":
        raise SpecError(rule, f"The link is '{spec.link}'.", "Use link='identity', or fit the model here.")
    if spec.adjustment == "covariate":
        raise SpecError(
            rule,
            "The adjustment is 'covariate', which fills missing baselines in and marks them.",
            "Use adjustment='constrained', which needs no filling in, or 'none'.",
        )
    if spec.moderators:
        raise SpecError(
            rule,
            f"The model has the moderators {', '.join(spec.moderators)}.",
            f"Leave them out here, and add their products with the arm by hand in {program}.",
        )


def cells_of(spec: ClusterTrial, baseline: Mapping[str, str]) -> tuple[str, ...]:
    """Return what is modelled: outcomes, and their baselines in the constrained analysis.

    Raises
    ------
    SpecError
        A constrained analysis without baselines, or baselines of what is no outcome.
    """
    for outcome in baseline:
        if outcome not in spec.outcomes:
            raise SpecError(
                "'baseline' names outcomes of the model.",
                f"It names {outcome!r}. {nearest(outcome, list(spec.outcomes))}",
                "Correct the name.",
            )
    if spec.adjustment != "constrained":
        return spec.outcomes
    if not baseline:
        raise SpecError(
            "A constrained analysis has baselines as outcomes.",
            "None was given: the specification does not know their names.",
            "Give baseline={'post': 'pre'}.",
        )
    return (*spec.outcomes, *(baseline[outcome] for outcome in spec.outcomes if outcome in baseline))


def dummies(arms: tuple[str, ...]) -> dict[str, str]:
    """Return arm -> its column, 1 for the pupils of the arm; no column for the reference.

    Raises
    ------
    SpecError
        Fewer than two arms.
    """
    if len(arms) < 2 or len(set(arms)) < len(arms):
        raise SpecError(
            "A trial has two arms or more, each named once.",
            f"You gave: {', '.join(arms)}.",
            "Name the reference first.",
        )
    if len(arms) == 2:
        return {arms[1]: "arm"}
    return distinct({arm: f"arm_{r_name(arm)}" for arm in arms[1:]})


def require_randomised(spec: ClusterTrial, randomised: str) -> None:
    """Refuse a unit of randomisation that is no level of the model."""
    levels = ("pupil", *spec.cluster_levels)
    if randomised not in levels:
        raise SpecError(
            f"'randomised' is a level of the model: {', '.join(levels)}.",
            f"It is {randomised!r}.",
            "Choose one of these.",
        )
