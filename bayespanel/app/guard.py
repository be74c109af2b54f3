"""Who may see the page: those on this machine who know its token."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

type Scope = MutableMapping[str, Any]
type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Server = Callable[[Scope, Receive, Send], Awaitable[None]]

HOST = "127.0.0.1"
"""The address that is listened at: nobody on a network reaches it."""

REFUSED = b"This page needs the address with its token, which bayespanel app printed in the terminal.\n"

HEADERS = (
    (b"referrer-policy", b"no-referrer"),  # the token stands in the first address
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"cache-control", b"no-store"),
    (
        b"content-security-policy",
        b"default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; connect-src 'self'; frame-ancestors 'self'",
    ),
)
"""What every answer says: nothing is loaded from elsewhere, sent elsewhere or kept by the browser."""


class Guard:
    """Lets requests through that come to this machine's own address and bring the token, by address or by cookie.

    Parameters
    ----------
    server
        What answers them.
    port
        Its port.
    token
        The token.
    """

    def __init__(self, server: Server, port: int, token: str) -> None:
        self.server = server
        self.token = token
        self.cookie = f"bayespanel-{port}"
        self.hosts = (f"{HOST}:{port}", f"localhost:{port}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            return await self.server(scope, receive, send)
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if not self._comes_home(headers):
            return await _refuse(scope, send)
        if self._knows(_cookie(headers.get(b"cookie", ""), self.cookie)):
            return await self.server(scope, receive, _with_headers(send))
        asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])
        if scope["type"] == "http" and scope["path"] == "/" and self._knows(asked[0]):
            return await self._welcome(send)
        return await _refuse(scope, send)

    def _comes_home(self, headers: dict[bytes, str]) -> bool:
        """Say whether a request means this machine and comes from our page: no name of another site leads here."""
        host, origin = headers.get(b"host", ""), headers.get(b"origin")
        return host in self.hosts and origin in (None, f"http://{host}")

    def _knows(self, token: str) -> bool:
        return secrets.compare_digest(token.encode(), self.token.encode())

    async def _welcome(self, send: Send) -> None:
        """Take the token out of the address, into a cookie."""
        cookie = f"{self.cookie}={self.token}; HttpOnly; SameSite=Strict; Path=/"
        headers = [(b"location", b"/"), (b"set-cookie", cookie.encode("latin-1")), *HEADERS]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def _with_headers(send: Send) -> Send:
    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [pair for pair in message.get("headers", []) if pair[0].lower() != b"cache-control"]
            message["headers"] = [*kept, *HEADERS]
        await send(message)

    return answer


async def _refuse(scope: Scope, send: Send) -> None:
    if scope["type"] == "websocket":
        return await send({"type": "websocket.close", "code": 1008})
    headers = [(b"content-type", b"text/plain; charset=utf-8"), *HEADERS]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    return await send({"type": "http.response.body", "body": REFUSED})


def _cookie(header: str, name: str) -> str:
    try:
        found = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return "" if found is None else found.value
