"""The text of a model card and of a world: what may stand in it, and the line of whatever may not.

This module imports pydantic, which takes a while to start; `catalogue`
imports it only when a card is read.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from bayespanel.card_source import Place, Source, dotted
from bayespanel.errors import SpecError, nearest

Text = Annotated[str, Field(min_length=1)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Level = Literal["pupil", "class", "school"]
Stability = Literal["stable", "by_wave"]


class Table(BaseModel):
    """A table of a file: only its own keys, of their own types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TriangleTable(Table):
    """[triangle]: the variables on each vertex."""

    parent: list[Text] = []
    child: list[Text] = []
    school: list[Text] = []


class ModelTable(Table):
    """[model]: the options of the specification; see `RICLPM`."""

    levels: list[Level] = ["pupil"]
    lags: Literal["equal", "free"] = "equal"
    innovations: Literal["free", "equal"] = "free"
    means: Literal["free", "equal"] = "free"
    intercepts: bool = True
    cluster_effects: Stability | dict[str, Stability] = "stable"
    covariates: list[Text] = []


class PriorTable(Table):
    """[[priors]]: a row that replaces a default one; see `Prior`."""

    parameter: Text
    distribution: Text
    arguments: list[Number]
    scale: Literal["standardised", "total", "raw"] = "standardised"
    reason: str = ""
    source: Text = "card"


class DataTable(Table):
    """[data]: how `Panel.from_long` would read the table that the card was made for."""

    pupil: Text | None = None
    wave: Text | None = None
    classroom: Text | None = None
    school: Text | None = None
    movers: Literal["error", "first", "drop"] | None = None


class AnswerTable(Table):
    """[[answer]]: a number that was found before, to hold a new fit against."""

    parameter: Text
    at: list[Text] = []
    value: Number
    error: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    source: Text


class _Card(Table):
    """What every card has."""

    title: Text
    question: Text
    references: list[Text] = []
    notes: list[Text] = []
    rope: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] | None = None
    priors: list[PriorTable] = []
    answer: list[AnswerTable] = []


class CardTable(_Card):
    """A card of a panel."""

    family: Literal["riclpm"]
    variables: list[Text] | None = None
    triangle: TriangleTable | None = None
    model: ModelTable = ModelTable()
    data: DataTable = DataTable()


class TrialModelTable(Table):
    """[model] of a trial: the options of the specification; see `ClusterTrial`."""

    levels: list[Level] | None = None
    adjustment: Literal["none", "covariate", "constrained"] = "none"
    link: Literal["identity", "logit", "probit"] = "identity"
    covariates: list[Text] = []
    moderators: list[Text] = []


class TrialDataTable(Table):
    """[data] of a trial: how `Trial.from_frame` would read the table that the card was made for."""

    pupil: Text | None = None
    arm: Text | None = None
    control: Text | None = None
    randomised: Literal["school", "class", "pupil"] | None = None
    classroom: Text | None = None
    school: Text | None = None
    baseline: dict[str, Text] = {}


class TrialCardTable(_Card):
    """A card of a trial."""

    family: Literal["trial"]
    outcomes: list[Text]
    model: TrialModelTable = TrialModelTable()
    families: dict[str, list[Text]] = {}
    edges: dict[str, Text] = {}
    data: TrialDataTable = TrialDataTable()


class TrajectoriesModelTable(Table):
    """[model] of trajectories: the options of the specification; see `Trajectories`."""

    growth: Text | dict[str, list[Number]] = "linear"
    times: list[Number] = []
    residual: Literal["equal", "by_wave", "by_class", "free"] = "equal"
    random: Literal["none", "intercept", "slope"] = "none"
    link: Literal["identity", "logit"] = "identity"
    categories: list[Number] = []
    levels: list[Level] = ["pupil"]
    contrast: list[Text] = []


class TrajectoriesCardTable(_Card):
    """A card of trajectories."""

    family: Literal["trajectories"]
    outcome: Text
    classes: int | list[Text] | dict[str, int | list[Text]]
    predictors: list[Text] = []
    arm: Text | None = None
    edges: dict[str, Text] = {}
    model: TrajectoriesModelTable = TrajectoriesModelTable()
    data: DataTable = DataTable()


class DrawnTable(Table):
    """[[drawn]]: a field that is drawn anew for each replicate, from a design prior."""

    field: Text
    distribution: Text
    arguments: list[Number]
    reason: str = ""


class WorldTable(Table):
    """A world."""

    title: Text
    family: Literal["riclpm", "trial", "trajectories"]
    ready: Text | None = None
    references: list[Text] = []
    notes: list[Text] = []
    world: dict[str, Any] = {}
    grid: dict[str, list[Any]] = {}
    drawn: list[DrawnTable] = []


AnyCardTable = CardTable | TrialCardTable | TrajectoriesCardTable

TABLES: dict[str, type[AnyCardTable]] = {
    "riclpm": CardTable,
    "trial": TrialCardTable,
    "trajectories": TrajectoriesCardTable,
}
"""Family -> its card."""


def read(path: Path) -> tuple[AnyCardTable, Source]:
    """Read the text of a card.

    Parameters
    ----------
    path
        A TOML file.

    Returns
    -------
    CardTable, TrialCardTable or TrajectoriesCardTable
        What it says.
    Source
        Where it says so.

    Raises
    ------
    SpecError
        The file cannot be read, is no TOML, or holds a key, type or choice that no card has; with the line.
    """
    content, source = parse(path, "card")
    family = content.get("family", "riclpm")
    if not isinstance(family, str) or family not in TABLES:
        raise SpecError(
            f"'family' is one of {', '.join(TABLES)}.",
            f"{path}, line {source.line(('family',))}: It is {family!r}. {nearest(str(family), list(TABLES))}",
            "Choose one of these.",
        )
    table: AnyCardTable = validated(content, source, TABLES[family])
    return table, source


def read_world(path: Path) -> tuple[WorldTable, Source]:
    """Read the text of a world.

    Raises
    ------
    SpecError
        The file cannot be read, is no TOML, or holds a key, type or choice that no world has; with the line.
    """
    content, source = parse(path, "world")
    return validated(content, source, WorldTable), source


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
            "Mend this line, or the one before it: quote texts, close brackets, name each key once.",
        ) from None
    except (RecursionError, ValueError) as error:  # thousands of brackets, or a number of thousands of digits
        part = "lists within lists" if isinstance(error, RecursionError) else "a number"
        raise SpecError(
            f"A {what} holds texts, numbers and short lists of these.",
            f"{path} holds {part} too long to read.",
            "Take it out.",
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
            f"A {what} is text in UTF-8.", f"{path}, line {line}: a byte is not.", "Save the file as UTF-8."
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
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", error["ctx"]["expected"])
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
