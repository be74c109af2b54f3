"""lavaan's language as rows: left side, operator, right side, and what is said of the parameter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from bayespanel.bridges.columns import from_comment
from bayespanel.bridges.lavaan_code import parts_at, script_of
from bayespanel.language.errors import SpecError

FOREIGN = {
    "<~": "`<~` forms a variable of others, which is not in our model: compute it in the data.",
    "~*~": "`~*~` scales an ordered score: scores are measurements here, so leave it out.",
    "|": "`|` sets thresholds of an ordered score: scores are measurements here, so leave it out.",
    ":=": "`:=` computes from the parameters and is none: leave it out, and compute from the estimates.",
    "==": "`==` constrains parameters: equal ones have the same label, and no other constraint is in our model.",
    "<": "`<` bounds parameters: nothing is bounded here, so leave it out.",
    ">": "`>` bounds parameters: nothing is bounded here, so leave it out.",
    "%": "`%` is not read: leave it out.",
    ":": "`:` begins a block, `level: 1` or `level: 2`, or multiplies variables: compute products in the data.",
}
"""Operators that an RI-CLPM has no use for -> what they do, and what to write."""

FUNCTIONS = {
    "c": "`c(...)` gives each group a value of its own, and groups are not read: give each group its own model.",
    "equal": "`equal(...)` says that parameters are equal: give them the same label instead.",
    "lower": "`lower(...)` bounds a parameter: nothing is bounded here, so take it away.",
    "upper": "`upper(...)` bounds a parameter: nothing is bounded here, so take it away.",
    "prior": "`prior(...)` is blavaan's: take it away, and give priors as RICLPM(priors=[...]).",
    "rv": "`rv(...)` lets a coefficient vary between clusters, which it does not in our model: take it away.",
    "efa": "`efa(...)` rotates factors, whose loadings are 1 in our model: write the loadings.",
}
"""Functions within formulas that are not read -> what they do, and what to write."""

RESERVED = (
    *("if", "else", "repeat", "while", "function", "for", "in", "next", "break", "TRUE", "FALSE", "NULL", "NA"),
    *("Inf", "NaN"),
)
"""Words of R that no variable and no label can have as a name."""

_OPERATOR = re.compile("|".join(map(re.escape, ("=~", "<~", "~*~", "~~", ":=", "==", "~", "<", ">", "|", ":", "%"))))
_QUOTED = re.compile(r"(['\"]).*?\1")
_FUNCTION = re.compile(r"([A-Za-z.][A-Za-z0-9._]*)\s*\(")
_BLOCK = re.compile(r"(?i)^\s*(level|group|block|class)\s*:\s*(.*?)\s*$")
_LEVELS = {"1": 1, "2": 2, "within": 1, "between": 2}
_NAME = re.compile(r"[A-Za-z.][A-Za-z0-9._]*")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_START = re.compile(rf"start\(\s*{_NUMBER.pattern}\s*\)")
_LABEL = re.compile(r"(?:label\(\s*)?(['\"])([A-Za-z.][A-Za-z0-9._]*)\1(?:\s*\))?")


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
        What is no formula, or is one that an RI-CLPM has no use for; the line is named.
    """
    script = script_of(text)
    levels: list[int] = []
    out: list[Row] = []
    for number, statement in _statements(script.model, script.line):
        block = _BLOCK.match(statement)
        if block:
            levels.append(_level(block, levels, bool(out), f"Line {number}: {statement}"))
            continue
        out += list(_formula(statement, levels[-1] if levels else 0, number))
    if not out:
        raise SpecError(
            "A model has formulas.", "The text has none.", "Give the model's text, not the name of its file."
        )
    if levels and (levels != [1, 2] or out[-1].level != 2):
        raise SpecError(
            "A model of two levels has the blocks 'level: 1' and 'level: 2'.",
            "The second is not there.",
            "Write both, or none.",
        )
    return tuple(out)


def comments(text: str, word: str) -> dict[str, tuple[str, ...]]:
    """Return what comments such as `# variable mood = mood1, mood2` say, as `to_lavaan` writes them."""
    found = re.findall(rf"^[ \t]*#[ \t]*{word} (.+) = ([A-Za-z0-9._, ]+?)[ \t]*$", text, re.MULTILINE)
    return {from_comment(name): tuple(part.strip() for part in group.split(",")) for name, group in found}


