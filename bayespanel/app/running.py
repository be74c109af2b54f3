"""What the page does with a run: start it, show how far it is, stop it, and show what came of it."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shiny import Inputs, Outputs, reactive, render, ui

from bayespanel.app import results, scripts, views
from bayespanel.app.runs import RUNNING, Progress, Run
from bayespanel.app.work import digest
from bayespanel.language.errors import BayespanelError, DataError, SpecError

if TYPE_CHECKING:
    from bayespanel.app.runs import Runs
    from bayespanel.app.work import Work
    from bayespanel.catalogue.cards import Card
    from bayespanel.command.columns import Columns
    from bayespanel.command.drafting import Reading

EVERY = 0.4
"""Seconds between two looks at a run."""

PHASES = {
    "running": "Run {0} goes on. You may close or reload this page: it goes on as long as bayespanel app does.",
    "stopping": "Run {0} is being stopped.",
    "done": "Run {0} is finished.",
    "stopped": "Run {0} was stopped.",
    "failed": "Run {0} could not be finished.",
}


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
    """Start and stop runs, and follow the last, whichever page began it."""
    wrong = reactive.value[BayespanelError | None](None)
    last = reactive.value[Run | None](runs.last)

    @reactive.poll(lambda: (runs.last, runs.progress() if _goes_on(runs.last) else None), EVERY)
    def looked() -> tuple[Run | None, Progress]:
        return runs.last, runs.progress() if _goes_on(runs.last) else Progress()

    @reactive.effect
    def _follow() -> None:
        run, _ = looked()
        with reactive.isolate():
            if run != last():
                last.set(run)

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
        last.set(runs.last)

    @reactive.effect
    @reactive.event(input.stop)
    def _stop() -> None:
        runs.stop()
        last.set(runs.last)

    @output(id="unstarted")
    @render.ui
    def _unstarted() -> Any:
        error = wrong()
        return None if error is None else views.trouble(error)

    @output(id="phase")
    @render.ui
    def _phase() -> Any:
        run = last()
        return ui.p("Nothing was run yet.") if run is None else ui.p(PHASES[run.phase].format(run.number))

    @output(id="progress")
    @render.ui
    def _progress() -> Any:
        run, far = looked()
        if run is None or not _goes_on(run):
            return None
        seconds = int(time.time() - run.began)
        words = f"{far.what}, {far.done} of {far.total}" if far.total else far.what
        bar = ui.tags.progress(value=str(far.done), max=str(far.total), aria_label="Progress") if far.total else None
        return ui.div(bar, ui.p(f"{words[:1].upper()}{words[1:]} ({seconds // 60} min {seconds % 60} s)."))

    @output(id="results")
    @render.ui
    def _results() -> Any:
        run = last()
        if run is None or _goes_on(run):
            return ui.p("None yet.", class_="faint")
        return results.of_run(runs, run)


def _goes_on(run: Run | None) -> bool:
    return run is not None and run.phase in RUNNING


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
