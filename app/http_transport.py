"""The wire below the HTTP client: connections that know whether a byte was sent, and that no drip outlives.

requests hands a request down and urllib3 connects (names, TLS, certificates) and keeps connections for later; what
goes over an open connection is `http_reply`. Through a proxy, all of it is left to requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from socket import SHUT_RDWR, socket
from typing import Any, cast

import msgspec
import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPConnection, HTTPSConnection, port_by_scheme
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ReadTimeoutError
from urllib3.response import BaseHTTPResponse

from app.http_reply import Reply, TooMuchError, read_reply, request_bytes
from app.http_watchdog import Watchdog

_CHUNK = 65_536
_MARK = "tieout_never_sent"
_NEVER_SENT = (
    requests.ConnectTimeout,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.NameResolutionError,
)


def never_sent(error: BaseException) -> bool:
    """Whether `error` proves that no byte of the request left: it happened before or while connecting."""
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop()
        if isinstance(one, _NEVER_SENT) or getattr(one, _MARK, False):
            return True
        if isinstance(one, BaseException):
            waiting += [one.__cause__, getattr(one, "reason", None), *one.args]
    return False


def body_of(response: requests.Response, watchdog: Watchdog, seconds: float, most_bytes: int) -> bytes:
    """The whole body; if it isn't here yet, it is read within `seconds`.

    OSError or an urllib3 error if it breaks off, drips or is too long.
    """
    if isinstance(response, _Whole):
        return response.content
    parts, length = [], 0
    with watchdog.cut_after(seconds, getattr(response.raw, "shutdown", None)):
        for part in _parts(response):
            parts.append(part)
            length += len(part)
            if length > most_bytes:
                raise TooMuchError("the answer is too long")
    return b"".join(parts)


def _parts(response: requests.Response) -> Iterator[bytes]:
    if not isinstance(response.raw, BaseHTTPResponse):
        yield from response.iter_content(_CHUNK)
        return
    while part := response.raw.read(_CHUNK, decode_content=True):
        yield part


class _Whole(requests.Response):
    """Status, headers and content, and none of the jars and histories that a browser's answer needs."""

    def __init__(self, request: requests.PreparedRequest, reply: Reply) -> None:
        self._content: Any = reply.content
        self._content_consumed = True
        self.status_code = reply.status
        self.headers = cast("CaseInsensitiveDict[str]", reply.headers)  # asked for in small letters only
        self.raw = None
        self.reason = reply.reason
        self.request = request
        self.url = str(request.url)
        self.encoding = None


class _Limits(msgspec.Struct, frozen=True):
    """How long an exchange may last, and how much an answer may hold."""

    watchdog: Watchdog
    seconds: float
    most_bytes: int


class WatchedAdapter(HTTPAdapter):
    """requests' own transport on watched connections: an exchange ends after `seconds`, its answer is read whole."""

    def __init__(self, watchdog: Watchdog, seconds: float, most_bytes: int) -> None:
        self._limits = _Limits(watchdog, seconds, most_bytes)
        self._origins: dict[str, _Pool] = {}
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Build the pools with connections of this module."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        """The pool of an origin, looked up once: the proxy and the certificates of an origin don't change."""
        origin = "/".join(str(request.url).split("/", 3)[:3])
        pool = self._origins.get(origin)
        if pool is None or pool.pool is None:  # pushed out and closed by the pool manager
            found = super().get_connection_with_tls_context(request, verify, proxies, cert)
            if not isinstance(found, _Pool):
                return found  # a proxy's
            pool = self._origins[origin] = found
            pool.limits = self._limits
        return pool

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        """What stands in the request line; only a proxy wants more than the path."""
        return super().request_url(request, proxies) if proxies else request.path_url

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """The answer; cookies are not kept and the text's encoding is not guessed: it is JSON."""
        return _Whole(req, resp) if isinstance(resp, Reply) else super().build_response(req, resp)


class _Connection(HTTPConnection):
    def connect(self) -> None:
        with _marking():
            super().connect()


class _SecureConnection(HTTPSConnection):
    def connect(self) -> None:
        with _marking():
            super().connect()


class _Pool(HTTPConnectionPool):
    """A pool that answers with a `Reply`. What goes wrong is told in urllib3's words, which requests expects."""

    ConnectionCls: type[HTTPConnection] = _Connection
    limits: _Limits

    def urlopen(  # type: ignore[override] # of what requests passes, it is this that we use
        self,
        method: str,
        url: str,
        body: bytes | str | None,
        headers: Mapping[str, str],
        *,
        timeout: urllib3.Timeout,
        **_: Any,
    ) -> Reply:
        """Send once and read the answer to its end; a connection that isn't clean afterwards is closed."""
        connection = cast("HTTPConnection", self._get_conn())
        reply: Reply | None = None
        try:
            with self.limits.watchdog.cut_after(self.limits.seconds, _closer(connection)):
                wire = self._open(connection, timeout)
                wire.sendall(request_bytes(method, url, self._named, headers, body))
                reply = read_reply(wire, self.limits.most_bytes)
        except TimeoutError as error:
            raise ReadTimeoutError(self, url, "no answer in time") from error
        finally:
            if reply is None or not reply.lasting:
                connection.close()
            self._put_conn(connection)
        return reply

    def _open(self, connection: HTTPConnection, timeout: urllib3.Timeout) -> socket:
        if connection.is_closed:
            connection.timeout = cast("float", timeout.connect_timeout)
            connection.connect()
        wire = cast("socket", connection.sock)
        wire.settimeout(timeout.read_timeout)
        return wire

    @cached_property
    def _named(self) -> str:
        """The host as a request names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == port_by_scheme[self.scheme] else f"{host}:{self.port}"


class _SecurePool(_Pool, HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


@contextmanager
def _marking() -> Iterator[None]:
    """Mark whatever goes wrong while connecting, TLS included, as never sent."""
    try:
        yield
    except Exception as error:
        setattr(error, _MARK, True)
        raise


def _closer(connection: HTTPConnection) -> Callable[[], object]:
    return lambda: connection.sock.shutdown(SHUT_RDWR) if connection.sock else None
