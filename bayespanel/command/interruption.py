"""Ctrl-C as a sentence and an exit code."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

import typer

INTERRUPTED = 130

NOTHING_WRITTEN = "nothing was written."


@dataclass
class Interruption:
    """What an interruption leaves.

    Attributes
    ----------
    consequence
        As the end of a sentence; replaced once something is on disk.
    pressed
        Whether Ctrl-C was pressed.
    """

    consequence: str
    pressed: bool = False

    def require_wanted(self) -> None:
        """Stop if Ctrl-C was pressed: compiled code may swallow an interruption on its way."""
        if self.pressed:
            raise KeyboardInterrupt


@contextmanager
def interruptible(consequence: str = NOTHING_WRITTEN) -> Iterator[Interruption]:
    """Turn Ctrl-C into a sentence that says the consequence, and an exit code.

    Yields what must be told when something is on disk, and asked before that is written: what was stopped is not to
    be written after all.
    """
    interruption = Interruption(consequence)

    def stop(_number: int, _frame: FrameType | None) -> None:
        interruption.pressed = True
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield interruption
    except KeyboardInterrupt:
        from bayespanel.command.screen import say

        say(f"\nInterrupted: {interruption.consequence}")
        raise typer.Exit(INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGINT, before)
