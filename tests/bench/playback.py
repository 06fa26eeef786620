"""The platforms' answers to one run, kept and played back at once: what is left then is the app's own work."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from tests.faults.harness import fork, wait_for

Asked = tuple[str, str]


class Recorder(HTTPAdapter):
    """Passes every request on and keeps what was asked and answered, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[tuple[Asked, bytes]] = []

    def send(self, request: requests.PreparedRequest, *given: Any, **named: Any) -> requests.Response:
        """The answer, its body read and kept."""
        answer = super().send(request, *given, **named)
        body = answer.content
        answer.raw = None  # read already; `content` holds it
        told = [f"{name}: {value}" for name, value in answer.headers.items() if name.lower() in _PASSED_ON]
        head = [f"HTTP/1.1 {answer.status_code} {answer.reason}", *told, f"Content-Length: {len(body)}", "", ""]
        self.kept.append(((str(request.method), request.path_url), "\r\n".join(head).encode() + body))
        return answer


_PASSED_ON = {"content-type", "date", "server", "retry-after"}


@contextmanager
def playing(address: str, kept: list[tuple[Asked, bytes]]) -> Iterator[None]:
    """A process at `address` that answers as kept, in the same order; anything else asked breaks the connection."""
    host, _colon, port = address.removeprefix("http://").partition(":")
    listener = socket.create_server((host, int(port)))
    child = fork(lambda: _play(listener, kept))
    listener.close()
    try:
        yield
    finally:
        os.kill(child, signal.SIGKILL)
        wait_for(child)


def _play(listener: socket.socket, kept: list[tuple[Asked, bytes]]) -> None:
    following = iter(kept)
    while True:
        peer, _address = listener.accept()
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with peer, peer.makefile("rb") as reading:
            while asked := _asked(reading):
                expected, answer = next(following)
                if asked != expected:
                    raise AssertionError(f"asked {asked} where {expected} was asked before")
                peer.sendall(answer)


def _asked(reading: Any) -> Asked | None:
    """Read one request to its end: method and path, None once the peer is gone."""
    words = reading.readline().split()
    length = 0
    while (line := reading.readline().strip()) != b"":
        name, _colon, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    reading.read(length)
    return (words[0].decode(), words[1].decode()) if words else None
