"""What the options of design studies mean: fields of a world and their values, and what is sought."""

from __future__ import annotations

import textwrap
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayespanel.language.errors import SpecError
from bayespanel.language.shown import filled, prose

if TYPE_CHECKING:
    from bayespanel.catalogue.worlds import World
    from bayespanel.design.sample_size import Search

MOST = 300
"""Values of a search: the truth of each is looked at before it begins, a twentieth of a second apiece."""


def changes(texts: Sequence[str] | None) -> dict[str, Any]:
    """Return field -> value, or a list of values, of texts like "schools=20,40".

    Raises
    ------
    SpecError
        A text that is not written so, or a field that is named twice.
    """
    out: dict[str, Any] = {}
    for text in texts or ():
        name, sign, rest = (part.strip() for part in text.partition("="))
        if not (name and sign and rest) or name in out:
            raise SpecError(
                "--set names a field of the world once, with an equals sign and one value, or several with commas.",
                f"It is {text!r}.",
                "Write for example --set schools=20,40,60.",
            )
        values = _values(rest)
        out[name] = values if len(values) > 1 else values[0]
    return out


def world_of(name: str, texts: Sequence[str] | None) -> World:
    """Return a world with the fields that --set changes.

    Raises
    ------
    SpecError
        A text that is not written as --set asks, or whole numbers with commas between for a field that is none: the
        comma may be a decimal comma.
    """
    from bayespanel.catalogue import worlds

    changed = changes(texts)
    found = worlds.world(name)
    known = worlds.parameters(found.family, found.ready)
    for field, values in changed.items():
        whole = isinstance(values, list) and all(isinstance(value, int) for value in values)
        if whole and "float" in known.get(field, "") and "int" not in known.get(field, ""):
            text = ",".join(map(str, values))
            raise SpecError(
                f"--set writes values of {field!r} with decimal points; a comma separates conditions.",
                f"It is {field}={text}, whose comma may be a decimal comma.",
                f"Write {field}={text.replace(',', '.', 1)} for one value, or "
                f"{field}={','.join(f'{value}.0' for value in values)} for several conditions.",
            )
    return worlds.world(name, changed)


def require_store(path: Path) -> None:
    """Refuse a name of a store beside which table and figure would have no names of their own.

    Raises
    ------
    SpecError
        It does not end in ".zarr".
    """
    if path.suffix != ".zarr":
        better = path.with_suffix(".zarr") if path.name else "study.zarr"
        raise SpecError(
            "--output is a store that ends in '.zarr'; table and figure get its name with '.csv' and '.png'.",
            f"It is {str(path)!r}.",
            f"Write -o {better}.",
        )


def sought(text: str, pathway: str, rules: Sequence[str], goal: float) -> Search:
    """Return the search of a text like "schools=10:120" or "pupils=100:2000:100".

    Raises
    ------
    SpecError
        It is not written so, or there are several rules.
    """
    from bayespanel.design.sample_size import Search

    if len(rules) > 1:
        raise SpecError("A search asks for one decision.", f"You gave {len(rules)}.", "Give one --decision.")
    name, _, rest = (part.strip() for part in text.partition("="))
    numbers = [int(part) for part in rest.split(":") if part.strip().isdigit()]
    if not name or len(numbers) != 1 + rest.count(":") or len(numbers) not in (2, 3):
        raise SpecError(
            "--find has a field of the world, a smallest and a largest whole number, and a step if it is not 1.",
            f"It is {text!r}.",
            "Write for example --find schools=10:120, or --find pupils=100:2000:100.",
        )
    low, high, step = (*numbers, 1)[:3]
    if step and (high - low) / step > MOST:
        raise SpecError(
            f"--find asks about at most {MOST} values, each a condition of the study.",
            f"{text!r} has {(high - low) // step + 1}.",
            f"Give a step: --find {name}={low}:{high}:{-(-(high - low) // 100)}.",
        )
    return Search(name, (low, high), pathway=pathway, decision=rules[0], goal=goal, step=step)


def words(world: World) -> str:
    """Return a world as text: what it is, its fields, its grid."""
    fields = [f"{name} = {_shown(value)}" for name, value in world.fields.items()]
    fields += [f"{name} = {', '.join(map(_shown, values))}  (conditions)" for name, values in world.grid.items()]
    fields += [f"{row.parameter} ~ {row.distribution}{row.arguments}  (design prior)" for row in world.drawn]
    lines = [f"{world.name} ({world.family})", filled(world.title, "  ", "  "), ""]
    lines += [filled(field, "  ", "      ") for field in fields]
    for part in (*world.notes, *world.references):
        lines += ["", textwrap.fill(part, prose(), initial_indent="  ", subsequent_indent="  ")]
    return "\n".join(lines)


def _shown(value: Any) -> str:
    """Return a value as --set takes it."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_shown, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _values(text: str) -> list[Any]:
    """Return values as TOML has them; bare words are texts."""
    try:
        values = tomllib.loads(f"value = [{text}]")["value"]
    except (tomllib.TOMLDecodeError, ValueError, RecursionError):
        return [part.strip() for part in text.split(",") if part.strip()]
    return [tuple(value) if isinstance(value, list) else value for value in values]
