"""Cards of the toy."""

from __future__ import annotations

from dataclasses import replace

from bayespanel.families.shared import card
from bayespanel.families.shared.card import DataTable, Text, priors_of
from bayespanel.families.shared.hints import DataHints
from bayespanel.language.text_positions import Source
from tests.families.toy.spec import Toy


class CardTable(card.CardTable):
    """A card of the toy."""

    variable: Text
    covariate: Text
    edges: dict[str, Text] = {}
    data: DataTable = DataTable()


def specification(table: CardTable, source: Source) -> Toy:
    """Make the specification of a card."""
    named = source.build(("variable",), lambda: Toy(table.variable, table.covariate))
    spec = source.build(("edges",), lambda: replace(named, edges=table.edges))
    return replace(spec, priors=priors_of(table.priors, spec.default_priors(), source))


def hints(table: CardTable) -> DataHints:
    """Return how the table that the card was made for is read."""
    return DataHints(**table.data.model_dump())


def described(spec: Toy) -> list[str]:
    """Say what the model is, for the command line."""
    return [f"Variable    {spec.variable}\nCovariate   {spec.covariate}"]
