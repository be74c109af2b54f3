"""Cards of trajectories.

This module imports pydantic; it is imported only when a card is read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from bayespanel.families.shared import card
from bayespanel.families.shared.card import DataTable, Level, Number, Table, Text, priors_of
from bayespanel.families.shared.hints import DataHints
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.language.text_positions import Source


class ModelTable(Table):
    """[model] of trajectories: the options of the specification; see `Trajectories`."""

    growth: Text | dict[str, list[Number]] = "linear"
    times: list[Number] = []
    residual: Literal["equal", "by_wave", "by_class", "free"] = "equal"
    random: Literal["none", "intercept", "slope"] = "none"
    link: Literal["identity", "logit", "log"] = "identity"
    zero_inflated: bool = False
    categories: list[Number] = []
    levels: list[Level] = ["pupil"]
    contrast: list[Text] = []


class CardTable(card.CardTable):
    """A card of trajectories."""

    outcome: Text
    classes: int | list[Text] | dict[str, int | list[Text]]
    predictors: list[Text] = []
    arm: Text | None = None
    edges: dict[str, Text] = {}
    model: ModelTable = ModelTable()
    data: DataTable = DataTable()


def specification(table: CardTable, source: Source) -> Trajectories:
    """Make the specification of a card of trajectories, one rule at a time."""
    model = table.model
    named = source.build(("classes",), lambda: Trajectories(table.outcome, classes=table.classes, arm=table.arm))
    grown = source.build(("model", "growth"), lambda: replace(named, growth=model.growth, times=tuple(model.times)))
    measured = source.build(
        ("model", "link"),
        lambda: replace(
            grown,
            residual=model.residual,
            random=model.random,
            link=model.link,
            zero_inflated=model.zero_inflated,
            categories=tuple(model.categories),
        ),
    )
    predicted = source.build(("predictors",), lambda: replace(measured, predictors=tuple(table.predictors)))
    levelled = source.build(("model", "levels"), lambda: replace(predicted, levels=tuple(model.levels)))
    asked = source.build(("model", "contrast"), lambda: replace(levelled, contrast=tuple(model.contrast)))
    spec = source.build(("edges",), lambda: replace(asked, edges=table.edges))
    return replace(spec, priors=priors_of(table.priors, spec.default_priors(), source))


def hints(table: CardTable) -> DataHints:
    """Return how the table that the card was made for is read."""
    return DataHints(**table.data.model_dump())


def described(spec: Trajectories) -> list[str]:
    """Say what a model is in paragraphs of text, for the command line."""
    width = max(map(len, spec.covariates), default=0)
    names = [*spec.predictors, *([spec.arm] if spec.arm else [])]
    predictors = [f"  {name:<{width}}  {spec.edges.get(name, '')}".rstrip() for name in names]
    link = spec.link + (", with a share of zeros of its own" if spec.zero_inflated else "")
    growth = spec.growth if isinstance(spec.growth, str) else ", ".join(spec.growth)
    return [
        f"Outcome     {spec.outcome}\nClasses     {', '.join(spec.trajectories)}\n"
        f"Question    {' against '.join(spec.contrast)}\nGrowth      {growth}",
        "Predictors of membership and their edges\n" + "\n".join(predictors or ["  none"]),
        f"Levels      {', '.join(spec.levels)}\nLink        {link}\nResidual    {spec.residual}\n"
        f"Random      {spec.random}\nArm         {spec.arm or 'none'}",
    ]
