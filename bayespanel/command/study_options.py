"""What the options of design studies mean: fields of a world and their values, and what is sought."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any

from bayespanel.errors import SpecError


def changes(texts: Sequence[str] | None) -> dict[str, Any]:
    """Return field -> value, or a list of values, of texts like "schools=20,40".

    Raises
    ------
    SpecError
        A text that is not written so, or a field that is named twice.
    """
    out: dict[str, Any] = {}
    for text in texts or ():
        name, sign, rest = (part.strip() for part in text.partition("="))
        if not (name and sign and rest) or name in out:
            raise SpecError(
                "--set names a field of the world once, with an equals sign and one value, or several with commas.",
                f"It is {text!r}.",
                "Write --set schools=20,40,60, say.",
            )
        values = _values(rest)
        out[name] = values if len(values) > 1 else values[0]
    return out


def sought(text: str) -> tuple[str, tuple[int, int]]:
    """Return the field and the range of a text like "schools=10:120".

    Raises
    ------
    SpecError
        It is not written so.
    """
    name, _, rest = (part.strip() for part in text.partition("="))
    low, sign, high = (part.strip() for part in rest.partition(":"))
    if not (name and sign and low.isdigit() and high.isdigit()):
        raise SpecError(
            "--find has a field of the world and a smallest and a largest whole number.",
            f"It is {text!r}.",
            "Write --find schools=10:120, say.",
        )
    return name, (int(low), int(high))


def _values(text: str) -> list[Any]:
    """Return values as TOML has them; bare words are texts."""
    try:
        values = tomllib.loads(f"value = [{text}]")["value"]
    except tomllib.TOMLDecodeError:
        return [part.strip() for part in text.split(",") if part.strip()]
    return [tuple(value) if isinstance(value, list) else value for value in values]
