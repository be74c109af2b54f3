"""The page of the shipped worlds: title, fields, notes, references; and what the fields of ready worlds are."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator

from marks import NOTE, linked, table

import bayespanel as bp
from bayespanel.design.study import shown
from bayespanel.families.door import FAMILIES

INTRODUCTION = """\
# Worlds

Simulated pupils whose truth is known, for [design studies](../design.md#worlds) and for trying things out. Every
effect, correlation and share of variance in them is an assumption, and nothing here is evidence about children.
`bp.world(name, {field: value})` replaces fields, a list of values makes conditions; `bayespanel worlds NAME` shows one.
"""

PLURAL = {"riclpm": "panels", "trial": "trials", "trajectories": "trajectories"}


def worlds() -> str:
    """Return the page."""
    parts = [NOTE, INTRODUCTION, *(_world(bp.world(name)) for name in bp.worlds())]
    parts.append("## Fields of ready worlds\n\nWith their defaults; a world replaces those that its table names.\n")
    for family in FAMILIES.values():
        parts += [
            f"### `{name}`, {PLURAL[family.name]}\n\n{_fields(getattr(family.worlds, name))}"
            for name in family.ready_worlds
        ]
    return "\n".join(parts)


def _world(world: bp.World) -> str:
    rows = [("family", PLURAL[world.family]), ("ready world", f"`{world.ready}`")]
    rows += [(f"`{name}`", shown(value)) for name, value in world.fields.items()]
    rows += [(f"`{name}`", f"{', '.join(map(shown, values))} (conditions)") for name, values in world.grid.items()]
    rows += [(f"`{row.parameter}`", f"{row.distribution}{row.arguments} (design prior)") for row in world.drawn]
    notes = "".join(f"- {linked(note)}\n" for note in (*world.notes, *world.references))
    return f"## {world.name}\n\n{world.title}.\n\n{table(('field', 'value'), rows)}\n{notes}"


def _fields(maker: Callable[..., object]) -> str:
    meaning = dict(_meanings(inspect.getdoc(maker) or ""))
    rows = [
        (f"`{name}`", f"`{parameter.default!r}`", meaning.get(name, ""))
        for name, parameter in inspect.signature(maker).parameters.items()
    ]
    return table(("field", "default", "meaning"), rows)


def _meanings(text: str) -> Iterator[tuple[str, str]]:
    """Yield field and meaning from the section Parameters of a docstring."""
    section = text.partition("Parameters\n----------\n")[2].partition("\n\n")[0]
    names: list[str] = []
    words: list[str] = []
    for line in [*section.splitlines(), ""]:
        if line.startswith(" "):
            words.append(line.strip())
        else:
            yield from ((name, " ".join(words)) for name in names)
            names, words = [name.strip() for name in line.partition(" : ")[0].split(",")], []
