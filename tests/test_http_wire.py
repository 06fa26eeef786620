"""The HTTP client on real loopback sockets, where the error classes come from the libraries."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests
from requests.adapters import HTTPAdapter

from app.clock import SystemClock
from app.http_client import Call, HttpClient
from app.ports import InDoubt, Temporary

CANARY = "canary-5f0c1d"


def call(url: str, **changes: object) -> Call:
    return Call(service="Zoho Books", url=url, **changes)  # type: ignore[arg-type]


@contextmanager
def server(talk: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """A loopback server whose every connection is given to `talk`, with an event that says the test is over."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while not over.is_set():
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with peer:
                talk(peer, over)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(timeout=5)


def hang_up(peer: socket.socket, over: threading.Event) -> None:
    peer.recv(65536)


def drip_headers(peer: socket.socket, over: threading.Event) -> None:
    peer.recv(65536)
    drip(peer, over, b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 10_000)


def drip_body(peer: socket.socket, over: threading.Event) -> None:
    peer.recv(65536)
    drip(peer, over, b" " * 9_999, b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")


def drip(peer: socket.socket, over: threading.Event, slow: bytes, fast: bytes = b"") -> None:
    try:
        peer.sendall(fast)
        for byte in slow:
            if over.wait(0.02):
                return
            peer.sendall(bytes([byte]))
    except OSError:
        return


def cut_body(peer: socket.socket, over: threading.Event) -> None:
    peer.recv(65536)
    peer.sendall(b'HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{"code":0}')


def live_client(total_seconds: float = 5.0) -> HttpClient:
    return HttpClient(SystemClock(), in_transaction=lambda: False, calls_per_minute=0, total_seconds=total_seconds)


@pytest.mark.parametrize("talk", [hang_up, cut_body, drip_headers, drip_body], ids=lambda talk: talk.__name__)
def test_write_cut_short_on_the_wire_is_in_doubt(
    talk: Callable[[socket.socket, threading.Event], None],
) -> None:
    with server(talk) as host, pytest.raises(InDoubt):
        live_client(total_seconds=0.3).write(call(f"http://{host}/v3", body={"a": 1}))


def test_refused_connection_was_never_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Temporary, match="could not be reached"):
        live_client().write(call(f"http://127.0.0.1:{port}/", body={}))


def test_failed_tls_handshake_was_never_sent() -> None:
    def speak_plainly(peer: socket.socket, over: threading.Event) -> None:
        peer.recv(65536)
        peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with server(speak_plainly) as host, pytest.raises(Temporary, match="could not be reached"):
        live_client().write(call(f"https://{host}/", body={}))


def test_earlier_trouble_of_the_caller_does_not_make_a_sent_write_look_unsent() -> None:
    with server(hang_up) as host:
        try:
            HTTPAdapter().send(requests.Request("GET", "http://127.0.0.1:1/").prepare())
        except requests.ConnectionError:
            with pytest.raises(InDoubt):
                live_client().write(call(f"http://{host}/", body={}))


def test_dripping_read_ends_at_the_total_cap_and_is_not_repeated() -> None:
    calls: list[str] = []
    client = live_client(total_seconds=0.3)
    client.on_call = calls.append
    with server(drip_body) as host, pytest.raises(Temporary):
        client.read(call(f"http://{host}/", key="org"))
    assert calls == ["org"]


def test_library_logs_no_address_with_a_token(caplog: pytest.LogCaptureFixture) -> None:
    def answer(peer: socket.socket, over: threading.Event) -> None:
        peer.recv(65536)
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    caplog.set_level(logging.DEBUG)
    with server(answer) as host:
        live_client().write(call(f"http://{host}/revoke", params={"token": CANARY}))
    assert CANARY not in caplog.text
