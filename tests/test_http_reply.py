"""Answers read from a socket: where they end, what they may hold, and what is none."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator

import pytest
from urllib3.exceptions import ProtocolError

from app.http_reply import Reply, TooMuchError, read_reply, request_bytes

PLAIN = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n" + b'{"code":0}'


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(5)
        yield ours, theirs


def told(pair: tuple[socket.socket, socket.socket], *pieces: bytes, hang_up: bool = True, most: int = 1000) -> Reply:
    ours, theirs = pair
    for piece in pieces:
        theirs.sendall(piece)
    if hang_up:
        theirs.close()
    return read_reply(ours, most)


def answer(*headers: str, body: bytes = b"") -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", *headers, "", ""]).encode() + body


def packed(text: bytes) -> tuple[str, str, bytes]:
    body = gzip.compress(text)
    return "Content-Encoding: gzip", f"Content-Length: {len(body)}", body


def test_answer_of_a_stated_length_ends_there_and_leaves_the_connection_usable(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    reply = told(pair, PLAIN, hang_up=False)
    assert (reply.status, reply.reason, reply.content, reply.lasting) == (201, "Created", b'{"code":0}', True)
    assert reply.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("given", "content"),
    [
        (answer("Transfer-Encoding: chunked", body=b'4\r\n{"a"\r\n3;x=y\r\n:1}\r\n0\r\nLate: 1\r\n\r\n'), b'{"a":1}'),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + answer("Content-Length: 2", body=b"{}"), b"{}"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}", b"{}"),
    ],
    ids=["chunks", "hints-first", "no-content", "no-reason"],
)
def test_other_shapes_of_an_answer_are_read_to_their_end(
    pair: tuple[socket.socket, socket.socket], given: bytes, content: bytes
) -> None:
    reply = told(pair, given, hang_up=False)
    assert (reply.content, reply.lasting) == (content, True)


@pytest.mark.parametrize(
    "given",
    [
        answer("Content-Length: 2", "Connection: close", body=b"{}"),
        answer(body=b"{}"),
        answer("Content-Length: 2", body=b"{}HTTP/1.1 200 OK\r\n"),
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    ],
    ids=["told-to-close", "length-unknown", "more-than-stated", "old-version"],
)
def test_connection_that_may_hold_something_else_takes_no_other_request(
    pair: tuple[socket.socket, socket.socket], given: bytes
) -> None:
    reply = told(pair, given)
    assert reply.lasting is False
    assert reply.content.startswith(b"{}")


def test_packed_answer_is_unpacked(pair: tuple[socket.socket, socket.socket]) -> None:
    coding, length, body = packed(b'{"code":0}')
    assert told(pair, answer(coding, length, body=body)).content == b'{"code":0}'


@pytest.mark.parametrize(
    "given",
    [
        PLAIN[:20],
        PLAIN[:-1],
        answer("Transfer-Encoding: chunked", body=b"4\r\n{}"),
        answer("Transfer-Encoding: chunked", body=b"x\r\n{}\r\n0\r\n\r\n"),
        answer("Transfer-Encoding: chunked", body=b"2\r\n{}{}0\r\n\r\n"),
        answer("Transfer-Encoding: chunked", body=b"-2\r\n{}\r\n0\r\n\r\n"),
        answer("Transfer-Encoding: chunked", "Content-Length: 2", body=b"{}"),
        answer("Content-Length: 2", "Content-Length: 3", body=b"{}"),
        answer("Content-Length: -2", body=b"{}"),
        answer("Content-Encoding: br", "Content-Length: 2", body=b"{}"),
        answer("Content-Encoding: gzip", "Content-Length: 2", body=b"{}"),
        answer("Content-Encoding: gzip", "Content-Length: 15", body=gzip.compress(b"{}")[:15]),
        answer("Content-Length : 2", body=b"{}"),
        answer("what is this", body=b"{}"),
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
    ],
    ids=[
        "head-cut", "body-cut", "chunk-cut", "chunk-of-no-length", "chunk-without-end", "chunk-below-zero",
        "two-kinds-of-length", "two-lengths", "below-zero", "coding-unknown", "not-packed", "packed-and-cut",
        "space-before-the-colon", "no-header", "not-http", "no-status",
    ],
)  # fmt: skip
def test_what_is_no_whole_answer_is_an_error(pair: tuple[socket.socket, socket.socket], given: bytes) -> None:
    with pytest.raises(ProtocolError):
        told(pair, given)


@pytest.mark.parametrize(
    "given",
    [
        answer("Content-Length: 1001", body=b" " * 1001),
        answer(
            "Transfer-Encoding: chunked", body=b"1f4\r\n" + b" " * 500 + b"\r\n1f5\r\n" + b" " * 501 + b"\r\n0\r\n\r\n"
        ),
        answer(body=b" " * 1001),
        answer(*packed(b" " * 100_000)[:2], body=packed(b" " * 100_000)[2]),
        answer("X-Long: " + "a" * 70_000),
    ],
    ids=["stated", "chunks", "until-closed", "unpacked", "head"],
)
def test_answer_longer_than_allowed_is_given_up(pair: tuple[socket.socket, socket.socket], given: bytes) -> None:
    with pytest.raises(TooMuchError):
        told(pair, given)


def test_request_is_one_piece_with_its_host_first() -> None:
    sent = request_bytes("POST", "/v3/a?b=c", "books.example", {"Accept": "application/json"}, "körper")
    assert sent == b"POST /v3/a?b=c HTTP/1.1\r\nHost: books.example\r\nAccept: application/json\r\n\r\nk\xc3\xb6rper"
