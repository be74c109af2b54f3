"""Cards of trials.

This module imports pydantic; it is imported only when a card is read.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

from bayespanel.families.shared import card
from bayespanel.families.shared.card import Level, Table, Text, priors_of
from bayespanel.families.shared.hints import TrialHints
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.language.errors import SpecError
from bayespanel.language.text_positions import Source

VARYING = {
    "none": "one for all schools",
    "uncorrelated": "vary between schools, each by itself",
    "correlated": "vary between schools, correlated with their means",
}
"""`varying_effects` in words."""


class ModelTable(Table):
    """[model] of a trial: the options of the specification; see `ClusterTrial`."""

    levels: list[Level] | None = None
    adjustment: Literal["none", "covariate", "constrained"] = "none"
    link: Literal["identity", "logit", "probit", "log"] = "identity"
    zero_inflated: bool = False
    varying_effects: Literal["none", "uncorrelated", "correlated"] = "none"
    variances: Literal["common", "by_arm"] = "common"
    arms_without_classes: list[Text] = []
    covariates: list[Text] = []
    moderators: list[Text] = []


class TrialTable(Table):
    """[data] of a trial: how `Trial.from_frame` would read the table that the card was made for."""

    pupil: Text | None = None
    arm: Text | None = None
    control: Text | None = None
    randomised: Literal["school", "class", "pupil"] | None = None
    classroom: Text | None = None
    school: Text | None = None
    baseline: dict[str, Text] = {}
    strata: list[Text] = []
    missing: list[Text] = []


class CardTable(card.CardTable):
    """A card of a trial."""

    outcomes: list[Text]
    model: ModelTable = ModelTable()
    families: dict[str, list[Text]] = {}
    edges: dict[str, Text] = {}
    data: TrialTable = TrialTable()


def specification(table: CardTable, source: Source) -> ClusterTrial:
    """Make the specification of a trial's card, one rule at a time."""
    model = table.model
    named = source.build(("outcomes",), lambda: ClusterTrial(tuple(table.outcomes)))
    levels = None if model.levels is None else tuple(model.levels)
    levelled = source.build(("model", "levels"), lambda: replace(named, levels=levels))
    adjusted = source.build(
        ("model", "adjustment"), lambda: replace(levelled, adjustment=model.adjustment, link=model.link)
    )
    zeros = source.build(("model", "zero_inflated"), lambda: replace(adjusted, zero_inflated=model.zero_inflated))
    spread = source.build(
        ("model", "varying_effects"),
        lambda: replace(
            zeros,
            varying_effects=model.varying_effects,
            variances=model.variances,
            arms_without_classes=tuple(model.arms_without_classes),
        ),
    )
    moderated = source.build(
        ("model", "moderators"),
        lambda: replace(spread, covariates=tuple(model.covariates), moderators=tuple(model.moderators)),
    )
    pooled = source.build(("families",), lambda: replace(moderated, families=table.families))
    spec = source.build(("edges",), lambda: replace(pooled, edges=table.edges))
    return replace(spec, priors=priors_of(table.priors, spec.default_priors(), source))


def hints(table: CardTable) -> TrialHints:
    """Return how the table that the card was made for is read."""
    return TrialHints(**table.data.model_dump())


def require(table: CardTable, spec: ClusterTrial, path: Path) -> None:
    """Check that what a trial's card says of its data fits its model."""
    for post, pre in table.data.baseline.items():
        if post not in spec.outcomes or pre in spec.outcomes:
            raise SpecError(
                "'baseline' maps outcomes of the model to columns from before the trial.",
                f"{path} says {post!r}: {pre!r}; the outcomes are {', '.join(spec.outcomes)}.",
                "Correct [data] baseline.",
            )
    for name in table.data.strata:
        if name not in spec.covariates:
            raise SpecError(
                "Strata are covariates of the model.",
                f"{path} says strata = {table.data.strata!r}; covariates: {', '.join(spec.covariates) or 'none'}.",
                "Add it to [model] covariates.",
            )
    if spec.levels is not None and table.data.randomised not in (None, *spec.levels):
        raise SpecError(
            "The unit of randomisation is a level of the model.",
            f"{path} says randomised = {table.data.randomised!r}; the levels are {', '.join(spec.levels)}.",
            "Add it to [model] levels, or leave 'levels' out.",
        )


def described(spec: ClusterTrial) -> list[str]:
    """Say what a model is in paragraphs of text, for the command line."""
    family = {name: label for label, names in spec.families.items() for name in names}
    width = max(map(len, spec.outcomes))
    outcomes = [
        f"  {name:<{width}}  {spec.edges.get(name, ''):<14}  {family.get(name, '')}".rstrip() for name in spec.outcomes
    ]
    zeros = ", with a share of zeros of its own" if spec.zero_inflated else ""
    levels = "those of the data" if spec.levels is None else ", ".join(spec.levels)
    return [
        "Outcomes, their edges and families\n" + "\n".join(outcomes),
        f"Levels      {levels}\nAdjustment  {spec.adjustment}\nLink        {spec.link}{zeros}\n"
        f"Effects     {VARYING[spec.varying_effects]}\nVariances   {spec.variances.replace('_', ' ')}\n"
        f"Covariates  {', '.join(spec.covariates) or 'none'}\nModerators  {', '.join(spec.moderators) or 'none'}",
    ]
