"""A run as the page follows it: its phase, which is said, and how far it is; and the button that stops it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from shiny import Inputs, Outputs, reactive, render, ui

from bayespanel.app.runs import RUNNING, Progress, Run

if TYPE_CHECKING:
    from bayespanel.app.runs import Runs

EVERY = 0.4
"""Seconds between two looks at a run."""

PHASES = {
    "running": "Run {0} goes on. You may close or reload this page: it goes on as long as bayespanel app does.",
    "stopping": "Run {0} is being stopped.",
    "done": "Run {0} is finished.",
    "stopped": "Run {0} was stopped.",
    "failed": "Run {0} could not be finished.",
}


def follow(input: Inputs, output: Outputs, runs: Runs, kind: str) -> reactive.Value[Run | None]:
    """Show the last run of a kind, whichever page began it, and return it as it changes."""
    last = reactive.value[Run | None](runs.of(kind))

    def look() -> tuple[Run | None, Progress, int]:
        run = runs.of(kind)
        if run is None or not goes_on(run):
            return run, Progress(), 0
        return run, runs.progress(run.number), int(time.time() - run.began)

    @reactive.poll(look, EVERY)
    def looked() -> tuple[Run | None, Progress, int]:
        return look()

    @reactive.effect
    def _follow() -> None:
        run, _, _ = looked()
        with reactive.isolate():
            if run != last():
                last.set(run)

    @reactive.effect
    @reactive.event(input[f"stop_{kind}"])
    def _stop() -> None:
        runs.stop(kind)

    @output(id=f"phase_{kind}")
    @render.ui
    def _phase() -> Any:
        run = last()
        return ui.p("Nothing was run yet.") if run is None else ui.p(PHASES[run.phase].format(run.number))

    @output(id=f"progress_{kind}")
    @render.ui
    def _progress() -> Any:
        run, far, seconds = looked()
        if run is None or not goes_on(run):
            return None
        words = f"{far.what}, {far.done} of {far.total}" if far.total else far.what
        bar = ui.tags.progress(value=str(far.done), max=str(far.total), aria_label="Progress") if far.total else None
        return ui.div(bar, ui.p(f"{words[:1].upper()}{words[1:]} ({seconds // 60} min {seconds % 60} s)."))

    return last


def goes_on(run: Run) -> bool:
    """Say whether a run is not over."""
    return run.phase in RUNNING
