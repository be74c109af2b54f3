"""What becomes of an input: refused in words, right, noted, or one of the failures."""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any


class Outcome(StrEnum):
    """What became of an input."""

    refused = "refused"  # an error of three parts, or a usage error of the command line
    right = "right"  # the numbers of the clean input
    noted = "noted"  # other numbers, and what is kept says so
    unseen = "unseen"  # other numbers, by a flipped bit in a format of other people that has no checksum
    warned = "warned"  # other numbers, and only a warning that scrolls by says so
    silent = "silent"
    traceback = "traceback"
    crash = "crash"
    alarm = "alarm"  # an ordinary input, refused


FAILURES = (Outcome.silent, Outcome.traceback, Outcome.crash, Outcome.alarm)


@dataclass(frozen=True)
class Answer:
    """What a door gave back: content to compare, and the words that are kept with it."""

    content: Any
    words: tuple[str, ...] = ()
    spoken: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """A malformed input.

    Attributes
    ----------
    point
        Number of the requirement, such as "A1".
    name
        What is wrong with it; unique within its point.
    give
        Puts the input through a door, in an empty folder.
    truth
        Content of a right answer, or what computes it; None if there is none.
    hints
        Pattern that a word about it must match.
    ordinary
        Whether a refusal would be a false alarm.
    risky
        Whether it is tried in a process of its own, which may die.
    unseeable
        Whether nothing in the file could show the change: a flipped bit in a format without a checksum.
    fast
        Whether it may be in the default test run.
    """

    point: str
    name: str
    give: Callable[[Path], Answer]
    truth: Any = None
    hints: str = r"(?!)"
    ordinary: bool = False
    risky: bool = False
    unseeable: bool = False
    fast: bool = True

    @property
    def key(self) -> str:
        """Its name among all."""
        return f"{self.point} {self.name}"


@dataclass(frozen=True)
class Verdict:
    """The outcome of a case, the words that decided it, and how many notes and warnings there were."""

    key: str
    outcome: Outcome
    said: str = ""
    notes: int = 0
    warnings: int = 0

    @property
    def point(self) -> str:
        """Number of the requirement."""
        return self.key.partition(" ")[0]


class Usage(Exception):
    """The command line left with exit code 2 and said why."""


def judge(case: Case) -> Verdict:
    """Put a case through its door and say what became of it."""
    from bayespanel.language.errors import BayespanelError

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        screen = io.StringIO()
        try:
            with contextlib.redirect_stdout(screen), contextlib.redirect_stderr(screen):
                answer = case.give(Path(folder))
                truth = case.truth() if callable(case.truth) else case.truth
        except BayespanelError as error:
            if not all(str(part).strip() for part in (error.rule, error.given, error.action)):
                return Verdict(case.key, Outcome.traceback, f"an error without its three parts: {error}")
            return Verdict(case.key, Outcome.alarm if case.ordinary else Outcome.refused, str(error))
        except Usage as error:
            return Verdict(case.key, Outcome.alarm if case.ordinary else Outcome.refused, str(error))
        except Exception as error:  # whatever else is the failure that is looked for
            where = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(where.filename).name}:{where.lineno}"
            return Verdict(case.key, Outcome.traceback, f"{type(error).__name__} at {place}: {str(error)[:160]}")
    return _weigh(case, answer, truth, [f"{type(w.message).__name__}: {w.message}" for w in caught])


def _weigh(case: Case, answer: Answer, truth: Any, caught: list[str]) -> Verdict:
    """Compare what was given back with the truth."""
    counts = len(answer.words), len(caught)
    if truth is not None and answer.content == truth:
        return Verdict(case.key, Outcome.right, "", *counts)
    pattern = re.compile(case.hints, re.IGNORECASE)
    if found := _first(pattern, answer.words):
        return Verdict(case.key, Outcome.noted, found, *counts)
    if found := _first(pattern, [*answer.spoken, *caught]):
        return Verdict(case.key, Outcome.warned, found, *counts)
    unnoticed = Outcome.unseen if case.unseeable else Outcome.silent
    return Verdict(case.key, unnoticed, "; ".join([*answer.words, *caught])[:200], *counts)


def _first(pattern: re.Pattern[str], words: Iterable[str]) -> str:
    return next((word for word in words if pattern.search(word)), "")


def words_of(value: Any) -> tuple[str, ...]:
    """Return everything that is kept with data in words: notes, and guesses where there are some."""
    notes = tuple(map(str, getattr(value, "notes", ())))
    return notes + tuple(map(str, getattr(value, "guesses", ())))
