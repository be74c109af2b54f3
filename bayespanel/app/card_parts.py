"""What the page shows of a card: its diagram, its priors, the table as it reads it, and the script in Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shiny import Outputs, render, ui

from bayespanel.app import scripts, views
from bayespanel.app.work import digest
from bayespanel.language.errors import BayespanelError

if TYPE_CHECKING:
    from htmltools import Tag

    from bayespanel.app.work import Work
    from bayespanel.catalogue.cards import Card
    from bayespanel.command.columns import Columns
    from bayespanel.command.drafting import Reading


def card_parts(
    output: Outputs,
    work: Work,
    card: Callable[[], Card | BayespanelError | None],
    columns: Callable[[], Columns | BayespanelError],
    reading: Callable[[], Reading | None],
) -> None:
    """Show what a card says, and whether the table can be read with it."""

    @output(id="read")
    @render.ui
    def _read() -> Any:
        found, names = reading(), {work.state.file: work.state.name}
        if found is None:
            return None
        if found.trouble is not None:
            return ui.TagList(ui.h3("The table cannot be read yet"), views.trouble(found.trouble, names))
        return ui.TagList(
            ui.h3("The table as it is read"),
            views.warned(found.warnings, names),
            ui.pre(str(found.data.describe()), tabindex="0", aria_label="Description of the data"),
        )

    @output(id="checked")
    @render.ui
    def _checked() -> Any:
        record = card()
        if record is None:
            return None
        if isinstance(record, BayespanelError):
            return views.trouble(record)
        said = columns()
        parts: list[Any] = [ui.h3("What is asked"), diagram(record)]
        parts.append(ui.tags.details(ui.tags.summary("Priors"), priors(record)))
        if not isinstance(said, BayespanelError):
            text = scripts.python(record, work.state.name, said, work.state.sampling, digest(work.table))
            shown = ui.pre(text, tabindex="0", aria_label="The same in Python")
            parts.append(ui.tags.details(ui.tags.summary("The same in Python"), shown))
        return ui.TagList(*parts)


def diagram(card: Card) -> Tag:
    """Return the triangle of a card."""
    from bayespanel.figures.card_triangle import places, triangle, words

    members, edges = places(card.spec)
    if not any(members.values()):
        return ui.p("No variable has a place on the triangle.", class_="faint")
    return ui.div(ui.HTML(triangle(members, edges, words(edges))))


def priors(card: Card) -> Tag:
    """Return every prior in use."""
    from bayespanel.command.screen import rows
    from bayespanel.verbs.analysis import priors as table

    return views.table(rows(table(card)), "Priors")
