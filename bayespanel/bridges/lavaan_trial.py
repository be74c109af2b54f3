"""A Gaussian trial in lavaan's language: outcomes of pupils, and of one kind of cluster."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations_with_replacement

from bayespanel.bridges.columns import distinct, r_name
from bayespanel.errors import SpecError, nearest
from bayespanel.families.trial.spec import ClusterTrial


def require_gaussian(spec: ClusterTrial, program: str) -> None:
    """Refuse what neither lavaan nor Mplus is written for here."""
    rule = f"What is written for {program} is a Gaussian trial without ANCOVA and moderators."
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
                "'baseline' speaks of outcomes of the model.",
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
            "A trial has two arms or more, each named once.", f"Given: {', '.join(arms)}.", "Name the reference first."
        )
    if len(arms) == 2:
        return {arms[1]: "arm"}
    return distinct({arm: f"arm_{r_name(arm)}" for arm in arms[1:]})


def trial_syntax(spec: ClusterTrial, arms: tuple[str, ...], baseline: Mapping[str, str], randomised: str) -> str:
    """Return the model; see `bayespanel.bridges.lavaan.to_lavaan`."""
    require_gaussian(spec, "lavaan")
    if randomised not in spec.levels:
        raise SpecError(
            f"'randomised' is a level of the model: {', '.join(spec.levels)}.", f"It is {randomised!r}.", "Choose one."
        )
    level = next(iter(spec.cluster_levels), None)
    cells = cells_of(spec, baseline)
    arm = dummies(arms)
    name = distinct({cell: r_name(cell) for cell in cells}, arm.values())
    x = distinct({covariate: r_name(covariate) for covariate in spec.covariates}, [*name.values(), *arm.values()])
    at = " + "
    effects = [f"{name[outcome]} ~ {at.join(arm.values())}" for outcome in spec.outcomes]
    covariates = [f"{name[cell]} ~ {at.join(x.values())}" for cell in cells] if x else []
    free = [f"{name[a]} ~~ {name[b]}" for a, b in combinations_with_replacement(cells, 2)]
    means = [f"{name[cell]} ~ 1" for cell in cells]
    call = f'data = data, cluster = "{level}"' if level else "data = data"
    lines = [
        "# Trial, written by bayespanel. In R, with this text in `model`, and in `data` a row per pupil:",
        "#   library(lavaan)",
        f'#   fit <- lavaan(model, {call}, information = "observed")',
        '# With missing scores add missing = "fiml"; lavaan 0.6 then often finds no maximum on two levels.',
        "# Standard errors: with information = \"expected\" those of effects are ours, as lme4's.",
        *(f"# {column}: 1 in the arm {label}, 0 elsewhere" for label, column in arm.items()),
        *(f"# {column}: {cell}" for cell, column in (name | x).items() if column != cell),
    ]
    if x:
        lines.append("# Means are those at covariates of 0: centre covariates first to have ours, at average covariates.")
    if level is None:
        return "\n".join([*lines, "", *effects, *covariates, *free, *means, ""])
    inside = effects if randomised == "pupil" else []
    outside = [] if randomised == "pupil" else effects
    one = ["level: 1  # pupil", *inside, *covariates, *free]
    two = [f"level: 2  # {level}", *outside, *free, *means]
    return "\n".join([*lines, "", *one, "", *two, ""])
