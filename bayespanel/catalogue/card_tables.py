"""The text of a model card and of a world: what may stand in it, and the line of whatever may not.

This module imports pydantic, which takes a while to start; `catalogue`
imports it only when a card is read.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bayespanel.families.door import FAMILIES, AnyFamily
from bayespanel.families.shared.card import CardTable, Number, Table, Text
from bayespanel.language.errors import SpecError, nearest
from bayespanel.language.text_positions import Place, Source, dotted


class DrawnTable(Table):
    """[[drawn]]: a field that is drawn anew for each replicate, from a design prior."""

    field: Text
    distribution: Text
    arguments: list[Number]
    reason: str = ""


class WorldTable(Table):
    """A world."""

    title: Text
    family: Text
    ready: Text | None = None
    references: list[Text] = []
    notes: list[Text] = []
    world: dict[str, Any] = {}
    grid: dict[str, list[Any]] = {}
    drawn: list[DrawnTable] = []


def read(path: Path) -> tuple[AnyFamily, CardTable, Source]:
    """Read the text of a card.

    Parameters
    ----------
    path
        A TOML file.

    Returns
    -------
    Family
        Of which family its model is.
    CardTable
        What it says.
    Source
        Where it says so.

    Raises
    ------
    SpecError
        The file cannot be read, is no TOML, or holds a key, type or choice that no card has; with the line.
    """
    content, source = parse(path, "card")
    family = _family(content, source)
    return family, validated(content, source, family.card.CardTable), source


def read_world(path: Path) -> tuple[WorldTable, Source]:
    """Read the text of a world.

    Raises
    ------
    SpecError
        The file cannot be read, is no TOML, or holds a key, type or choice that no world has; with the line.
    """
    content, source = parse(path, "world")
    _family(content, source)
    return validated(content, source, WorldTable), source


def _family(content: dict[str, Any], source: Source) -> AnyFamily:
    """Return the family that a file names; where it names none, any: that the key is missing is found with the others.

    Raises
    ------
    SpecError
        There is no such family.
    """
    name = content.get("family", next(iter(FAMILIES)))
    if not isinstance(name, str) or name not in FAMILIES:
        raise SpecError(
            f"'family' is one of {', '.join(FAMILIES)}.",
            f"{source.path}, line {source.line(('family',))}: It is {name!r}. {nearest(str(name), list(FAMILIES))}",
            "Choose one of these.",
        )
    return FAMILIES[name]


def parse(path: Path, what: str) -> tuple[dict[str, Any], Source]:
    """Return the content of a TOML file, and where in it each key stands.

    Raises
    ------
    SpecError
        The file cannot be read, or is no TOML; with the line.
    """
    text = _text(path, what)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+)", str(error))
        line = int(found[1]) if found else len(text.rstrip().split("\n"))
        words = re.sub(r" \(at .*\)$", "", str(error))
        raise SpecError(
            f"A {what} is written in TOML.",
            f"{path}, line {line}: {words}.",
            "Correct this line or the one before it: quote texts, close brackets, name each key once.",
        ) from None
    except (RecursionError, ValueError) as error:  # thousands of brackets, or a number of thousands of digits
        part = "lists within lists" if isinstance(error, RecursionError) else "a number"
        raise SpecError(
            f"A {what} holds texts, numbers and short lists of these.",
            f"{path} holds {part} too long to read.",
            "Shorten it, or remove it.",
        ) from None
    long = next((number for number in _whole_numbers(content) if abs(number) > EXACT), None)
    if long is not None:
        raise SpecError(
            f"A whole number of a {what} has at most 15 digits.",
            f"{path} holds one of {long.bit_length() * 3 // 10} digits or so.",
            "Correct it.",
        )
    return content, Source.of(path, text)


EXACT = 10**15


def _whole_numbers(content: object) -> Iterator[int]:
    """Find the whole numbers of a table, all the way down."""
    rest = [content]
    while rest:
        part = rest.pop()
        if isinstance(part, dict | list):
            rest += part.values() if isinstance(part, dict) else part
        elif isinstance(part, int) and not isinstance(part, bool):
            yield part


def validated[T: BaseModel](content: dict[str, Any], source: Source, table: type[T]) -> T:
    """Return the content as a table of this kind.

    Raises
    ------
    SpecError
        A key, type or choice that it does not have; with the line.
    """
    try:
        return table.model_validate(content)
    except ValidationError as error:
        raise _translate(error.errors(), source, table) from None


def _text(path: Path, what: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise SpecError(
            f"A {what} is text in UTF-8.",
            f"{path}, line {line}: it has a byte that is not UTF-8.",
            "Save the file as UTF-8.",
        ) from None
    except OSError as error:
        raise SpecError(
            f"A {what} is a file that can be read.", f"{path}: {error.strerror or error}.", "Correct the path."
        ) from None


def _translate(errors: list[ErrorDetails], source: Source, table: type[BaseModel]) -> SpecError:
    """Say the first error in three parts, and where the others are."""
    places = [_place(error) for error in errors]
    # A value of two allowed kinds is reported for both: the innermost report knows best.
    inner = [i for i, p in enumerate(places) if not any(q != p and q[: len(p)] == p for q in places)]
    # What is missing comes last: it may only be misspelt.
    placed = sorted((errors[i]["type"] == "missing", source.line(places[i], errors[i]["input"]), i) for i in inner)
    _, line, first = placed[0]
    rule, given, action = _parts(errors[first], places[first], table)
    others = sorted({other for _, other, _ in placed} - {line})
    if others:
        action += f" Then see line{'s' if len(others) > 1 else ''} {', '.join(map(str, others))}."
    return SpecError(rule, f"{source.path}, line {line}: {given}", action)


def _place(error: ErrorDetails) -> Place:
    """Return the place of an error in the text."""
    place = error["loc"]
    # The only value of two kinds, text or table: pydantic adds the kind that it tried.
    return place[:2] + place[3:] if place[:2] == ("model", "cluster_effects") else place


def _parts(error: ErrorDetails, place: Place, table: type[BaseModel]) -> tuple[str, str, str]:
    key, value, kind = dotted(place), error["input"], error["type"]
    holder = _holder(place[:-1], table)
    if kind == "extra_forbidden":
        known = _keys(place[:-1], table)
        given = f"'{place[-1]}' is not among them. {nearest(str(place[-1]), known)}"
        return f"The keys of {holder} are {', '.join(known)}.", given, "Correct the key, or remove the line."
    if kind == "missing":
        return f"The key '{place[-1]}' of {holder} must be given.", "It is missing.", "Add it."
    if kind == "value_error":  # said by a table of ours
        return f"'{key}' has {error['ctx']['error']}.", "Both are there.", "Leave one of them out."
    if kind == "literal_error":
        expected = error["ctx"]["expected"]
        choices = re.findall(r"'([^']*)'", expected) or re.findall(r"\d+", expected)
        what = f"It is {value!r}." + (f" {nearest(value, choices)}" if isinstance(value, str) else "")
        return f"'{key}' is one of {', '.join(choices)}.", what, "Choose one of these."
    if kind == "list_type" and key in ("priors", "answer"):
        return f"Each row of '{key}' is a table of its own.", "This is not a list of tables.", f"Write [[{key}]]."
    need = _NEEDS.get(kind) or re.sub(r"^Input should be ", "", error["msg"])
    return f"'{key}' is {need}.", f"It is {_shown(value)}.", "Correct the value."


_NEEDS = {
    "string_type": 'a text in quotes, such as "victimisation"',
    "string_too_short": "a text that is not empty",
    "list_type": 'a list, such as ["pupil", "school"]',
    "bool_type": "true or false, without quotes",
    "float_type": "a number, without quotes",
    "model_type": "a table of keys",
    "dict_type": "a text or a table of keys",
}
"""Type of a pydantic error -> what a value must be."""


def _shown(value: object) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)


def _keys(place: Place, table: type[BaseModel]) -> list[str]:
    """Return the keys that a table of a card may have."""
    fields = table.model_fields
    for part in place:
        if isinstance(part, int):
            continue
        kinds = [fields[part].annotation, *get_args(fields[part].annotation)]
        fields = next(k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)).model_fields
    return list(fields)


def _holder(place: Place, table: type[BaseModel]) -> str:
    if not place:
        return "a world" if table is WorldTable else "a card"
    return f"a row of [[{dotted(place[:-1])}]]" if isinstance(place[-1], int) else f"[{dotted(place)}]"
