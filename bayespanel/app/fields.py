"""Questions about a table as fields of a form: texts of options to values of fields, and back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from bayespanel.command.asking import BETWEEN, NOTHING, Question

type Kind = Literal["one", "several", "parts", "free"]

ORDER = (
    *("question", "wave", "arm", "control", "pupil", "scores", "baseline", "school", "classroom", "randomised"),
    *("covariates", "vertices", "levels", "times", "classes", "title", "about", "rope"),
)
"""Questions in the order in which the form shows them; each family asks some."""

OPEN = ("scores", "covariates")
"""Questions whose answers may also be written, where no choice fits."""


@dataclass(frozen=True)
class Value:
    """What a field holds.

    Attributes
    ----------
    text
        The choice, or what is written freely.
    chosen
        The choices that are ticked, in the order in which they are offered.
    parts
        The choice of each part; empty for none.
    """

    text: str = ""
    chosen: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


def kind_of(question: Question[Any]) -> Kind:
    """Return which field a question has."""
    if question.parts:
        return "parts"
    if question.several:
        return "several"
    return "one" if question.choices else "free"


def value_of(question: Question[Any], text: str) -> Value:
    """Return what a field holds for a text, as its option takes it."""
    text = "" if text.strip().lower() in NOTHING else text.strip()
    match kind_of(question):
        case "parts":
            pairs = dict(_pair(part) for part in text.split(",") if "=" in part)
            return Value(parts=tuple(pairs.get(name, "") for name in question.parts))
        case "several":
            return _several(question, text)
        case _:
            return Value(text)


def text_of(question: Question[Any], value: Value) -> str:
    """Return the text of what a field holds, as its option takes it; "none" for nothing."""
    match kind_of(question):
        case "parts":
            given = zip(question.parts, value.parts, strict=True)
            text = ",".join(f"{name}={choice}" for name, choice in given if choice)
        case "several":
            between = f"{BETWEEN} " if question.name == "scores" else ","
            written = [line.strip(" ;,") for line in re.split(r"[\n;]", value.text)]
            text = between.join(filter(None, [",".join(value.chosen), *written]))
        case _:
            text = " ".join(value.text.split())
    return text or NOTHING[0]


def _several(question: Question[Any], text: str) -> Value:
    chosen, written = set(), []
    for part in (part.strip() for part in text.split(BETWEEN)):
        name, sign, columns = (piece.strip() for piece in part.partition("="))
        if sign and _names(columns) == _names(question.choices.get(name, "")):
            chosen.add(name)
        elif sign:
            written.append(part)
        else:
            names = _names(part)
            chosen |= {name for name in names if name in question.choices}
            written += [name for name in names if name not in question.choices]
    return Value("\n".join(written), tuple(name for name in question.choices if name in chosen))


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _pair(part: str) -> tuple[str, str]:
    name, _, choice = part.partition("=")
    return name.strip(), choice.strip()
