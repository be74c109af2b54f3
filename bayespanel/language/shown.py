"""What a value says of itself at a prompt and in a notebook: a few lines, and never its arrays; and how wide."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable
from html import escape

WIDTH = 80
"""Columns of these lines, and the fewest that a table is made for."""

WIDE = 120
"""Columns of tables where no terminal says how many there are, as in a file or a notebook."""

RUNNING = 100
"""Most columns of running text."""

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
