"""A card that is written: what is known of a table and of the question to it, and lines of TOML with words beside."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

WIDTH = 100
"""Columns up to which a list stands in one line."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a card is written from.

    Attributes
    ----------
    title, question
        As in a card.
    source
        Name of the file of data.
    scores
        Variable -> its columns in the order of the waves; one column, itself, where a table is long or has no waves.
    pupil, wave
        Columns; None where there are none. Without `wave`, scores with several columns are those of a wide table.
    classroom, school
        A column, or one per wave.
    levels
        "pupil", then "class" and "school" where the model has them.
    covariates
        Columns that do not change within a pupil.
    vertices
        Variable or covariate -> vertex of the triangle.
    times
        Time of each wave.
    rope
        Half the width of the region of practical equivalence.
    missing
        Values that stand for "missing".
    arm, control, randomised, baseline
        As in `Trial.from_frame`.
    classes
        Number of latent classes, or their names.
    lowest
        Scores with a few whole values, most of them the lowest -> the share of that one.
    """

    title: str
    question: str
    source: str
    scores: Mapping[str, tuple[str, ...]]
    pupil: str | None = None
    wave: str | None = None
    classroom: tuple[str, ...] = ()
    school: tuple[str, ...] = ()
    levels: tuple[str, ...] = ("pupil",)
    covariates: tuple[str, ...] = ()
    vertices: Mapping[str, str] = field(default_factory=dict)
    times: tuple[float, ...] = ()
    rope: float
    missing: tuple[str, ...] = ()
    arm: str | None = None
    control: str | None = None
    randomised: str | None = None
    baseline: Mapping[str, str] = field(default_factory=dict)
    classes: int | tuple[str, ...] = 3
    lowest: Mapping[str, float] = field(default_factory=dict)


class DraftRoom(Protocol):
    """`draft`: a card that is written from what a table holds and what was answered."""

    @property
    def WORD(self) -> str:
        """What the question of the family is called: "panel"."""

    @property
    def ABOUT(self) -> str:
        """What it asks, in a line."""

    @property
    def ASKED(self) -> tuple[str, ...]:
        """What has to be known of a table, in the order in which it is asked: questions of `bayespanel new`."""

    @property
    def ROPE(self) -> float:
        """Half the width of the usual region of practical equivalence."""

    @property
    def LEAST_WAVES(self) -> int:
        """Fewest waves of a variable."""

    def title(self, scores: list[str], /) -> str:
        """Return a title that may be taken as it is."""

    def question(self, scores: list[str], /) -> str:
        """Return a question that may be taken as it is."""

    def text(self, draft: Draft, /) -> str:
        """Return the text of a card."""


def value(given: object) -> str:
    """Return a value as TOML writes it.

    JSON writes texts as TOML does; a list is broken over lines where it is long.
    """
    if isinstance(given, float):
        return f"{given:g}"
    if isinstance(given, Sequence) and not isinstance(given, str):
        items = [value(item) for item in given]
        line = f"[{', '.join(items)}]"
        return line if len(line) <= WIDTH else "[\n" + "".join(f"  {item},\n" for item in items) + "]"
    return json.dumps(given, ensure_ascii=False)


def line(key: str, given: object, why: str = "") -> str:
    """Return a key with its value, and a comment above it."""
    name = key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)
    return "\n".join([*comment(why), f"{name} = {value(given)}"])


def comment(text: str) -> list[str]:
    """Return a text as lines of a comment."""
    import textwrap

    return [f"# {part}" for part in textwrap.wrap(text, 96, break_long_words=False, break_on_hyphens=False)]


def table(name: str, lines: Iterable[str], why: str = "") -> str:
    """Return a table of a card; nothing where it has no lines."""
    kept = [one for one in lines if one]
    return "\n".join(["", *comment(why), f"[{name}]", *kept, ""]) if kept else ""


def head(draft: Draft, family: str, rope: str) -> list[str]:
    """Return how every card begins; `rope` says what the region of practical equivalence counts in."""
    made = f"Written by bayespanel new from {' '.join(draft.source.split())}."
    return [
        *comment(made),
        *comment("Every line can be changed. Lines that begin with this sign are remarks."),
        line("title", draft.title),
        line("question", draft.question),
        line("family", family),
        line("rope", draft.rope, rope),
    ]


def of_pupils(draft: Draft) -> str:
    """Return the table [data] of a model of waves."""
    lines = [line("pupil", draft.pupil) if draft.pupil else ""]
    lines += [line("wave", draft.wave)] if draft.wave else []
    lines += places(draft)
    lines += [line("times", draft.times, "When each wave took place.")] if draft.times else []
    lines += [missing(draft)]
    found = table("data", lines, "Which columns of the table are which.")
    wide = {} if draft.wave else draft.scores
    why = "One row per pupil: each variable with its columns, in the order of the waves."
    return found + table("data.wide", [line(name, columns) for name, columns in wide.items()], why)


def places(draft: Draft) -> list[str]:
    """Return the lines of the class and the school; of several columns, what becomes of pupils who move."""
    lines = []
    for key, columns in (("classroom", draft.classroom), ("school", draft.school)):
        lines += [line(key, columns[0] if len(columns) == 1 else columns)] if columns else []
    if max(len(draft.classroom), len(draft.school)) > 1:
        why = 'Pupils who move count in their first place; "drop" leaves them out, "error" refuses them.'
        lines.append(line("movers", "first", why))
    return lines


def missing(draft: Draft) -> str:
    """Return the line of values that stand for "missing"."""
    return line("missing", draft.missing, "Values that mean that there is no score.") if draft.missing else ""


def edges(draft: Draft, names: Iterable[str], edge: str, why: str) -> str:
    """Return the table [edges] of those names that sit on a vertex; `edge` holds {} for the vertex."""
    known = [name for name in names if name in draft.vertices]
    return table("edges", [line(name, edge.format(draft.vertices[name])) for name in known], why)
