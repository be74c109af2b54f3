"""Options that say nothing, or two things: a command line keeps the last value without a word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer

from bayespanel.language.errors import SpecError


def require_single_values(app: typer.Typer, arguments: Sequence[str]) -> None:
    """Check that every option of a command line has a value, and one only unless it may be repeated.

    Parameters
    ----------
    app
        The commands.
    arguments
        The words after the name of the program.

    Raises
    ------
    SpecError
        An option is given twice with different values, or its value is blank.
    """
    commands: Any = getattr(typer.main.get_command(app), "commands", {})
    at = next((i for i, word in enumerate(arguments) if not word.startswith("-")), None)
    known = None if at is None else commands.get(arguments[at])
    if known is None or at is None:
        return
    named = {name: option for option in known.params for name in option.opts if name.startswith("-")}
    given: dict[str, str] = {}
    words = list(arguments[at + 1 :])
    while words and (word := words.pop(0)) != "--":
        name, sign, value = word.partition("=") if word.startswith("--") else (word, "", "")
        option = named.get(name)
        if option is None or option.is_flag or option.count:
            continue
        if not sign:
            value = words.pop(0) if words else "?"  # what is missing altogether, the parser says
        if not value.strip():
            raise SpecError("An option needs a value.", f"{name} has none.", "Give it one, or leave the option out.")
        if not option.multiple and given.setdefault(option.name, value) != value:
            raise SpecError(
                f"{name} is given once.",
                f"You gave {given[option.name]!r} and {value!r}.",
                "Keep one of them.",
            )
