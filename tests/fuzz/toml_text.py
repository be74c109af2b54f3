"""Cards and worlds as trees: written as TOML, and changed at one place."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Raw:
    """A value that is written as it stands."""

    text: str


def written(tree: dict[str, Any]) -> str:
    """Return a tree as TOML: plain keys first, then tables, then lists of tables."""
    return "\n".join(_lines(tree, ())) + "\n"


def _lines(tree: dict[str, Any], above: tuple[str, ...]) -> Iterator[str]:
    nested = {key for key, value in tree.items() if isinstance(value, dict) or _rows(value)}
    yield from (f"{_key(key)} = {_value(value)}" for key, value in tree.items() if key not in nested)
    for key in nested & tree.keys():
        name = ".".join(map(_key, (*above, key)))
        if _rows(tree[key]):
            for row in tree[key]:
                yield from ("", f"[[{name}]]", *_lines(row, (*above, key)))
        else:
            yield from ("", f"[{name}]", *_lines(tree[key], (*above, key)))


def _rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _key(key: str) -> str:
    plain = key and all(c.isascii() and (c.isalnum() or c in "_-") for c in key)
    return key if plain else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        marks = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
        text = "".join(marks.get(c, c if c.isprintable() else f"\\u{ord(c):04x}") for c in value)
        return f'"{text}"'
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_value(inner)}" for key, inner in value.items()) + " }"
    return repr(value)


def leaves(tree: Any, above: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Yield the place and the value of everything that is no table."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from leaves(value, (*above, key))
    elif _rows(tree):
        for i, row in enumerate(tree):
            yield from leaves(row, (*above, i))
    else:
        yield above, tree


def changed(tree: dict[str, Any], place: Place, value: Any) -> dict[str, Any]:
    """Return a tree with another value at a place."""
    out = copy.deepcopy(tree)
    holder: Any = out
    for part in place[:-1]:
        holder = holder[part]
    holder[place[-1]] = value
    return out


def without(tree: dict[str, Any], place: Place) -> dict[str, Any]:
    """Return a tree that lacks a key."""
    out = copy.deepcopy(tree)
    holder: Any = out
    for part in place[:-1]:
        holder = holder[part]
    del holder[place[-1]]
    return out


def dotted(place: Place) -> str:
    """Name a place."""
    return ".".join(map(str, place))
