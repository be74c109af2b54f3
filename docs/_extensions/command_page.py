"""The page of the command line, from its own help."""

from __future__ import annotations

import os

from marks import NOTE

INTRODUCTION = """\
# Command line

What `bayespanel --help` and `bayespanel COMMAND --help` print, on one page. A rule that is broken is said in three
parts: the rule, what was found, what to do.

| exit code | what |
|---|---|
| 0 | done, and every check passed |
| 2 | bad input; nothing was written |
| 3 | results were written, but a check failed |
| 130 | interrupted; nothing was written |
"""

WIDTH = "88"
"""Columns of the help text: fits beside the list of contents."""


def commands() -> str:
    """Return the page."""
    names = [command.name or command.callback.__name__ for command in _app().registered_commands]
    parts = [NOTE, INTRODUCTION, f"```text\n{help_of()}\n```\n"]
    parts += [f"## `bayespanel {name}`\n\n```text\n{help_of(name)}\n```\n" for name in names]
    return "\n".join(parts)


def help_of(*command: str) -> str:
    """Return what a command prints when it is asked for help."""
    from typer.testing import CliRunner

    os.environ["COLUMNS"] = os.environ["TERMINAL_WIDTH"] = WIDTH
    found = CliRunner().invoke(_app(), [*command, "--help"], prog_name="bayespanel")
    if found.exit_code:
        raise RuntimeError(f"bayespanel {' '.join(command)} --help left with {found.exit_code}: {found.output}")
    return found.output.strip()


def _app() -> object:
    from bayespanel.cli import app

    return app
