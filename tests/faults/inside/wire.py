"""The line to the simulated platforms without sockets: names every call, and may bring nothing back."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import requests
from flask import Flask
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from app.simulator.contract import contract

ROOMS = {"/zohoapis/books/v3": "zoho_books", "/hitpay/v1": "hitpay", "/accounts/oauth/v2": "zoho_accounts"}


class Wire(BaseAdapter):
    """`told` hears of `call` before and `reply` after the platform has worked a request off, with the operation."""

    def __init__(self, server: Flask, base_url: str) -> None:
        super().__init__()
        self._server, self._base_url = server, base_url
        self.told: Callable[[str, str], None] | None = None
        self.calls: list[str] = []

    def send(self, request: requests.PreparedRequest, **_options: Any) -> requests.Response:  # type: ignore[override]
        parts = urlsplit(str(request.url))
        assert str(request.url).startswith(self._base_url), request.url
        operation = operation_of(str(request.method), parts.path)
        self.calls.append(operation)
        if self.told:
            self.told("call", operation)
        answer = self._ask(request, parts.path, parts.query)
        if self.told:
            self.told("reply", operation)
        return answer

    def _ask(self, request: requests.PreparedRequest, path: str, query: str) -> requests.Response:
        body = request.body or b""
        data = body.encode() if isinstance(body, str) else bytes(body)
        environ: dict[str, Any] = {
            "REQUEST_METHOD": request.method, "SCRIPT_NAME": "", "QUERY_STRING": query,
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "CONTENT_TYPE": request.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(data)),
            "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "9", "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(data),
            "wsgi.errors": io.StringIO(), "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
        }  # fmt: skip
        environ |= {f"HTTP_{name.replace('-', '_').upper()}": value for name, value in request.headers.items()}
        told: list[Any] = []
        parts = self._server(environ, _start(told))
        answer = requests.Response()
        answer.status_code, answer.url, answer.request = int(told[0].split()[0]), str(request.url), request
        answer.headers = CaseInsensitiveDict(told[1])
        answer._content, answer._content_consumed = b"".join(parts), True  # type: ignore[attr-defined]
        return answer

    def close(self) -> None:
        """Nothing is held open."""


def _start(told: list[Any]) -> Any:
    def start(status: str, headers: list[tuple[str, str]], _error: Any = None) -> None:
        told.extend((status, headers))

    return start


@cache
def _patterns(platform: str) -> list[tuple[str, re.Pattern[str], str]]:
    found = [(one.method, one.path, one.id) for one in contract(platform).operations.values()]
    found.sort(key=lambda one: one[1].count("{"))
    return [(method, re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "$"), name) for method, path, name in found]


@cache
def operation_of(method: str, path: str) -> str:
    """The contract's name of a call, "" for one it doesn't know."""
    for room, platform in ROOMS.items():
        if path.startswith(room):
            rest = path.removeprefix(room)
            if platform == "zoho_accounts":
                return {"/token": "refresh", "/token/revoke": "revoke"}.get(rest, "")
            return next((name for asked, form, name in _patterns(platform) if asked == method and form.match(rest)), "")
    return ""
