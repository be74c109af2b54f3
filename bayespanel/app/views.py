"""Parts of the page as HTML: errors, tables, fields, what was read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shiny import ui

from bayespanel.app.fields import OPEN, Value, kind_of
from bayespanel.command.asking import Question
from bayespanel.command.screen import spoken
from bayespanel.language.errors import BayespanelError

if TYPE_CHECKING:
    import pandas as pd
    from htmltools import Tag, TagList

SHOWN = 60
"""Choices that are offered at most; others are written."""

FIRST = {
    "question": "Kind of question",
    "wave": "Wave",
    "arm": "Arm of the trial",
    "control": "Reference arm",
    "pupil": "Pupil",
    "scores": "Scores",
    "baseline": "Scores before the trial",
    "school": "School",
    "classroom": "Class",
    "randomised": "What was allocated",
    "covariates": "What does not change within a pupil",
    "vertices": "The triangle",
    "levels": "Levels",
    "times": "Times of the waves",
    "classes": "Courses",
    "title": "Title",
    "about": "Question",
    "rope": "Region of practical equivalence",
}
"""Heading of each field; the question stands below it."""


@dataclass(frozen=True, eq=False)
class Entry:
    """A field as it is shown: its number, which makes the names of its inputs new, its question and what it holds."""

    number: int
    question: Question[Any]
    value: Value

    def name(self, part: object = "") -> str:
        """Return the name of an input."""
        return f"q{self.number}_{self.question.name}{f'_{part}' if part != '' else ''}"


def trouble(error: BayespanelError, renamed: Mapping[str, str] | None = None) -> Tag:
    """Return an error in its three parts."""
    parts = [("Rule", error.rule), ("Given", error.given), ("Do", error.action)]
    return ui.div(
        *(ui.p(ui.strong(f"{head}: "), _as_is(_named(spoken(part), renamed))) for head, part in parts),
        class_="trouble",
        role="alert",
    )


def warned(texts: Sequence[str], renamed: Mapping[str, str] | None = None) -> Tag | None:
    """Return what is probably wrong with a table, but could be right."""
    said = [ui.p(_as_is(_named(spoken(text), renamed))) for text in texts]
    return ui.div(*said, class_="warned") if said else None


def _as_is(text: str) -> Tag:
    """Return a text that keeps its lines; a message may hold a table."""
    return ui.span(text, class_="as-is" if "\n" in text else None)


def _named(text: str, renamed: Mapping[str, str] | None) -> str:
    """Return a text in which files have the names that they had where they came from."""
    for ours, theirs in (renamed or {}).items():
        text = text.replace(ours, theirs)
    return text


def table(rows: Sequence[Mapping[str, Any]], label: str) -> Tag:
    """Return rows as a table that scrolls in its box."""
    names = list(rows[0]) if rows else []
    right = {name for name in names if all(_is_number(row[name]) for row in rows)}
    head = [
        ui.tags.th(name.replace("_", " "), scope="col", class_="number" if name in right else None) for name in names
    ]
    body = [
        ui.tags.tr(*(ui.tags.td(_cell(row[name]), class_="number" if name in right else None) for name in names))
        for row in rows
    ]
    made = ui.tags.table(ui.tags.thead(ui.tags.tr(*head)), ui.tags.tbody(*body))
    return ui.div(made, class_="scroll", tabindex="0", role="region", aria_label=label)


def _is_number(value: object) -> bool:
    return value is None or isinstance(value, int | float) or re.fullmatch(r"-?\d+\.\d+%?", str(value)) is not None


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def columns(frame: pd.DataFrame) -> Tag:
    """Return the columns of a table."""
    from bayespanel.command import overview, screen

    found = overview.table(frame)
    found["missing"] = found["missing"].map("{:.1%}".format)
    return table(screen.rows(found), "Columns of the table")


def guesses(frame: pd.DataFrame, answers: Mapping[str, str]) -> Tag:
    """Return what was found in a table, in sentences."""
    rows, width = frame.shape
    said = [f"{rows} rows and {width} columns."]
    wave = answers.get("wave", "none")
    if "wave" in answers:
        said.append("One row per pupil." if wave == "none" else f"One row per pupil and wave; the wave is {wave}.")
    for name, what in (("pupil", "Pupils"), ("school", "Schools"), ("classroom", "Classes"), ("arm", "Arms")):
        column = answers.get(name, "none")
        if column == "none":
            said += [f"{what}: no column was found."] if name in answers and name != "classroom" else []
        elif column in frame.columns:
            said.append(f"{what}: {column}, with {frame[column].nunique()} values.")
        else:
            said.append(f"{what}: one column per wave, {column}.")
    if wave == "none" and answers.get("scores", "none") != "none":
        said.append(f"Scores at several waves: {answers['scores'].replace(',', ', ')}." if "wave" in answers else "")
    return ui.tags.ul(*(ui.tags.li(text) for text in said if text))


def field(entry: Entry) -> TagList | Tag:
    """Return the inputs of a question, with a label each."""
    question, value = entry.question, entry.value
    kind = kind_of(question)
    text = question.text if kind == "free" else question.text.partition("?")[0] + "?"  # how to write it follows
    head: list[Any] = [FIRST.get(question.name, question.name), " ", ui.tags.code(f"--{question.name}")]
    label = ui.TagList(*head, ui.span(text, class_="hint"))
    if question.name == "question":
        offered = {name: f"{name}: {about}" for name, about in question.choices.items()}
        return ui.input_radio_buttons(entry.name(), label, offered, selected=value.text)
    match kind:
        case "parts":
            inputs = [
                _select(entry.name(i), part, question, value.parts[i], needed=question.name == "vertices")
                for i, part in enumerate(question.parts)
            ]
            where = "on-triangle" if question.name == "vertices" else None  # assets/triangle.js draws it
            return ui.tags.fieldset(ui.tags.legend(label), ui.div(*inputs, class_="parts"), class_=where)
        case "several":
            kept = [name for i, name in enumerate(question.choices) if i < SHOWN or name in value.chosen]
            offered = {name: _offered(name, question.choices[name]) for name in kept}
            boxes = ui.input_checkbox_group(entry.name(), label, offered, selected=list(value.chosen))
            return ui.TagList(boxes if kept else None, _written(entry, label if not kept else None))
        case "one":
            return _select(entry.name(), label, question, value.text, needed=question.needed)
        case _:
            return ui.input_text(entry.name(), label, value.text, update_on="blur")


def _written(entry: Entry, label: Any) -> Tag | None:
    """Return the input for answers that are among no choices."""
    if entry.question.name not in OPEN:
        return None
    scores = entry.question.name == "scores"
    how = "Other scores: columns, with commas" if scores else "Others that do not change: columns, with commas"
    if "NAME=COLUMN" in entry.question.text:
        how = "Other scores, one a line: NAME = COLUMN, COLUMN, COLUMN in the order of the waves"
    return ui.input_text_area(
        entry.name("own"), label or how, entry.value.text, rows=2 if scores else 1, update_on="blur"
    )


def _select(name: str, label: Any, question: Question[Any], value: str, *, needed: bool) -> Tag:
    offered = {choice: _offered(choice, about) for choice, about in question.choices.items()}
    nothing = {} if needed and value in offered else {"": "choose" if needed else "none"}
    return ui.input_select(name, label, {**nothing, **offered}, selected=value if value in offered else "")


def _offered(name: str, about: str) -> str:
    return f"{name} ({about})" if about else name
