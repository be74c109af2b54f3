"""What the page does with a fit: start it, and show what came of it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shiny import Inputs, Outputs, reactive, render, ui

from bayespanel.app import results, scripts, views
from bayespanel.app.following import follow, goes_on
from bayespanel.app.runs import Run
from bayespanel.app.work import digest
from bayespanel.language.errors import BayespanelError, DataError, SpecError

if TYPE_CHECKING:
    from bayespanel.app.runs import Runs
    from bayespanel.app.work import Work
    from bayespanel.catalogue.cards import Card
    from bayespanel.command.columns import Columns
    from bayespanel.command.drafting import Reading


def running(
    input: Inputs,
    output: Outputs,
    work: Work,
    runs: Runs,
    shown: Callable[[], str],
    card: Callable[[], Card | BayespanelError | None],
    columns: Callable[[], Columns | BayespanelError],
    reading: Callable[[], Reading | None],
) -> None:
    """Start a fit, follow it, and show its results."""
    wrong = reactive.value[BayespanelError | None](None)
    last = follow(input, output, runs, "fit")

    @reactive.effect
    @reactive.event(input.run)
    def _start() -> None:
        try:
            record, said = ready(card(), columns(), reading())
            start(work, runs, shown(), record, said)
        except BayespanelError as error:
            wrong.set(error)
            return
        wrong.set(None)

    @output(id="unstarted")
    @render.ui
    def _unstarted() -> Any:
        error = wrong()
        return None if error is None else views.trouble(error)

    @output(id="results")
    @render.ui
    def _results() -> Any:
        run = last()
        if run is None or goes_on(run):
            return ui.p("None yet.", class_="faint")
        return results.of_run(runs, run)


def ready(
    card: Card | BayespanelError | None, columns: Columns | BayespanelError, reading: Reading | None
) -> tuple[Card, Columns]:
    """Return the card and the options of a fit that can be started.

    Raises
    ------
    BayespanelError
        What is in its way.
    """
    for found in (card, columns, reading.trouble if reading else None):
        if isinstance(found, BayespanelError):
            raise found
    if card is None or isinstance(card, BayespanelError) or isinstance(columns, BayespanelError):
        raise DataError("A run needs a file and a card.", "There is none yet.", "Choose a file above.")
    if card.rope is None:
        raise SpecError(
            "Evidence is weighed against a stated region of practical equivalence.",
            "The card states none.",
            "Add a line to the card: rope = 0.03, or the size that is negligible in your field.",
        )
    return card, columns


def start(work: Work, runs: Runs, text: str, card: Card, columns: Columns) -> Run:
    """Start a fit with its page, in a folder that holds the card and the scripts that repeat it.

    Raises
    ------
    SpecError
        An option about draws is no whole number.
    FitError
        Another run is not finished.
    """
    sampling = work.state.sampling
    for name, value in sampling.items():
        if not value.isdecimal():
            rule = "Draws, warm-up draws, chains and the seed are whole numbers."
            raise SpecError(rule, f"--{name} is {value!r}.", "Correct it.")
    known = digest(work.table)
    files = {
        scripts.CARD: text,
        scripts.SHELL: scripts.shell(card, work.state.name, columns, sampling, known),
        scripts.PYTHON: scripts.python(card, work.state.name, columns, sampling, known),
    }
    options = [*shlex.split(" ".join(columns.words())), *scripts.sampling_words(sampling)]
    fit = ["fit", scripts.CARD, str(work.table), "-o", scripts.RESULT, *options, "--json"]
    return runs.start("fit", [fit, ["report", scripts.RESULT, f"--title={card.title}"]], files)
