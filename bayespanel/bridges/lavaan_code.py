"""R code around a model in lavaan's language: which string is the model, and the calls that fit it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bayespanel.language.errors import SpecError

FITTERS = (
    *("lavaan", "sem", "cfa", "growth", "efa", "sam", "fsr", "lavaanList", "semList", "cfaList", "lavaanify"),
    *("blavaan", "bsem", "bcfa", "bgrowth", "lavaan.mi", "sem.mi", "cfa.mi", "growth.mi", "runMI", "lavaan.survey"),
    *("update", "do.call"),
)
"""Functions that fit a model, or fit one again in another way: those of lavaan, and of the packages around it."""

_LITERAL = re.compile(
    r"""(?P<comment>\#[^\n]*)
    | [rR](?P<quote>["'])(?P<dashes>-*)\((?P<raw>.*?)\)(?P=dashes)(?P=quote)
    | "(?P<double>(?:\\.|[^"\\])*)"
    | '(?P<single>(?:\\.|[^'\\])*)'""",
    re.VERBOSE | re.DOTALL,
)
_BEFORE = re.compile(r"(?:(?P<name>[A-Za-z.][\w.]*)\s*(?:<<?-|(?<![=<>!])=)|(?P<function>[A-Za-z.][\w.]*)?\s*\(|,)\s*$")
_AFTER = re.compile(r"\s*->>?\s*([A-Za-z.][\w.]*)")
_CALLED = re.compile(r"(?<![\w.])([A-Za-z.][\w.]*)\s*\(")
SHOWING = ("cat", "print", "writeLines", "message", "nchar", "str")
"""Functions that may be given a model's text without a change to what is fitted."""

_MODIFIERS = ("equal", "label", "efa", "rv", "prior", "start")
_OPEN, _CLOSE = "([{", ")]}"


@dataclass(frozen=True)
class Call:
    """A call of R.

    Attributes
    ----------
    function
        Its name, without a package.
    arguments
        Name, or None where the place says it, and the text of each.
    line
        The line on which it begins, from 1.
    """

    function: str
    arguments: tuple[tuple[str | None, str], ...]
    line: int


@dataclass(frozen=True)
class Script:
    """A model, and the code around it.

    Attributes
    ----------
    model
        The model's text.
    line
        The line of the whole text on which it begins, from 1.
    name
        What the code calls it, or None.
    calls
        Calls that fit a model, in order.
    """

    model: str
    line: int
    name: str | None
    calls: tuple[Call, ...]


def script_of(text: str) -> Script:
    """Return the model of a text, which is that model or R code with it in quotes.

    Raises
    ------
    SpecError
        Code with two models, or with one that it changes.
    """
    text = text.removeprefix("\ufeff")
    quoted = [m for m in _LITERAL.finditer(text) if m["comment"] is None and "~" in m[0] and _is_code(text, m)]
    if not quoted:
        return Script(text, 1, None, ())
    if len(quoted) > 1:
        second = _line(text, quoted[1].start())
        raise SpecError("One model is read at a time.", f"A second begins on line {second}.", "Give one of them.")
    found = quoted[0]
    inner = next(kind for kind in ("raw", "double", "single") if found[kind] is not None)
    before, after = _BEFORE.search(text[: found.start()]), _AFTER.match(text, found.end())
    name = before["name"] if before and before["name"] else after[1] if after else None
    blank = _LITERAL.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
    calls = tuple(_calls(text, blank))
    _require_whole(text, blank, name)
    return Script(found[inner], _line(text, found.start(inner)), name, calls)


def parts_at(text: str, mark: str) -> list[str]:
    """Split a text at a mark that stands outside quotes and brackets.

    Parameters
    ----------
    text
        Code, or a formula.
    mark
        One character.
    """
    out, depth, quote = [""], 0, ""
    for c in text:
        if quote:
            quote = "" if c == quote else quote
        elif c in "\"'":
            quote = c
        elif c in _OPEN or c in _CLOSE:
            depth += 1 if c in _OPEN else -1
        elif c == mark and depth == 0:
            out.append("")
            continue
        out[-1] += c
    return [part.strip() for part in out]


def _is_code(text: str, literal: re.Match[str]) -> bool:
    """Whether a string is a value of R's, and not the text of a label within a plain model."""
    before = _BEFORE.search(text[: literal.start()])
    return bool(_AFTER.match(text, literal.end())) or bool(before and before["function"] not in _MODIFIERS)


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _calls(text: str, blank: str) -> Iterator[Call]:
    """Return the calls that fit models; `blank` is the text with spaces for strings and comments."""
    for found in _CALLED.finditer(blank):
        if found[1] not in FITTERS:
            continue
        depth, end = 1, found.end()
        while end < len(blank) and depth:
            depth += (blank[end] in _OPEN) - (blank[end] in _CLOSE)
            end += 1
        inside = _LITERAL.sub(lambda m: "" if m["comment"] is not None else m[0], text[found.end() : end - 1])
        arguments = tuple(_argument(part) for part in parts_at(inside, ",") if part)
        yield Call(found[1], arguments, _line(text, found.start()))


def _argument(part: str) -> tuple[str | None, str]:
    named = re.match(r"([A-Za-z.][\w.]*|(['\"`])[\w.]+\2)\s*=(?!=)\s*", part)
    return (named[1].strip("'\"`"), part[named.end() :]) if named else (None, part)


def _require_whole(text: str, blank: str, name: str | None) -> None:
    """Refuse code that changes the model, or gives it to what is not read: its name may be given to fits alone."""
    if name is None:
        return
    set_before = False
    for found in re.finditer(rf"(?<![\w.$@]){re.escape(name)}(?![\w.(])", blank):
        line = _line(text, found.start())
        function = _around(blank[: found.start()])
        is_set = re.match(r"\s*(<<?-|=(?!=))", blank[found.end() :]) or re.search(r"->>?\s*$", blank[: found.start()])
        if is_set and function is None and not set_before:
            set_before = True
        elif not (function in (*FITTERS, *SHOWING) or (is_set and function is not None)):
            how = (
                "gives it another value" if is_set else f"uses it in {function}()" if function else "uses it elsewhere"
            )
            raise SpecError(
                "The model is read as its text stands, with the calls of lavaan() that fit it.",
                f"Line {line} {how}, '{name}': {text.splitlines()[line - 1].strip()}",
                "Write the model out in one text, and the call as lavaan(model, ...); leave other lines out.",
            )


def _around(before: str) -> str | None:
    """Return the function in whose brackets a place stands, given the code before it; None outside, "" of no name."""
    depth = 0
    for place in range(len(before) - 1, -1, -1):
        depth += (before[place] in _CLOSE) - (before[place] in _OPEN)
        if depth < 0 and before[place] == "{":
            depth = 0  # a block of statements, in which a name stands as outside
        elif depth < 0:
            called = re.search(r"([A-Za-z.][\w.]*)\s*$", before[:place])
            return called[1] if called else ""
    return None
