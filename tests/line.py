"""The line between the install and the simulated platforms: it listens, and can be told to bring a wrong answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter


@dataclass
class Spoiled:
    """An answer put in place of the real one, `times` times. With `applied` the platform is asked all the same."""

    method: str
    path: str
    body: bytes
    status: int = 200
    kind: str = "application/json"
    applied: bool = False
    times: int = 1_000_000


@dataclass
class Line(BaseAdapter):
    """A transport for all hosts: those the simulator doesn't stand for must not be called at all.

    `calls` holds method and address (without the query) of everything that was sent. `before` is told the same
    before each call.
    """

    platforms: BaseAdapter
    base_url: str
    calls: list[tuple[str, str]] = field(default_factory=list)
    spoiled: list[Spoiled] = field(default_factory=list)
    before: Callable[[str, str], None] | None = None
    sent: Callable[[str, str, bytes], None] | None = None

    def spoil(self, method: str, path: str, body: bytes | str, **how: Any) -> None:
        """From now on the answer to `method` on addresses that end in `path` is `body`."""
        self.spoiled = [Spoiled(method, path, body.encode() if isinstance(body, str) else body, **how)]

    def mend(self) -> None:
        """Bring the true answers again."""
        self.spoiled = []

    def count(self, method: str, path: str) -> int:
        """How often an address that ends in `path` was called."""
        return sum(1 for one, address in self.calls if one == method and address.endswith(path))

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        method, address = str(request.method), str(request.url).split("?", 1)[0]
        self.calls.append((method, address))
        if not address.startswith(self.base_url):
            raise AssertionError(f"a call to {address}")
        if self.before:
            self.before(method, urlsplit(address).path)
        if self.sent:
            self.sent(method, urlsplit(address).path, _bytes(request.body))
        wrong = next((one for one in self.spoiled if one.method == method and address.endswith(one.path)), None)
        if wrong is None or not wrong.times:
            return self.platforms.send(request, **options)
        wrong.times -= 1
        if wrong.applied:
            self.platforms.send(request, **options)
        return _answer(request, wrong)

    def close(self) -> None:
        """Nothing is held open."""


def _bytes(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else body or b""


def _answer(request: requests.PreparedRequest, wrong: Spoiled) -> requests.Response:
    answer = requests.Response()
    answer.status_code, answer.url, answer.request = wrong.status, str(request.url), request
    answer.headers["Content-Type"] = wrong.kind
    answer._content, answer._content_consumed = wrong.body, True  # type: ignore[attr-defined]
    return answer
