"""Files beside a saved fit or a finished study: one that cannot be made is said, and costs nothing else."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bayespanel.data.storage import write_whole
from bayespanel.data.wording import listed
from bayespanel.language.errors import BayespanelError, DataError, FitError

PAGE = "report"
"""Folder of the page within that of a fit."""

INCOMPLETE = 4
"""Exit code when what was computed is on disk, and a table, a figure or a page beside it could not be written."""


@dataclass
class Keeping:
    """Writes files one by one, and remembers which were made.

    Attributes
    ----------
    safe
        Sentence that says what is on disk already, whatever else fails.
    again
        What to do to have the missing files.
    files
        What was written, in order.
    failures
        Reason -> the files that it cost.
    remarks
        What drawing said besides, each once.
    """

    safe: str
    again: str
    files: list[Path] = field(default_factory=list)
    failures: dict[str, list[str]] = field(default_factory=dict)
    remarks: dict[str, None] = field(default_factory=dict)

    def write(self, path: Path, make: Callable[[Path], object]) -> None:
        """Let `make` write a file, which appears whole or not at all; whatever goes wrong is remembered."""
        done = self.attempt(str(path), lambda: write_whole(path, make))
        self.files += [path] if done else []

    def attempt(self, name: str, make: Callable[[], object]) -> bool:
        """Do something that may fail, and say whether it was done."""
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", UserWarning)
                make()
        except Exception as error:  # of the file system, a drawing library, or ourselves: the fit is worth more
            self.failures.setdefault(reason(error), []).append(name)
            return False
        self.remarks |= dict.fromkeys(str(warning.message) for warning in caught)
        return True

    @property
    def lost(self) -> list[FitError]:
        """What could not be written, in three parts for each reason."""
        return [
            FitError(f"Tables, figures and pages are written beside what they show. {self.safe}", given, self.again)
            for given in (f"Not written: {listed(names, 20)} ({why})." for why, names in self.failures.items())
        ]

    def say(self) -> None:
        """Write to standard error what is missing, and what drawing said besides."""
        from bayespanel.command import screen

        for remark in self.remarks:
            screen.say(f"Note: {remark}", style="yellow")
        for error in self.lost:
            screen.say(screen.error_text(error), style="bold red")


def require_unwritten(path: Path, *, force: bool) -> None:
    """Check that a file does not exist, or may be replaced, and that its folder exists.

    Raises
    ------
    DataError
        A file that exists while `force` is false, or no such folder.
    """
    if path.is_dir() or (path.exists() and not force):
        raise DataError(
            "A file is not replaced unless you ask for it.",
            f"{str(path)!r} exists.",
            "Choose another name, or add --force to replace it.",
        )
    if not path.parent.is_dir():
        raise DataError(
            "A file is written into a folder that exists.",
            f"There is no folder {str(path.parent)!r}.",
            "Create it first.",
        )


def reason(error: Exception) -> str:
    """Return in a few words why something failed."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    said = " ".join(str(error).split())
    if isinstance(error, BayespanelError):
        return said
    return f"{type(error).__name__}: {said[:200]}" if said else type(error).__name__
