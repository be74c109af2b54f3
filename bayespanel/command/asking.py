"""Questions at a terminal: each has an option, a proposal, and is asked again until its answer can be used."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from bayespanel.command.screen import error_text, printable, say
from bayespanel.language.errors import BayespanelError, SpecError, nearest
from bayespanel.language.shown import filled

NOTHING = ("none", "-", "geen", "keine")
"""Answers that say "nothing" where a blank line takes the proposal."""

BETWEEN = ";"
"""What separates the groups of an answer whose option is repeated for each."""


@dataclass(frozen=True, kw_only=True)
class Question[T]:
    """Something that has to be known.

    Attributes
    ----------
    name
        Name of its option, without dashes.
    text
        The question.
    read
        Makes a value of what is typed; a BayespanelError where it cannot.
    proposal
        What is taken where nothing is typed, as it would be typed.
    needed
        Whether there is no going on without an answer.
    shown
        What stands above the question.
    stands
        Whether the proposal is taken, too, where nobody can answer.
    choices
        What the answer is chosen from, each with a word about it; empty where it is written freely.
    several
        Whether several of the choices may be taken, with commas.
    parts
        Names each of which takes one of the choices: NAME=CHOICE, with commas.
    """

    name: str
    text: str
    read: Callable[[str], T]
    proposal: str = ""
    needed: bool = False
    shown: str = ""
    stands: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)
    several: bool = False
    parts: tuple[str, ...] = ()


@dataclass
class Asker:
    """Who is asked: options first, then the terminal.

    Attributes
    ----------
    given
        What options said, by the names of their questions.
    accepts
        Whether proposals are taken without asking.
    terminal
        Whether somebody can answer.
    answered
        What was typed, given or taken so far.
    on_answer
        Is called after each answer.
    asked
        The questions so far; the last may have no answer yet.
    silent
        Whether nothing is said at a terminal: a page shows the questions.
    """

    given: dict[str, str]
    accepts: bool
    terminal: bool
    answered: dict[str, str] = field(default_factory=dict)
    on_answer: Callable[[Asker], object] = id
    asked: list[Question[Any]] = field(default_factory=list)
    silent: bool = False

    def ask[T](self, question: Question[T]) -> T:
        """Return the answer to a question, from its option, its proposal or the terminal.

        Raises
        ------
        SpecError
            Nobody can answer, and no option does.
        BayespanelError
            An option says what cannot be used, and nobody can correct it.
        """
        self.asked.append(question)
        text = self.given.get(question.name)
        if text is not None:
            text = _or_nothing(question, text)
        elif self.accepts and (question.proposal or not question.needed):
            text = question.proposal
        elif not self.terminal:
            if question.needed:
                raise _unanswered(question)
            text = question.proposal if question.stands else ""
        if text is None and question.shown:
            say(f"\n{question.shown}")
        typed = text is None
        while True:
            try:
                text = self._typed(question) if text is None else text
                return self._take(question, question.read(text), text, typed=typed)
            except BayespanelError as error:
                if not self.terminal:
                    raise
                say(error_text(error), style="yellow")
                text, typed = None, True

    def _typed(self, question: Question[Any]) -> str:
        """Return what is typed; the proposal for a blank line."""
        proposal = question.proposal or ("" if question.needed else NOTHING[0])
        say(f"\n{filled(question.text)}")
        typed = typed_at(f"[{proposal}] > " if proposal else "> ")
        return _or_nothing(question, typed) if typed else question.proposal

    def _take[T](self, question: Question[T], value: T, text: str, *, typed: bool) -> T:
        self.answered[question.name] = text or NOTHING[0]
        if text and not typed and not self.silent:
            spaced = re.sub(r",(?=\S)", ", ", text)  # lines break at spaces
            say(filled(f"{question.name}: {spaced}", rest="    "))
        self.on_answer(self)
        return value

    def words(self, repeated: Sequence[str] = ()) -> list[str]:
        """Return the answers so far as options, to be typed in another command line."""
        out = []
        for name, text in self.answered.items():
            parts = text.split(BETWEEN) if name in repeated else [text]
            for part in (part.strip() for part in parts):
                out += [f"--{name}={shlex.quote(part)}"] if part.startswith("-") else []
                out += [f"--{name}", shlex.quote(part)] if part and not part.startswith("-") else []
        return out


def _or_nothing(question: Question[Any], text: str) -> str:
    return "" if text.strip().lower() in NOTHING and not question.needed else text.strip()


def at_terminal() -> bool:
    """Return whether somebody can answer questions."""
    return sys.stdin is not None and sys.stdin.isatty()


def typed_at(prompt: str) -> str:
    """Return the line that is typed after a prompt; the end of input is taken as an interruption.

    Raises
    ------
    KeyboardInterrupt
        Ctrl-C, or Ctrl-D.
    """
    sys.stdout.flush()
    try:
        return input(printable(prompt, getattr(sys.stdout, "encoding", None))).strip()
    except EOFError:
        raise KeyboardInterrupt from None


def _unanswered(question: Question[Any]) -> SpecError:
    example = question.proposal.split(BETWEEN)[0].strip()
    proposed = f" The columns suggest: {question.proposal}." if example else " The columns suggest no answer."
    action = f"Add --{question.name} {shlex.quote(example) if example else 'ANSWER'}"
    return SpecError(
        "Without a terminal, options answer the questions of bayespanel new.",
        f"--{question.name} is not given: {question.text.splitlines()[0]}{proposed}",
        f"{action}, or --yes to take all proposals." if example else f"{action}.",
    )


def column_in(known: Sequence[str], what: str) -> Callable[[str], str | None]:
    """Return the reader of the name of a column; blank is None."""

    def read(text: str) -> str | None:
        return known_name(text, known, what) if text else None

    return read


def known_name(text: str, known: Sequence[str], what: str) -> str:
    """Return a name that exists, in the spelling in which it does.

    Raises
    ------
    SpecError
        There is none; with the nearest.
    """
    if text in known:
        return text
    same = [name for name in known if name.lower() == text.lower()]
    if len(same) == 1:
        return same[0]
    raise SpecError(
        f"The answer is the name of {what}.", f"There is no {text!r}. {nearest_of(text, known)}", "Correct it."
    )


def nearest_of(name: str, known: Sequence[str]) -> str:
    """Say which names are nearest, whatever their capital letters."""
    lower = {other.lower(): other for other in known}
    close = get_close_matches(name.lower(), list(lower), n=3, cutoff=0.5)
    return f"Nearest: {', '.join(repr(lower[one]) for one in close)}." if close else nearest(name, list(known))


def one_of(choices: Sequence[str], what: str) -> Callable[[str], str]:
    """Return the reader of one of some words, or of the number of one, counted from 1."""

    def read(text: str) -> str:
        if text.isdecimal() and 1 <= int(text) <= len(choices):
            return choices[int(text) - 1]
        return known_name(text, choices, what)

    return read
