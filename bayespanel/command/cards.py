"""Model cards, as text and for JSON."""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bayespanel.command import screen

if TYPE_CHECKING:
    from bayespanel.catalogue import Card


def brief(card: Card) -> dict[str, Any]:
    """Return what a list of cards says of one, for JSON."""
    return {"name": card.name, "title": card.title, "question": card.question}


def entry(card: Card) -> str:
    """Return what a list of cards says of one, as text."""
    question = textwrap.fill(card.question, screen.WIDTH, initial_indent="  ", subsequent_indent="  ")
    return f"{card.name}: {card.title}\n{question}"


def record(card: Card) -> dict[str, Any]:
    """Return a card for JSON."""
    from bayespanel.spec_records import DEFAULTS, spec_to_dict

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
    rope = "none: give --rope" if card.rope is None else f"-{card.rope:g} to {card.rope:g}, standardised"
    priors = _priors(card)
    shown = ("parameter", "distribution", "arguments", "scale")
    table = screen.table_text({name: [row[name] for row in priors] for name in shown})
    parts = [
        f"{card.name}: {card.title}",
        textwrap.fill(card.question, screen.WIDTH),
        *{"trial": _trial, "trajectories": _trajectories}.get(card.family, _panel)(card),
        f"ROPE        {rope}",
        "Priors (in standard deviations of the variables where standardised)\n" + table,
        "Notes\n" + _listed(card.notes),
        "References\n" + _listed(card.references),
    ]
    return "\n\n".join(part for part in parts if not part.endswith("\n"))


def _priors(card: Card) -> list[dict[str, str]]:
    """Return the priors in use, without the data frames of `bp.priors`, which take a second to import."""
    from bayespanel.priors import merge, records

    return records(merge(card.spec.default_priors(), card.spec.priors))


def _panel(card: Card) -> list[str]:
    from bayespanel.catalogue import panel_of
    from bayespanel.families.riclpm.spec import RICLPM

    spec, _ = panel_of(card)
    assert isinstance(spec, RICLPM)  # for the type checker: the family said so
    vertices = {v: getattr(spec.triangle, v) for v in ("parent", "child", "school")} if spec.triangle else {}
    variables = [f"  {vertex:<7} {', '.join(names)}" for vertex, names in vertices.items() if names]
    effects = [f"{level} effects {spec.effects_of(level).replace('_', ' ')}" for level in spec.cluster_levels]
    options = [f"{spec.lags} lags", f"{spec.innovations} innovations", f"{spec.means} means", *effects]
    return [
        "Variables\n" + "\n".join(variables or [f"  {', '.join(spec.variables)}"]),
        f"Levels      {', '.join(spec.levels)}\nModel       {', '.join(options)}\n"
        f"Intercepts  {'of pupils, random' if spec.intercepts else 'none (a CLPM)'}\n"
        f"Covariates  {', '.join(spec.covariates) or 'none'}",
    ]


def _trajectories(card: Card) -> list[str]:
    from bayespanel.catalogue import panel_of
    from bayespanel.families.trajectories.spec import Trajectories

    spec, _ = panel_of(card)
    assert isinstance(spec, Trajectories)  # for the type checker: the family said so
    width = max(map(len, spec.covariates), default=0)
    names = [*spec.predictors, *([spec.arm] if spec.arm else [])]
    predictors = [f"  {name:<{width}}  {spec.edges.get(name, '')}".rstrip() for name in names]
    growth = spec.growth if isinstance(spec.growth, str) else ", ".join(spec.growth)
    return [
        f"Outcome     {spec.outcome}\nClasses     {', '.join(spec.trajectories)}\n"
        f"Question    {' against '.join(spec.contrast)}\nGrowth      {growth}",
        "Predictors of membership and their edges\n" + "\n".join(predictors or ["  none"]),
        f"Levels      {', '.join(spec.levels)}\nLink        {spec.link}\nResidual    {spec.residual}\n"
        f"Random      {spec.random}\nArm         {spec.arm or 'none'}",
    ]


def _trial(card: Card) -> list[str]:
    from bayespanel.catalogue import trial_of

    spec, _ = trial_of(card)
    family = {name: label for label, names in spec.families.items() for name in names}
    width = max(map(len, spec.outcomes))
    outcomes = [
        f"  {name:<{width}}  {spec.edges.get(name, ''):<14}  {family.get(name, '')}".rstrip() for name in spec.outcomes
    ]
    levels = "those of the data" if spec.levels is None else ", ".join(spec.levels)
    return [
        "Outcomes, their edges and families\n" + "\n".join(outcomes),
        f"Levels      {levels}\nAdjustment  {spec.adjustment}\nLink        {spec.link}\n"
        f"Covariates  {', '.join(spec.covariates) or 'none'}\nModerators  {', '.join(spec.moderators) or 'none'}",
    ]


def _listed(items: tuple[str, ...]) -> str:
    return "\n".join(
        textwrap.fill(item, screen.WIDTH, initial_indent="  - ", subsequent_indent="    ") for item in items
    )
