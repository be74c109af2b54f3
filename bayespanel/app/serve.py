"""The server of the page: Shiny behind the guard, and files of the folder of work."""

from __future__ import annotations

import asyncio
import io
import secrets
import socket
import tempfile
import threading
import zipfile
from contextlib import redirect_stderr, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bayespanel.app.guard import HOST, Guard
from bayespanel.app.runs import RECORD, Runs

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

FILES = "/run"
"""Where files of runs are found."""


def free_port(asked: int = 0) -> socket.socket:
    """Return a socket that is bound to a port of this machine; 0 takes any.

    Raises
    ------
    OSError
        Another program has the port.
    """
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.bind((HOST, asked))
    except OSError:
        bound.close()
        raise
    return bound


def application(runs: Runs, port: int, token: str) -> Guard:
    """Return the whole as an ASGI application."""
    from shiny import App
    from starlette.applications import Starlette
    from starlette.routing import Mount, Route

    from bayespanel.app.page import page
    from bayespanel.app.session import server_of

    shiny = App(page, server_of(runs.folder, runs))

    def of_run(request: Request) -> Response:
        return _file(runs, request.path_params["number"], request.path_params["path"])

    def packed(request: Request) -> Response:
        return _packed(runs, request.path_params["number"])

    routes = [
        Route(f"{FILES}-{{number:int}}.zip", packed),
        Route(f"{FILES}-{{number:int}}/{{path:path}}", of_run),
        Mount("/", shiny),
    ]
    return Guard(Starlette(routes=routes), port, token)


def serve(folder: Path, port: int, ready: Callable[[str], object]) -> None:
    """Serve the page until Ctrl-C; a run that is not finished is stopped.

    Parameters
    ----------
    folder
        The folder of work, which exists.
    port
        0 takes a free one.
    ready
        Is called with the address before the first request is answered.
    """
    import uvicorn

    bound = free_port(port)
    port = bound.getsockname()[1]
    token = secrets.token_urlsafe(24)
    runs = Runs(folder)
    settings = uvicorn.Config(
        application(runs, port, token),
        log_level="warning",
        access_log=False,
        ws_max_size=2**24,
        timeout_graceful_shutdown=1,
    )
    threading.Thread(target=_warm, daemon=True).start()
    ready(f"http://{HOST}:{port}/?token={token}")
    runner = asyncio.Runner()
    try:
        with suppress(KeyboardInterrupt):
            runner.run(uvicorn.Server(settings).serve(sockets=[bound]))
    finally:
        with redirect_stderr(io.StringIO()):  # tasks of Shiny that are cancelled print where they were
            runner.close()
        runs.stop()
        runs.wait(20)


def _warm() -> None:
    """Import what the first table needs, while somebody chooses it."""
    import bayespanel.data
    import bayespanel.verbs.analysis  # noqa: F401 (imported for later)


def _file(runs: Runs, number: int, path: str) -> Response:
    """Return a file of a run, and none beside its folder."""
    from starlette.responses import FileResponse, PlainTextResponse

    home = runs.place(number).resolve()
    try:
        found = (home / path).resolve()
        known = found.is_relative_to(home) and found.is_file()
    except (OSError, ValueError):  # a path with a null byte, or longer than the system has
        known = False
    if not known:
        return PlainTextResponse("There is no such file.", status_code=404)
    return FileResponse(found)


def _packed(runs: Runs, number: int) -> Response:
    """Return the folder of a run as one file: card, scripts, results and page."""
    from starlette.background import BackgroundTask
    from starlette.responses import FileResponse, PlainTextResponse

    home = runs.place(number)
    if not home.is_dir():
        return PlainTextResponse("There is no such run.", status_code=404)
    with tempfile.NamedTemporaryFile(suffix=".zip", delete=False) as made:
        target = Path(made.name)
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(home.rglob("*")):
                if path.is_file() and path.name != RECORD:
                    archive.write(path, path.relative_to(home).as_posix())
    return FileResponse(target, filename=f"{home.name}.zip", background=BackgroundTask(target.unlink))
