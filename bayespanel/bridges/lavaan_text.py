"""lavaan's language as rows: left side, operator, right side, and what is said of the parameter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from bayespanel.errors import SpecError

OPERATORS = ("=~", "<~", "~*~", "~~", ":=", "==", "~", "<", ">", "|")
"""lavaan's operators; those of several characters first, where one begins another."""

_OPERATOR = re.compile("|".join(map(re.escape, OPERATORS)))
_BLOCK = re.compile(r"(?i)^\s*(level|group|block|class)\s*:\s*(.+?)\s*$")
_LEVELS = {"1": 1, "2": 2, "within": 1, "between": 2}
_NAME = re.compile(r"[A-Za-z.][A-Za-z0-9._]*")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class Row:
    """One parameter of the model.

    Attributes
    ----------
    left, operator, right
        Of the formula; the right side of a mean is "1".
    fixed
        The value at which it is fixed, or None.
    label
        Its label, or None.
    level
        1 within, 2 between; 0 in a model without levels.
    line, text
        Number of the line on which the formula begins, from 1, and the formula.
    """

    left: str
    operator: str
    right: str
    fixed: float | None
    label: str | None
    level: int
    line: int
    text: str


def refuse(row: Row, rule: str, action: str) -> NoReturn:
    """Raise the error that names the line."""
    raise SpecError(rule, f"Line {row.line}: {row.text}", action)


def rows_of(text: str) -> tuple[Row, ...]:
    """Return every parameter that the text names.

    Parameters
    ----------
    text
        A model, or R code that assigns one to a name in quotes.

    Raises
    ------
    SpecError
        What is no formula of lavaan's, or one of its formulas that an RI-CLPM has no use for; the line is named.
    """
    level, out = 0, []
    for number, statement in _statements(*_model(text)):
        block = _BLOCK.match(statement)
        if block:
            where = block[2].lower()
            if block[1].lower() != "level" or where not in _LEVELS:
                raise SpecError(
                    "Blocks of a model are 'level: 1' and 'level: 2'.",
                    f"Line {number}: {statement}",
                    "Groups and other blocks are not read: give each its own model.",
                )
            level = _LEVELS[where]
            continue
        out += list(_formula(statement, level, number))
    if not out:
        raise SpecError(
            "A model has formulas.", "The text has none.", "Give the model's text, not the name of its file."
        )
    return tuple(out)


def comments(text: str, word: str) -> dict[str, tuple[str, ...]]:
    """Return what comments such as `# variable mood = mood1, mood2` say, as `to_lavaan` writes them."""
    found = re.findall(rf"^[ \t]*#[ \t]*{word} (.+) = ([A-Za-z0-9._, ]+?)[ \t]*$", text, re.MULTILINE)
    return {name: tuple(part.strip() for part in group.split(",")) for name, group in found}


def _model(text: str) -> tuple[str, int]:
    """Return the model and the number of its first line; R code may stand around it."""
    quoted = [m for m in re.finditer(r"(?:<-|=)\s*(['\"])(.*?)\1", text, re.DOTALL) if "~" in m[2]]
    if not quoted:
        return text, 1
    if len(quoted) > 1:
        second = text[: quoted[1].start()].count("\n") + 1
        raise SpecError("One model is read at a time.", f"A second begins on line {second}.", "Give one of them.")
    return quoted[0][2], text[: quoted[0].start(2)].count("\n") + 1


def _statements(text: str, first: int) -> Iterator[tuple[int, str]]:
    """Return formulas with the number of their first line: comments gone, continued lines joined."""
    buffer, began = "", 0
    for number, line in enumerate(text.split("\n"), first):
        for part in re.split(r"[#!]", line)[0].split(";"):
            piece = part.strip()
            if not piece:
                continue
            goes_on = buffer and (buffer[-1] in "+*~,=(" or piece[0] in "+*~,)=" or not _opens(piece))
            if goes_on:
                buffer += f" {piece}"
                continue
            if buffer:
                yield began, buffer
            buffer, began = piece, number
    if buffer:
        yield began, buffer


def _opens(piece: str) -> bool:
    """Whether a line begins a formula or a block, or ends in what asks for more."""
    return bool(_OPERATOR.search(piece) or _BLOCK.match(piece) or piece[-1] in "+,")


def _formula(statement: str, level: int, line: int) -> Iterator[Row]:
    found = _OPERATOR.search(statement)
    if found is None or found[0] not in ("=~", "~~", "~"):
        raise SpecError(
            "The formulas of an RI-CLPM are =~, ~ and ~~.",
            f"Line {line}: {statement}",
            "Say that parameters are equal by giving them the same label; leave out what is defined or tested."
            if found
            else "Correct the line; a comment begins with #.",
        )
    left = [part.strip() for part in statement[: found.start()].split("+")]
    terms = statement[found.end() :].split("+")
    for name in left:
        if not _NAME.fullmatch(name):
            raise SpecError("The left side of a formula holds names.", f"Line {line}: {statement}", "Correct the name.")
        for term in terms:
            yield _row(name, found[0], term.strip(), level, line, statement)


def _row(left: str, operator: str, term: str, level: int, line: int, text: str) -> Row:
    *modifiers, right = [part.strip() for part in term.split("*")]
    if operator == "~" and right == "0" and not modifiers:
        modifiers, right = ["0"], "1"
    fixed: float | None = None
    label: str | None = None
    row = Row(left, operator, right, None, None, level, line, text)
    if not (_NAME.fullmatch(right) or (operator == "~" and right == "1")):
        refuse(
            row, "The right side of a formula holds names, with a number or a label before `*`.", "Correct the term."
        )
    for modifier in modifiers:
        named = re.fullmatch(r"label\(\s*['\"]([^'\"]+)['\"]\s*\)", modifier)
        if _NUMBER.fullmatch(modifier):
            fixed = float(modifier)
        elif named:
            label = named[1]
        elif modifier == "NA" or re.fullmatch(r"start\([^()]*\)", modifier):
            continue  # free, and where to start: neither changes the model
        elif _NAME.fullmatch(modifier):
            label = modifier
        else:
            refuse(row, "A term has a number, a label or start() before `*`.", "Write it so; groups are not read.")
    return Row(left, operator, right, fixed, label, level, line, text)
