"""A page for each card: question, diagram, equations, priors, what the numbers mean, what would fool one."""

from __future__ import annotations

from collections.abc import Sequence

from marks import NOTE, html, linked, table
from meanings import meaning

import bayespanel as bp
from bayespanel.families.panel.card import chosen
from bayespanel.figures.card_triangle import places, triangle, words
from bayespanel.page.equations import equations

FAMILY = {
    "riclpm": ("Panels", "panel", "../model.md", "what-would-fool-the-model"),
    "trial": ("Trials", "trial", "../trial.md", "what-would-fool-it"),
    "trajectories": ("Trajectories", "panel, one outcome", "../trajectories.md", "what-would-fool-it"),
}
"""Family -> heading of its cards, the data it reads, its page, and where that says what would fool it."""

READ = {
    "riclpm": "--pupil id --wave wave",
    "trial": "",
    "trajectories": "",
}


def overview(cards: Sequence[bp.Card]) -> str:
    """Return the page that lists the cards."""
    parts = [
        NOTE,
        "# Cards\n\nA card is a question with its model: the variables on their vertices, the levels, the priors, the "
        "region of practical equivalence, what to know before believing the answer, and where all of it comes from. "
        "`bayespanel models` lists them, `bp.card(name)` reads one, and a card of your own is a TOML file of ten "
        "lines. [Choose a model](../choose.md) goes from the question to the card.\n",
    ]
    for family, (heading, *_) in FAMILY.items():
        rows = [(f"[`{card.name}`]({card.name}.md)", card.title) for card in cards if card.family == family]
        parts.append(f"## {heading}\n\n" + table(("card", "what it asks"), rows))
    names = "\n".join(card.name for family in FAMILY for card in cards if card.family == family)
    return "\n".join([*parts, f"```{{toctree}}\n:hidden:\n\n{names}\n```\n"])


def card_page(card: bp.Card) -> str:
    """Return the page of a card."""
    _, data, page, fooled = FAMILY[card.family]
    members, edges = places(card.spec)
    rope = "none: the call gives one" if card.rope is None else f"−{card.rope:g} to {card.rope:g}, standardised"
    facts = [
        ("in Python", f'`bp.card("{card.name}")`'),
        ("on the command line", f"`bayespanel models {card.name}`"),
        ("family", f"[{card.family}]({page}), reads a {data}"),
        ("levels", ", ".join(card.spec.levels)),
        ("region of practical equivalence", rope),
        *_facts(card),
    ]
    parts = [
        NOTE,
        f"# {card.title}\n\n```{{container}} question\n{card.question.strip()}\n```\n",
        table(("card", f"`{card.name}`"), facts),
        "## Diagram\n\n" + html(triangle(members, edges, words(edges))) + f"\n{_caption(card)}\n",
        "## Equations\n\n" + html("\n".join(map(_equation, equations(card.spec)))),
        f'## Priors\n\nAs `bp.priors(bp.card("{card.name}"))` shows them: standardised ones are in standard '
        "deviations of the variables. A row of your own replaces one.\n\n" + _priors(card),
        f"## What the numbers mean\n\n{meaning(card)}",
        "## What would fool you\n\n"
        + "".join(f"- {note}\n" for note in card.notes)
        + f"\nWhat would fool every model of this family stands on [its page]({page}#{fooled}).\n",
        "## Try it\n\n" + _try(card),
        "## References\n\n" + "".join(f"- {linked(one)}\n" for one in card.references),
        f"## The card\n\n```toml\n{card.path.read_text(encoding='utf-8').strip()}\n```\n",
    ]
    return "\n".join(parts)


def _caption(card: bp.Card) -> str:
    spec = card.spec
    if isinstance(spec, bp.RICLPM):
        what = "An arrow: every lag from a variable at its beginning to one at its end, a wave later."
        return f"{what} A loop: lags between variables of one vertex. Each variable also carries over to itself."
    if isinstance(spec, bp.Trajectories):
        return "An arrow: predictors, at its beginning, of the course that a pupil takes."
    return "An arrow: the edge of the triangle of which outcomes, listed at its end, speak."


def _facts(card: bp.Card) -> list[tuple[str, str]]:
    spec = card.spec
    if isinstance(spec, bp.RICLPM):
        stable = "random intercepts" if spec.intercepts else "no random intercepts"
        return [("variables", ", ".join(spec.variables)), ("options", ", ".join([stable, *chosen(spec)]))]
    if isinstance(spec, bp.Trajectories):
        return [
            ("outcome", f"{spec.outcome}, {'ordered categories' if spec.link == 'logit' else 'continuous'}"),
            ("classes", "; ".join(dict.fromkeys(", ".join(names) for names in spec.names))),
            ("predictors", ", ".join(spec.predictors)),
        ]
    families = [f"{name}: {', '.join(members)}" for name, members in spec.families.items()]
    return [
        ("outcomes", ", ".join(spec.outcomes)),
        ("families, whose effects are pooled", "; ".join(families) or "none"),
    ]


def _equation(one: object) -> str:
    return f'<div class="equation"><div class="scroll">{one.mathml}</div><p>{one.words}</p></div>'  # type: ignore[attr-defined]


def _priors(card: bp.Card) -> str:
    frame = bp.priors(card)
    rows = [
        (f"`{row.parameter}`", f"{row.distribution}({row.arguments})", row.scale, row.reason, row.source)
        for row in frame.itertuples()
    ]
    return table(("parameter", "prior", "scale", "reason", "source"), rows)


def _try(card: bp.Card) -> str:
    shipped = card.path.with_suffix(".nc").exists()
    table_of = "trial.csv" if card.family == "trial" else "pupils.csv"
    if shipped:
        said = "Public data come with the card:"
        line = "bayespanel demo" if card.name == "star" else f"bayespanel fit {card.name}"
    else:
        said = "With a table whose columns are the card's variables (`--rename` translates names):"
        options = READ[card.family]
        school = " --school school" if card.family == "riclpm" and "school" in card.spec.levels else ""
        classroom = " --classroom class" if card.family == "riclpm" and "class" in card.spec.levels else ""
        line = f"bayespanel fit {card.name} {table_of} {options}{classroom}{school}".strip()
    return f"{said}\n\n```sh\n{line}\nbayespanel report {'demo' if line == 'bayespanel demo' else card.name}\n```\n"
