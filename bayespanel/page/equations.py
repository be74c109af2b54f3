"""The model of a specification as equations in MathML.

What they say is written by the families; how they are noted as text is said in `bayespanel.families.shared.equations`.
Lines end where the screen of a telephone does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

from bayespanel.families.door import Spec, family_of
from bayespanel.families.shared import equations as text
from bayespanel.page.parts import Equation

TOKEN = re.compile(r"'[^']*'|\d+(?:\.\d+)?|\S")
SCRIPT = re.compile(r"_(\{[^}]*\}|.)(?:\^(\{[^}]*\}|.))?|\^(\{[^}]*\}|.)")

WIDE = 16.3
"""Longest line, in em: 390 pixels, a telephone's screen, less the margins of a page."""

LONGEST = 20
"""Characters of a name in an equation; the words below have all of it."""

MOST = 8
"""Names of a vector that are shown one below the other; of more, some are left out."""


def equations(spec: Spec, *, published: bool = False) -> tuple[Equation, ...]:
    """Return the equations of a model, from the scores down to the quantity that the evidence is about.

    Parameters
    ----------
    spec
        Any specification.
    published
        Whether a trial is fitted to published estimates in place of pupils, which is another likelihood.

    Returns
    -------
    tuple of Equation
        In reading order. A symbol is explained where it comes first. Names of variables are escaped.
    """
    family = family_of(spec)
    of_published = family.equations_of_published if published else None
    written = family.equations.equations(spec) if of_published is None else of_published(spec)
    return tuple(Equation(f"<math>{_marked(one)}</math>", one.words) for one in written)


def _marked(written: text.Equation) -> str:
    """Write an equation, its lines below each other with their beginnings aligned, and its column of names."""
    if written.column:
        return _mathml(written.text) + _column(written.column)
    rows = list(_lines(written.text))
    if len(rows) == 1:
        return _mathml(rows[0])
    width = min(WIDE, max(map(_width, rows)))  # cells of a table are centred, so all get the same width
    cells = (f'<mtr><mtd><mpadded width="{width:.1f}em">{_mathml(row)}</mpadded></mtd></mtr>' for row in rows)
    return f"<mtable>{''.join(cells)}</mtable>"


def _column(names: Sequence[str]) -> str:
    shown = names if len(names) <= MOST else [*names[: MOST - 2], "⋮", names[-1]]
    rows = "".join(f"<mtr><mtd><mtext>{_shortened(name)}</mtext></mtd></mtr>" for name in shown)
    return f"<mrow><mo>(</mo><mtable>{rows}</mtable><mo>)</mo></mrow>"


def _shortened(name: str) -> str:
    plain = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)
    return escape(plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 9]}…{plain[-8:]}")


def _lines(written: str) -> Iterator[str]:
    """Break sums that are wider than the screen."""
    for line in written.split("\n"):
        row, *terms = line.split(text.BREAK)
        for term in terms:
            if _width(row + term) <= WIDE:
                row += term
            else:
                yield row
                row = f"~{term}"
        yield row


def _width(line: str) -> float:
    """Estimate the width of a line, in em; the weights fit what Chromium draws, within a tenth."""
    base = re.sub(r"[\s{}']", "", SCRIPT.sub("", line))
    scripts: list[str] = [max(found, key=len).strip("{}") for found in SCRIPT.findall(line)]
    marks = sum(mark in "+−=∼∘≤≥<|" for mark in base) + 2 * ("~" in base)
    large = sum("𝐀" <= letter <= "𝐙" for letter in base)
    below = sum(0.6 * len(script) + 0.3 * script.count("−") for script in scripts)
    return 0.62 * len(base) + 0.7 * marks + 0.2 * large + below


def _mathml(text: str) -> str:
    return _row(TOKEN.findall(text))


def _row(tokens: list[str], end: str = "") -> str:
    parts = []
    while tokens and tokens[0] != end:
        parts.append(_item(tokens))
    del tokens[:1]
    return f"<mrow>{''.join(parts)}</mrow>"


def _item(tokens: list[str]) -> str:
    """Take an atom with its scripts off the tokens."""
    base = _atom(tokens)
    scripts = {}
    while tokens and tokens[0] in "_^":
        mark = tokens.pop(0)
        scripts[mark] = _atom(tokens)
    marks = "".join(mark for mark in "_^" if mark in scripts)
    if not marks:
        return base
    tag = "munder" if "∑" in base else {"_": "msub", "^": "msup", "_^": "msubsup"}[marks]
    return f"<{tag}>{base}{''.join(scripts[mark] for mark in marks)}</{tag}>"


def _atom(tokens: list[str]) -> str:
    match token := tokens.pop(0):
        case "{":
            return _row(tokens, "}")
        case "÷":
            return f'<mfrac displaystyle="true">{_atom(tokens)}{_atom(tokens)}</mfrac>'
        case "√":
            return f"<msqrt>{_atom(tokens)}</msqrt>"
        case "~":
            return '<mspace width="2em"/>'
        case "(" | ")":
            return f'<mo stretchy="false">{token}</mo>'
    if token.startswith("'"):
        return f'<mrow><mi>{token[1:-1]}</mi><mspace width="0.15em"/></mrow>'
    kind = "mn" if token[0].isdigit() else "mi" if token.isalpha() else "mo"
    return f"<{kind}>{escape(token)}</{kind}>"
