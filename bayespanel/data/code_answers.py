"""What the caller says about codes for "missing": which values are codes, and which only look like one."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real

from bayespanel.language.errors import DataError, nearest

LABELLED = "labelled"
"""The answer that every value is a code whose value label says so."""

NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")

Codes = tuple[tuple[float, ...], tuple[str, ...]]


@dataclass(frozen=True)
class CodeAnswers:
    """Answers to the question which values are codes for "missing".

    Attributes
    ----------
    missing : tuple of float
        Numbers that are codes in every column.
    texts : tuple of str
        Text that is a code in every column, such as "." or "#NULL!".
    of : mapping of str to (numbers, texts)
        Column or variable -> what is a code there only.
    labelled : bool
        Whether every value is a code whose value label says so.
    keep : bool or frozenset of float
        True where everything that looks like a code is a score; else the numbers that are.
    """

    missing: tuple[float, ...] = ()
    texts: tuple[str, ...] = ()
    of: Mapping[str, Codes] = field(default_factory=dict)
    labelled: bool = False
    keep: bool | frozenset[float] = frozenset()

    def numbers_for(self, column: str, variable: str | None = None) -> frozenset[float]:
        """Return the numbers that are codes in a column, which may be one wave of a variable."""
        own = [number for name in (column, variable) for number in self._of(name)[0]]
        return frozenset((*self.missing, *own))

    def texts_for(self, column: str, variable: str | None = None) -> frozenset[str]:
        """Return the text that is a code in a column, which may be one wave of a variable."""
        own = [text for name in (column, variable) for text in self._of(name)[1]]
        return frozenset((*self.texts, *own)) - {LABELLED}

    def by_label(self, column: str, variable: str | None = None) -> bool:
        """Say whether every value of a column is a code whose value label says so."""
        return self.labelled or any(LABELLED in self._of(name)[1] for name in (column, variable))

    def keeps(self, value: float) -> bool:
        """Say whether a value that looks like a code is a score."""
        return self.keep is True or (isinstance(self.keep, frozenset) and value in self.keep)

    def _of(self, name: str | None) -> Codes:
        return ((), ()) if name is None else self.of.get(name, ((), ()))


def require_code_answers(missing: object, keep_codes: object, accept: Sequence[str]) -> CodeAnswers:
    """Return the answers about codes, checked.

    Parameters
    ----------
    missing
        A number, a text such as "." or "NA", "labelled" (every value whose value label says so), a sequence of those,
        or a mapping from columns or variables to the same; None for no answer.
    keep_codes
        True where everything that looks like a code is a score, or the numbers that are; None or False otherwise.
    accept
        Questions that were looked at; "codes" among them is ``keep_codes=True``.

    Raises
    ------
    DataError
        Neither of these, or a number that is both a code and a score.
    """
    of: dict[str, Codes] = {}
    numbers: tuple[float, ...] = ()
    texts: tuple[str, ...] = ()
    if isinstance(missing, Mapping):
        for name, values in missing.items():
            if not isinstance(name, str):
                raise _not_codes(missing)
            of[name] = _codes(values, missing)
    else:
        numbers, texts = _codes(missing, missing)
    keep = True if "codes" in accept else _keep(keep_codes)
    named = {*numbers, *(number for own, _ in of.values() for number in own)}
    both = keep & named if isinstance(keep, frozenset) else set()
    if both:
        raise DataError(
            "A value is a code for 'missing' or a score.",
            f"Both 'missing' and 'keep_codes' name {', '.join(map(shown, sorted(both)))}.",
            "Name it in one of them.",
        )
    return CodeAnswers(numbers, tuple(text for text in texts if text != LABELLED), of, LABELLED in texts, keep)


def require_answered_columns(answers: CodeAnswers, known: Iterable[str]) -> None:
    """Check that `missing` names columns and variables that are used.

    Raises
    ------
    DataError
        A name is unknown.
    """
    names = list(known)
    for name in answers.of:
        if name not in names:
            raise DataError(
                "'missing' names columns or variables that are used.",
                f"{name!r} is not one of them. {nearest(name, names)}",
                "Correct the name, or give one list for all columns.",
            )


def shown(value: float) -> str:
    """Write a number as it has to be typed: 2147483647 and not 2.14748e+09."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _codes(given: object, whole: object) -> Codes:
    """Return the numbers and the texts among some codes."""
    if given is None:
        return (), ()
    if isinstance(given, str) or not isinstance(given, Iterable):
        given = (given,)
    elif isinstance(given, Mapping | bytes):
        raise _not_codes(whole)
    numbers: dict[float, None] = {}
    texts: dict[str, None] = {}
    for entry in given:
        if isinstance(entry, str):
            # The command line gives numbers as text.
            if NUMBER.fullmatch(entry.strip()):
                numbers[float(entry)] = None
            else:
                texts[entry.strip()] = None
        elif isinstance(entry, Real) and not isinstance(entry, bool):
            if not math.isnan(float(entry)):  # NaN is missing without being told so
                numbers[float(entry)] = None
        else:
            raise _not_codes(whole)
    return tuple(numbers), tuple(texts)


def _keep(given: object) -> bool | frozenset[float]:
    """Return True, or the numbers that are scores."""
    if given is None or given is False:
        return frozenset()
    if given is True:
        return True
    try:
        numbers, texts = _codes(given, given)
    except DataError:
        numbers, texts = (), (str(given),)
    if texts:
        raise DataError(
            "'keep_codes' is True, or a list of numbers that look like codes for 'missing' and are scores.",
            f"You gave {given!r}.",
            "Write keep_codes=[-1, 99], for example.",
        )
    return frozenset(numbers)


def _not_codes(given: object) -> DataError:
    return DataError(
        "'missing' names the codes for 'missing': numbers, text, 'labelled', or those by column.",
        f"You gave {given!r}.",
        "Write missing=[-1, -2], missing=['.', 'NA'], missing='labelled' or missing={'read1': [99]}.",
    )
