"""What a value says of itself at a prompt and in a notebook: a few lines, and never its arrays; and how wide."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Iterable, Sequence
from html import escape

WIDTH = 80
"""Columns of these lines, and the fewest that a table is made for."""

WIDE = 120
"""Columns of tables where no terminal says how many there are, as in a file or a notebook."""

RUNNING = 100
"""Most columns of running text."""

LEAST = 14
"""Letters that a column of words keeps, however narrow its table."""

GAP = 2
"""Spaces between columns."""

BREAKS = re.compile(r"(\s+|(?<=[_,])(?=\w))")
"""Where a cell goes on below: between words, and inside of names."""

NAMES = 8
"""Names of a list that are shown."""


class Shown:
    """A value that shows itself by a few sentences."""

    def brief(self) -> Iterable[str]:
        """Return the sentences, each of which begins a line."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return "\n".join(line for one in self.brief() for line in textwrap.wrap(one, WIDTH, subsequent_indent="  "))

    def _repr_html_(self) -> str:
        return f"<pre>{escape(repr(self))}</pre>"


def columns() -> int:
    """Return how many columns a table may have: those of the terminal or of `COLUMNS`, and at least 80."""
    return max(WIDTH, shutil.get_terminal_size((WIDE, 24)).columns)


def prose() -> int:
    """Return how many columns running text has: those of a table, and no more than are easily read."""
    return min(RUNNING, columns())


def some(names: Iterable[object]) -> str:
    """Return names separated by commas, with "..." after the first ones."""
    every = [str(name) for name in names]
    return ", ".join(every[:NAMES]) + (", ..." if len(every) > NAMES else "")


def filled(text: str, first: str = "", rest: str = "") -> str:
    """Return running text in lines that are as wide as may be; words such as paths are not broken."""
    lines = (
        textwrap.wrap(
            line, prose(), initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
        )
        for line in text.split("\n")
    )
    return "\n".join("\n".join(line) for line in lines)


def grid(table: Sequence[Sequence[str]], right: Sequence[bool], *, indent: int = 2) -> str:
    """Return a table as text that is no wider than tables may be.

    Where it is too wide, words go on below in their column. Columns that still have no room stand below the others,
    beside the first column, which stands there again.

    Parameters
    ----------
    table : [column][row]
        Cells, the headings first.
    right : [column]
        Whether a column is to the right, as numbers are; these are not broken.
    indent
        Spaces before each line.
    """
    room = columns() - indent
    widths = [max(map(len, column)) for column in table]
    least = [width if number else min(width, LEAST) for width, number in zip(widths, right, strict=True)]
    blocks = [[0]] if table else []
    for i in range(1, len(table)):
        if len(blocks[-1]) > 1 and sum(least[j] + GAP for j in blocks[-1]) + least[i] > room:
            blocks.append([0])
        blocks[-1].append(i)
    return "\n\n".join(_block([table[i] for i in own], [right[i] for i in own], room, indent) for own in blocks)


def _block(table: Sequence[Sequence[str]], right: Sequence[bool], room: int, indent: int) -> str:
    widths = [max(map(len, column)) for column in table]
    while sum(widths) + GAP * (len(widths) - 1) > room:
        words = [i for i, number in enumerate(right) if not number and widths[i] > LEAST]
        if not words:
            break
        widths[max(words, key=lambda i: widths[i])] -= 1
    lines = []
    for row in zip(*table, strict=True):
        cells = [_in_lines(cell, width) for cell, width in zip(row, widths, strict=True)]
        for k in range(max(map(len, cells))):
            parts = [cell[k] if k < len(cell) else "" for cell in cells]
            shown = (
                part.rjust(width) if number else part.ljust(width)
                for part, width, number in zip(parts, widths, right, strict=True)
            )
            lines.append((" " * indent + (" " * GAP).join(shown)).rstrip())
    return "\n".join(lines)


def _in_lines(cell: str, width: int) -> list[str]:
    """Break a cell between words, or after the underscores of a name, or where there is no room."""
    wrapper = textwrap.TextWrapper(width)
    wrapper.wordsep_re = BREAKS
    return wrapper.wrap(cell) or [""]
