"""Model cards, as text and for JSON."""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bayespanel.command import screen
from bayespanel.language.shown import filled, prose

if TYPE_CHECKING:
    from bayespanel.catalogue.cards import Card


def brief(card: Card) -> dict[str, Any]:
    """Return what a list of cards says of one, for JSON."""
    return {"name": card.name, "title": card.title, "question": card.question}


def entry(card: Card) -> str:
    """Return what a list of cards says of one, as text."""
    question = textwrap.fill(card.question, prose(), initial_indent="  ", subsequent_indent="  ")
    return f"{filled(f'{card.name}: {card.title}', rest='    ')}\n{question}"


def record(card: Card) -> dict[str, Any]:
    """Return a card for JSON."""
    from bayespanel.catalogue.spec_records import DEFAULTS, spec_to_dict

    spec = spec_to_dict(card.spec)
    del spec[DEFAULTS]  # every row in use stands under "priors"
    return {
        "name": card.name,
        "title": card.title,
        "question": card.question,
        "family": card.family,
        "spec": spec,
        "rope": card.rope,
        "priors": _priors(card),
        "data": asdict(card.data),
        "references": list(card.references),
        "notes": list(card.notes),
    }


def text(card: Card) -> str:
    """Return a card as text."""
    from bayespanel.families.door import FAMILIES

    rope = "none: give --rope" if card.rope is None else f"-{card.rope:g} to {card.rope:g}, standardised"
    priors = _priors(card)
    shown = ("parameter", "distribution", "arguments", "scale")
    table = screen.table_text({name: [row[name] for row in priors] for name in shown})
    parts = [
        filled(f"{card.name}: {card.title}", rest="    "),
        textwrap.fill(card.question, prose()),
        *(filled(part, rest=" " * 12) for part in FAMILIES[card.family].card.described(card.spec)),
        f"ROPE        {rope}",
        "Priors (in standard deviations of the variables where standardised)\n" + table,
        "Notes\n" + _listed(card.notes),
        "References\n" + _listed(card.references),
    ]
    return "\n\n".join(part for part in parts if not part.endswith("\n"))


def _priors(card: Card) -> list[dict[str, str]]:
    """Return the priors in use, without the data frames of `bp.priors`, which take a second to import."""
    from bayespanel.language.prior import merge, records

    return records(merge(card.spec.default_priors(), card.spec.priors))


def _listed(items: tuple[str, ...]) -> str:
    return "\n".join(textwrap.fill(item, prose(), initial_indent="  - ", subsequent_indent="    ") for item in items)
