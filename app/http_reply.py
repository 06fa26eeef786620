"""An HTTP/1.1 exchange on an open connection: the request as one piece of bytes, the answer read whole.

Answers are taken apart by httptools, the parser of Node.js: the standard library reads headers with its e-mail parser,
at many times the price of everything else about a call.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from socket import socket

import msgspec
from httptools import HttpParserError, HttpResponseParser
from urllib3.exceptions import ProtocolError

_PIECE = 65_536
_MOST_HEAD = 65_536
_GZIP = 31


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
    message = _Message(most_bytes)
    while not message.complete:
        piece = connection.recv(_PIECE)
        message.take(piece)
    content = _plain(b"".join(message.parts), message.headers, most_bytes)
    return Reply(message.status, message.reason, message.headers, content, message.lasting)


class _Message:
    """One answer while it arrives. The methods named `on_...` are called by the parser as it meets the parts."""

    def __init__(self, most: int) -> None:
        self._parser = HttpResponseParser(self)
        self._most = most
        self._head = True
        self._unread = self._named = self._length = 0
        self.headers: dict[str, str] = {}
        self.parts: list[bytes] = []
        self.reason = ""
        self.status = 0
        self.complete = False
        self.lasting = False

    def take(self, piece: bytes) -> None:
        """Read a further piece, b"" for the end of the connection."""
        if not piece:
            return self._end()
        try:
            self._parser.feed_data(piece)
        except HttpParserError as error:
            if not self.complete:
                raise ProtocolError("no HTTP/1 answer") from error
            self.lasting = False  # what came after the answer is none
        self._unread += len(piece) if self._head else 0
        if self._unread > _MOST_HEAD or self._named > _MOST_HEAD or self._length > self._most:
            raise TooMuchError("the answer is too long")
        return None

    def _end(self) -> None:
        """Without a stated length, an answer ends with its connection (RFC 9112, section 6.3)."""
        if self._head or self.headers.keys() & {"content-length", "transfer-encoding"}:
            raise ProtocolError("the connection was closed before the answer's end")
        self.complete = True

    def on_message_begin(self) -> None:
        if self.complete:
            self.lasting = False  # more has come than belongs to the answer

    def on_status(self, reason: bytes) -> None:
        if not self.complete:
            self.reason += reason.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.complete:
            return
        self._named += len(name) + len(value)
        key, text = name.decode("latin-1").lower(), value.decode("latin-1").strip()
        self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text

    def on_headers_complete(self) -> None:
        if not self.complete:
            self.status, self._head, self._unread = self._parser.get_status_code(), False, 0

    def on_body(self, part: bytes) -> None:
        if not self.complete:
            self._length += len(part)
            if self._length <= self._most:
                self.parts.append(part)

    def on_message_complete(self) -> None:
        if self.complete:
            return
        if self.status < 200:  # it only said "go on"
            self.headers, self.reason, self._head = {}, "", True
            return
        self.complete, self.lasting = True, self._parser.should_keep_alive()


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
