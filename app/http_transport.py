"""The wire below the HTTP client: connections that know whether a byte was sent, and that no drip outlives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import SHUT_RDWR
from typing import Any, cast

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.response import BaseHTTPResponse, HTTPResponse

from app.http_watchdog import Watchdog

_CHUNK = 65_536
_MARK = "tieout_never_sent"
_NEVER_SENT = (
    requests.ConnectTimeout,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.NameResolutionError,
)


class TooMuchError(OSError):
    """An answer longer than anything the vendors send."""


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
    """The whole body, read within `seconds`; OSError or an urllib3 error if it breaks off, drips or is too long."""
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


class _Reply(requests.Response):
    """Status, headers and body, and none of the jars and histories that a browser's answer needs."""

    def __init__(self, request: requests.PreparedRequest, raw: BaseHTTPResponse) -> None:
        self._content: Any = False
        self._content_consumed = False
        self.status_code = raw.status
        self.headers = cast("CaseInsensitiveDict[str]", raw.headers)  # as blind to case as requests' own
        self.raw = raw
        self.reason = raw.reason or ""
        self.request = request
        self.url = str(request.url)
        self.encoding = None


class WatchedAdapter(HTTPAdapter):
    """requests' own transport on watched connections: waiting for the headers ends after `total_seconds`."""

    def __init__(self, watchdog: Watchdog, total_seconds: float) -> None:
        self._watchdog = watchdog
        self._total_seconds = total_seconds
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Build the pools with connections of this module."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _pools(self._watchdog, self._total_seconds)
        self._origins: dict[str, HTTPConnectionPool] = {}

    def get_connection_with_tls_context(self, request: requests.PreparedRequest, *settings: Any, **named: Any) -> Any:
        """The pool of an origin, looked up once: the proxy and the certificates of an origin don't change."""
        origin = "/".join(str(request.url).split("/", 3)[:3])
        pool = self._origins.get(origin)
        if pool is None or pool.pool is None:  # pushed out and closed by the pool manager
            found = super().get_connection_with_tls_context(request, *settings, **named)
            pool = self._origins[origin] = cast("HTTPConnectionPool", found)
        return pool

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        """What stands in the request line; only a proxy wants more than the path."""
        return super().request_url(request, proxies) if proxies else request.path_url

    def build_response(self, req: requests.PreparedRequest, resp: BaseHTTPResponse) -> requests.Response:
        """The answer; cookies are not kept and the text's encoding is not guessed: it is JSON."""
        return _Reply(req, resp)


def _pools(watchdog: Watchdog, total_seconds: float) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def connect(self) -> None:
            with _marking():
                super().connect()

        def getresponse(self) -> HTTPResponse:  # type: ignore[override] # as urllib3's own
            with watchdog.cut_after(total_seconds, _closer(self)):
                return super().getresponse()

    class Secure(HTTPSConnection):
        def connect(self) -> None:
            with _marking():
                super().connect()

        def getresponse(self) -> HTTPResponse:  # type: ignore[override] # as urllib3's own
            with watchdog.cut_after(total_seconds, _closer(self)):
                return super().getresponse()

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


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
