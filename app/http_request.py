"""The request as it leaves: what requests' own preparation makes of a call, without asking anew for each."""

from __future__ import annotations

from functools import lru_cache
from typing import cast
from urllib.parse import urlencode

import msgspec
from requests import PreparedRequest
from requests.structures import CaseInsensitiveDict
from requests.utils import check_header_validity

from app.http_answer import Call

_OURS = {"User-Agent": "Tieout", "Accept": "application/json", "Accept-Encoding": "gzip"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_JSON = {"Content-Type": "application/json"}
_encoder = msgspec.json.Encoder(decimal_format="number")


def prepared(method: str, call: Call) -> PreparedRequest:
    """A request for any of requests' adapters. No cookies, no login from the machine's settings.

    Raises what requests raises for an address or a header that can't be sent.
    """
    for header in call.headers.items():
        check_header_validity(header)
    request = PreparedRequest()
    request.method = method
    request.url = _with_query(_address(call.url), call)
    request.body = call.form if call.form is not None else _encoded(call.body)
    headers = {**_OURS, **_content(method, call, request.body), **call.headers}
    request.headers = cast("CaseInsensitiveDict[str]", headers)  # we spell each name in one way only
    return request


@lru_cache(maxsize=256)
def _address(url: str) -> str:
    """The address checked and written as requests does it; `params`, which may hold a token, aren't remembered."""
    probe = PreparedRequest()
    probe.prepare_url(url, None)
    return str(probe.url)


def _with_query(address: str, call: Call) -> str:
    if not call.params:
        return address
    return f"{address}{'&' if '?' in address else '?'}{urlencode(call.params, doseq=True)}"


def _content(method: str, call: Call, body: bytes | str | None) -> dict[str, str]:
    if body is None:
        return {} if method == "GET" else {"Content-Length": "0"}
    length = len(body if isinstance(body, bytes) else body.encode())
    return {"Content-Length": str(length)} | (_FORM if call.form is not None else _JSON)


def _encoded(body: object) -> bytes | None:
    return None if body is None else _encoder.encode(body)
