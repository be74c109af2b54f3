"""What came of a run: the answer, checks, evidence, figures, the page, and everything to take along."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shiny import ui

from bayespanel.app import scripts, views
from bayespanel.app.runs import OUTPUT, Run
from bayespanel.command.screen import spoken

if TYPE_CHECKING:
    from htmltools import Tag, TagList

    from bayespanel.app.runs import Runs

COLUMNS = {
    "pathway": "pathway",
    "kind": "kind",
    "mean": "mean",
    "lower": "lower",
    "upper": "upper",
    "prob_direction": "P(direction)",
    "prob_below_rope": "P(below)",
    "prob_rope": "P(inside)",
    "prob_above_rope": "P(above)",
}
"""Columns of the evidence that are shown, with their headings; evidence.csv has all."""

CALLED = {"pathways": "pathways", "triangle": "the triangle", "effects": "effects", "trajectories": "trajectories"}
"""Figures, by the beginning of their file's name."""


def of_run(runs: Runs, run: Run) -> TagList | Tag:
    """Return the results of a run that is over; what it said where it has none."""
    place, said = runs.place(run.number), runs.messages(run.number)
    if not (place / scripts.RESULT / "fit.nc").is_file():
        return ui.TagList(
            ui.p("Nothing was written." if run.phase == "stopped" else "There is no result. What the command said:"),
            ui.pre(said, tabindex="0", aria_label="Messages") if said and run.phase == "failed" else None,
        )
    content = _content(place)
    parts: list[Any] = []
    if content:
        parts.append(ui.div(*(ui.p(spoken(one)) for one in content["answer"]), class_="said"))
        parts += [ui.h3("Checks"), _checks(content["checks"])]
        parts += [ui.h3("Evidence"), _evidence(content["evidence"])]
    parts += [ui.h3("Figures"), *_figures(place, run.number)]
    parts += [ui.h3("To take along"), downloads(place, run.number)]
    if said:
        lines = ui.pre(spoken(said), tabindex="0", aria_label="Messages")
        parts.append(ui.tags.details(ui.tags.summary("What the commands said"), lines))
    return ui.TagList(*parts)


def downloads(place: Path, number: int) -> Tag:
    """Return links to the files of a run that are there."""
    offered = (
        (f"{scripts.RESULT}/report/index.html", "The page of the report", False),
        (scripts.CARD, "The card", True),
        (scripts.SHELL, "The commands, as a script for a shell", True),
        (scripts.PYTHON, "The same in Python", True),
        (f"{scripts.RESULT}/evidence.csv", "The evidence as a table", True),
        (f"{scripts.RESULT}/checks.csv", "The checks as a table", True),
        (f"{scripts.RESULT}/fit.nc", "All draws", True),
    )
    links = [
        ui.tags.li(_link(f"/run-{number}/{path}", text, path.rpartition("/")[2] if kept else None))
        for path, text, kept in offered
        if (place / path).is_file()
    ]
    return ui.tags.ul(
        *links,
        ui.tags.li(_link(f"/run-{number}.zip", "Everything in one file", f"run-{number}.zip")),
        class_="downloads",
    )


def _link(address: str, text: str, name: str | None) -> Tag:
    if name is None:
        return ui.a(f"{text} (opens beside this one)", href=address, target="_blank", rel="noopener")
    return ui.a(f"{text} ({name})", href=address, download=name)


def _content(place: Path) -> dict[str, Any]:
    try:
        found = json.loads((place / OUTPUT.format(1)).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _checks(checks: list[dict[str, Any]]) -> Tag:
    grave = [row for row in checks if row["state"] != "ok"]
    rest = len(checks) - len(grave)
    said = [
        ui.div(ui.p(ui.strong(f"{row['state']}: "), row["check"]), ui.p(spoken(row["hint"] or "")), class_="warned")
        for row in grave
    ]
    shown = [{name: row[name] for name in ("state", "check", "value", "limit")} for row in [*grave, *checks]]
    shown = [row for i, row in enumerate(shown) if row not in shown[:i]]
    listed = ui.tags.details(ui.tags.summary("All checks"), views.table(shown, "Checks"))
    return ui.div(ui.p(f"{rest} of {len(checks)} checks are passed."), *said, listed)


def _evidence(evidence: Mapping[str, Any]) -> Tag:
    rows = evidence["pathways"]
    names = {name: heading for name, heading in COLUMNS.items() if rows and name in rows[0]}
    low, high = evidence["rope"] if isinstance(evidence.get("rope"), list) else (None, None)
    said = (
        f"Below, inside and above: the region of practical equivalence, {low:g} to {high:g}." if low is not None else ""
    )
    shown = [{heading: _shown(row[name]) for name, heading in names.items()} for row in rows]
    table = views.table(shown, "Evidence")
    return ui.div(ui.p(said, class_="faint") if said else None, table)


def _shown(value: Any) -> Any:
    """Return a number to three decimals, as a text; names as they are."""
    return f"{value:.3f}" if isinstance(value, float) else str(value).replace("_", " ")


def _figures(place: Path, number: int) -> list[Tag]:
    out = []
    for path in sorted((place / scripts.RESULT).glob("*.png")):
        what = next((words for name, words in CALLED.items() if path.stem.startswith(name)), path.stem)
        image = ui.img(
            src=f"/run-{number}/{scripts.RESULT}/{path.name}", alt=f"Figure: {what}; the table has its numbers"
        )
        out.append(ui.tags.figure(image))
    return out