def _level(block: re.Match[str], before: list[int], rows: bool, given: str) -> int:
    """Return the level that a block begins."""
    word, where = block[1].lower(), block[2].lower()
    rule = "Blocks of a model are 'level: 1' and 'level: 2'."
    if word != "level":
        raise SpecError(rule, given, f"`{word}:` is not read: give each {word} its own model.")
    if where not in _LEVELS:
        raise SpecError(rule, given, "Write level: 1 for pupils, and level: 2 for their class or school.")
    if _LEVELS[where] != len(before) + 1 or (rows and not before):
        raise SpecError(
            "The blocks 'level: 1' and 'level: 2' stand once, in this order, and formulas stand within them.",
            given,
            "Put the formulas of pupils after level: 1, then those of clusters after level: 2.",
        )
    return _LEVELS[where]


def _statements(text: str, first: int) -> Iterator[tuple[int, str]]:
    """Return formulas with the number of their first line: comments gone, continued lines joined."""
    buffer, began = "", 0
    for number, line in enumerate(text.split("\n"), first):
        for part in re.split(r"[#!]", line)[0].split(";"):
            piece = re.sub(r"([=~])\s+~", r"\1~", part.strip())  # lavaan joins operators that spaces took apart
            if not piece:
                continue
            goes_on = buffer and (buffer[-1] in "+*~,=(" or piece[0] in "+*,)" or not _opens(piece))
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
    return bool(_OPERATOR.search(_QUOTED.sub("", piece)) or piece[-1] in "+,")


def _formula(statement: str, level: int, line: int) -> Iterator[Row]:
    bare = _QUOTED.sub(lambda m: " " * len(m[0]), statement)
    found = list(_OPERATOR.finditer(bare))
    foreign = _foreign(bare, [m[0] for m in found])
    if foreign:
        raise SpecError(
            "The formulas of an RI-CLPM are =~, ~ and ~~, with a number, a label or start() before `*`.",
            f"Line {line}: {statement}",
            foreign,
        )
    left = [part.strip() for part in statement[: found[0].start()].split("+")]
    for name in left:
        if not _NAME.fullmatch(name) or name in RESERVED:
            raise SpecError("The left side of a formula holds names.", f"Line {line}: {statement}", "Correct the name.")
        for term in parts_at(statement[found[0].end() :], "+"):
            yield _row(name, found[0][0], term, level, line, statement)


def _foreign(bare: str, operators: list[str]) -> str:
    """Say what a formula holds that is not read; nothing where all of it is."""
    if "<-" in bare or re.search(r"(?<![=<>!~:])=(?![=~])", bare):
        return "R code is read where the model stands in quotes: model <- '...'."
    if not operators:
        return "It has no operator: correct the line; a comment begins with #."
    for operator in operators:
        if operator in FOREIGN:
            return FOREIGN[operator]
    for name in _FUNCTION.findall(bare):
        if name not in ("start", "label"):
            return FUNCTIONS.get(name, f"`{name}(...)` is not read: write a number or a label.")
    return "A line holds one formula: begin a new line." if len(operators) > 1 else ""


def _row(left: str, operator: str, term: str, level: int, line: int, text: str) -> Row:
    term = re.sub(rf"^\(?({_NUMBER.pattern})\)?\s*\?", r"start(\1)*", term)  # lavaan's short form, 0.5?wx1
    *modifiers, right = parts_at(term, "*")
    if operator == "~" and right == "0" and not modifiers:
        modifiers, right = ["0"], "1"
    row = Row(left, operator, right, None, None, level, line, text)
    if not term:
        refuse(row, "`+` stands between two terms.", "Take away a `+` with nothing before or after it.")
    if right in RESERVED or not (_NAME.fullmatch(right) or (operator == "~" and right == "1")):
        refuse(
            row,
            "The right side of a formula holds names, with a number or a label before `*`.",
            f"Correct the term `{term}`.",
        )
    fixed: float | None = None
    label: str | None = None
    kinds = []
    for modifier in modifiers:
        named = _LABEL.fullmatch(modifier)
        if _NUMBER.fullmatch(modifier):
            fixed = float(modifier)
            kinds.append("number")
        elif named or (_NAME.fullmatch(modifier) and modifier not in RESERVED):
            label = named[2] if named else modifier
            kinds.append("label")
        elif modifier == "NA" or _START.fullmatch(modifier):
            kinds.append(modifier[:2])  # free, and where to start: neither changes the model
        else:
            refuse(row, "A term has a number, a label or start() before `*`.", f"Correct `{modifier}`.")
    if len(set(kinds)) < len(kinds) or ("number" in kinds and len(kinds) > 1):
        refuse(
            row, "A parameter is fixed at one number, or it is free and has one label.", f"Correct the term `{term}`."
        )
    return Row(left, operator, right, fixed, label, level, line, text)
