"""Equations written as text, turned into MathML.

In `𝐲_{it} = 𝛍_t + 𝐰_{it}` letters are symbols. Words stand in quotes, `_` and `^` put what follows (a letter, or a
group in braces) below and above, `÷{a}{b}` is a fraction, `√{a}` a root, and `~` an indentation. Lines end where the
screen of a telephone does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from bayespanel.report.page_parts import Equation

TOKEN = re.compile(r"'[^']*'|\d+(?:\.\d+)?|\S")
SCRIPT = re.compile(r"_(\{[^}]*\}|.)(?:\^(\{[^}]*\}|.))?|\^(\{[^}]*\}|.)")

WIDE = 16.3
"""Longest line, in em: 390 pixels, a telephone's screen, less the margins of a page."""

LONGEST = 20
"""Characters of a name in an equation; the words below have all of it."""

MOST = 8
"""Names of a vector that are shown one below the other; of more, some are left out."""

listed = ", ".join


def named(left: str, names: Sequence[str], words: str) -> Equation:
    """Write a vector as a column of names."""
    shown = names if len(names) <= MOST else [*names[: MOST - 2], "⋮", names[-1]]
    rows = "".join(f"<mtr><mtd><mtext>{_shortened(name)}</mtext></mtd></mtr>" for name in shown)
    column = f"<mrow><mo>(</mo><mtable>{rows}</mtable><mo>)</mo></mrow>"
    return Equation(f"<math>{_mathml(f'{left} =')}{column}</math>", f"{words}: {listed(names)}.")


def _shortened(name: str) -> str:
    plain = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)
    return escape(plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 9]}…{plain[-8:]}")


def equation(lines: str, words: str) -> Equation:
    """Write lines below each other, beginnings aligned: cells of a table are centred, so all get the same width."""
    rows = lines.split("\n")
    if len(rows) == 1:
        return Equation(f"<math>{_mathml(rows[0])}</math>", words)
    width = min(WIDE, max(map(_width, rows)))
    cells = (f'<mtr><mtd><mpadded width="{width:.1f}em">{_mathml(row)}</mpadded></mtd></mtr>' for row in rows)
    return Equation(f"<math><mtable>{''.join(cells)}</mtable></math>", words)


def summed(left: str, terms: Iterable[str]) -> str:
    """Write a sum, on as many lines as it takes."""
    lines = [f"{left} ="]
    for i, term in enumerate(terms):
        added = f"{lines[-1]}{' +' if i else ''} {term}"
        lines[-1:] = [added] if _width(added) <= WIDE else [lines[-1], f"~ + {term}"]
    return "\n".join(lines)


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
