"""`bayespanel app`: the page in a browser."""

from __future__ import annotations

import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from bayespanel.language.errors import SpecError
from bayespanel.language.shown import filled

EXAMPLES = ("bayespanel app", "bayespanel app --folder project", "bayespanel app --port 8000 --no-browser")


def app(
    folder: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder that keeps the table, cards and results. Default: a temporary one."),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine. Default: any that is free.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
) -> None:
    """Open a page in the browser that goes from a file to a result by clicking.

    It needs bayespanel[app]. The page is on this machine and for you alone: nothing is sent anywhere, and the address
    holds a token. It writes the cards and runs the commands that you could type, and shows them. Ctrl-C ends it.
    """
    if find_spec("shiny") is None:
        raise SpecError(
            "The page in a browser is made with Shiny.",
            "It is not installed.",
            'Install it (pip install "bayespanel[app]"), or use the command line: bayespanel new, fit and report.',
        )
    from bayespanel.app.serve import serve
    from bayespanel.command.screen import say, show

    kept = folder or Path(tempfile.mkdtemp(prefix="bayespanel-app-"))
    try:
        kept.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SpecError(
            "The page works in a folder.",
            f"{str(kept)!r} is none and cannot be made one ({error}).",
            "Name another (--folder DIR).",
        ) from error

    def ready(address: str) -> None:
        show(address)
        sys.stdout.flush()  # a program that reads it waits for it
        say(filled(f"The page is at this address, on this machine only. Its folder is {kept}. Ctrl-C ends it."))
        if browser:
            import webbrowser

            webbrowser.open_new_tab(address)

    try:
        serve(kept.absolute(), port, ready)
    except OSError as error:
        raise SpecError(
            "The page has a port of its own.",
            f"Port {port} cannot be used ({error}).",
            "Leave out --port, or choose another.",
        ) from error
