"""Progress on standard error: bars for a person, or lines for a program that shows them."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

LINES = "BAYESPANEL_PROGRESS"
"""Name in the environment; "lines" writes a line now and then in place of a bar."""

HEAD = "progress: "
"""How such a line begins. What is done follows, and where that can be counted, "(120/6000)"."""

EVERY = 0.3
"""Seconds between two lines that only count on."""


def as_lines() -> bool:
    """Return whether progress is asked for as lines."""
    return os.environ.get(LINES) == "lines"


@dataclass
class Lines:
    """Writes lines of progress, not too many."""

    written: float = 0.0

    def say(self, name: str) -> None:
        """Name a stage."""
        print(f"{HEAD}{name}", file=sys.stderr, flush=True)

    def count(self, name: str, done: int, total: int) -> None:
        """Count on, unless that was said a moment ago; the end is always said."""
        if done >= total or time.monotonic() - self.written >= EVERY:
            self.written = time.monotonic()
            self.say(f"{name} ({done}/{total})")


@contextmanager
def progress_bar(show: bool) -> Iterator[tuple[Callable[[str], None], Callable[[list[Any]], None] | None]]:
    """Yield a function that names the stage, and one that takes the sampler's progress."""
    if not show:
        yield (lambda _: None), None
        return
    if as_lines():
        lines = Lines()
        yield lines.say, lambda chains: lines.count(*_counted(chains))
        return
    columns = [TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn()]
    with Progress(*columns, console=Console(stderr=True, force_jupyter=False), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def stage(name: str) -> None:
            bar.update(task, description=name)

        def sampling(chains: list[Any]) -> None:
            text, done, total = _counted(chains)
            bar.update(task, description=text, completed=done, total=total)

        yield stage, sampling


def _counted(chains: list[Any]) -> tuple[str, int, int]:
    """Return what the chains do, their draws so far, and in all."""
    divergences = sum(chain.divergences for chain in chains)
    text = f"sampling {len(chains)} chains" + (f", {divergences} divergences" if divergences else "")
    return text, sum(chain.finished_draws for chain in chains), sum(chain.total_draws for chain in chains)


@contextmanager
def counted_bar(show: bool, what: str, total: int) -> Iterator[Callable[[], None]]:
    """Yield a function that counts one more of `total` done."""
    if not show:
        yield lambda: None
        return
    columns = [TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn()]
    with Progress(*columns, console=Console(stderr=True, force_jupyter=False), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)
