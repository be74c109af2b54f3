"""Where things stand in the text of a card: the line of every table and key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bayespanel.language.errors import SpecError

Place = tuple[str | int, ...]
"""Keys and row numbers from the outside inwards: ("priors", 0, "scale")."""


@dataclass(frozen=True)
class Source:
    """The text of a card, and the first line of every table and key in it.

    Parameters
    ----------
    path
        The file.
    lines
        Its lines.
    places
        Place of a table or key, such as ("priors", 0, "scale"), -> its first and last line, counted from 1.
    """

    path: Path
    lines: tuple[str, ...]
    places: dict[Place, tuple[int, int]]

    @classmethod
    def of(cls, path: Path, text: str) -> Source:
        """Find the places of a valid TOML text."""
        # TOML ends lines at \n only; splitlines would also cut at form feeds.
        lines = text.split("\n")
        return cls(path, tuple(lines), dict(_places(lines)))

    def line(self, place: Place, text: object = None) -> int:
        """Return the line of a place, or of what holds it; within several lines, the one that quotes `text`."""
        while place and place not in self.places:
            place = place[:-1]
        first, last = self.places.get(place, (1, 1))
        if isinstance(text, str):
            for number in range(first, last + 1):
                if re.search(rf"""(["']){re.escape(text)}\1""", self.lines[number - 1]):
                    return number
        return first

    def build[T](self, place: Place, make: Callable[[], T]) -> T:
        """Make a part of the specification; an error of its own rules gains the file, the line and the key."""
        try:
            return make()
        except SpecError as error:
            where = f"{self.path}, line {self.line(place)} ({dotted(place)})"
            raise SpecError(error.rule, f"{where}: {error.given}", error.action) from None


def dotted(place: Place) -> str:
    """Write a place as TOML would: priors.1.scale counts rows from 1."""
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in place)


def _places(lines: list[str]) -> Iterator[tuple[Place, tuple[int, int]]]:
    """Find the lines of every table and key of a valid TOML text.

    A statement is the shortest run of lines that is valid on its own; the parser itself then says which table it opens
    or which key it sets.
    """
    table: Place = ()
    opened: dict[Place, int] = {}
    start = 0
    while start < len(lines):
        end, content = start, None
        while content is None:
            try:
                content = tomllib.loads("\n".join(lines[start : end + 1]))
            except tomllib.TOMLDecodeError:
                end += 1
                if end == len(lines):
                    return
        span = (start + 1, end + 1)
        if content and lines[start].lstrip().startswith("["):
            table = ()
            for key, is_list in _header(content):
                table = (*table, key)
                if is_list:
                    opened[table] = opened.get(table, -1) + 1
                    table = (*table, opened[table])
                elif table in opened:
                    table = (*table, opened[table])
            yield table, span
        elif content:
            place = table
            for key, _ in _header(content):
                place = (*place, key)
                yield place, span
        start = end + 1


def _header(content: dict[str, object]) -> Iterator[tuple[str, bool]]:
    """Follow the only key of nested tables down: each key, and whether it opens a list of tables."""
    inner: object = content
    while isinstance(inner, dict) and len(inner) == 1:
        [(key, inner)] = inner.items()
        is_list = inner == [{}]
        yield key, is_list
