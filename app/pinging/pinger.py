"""The pinger: one bounded call, to the very address that was checked, without following anything."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

from app.pinging.addresses import Resolve, is_public, port_of, resolve, why_not
from app.ports import Refused, Temporary

TIMEOUT = 10.0
_SUFFIX = {"start": "/start", "success": "", "fail": "/fail"}


class HttpPinger:
    """The Pinger over HTTP. `allow_private` lets it call addresses of the own network."""

    def __init__(
        self, *, allow_private: bool, in_transaction: Callable[[], bool], resolve_with: Resolve = resolve
    ) -> None:
        self._allow_private = allow_private
        self._in_transaction = in_transaction
        self._resolve = resolve_with

    def check(self, url: str) -> str:
        """Why `url` can't be used, "" if it can. A name that doesn't resolve now may do so later."""
        why = why_not(url)
        if why:
            return why
        try:
            self._checked(urlsplit(url))
        except Temporary:
            return ""
        except Refused as error:
            return str(error)
        return ""

    def ping(self, url: str, kind: str) -> None:
        """Call it once; what it answers is not read beyond its status."""
        if self._in_transaction():
            raise RuntimeError("a ping was about to be sent inside a database transaction")
        why = why_not(url)
        if why:
            raise Refused(why, cause="address")
        parts = urlsplit(url)
        status = self._status(parts, self._checked(parts), kind)
        if status >= 500 or status in (408, 429):
            raise Temporary(f"The ping address answered HTTP {status}.")
        if not 200 <= status < 300:
            raise Refused(f"The ping address answered HTTP {status}.", cause="status")

    def _checked(self, parts: SplitResult) -> str:
        """The IP address to connect to: resolved once and used as it was checked, so that a name can't change."""
        try:
            found = self._resolve(parts.hostname or "", port_of(parts))
        except (OSError, UnicodeError):
            raise Temporary("The name in the ping address isn't known at the moment.") from None
        if not found:
            raise Temporary("The name in the ping address isn't known at the moment.")
        if not self._allow_private and not all(is_public(one) for one in found):
            raise Refused(
                "The ping address lies in a private network. Use one outside, or set TIEOUT_ALLOW_PRIVATE_PINGS=yes.",
                cause="private",
            )
        return found[0]

    def _status(self, parts: SplitResult, address: str, kind: str) -> int:
        line = self._line(parts, address)
        path = (parts.path.rstrip("/") or "") + _SUFFIX[kind] or "/"
        try:
            line.request("GET", path + (f"?{parts.query}" if parts.query else ""), headers={"User-Agent": "Tieout"})
            return line.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            raise Temporary("The ping address could not be reached.", detail=type(error).__name__) from None
        finally:
            line.close()

    def _line(self, parts: SplitResult, address: str) -> http.client.HTTPConnection:
        host, port = parts.hostname or "", port_of(parts)
        if parts.scheme == "https":
            return _PinnedTLS(host, port, address)
        return _Pinned(host, port, address)


class _Pinned(http.client.HTTPConnection):
    """Connects to `address` while asking for `host`."""

    def __init__(self, host: str, port: int, address: str) -> None:
        super().__init__(host, port, timeout=TIMEOUT)
        self._address = address

    def connect(self) -> None:
        self.sock = _open(self._address, self.port)


class _PinnedTLS(http.client.HTTPSConnection):
    """The same over TLS; the certificate must be the host's."""

    def __init__(self, host: str, port: int, address: str) -> None:
        self._trust = ssl.create_default_context()
        super().__init__(host, port, timeout=TIMEOUT, context=self._trust)
        self._address = address

    def connect(self) -> None:
        self.sock = self._trust.wrap_socket(_open(self._address, self.port), server_hostname=self.host)


def _open(address: str, port: int) -> socket.socket:
    return socket.create_connection((address, port), timeout=TIMEOUT)
