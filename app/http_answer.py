"""A call and its answer: JSON read without floats, and the vendor's own words with every secret of the call removed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl

import msgspec

MOST_WORDS = 500
_LONGEST_WAIT = 86_400.0
_HIDDEN = "•••"
_SECRET_FIELDS = frozenset({"client_secret", "refresh_token", "access_token", "token", "code"})
_SECRET_HEADERS = frozenset({"authorization", "x-business-api-key"})
_JSON: msgspec.json.Decoder[object] = msgspec.json.Decoder(float_hook=Decimal)


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request. `service` names the vendor in sentences; `key` is paced and counted on its own, "" isn't paced.

    A write sends `form` as it stands (encoded already) or else `body` as JSON, Decimals as plain numbers.
    `leave_429` hands a readable "too many calls" to the adapter, which knows the vendor's codes.
    """

    service: str
    url: str
    method: str = "POST"
    params: Mapping[str, str | list[str]] = {}
    headers: Mapping[str, str] = {}
    body: object = None
    form: str | None = None
    key: str = ""
    leave_429: bool = False

    def secrets(self) -> list[str]:
        """Every value of this call that nobody may read, the longest first."""
        values = [
            value
            for name, text in self.headers.items()
            if name.lower() in _SECRET_HEADERS
            for value in (text, *text.split())
        ]
        pairs = [
            *(parse_qsl(self.form) if self.form else ()),
            *((k, v) for k, v in self.params.items() if isinstance(v, str)),
        ]
        values += [value for name, value in pairs if name in _SECRET_FIELDS]
        return sorted((value for value in values if len(value) >= 4 and value != "Zoho-oauthtoken"), key=len)[::-1]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back. `body` is the JSON, None if `readable` is False."""

    status: int
    body: object
    readable: bool
    tell: Callable[[], str]
    retry_after: float | None = None

    @property
    def words(self) -> str:
        """The vendor's own words, safe to show. Most answers are never asked for them."""
        return self.tell()

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def fields(self) -> dict[str, object]:
        """The JSON object, or an empty one when the body is anything else."""
        return self.body if isinstance(self.body, dict) else {}


def answer_of(
    call: Call, status: int, headers: Mapping[str, str], content: bytes, now: Callable[[], datetime]
) -> Answer:
    """Read an answer. Numbers with a point become Decimal, never float. `headers` know names in small letters."""
    body, readable = _decoded(status, content)
    return Answer(
        status=status,
        body=body,
        readable=readable,
        tell=lambda: _words(call, body, readable, status, headers, len(content)),
        retry_after=_retry_after(headers.get("retry-after", ""), now),
    )


def _decoded(status: int, content: bytes) -> tuple[object, bool]:
    if not content.strip() and status == 204:
        return {}, True
    try:
        body = _JSON.decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, InvalidOperation):
        return None, False
    return (body, True) if isinstance(body, dict | list) else (None, False)


def _words(call: Call, body: object, readable: bool, status: int, headers: Mapping[str, str], length: int) -> str:
    """A body that isn't JSON is only described: half a token answer must not end up in a message."""
    if not readable:
        kind = headers.get("content-type", "no type").split(";")[0].strip()[:60]
        return f"HTTP {status}, {kind}, {length} bytes"
    fields = body if isinstance(body, dict) else {}
    said = [fields.get(name) for name in ("message", "error", "error_description")]
    text = " ".join(" ".join(str(word).split()) for word in said if isinstance(word, str) and word.strip())
    for secret in call.secrets():
        text = text.replace(secret, _HIDDEN)
    return text[:MOST_WORDS]


def _retry_after(text: str, now: Callable[[], datetime]) -> float | None:
    """Seconds to wait by a `Retry-After` header (number or HTTP date), at most a day; None without a usable one."""
    if not text:
        return None
    if text.strip().isdecimal():
        return min(float(text), _LONGEST_WAIT)
    try:
        instant = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return min(max((instant - now()).total_seconds(), 0.0), _LONGEST_WAIT)
