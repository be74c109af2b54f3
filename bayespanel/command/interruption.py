"""Ctrl-C as a sentence and an exit code."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import typer

INTERRUPTED = 130

NOTHING_WRITTEN = "nothing was written."


@contextmanager
def interruptible(consequence: str = NOTHING_WRITTEN) -> Iterator[Callable[[], None]]:
    """Turn Ctrl-C into a sentence that says the consequence, and an exit code.

    Yields a function to call before writing: compiled code may swallow an interruption on its way, and what was
    stopped is not to be written after all.
    """
    pressed: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        pressed.append(number)
        raise KeyboardInterrupt

    def require_wanted() -> None:
        if pressed:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield require_wanted
    except KeyboardInterrupt:
        from bayespanel.command.screen import say

        say(f"\nInterrupted: {consequence}")
        raise typer.Exit(INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGINT, before)
