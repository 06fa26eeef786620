"""An HTTP/1.1 exchange on an open connection: the request as one piece of bytes, the answer read whole.

The standard library reads headers with its e-mail parser, at many times the price of everything else about a call.
What an answer's length goes by: RFC 9112, section 6.3.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from socket import socket

import msgspec
from urllib3.exceptions import ProtocolError

_PIECE = 65_536
_MOST_HEAD = 65_536
_GZIP = 31
_BODILESS = (204, 304)
_HEXADECIMAL = re.compile(rb"[0-9A-Fa-f]{1,16}").fullmatch


class TooMuchError(OSError):
    """An answer longer than anything the vendors send."""


class Reply(msgspec.Struct, frozen=True):
    """An answer, read to its end. Names of headers are in small letters; `content` isn't compressed any more.

    `lasting`: the connection can take another request.
    """

    status: int
    reason: str
    headers: dict[str, str]
    content: bytes
    lasting: bool


def request_bytes(method: str, path: str, host: str, headers: Mapping[str, str], body: bytes | str | None) -> bytes:
    """The request as it goes over the wire; UnicodeError for a header that isn't Latin-1.

    Path and headers have to be free of line ends: `http_request` sees to it.
    """
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *[f"{name}: {value}" for name, value in headers.items()]]
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
    return head + (body.encode() if isinstance(body, str) else body or b"")


def read_reply(connection: socket, most_bytes: int) -> Reply:
    """The answer to a request that was sent; ProtocolError if it breaks off or is none, TooMuchError if it is long."""
    stream = _Stream(connection, most_bytes)
    while True:
        version, status, reason, headers = _head(stream.until(b"\r\n\r\n", _MOST_HEAD))
        if status >= 200:
            break  # what came before only said "go on"
    content, ended = _content(stream, status, headers)
    lasting = ended and version == "HTTP/1.1" and "close" not in headers.get("connection", "").lower()
    return Reply(status, reason, headers, _plain(content, headers, most_bytes), lasting and not stream.held)


def _head(head: bytes) -> tuple[str, int, str, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    status, _, reason = rest.partition(" ")
    if not version.startswith("HTTP/1.") or len(status) != 3 or not status.isdecimal():
        raise ProtocolError("no HTTP/1 answer")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or name != name.strip():
            raise ProtocolError("a header that is none")
        name, value = name.lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return version, int(status), reason, headers


def _content(stream: _Stream, status: int, headers: dict[str, str]) -> tuple[bytes, bool]:
    """The body as sent, and whether its end is known by anything but the end of the connection."""
    if status in _BODILESS:
        return b"", True
    coding, length = headers.get("transfer-encoding"), headers.get("content-length")
    if coding is not None:
        if coding.lower() != "chunked" or length is not None:
            raise ProtocolError("a body of unclear length")
        return _chunks(stream), True
    if length is None:
        return stream.rest(), False
    if not length.isdecimal():
        raise ProtocolError("a body of unclear length")
    return stream.take(int(length)), True


def _chunks(stream: _Stream) -> bytes:
    parts = []
    while length := _chunk_length(stream.until(b"\r\n", _MOST_HEAD)):
        parts.append(stream.take(length))
        if stream.take(2) != b"\r\n":
            raise ProtocolError("a chunk without an end")
    while stream.until(b"\r\n", _MOST_HEAD):
        pass  # headers after the body tell us nothing
    return b"".join(parts)


def _chunk_length(line: bytes) -> int:
    figure = line.partition(b";")[0].strip()
    if not _HEXADECIMAL(figure):
        raise ProtocolError("a chunk of unclear length")
    return int(figure, 16)


def _plain(content: bytes, headers: dict[str, str], most_bytes: int) -> bytes:
    coding = headers.get("content-encoding", "identity").lower()
    if coding == "identity" or not content:
        return content
    if coding != "gzip":
        raise ProtocolError("a body encoded as nobody asked for")
    unpacking = zlib.decompressobj(_GZIP)
    try:
        plain = unpacking.decompress(content, most_bytes)
    except zlib.error as error:
        raise ProtocolError("a body that can't be unpacked") from error
    if unpacking.unconsumed_tail:
        raise TooMuchError("the answer is too long")
    if not unpacking.eof or unpacking.unused_data:
        raise ProtocolError("a body that can't be unpacked")
    return plain


class _Stream:
    """What arrives on a connection, `most` bytes of body at the most; `held` is read already and not used yet."""

    def __init__(self, connection: socket, most: int) -> None:
        self._connection = connection
        self._left = most
        self.held = b""

    def until(self, mark: bytes, most: int) -> bytes:
        """Everything before the next `mark`, which is passed over."""
        while (end := self.held.find(mark)) < 0 and len(self.held) <= most:
            self.held += self._piece()
        if not 0 <= end <= most:
            raise TooMuchError("the answer's head is too long")
        found, self.held = self.held[:end], self.held[end + len(mark) :]
        return found

    def take(self, length: int) -> bytes:
        """The next `length` bytes."""
        self._allow(length)
        parts, missing = [self.held], length - len(self.held)
        while missing > 0:
            part = self._piece()
            parts.append(part)
            missing -= len(part)
        arrived = b"".join(parts)
        self.held = arrived[length:]
        return arrived[:length]

    def rest(self) -> bytes:
        """Everything up to the end of the connection."""
        parts, self.held = [self.held], b""
        self._allow(len(parts[0]))
        while part := self._connection.recv(_PIECE):
            parts.append(part)
            self._allow(len(part))
        return b"".join(parts)

    def _piece(self) -> bytes:
        piece = self._connection.recv(_PIECE)
        if not piece:
            raise ProtocolError("the connection was closed before the answer's end")
        return piece

    def _allow(self, length: int) -> None:
        self._left -= length
        if self._left < 0:
            raise TooMuchError("the answer is too long")
