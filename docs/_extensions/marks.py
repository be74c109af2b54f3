"""Small pieces of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

DOI = re.compile(r"doi:(10\.\d+/[^\s,;)]+)")
ADDRESS = re.compile(r"(?<![(<\[])(https?://[^\s,;)]+)")

NOTE = "<!-- written by docs/_extensions; do not edit -->\n\n"
"""First line of every page that is written."""


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Sequence[int] = ()) -> str:
    """Return a table; columns in `numbers` are set flush right."""
    rule = ["--:" if i in numbers else ":--" for i in range(len(head))]
    lines = [head, rule, *([cell(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def cell(value: object) -> str:
    """Return a value as it may stand in a table."""
    return str(value).replace("|", "\\|").replace("\n", " ").strip()


def linked(text: str) -> str:
    """Turn DOIs and addresses of a text into links."""
    text = ADDRESS.sub(r"<\1>", text)
    return DOI.sub(r"[doi:\1](https://doi.org/\1)", text)


def html(text: str) -> str:
    """Return a block of HTML."""
    return f"```{{raw}} html\n{text}\n```\n"
