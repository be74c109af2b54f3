"""Nobody without the token sees anything, by whatever name the page is reached."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bayespanel.app.guard import HOST, Guard
from bayespanel.app.runs import Runs
from bayespanel.app.serve import _file
from bayespanel.command import app as command
from tests.command.lines import Run

TOKEN = "a-token"
HOME = (b"host", f"{HOST}:8123".encode())
COOKIE = (b"cookie", f"other=1; bayespanel-8123={TOKEN}".encode())


def answer(*headers: tuple[bytes, bytes], path: str = "/", query: str = "", kind: str = "http") -> dict[str, Any]:
    """Return the first message of the answer."""

    async def page(_scope: object, _receive: object, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {}

    scope = {"type": kind, "path": path, "query_string": query.encode(), "headers": headers}
    asyncio.run(Guard(page, 8123, TOKEN)(scope, receive, send))
    first: dict[str, Any] = sent[0]
    return first


def test_the_token_in_the_address_becomes_a_cookie() -> None:
    first = answer(HOME, query=f"token={TOKEN}")
    headers = dict(first["headers"])
    assert (first["status"], headers[b"location"]) == (303, b"/")
    assert headers[b"set-cookie"] == f"bayespanel-8123={TOKEN}; HttpOnly; SameSite=Strict; Path=/".encode()
    assert headers[b"referrer-policy"] == b"no-referrer"


def test_the_cookie_lets_in() -> None:
    first = answer(HOME, COOKIE)
    assert first["status"] == 200
    assert b"content-security-policy" in dict(first["headers"])


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ((HOME,), ""),
        ((HOME,), "token=another"),
        ((HOME, (b"cookie", b"bayespanel-8123=another")), ""),
        ((COOKIE,), ""),
        (((b"host", b"evil.example:8123"), COOKIE), ""),
        (((b"host", b"evil.example:8123"),), f"token={TOKEN}"),
        ((HOME, COOKIE, (b"origin", b"http://evil.example")), ""),
    ],
)
def test_everybody_else_is_refused(headers: tuple[tuple[bytes, bytes], ...], query: str) -> None:
    assert answer(*headers, query=query)["status"] == 403
    assert answer(*headers, query=query, kind="websocket") == {"type": "websocket.close", "code": 1008}


def test_the_token_in_other_addresses_lets_nobody_in() -> None:
    assert answer(HOME, path="/run-1.zip", query=f"token={TOKEN}")["status"] == 403


def test_files_beside_a_run_are_not_given(tmp_path: Path) -> None:
    (tmp_path / "run-1").mkdir()
    (tmp_path / "run-1" / "card.toml").write_text("x", encoding="utf-8")
    (tmp_path / "table-1.sav").write_text("x", encoding="utf-8")
    runs = Runs(tmp_path)
    assert _file(runs, 1, "card.toml").status_code == 200
    for path in ("../table-1.sav", "..", "", "nothing", str(tmp_path / "table-1.sav")):
        assert _file(runs, 1, path).status_code == 404


def test_without_the_extra_the_line_that_installs_it_is_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "find_spec", lambda _: None)
    code, _, err = run("app")
    assert code == 2
    assert 'pip install "bayespanel[app]"' in err


def test_a_port_or_a_folder_that_cannot_be_used_is_said(run: Run) -> None:
    Path("file").touch()
    code, _, err = run("app", "--folder", "file", "--no-browser")
    assert (code, "Name another" in err) == (2, True)
    from bayespanel.app.serve import free_port

    with free_port() as taken:
        code, _, err = run("app", "--port", str(taken.getsockname()[1]), "--no-browser")
    assert (code, "Leave out --port" in err) == (2, True)


@pytest.mark.parametrize("path", ["\0", "a" * 5000, "../run-2/run.json"])
def test_a_path_that_no_system_has_is_no_file(tmp_path: Path, path: str) -> None:
    (tmp_path / "run-1").mkdir()
    assert _file(Runs(tmp_path), 1, path).status_code == 404
