"""Guesses and questions: what reading a table assumed, and what it must be told before it goes on."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bayespanel.language.errors import DataError, DataWarning

QUESTIONS = {
    "codes": "whether numbers that look like codes for 'missing' are scores",
    "order": "whether the order of the waves is the order of time",
    "labels": "whether labels that differ in their spelling only are different pupils, classes, schools or arms",
    "numbers": "whether a point is a decimal point or separates thousands",
}
"""Questions that a table can raise, by the word that answers each with "it is right as it stands"."""


@dataclass(frozen=True)
class Guess:
    """Something that a table left open and that reading decided.

    Attributes
    ----------
    about : str
        Subject in one or two words, such as "codes", "order" or "labels".
    seen, done, otherwise : str
        What was found, what was done with it, and how to say that something else is meant; a sentence each.
    doubtful : bool
        Whether it may well be wrong. Such a guess is also a `DataWarning`.
    """

    about: str
    seen: str
    done: str
    otherwise: str
    doubtful: bool = False

    def __str__(self) -> str:
        return " ".join(part for part in (self.seen, self.done, self.otherwise) if part)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, ready for JSON."""
        return asdict(self)


def warn_of_doubts(guesses: Iterable[Guess]) -> None:
    """Give a `DataWarning` for every doubtful guess."""
    for guess in guesses:
        if guess.doubtful:
            warnings.warn(str(guess), DataWarning, stacklevel=4)


def ask(question: str, accept: Sequence[str], *, rule: str, given: str, action: str) -> bool:
    """Refuse to go on with a grave doubt, unless the caller has answered it.

    Parameters
    ----------
    question
        One of `QUESTIONS`.
    accept
        The questions that the caller answered with "it is right as it stands".
    rule, given, action
        The parts of the error; how to accept is added to the action.

    Returns
    -------
    bool
        True where the caller accepts what was found; the caller then records it as a guess.

    Raises
    ------
    DataError
        The doubt stands.
    """
    if question in accept:
        return True
    raise DataError(rule, given, f"{action} If the table is right as it stands, say accept=['{question}'].")


def require_questions(accept: object) -> tuple[str, ...]:
    """Return the accepted questions as a tuple.

    Raises
    ------
    DataError
        It is no list of known questions.
    """
    if isinstance(accept, str) or not isinstance(accept, Sequence) or any(name not in QUESTIONS for name in accept):
        raise DataError(
            f"'accept' is a list of questions that were looked at: {', '.join(QUESTIONS)}.",
            f"You gave {accept!r}.",
            f"Write accept=['codes'], for example, which says {QUESTIONS['codes'].replace('whether ', 'that ', 1)}.",
        )
    return tuple(accept)


def said_of(data: Any) -> tuple[str, ...]:
    """Return everything that was guessed and done while data were read, a sentence or more each.

    Parameters
    ----------
    data
        A panel, a trial, or what became of one.
    """
    return (*map(str, getattr(data, "guesses", ())), *data.notes)


def guesses_from(rows: Iterable[Sequence[Any]]) -> tuple[Guess, ...]:
    """Return guesses from the lists that a file keeps."""
    return tuple(Guess(*row) for row in rows)
