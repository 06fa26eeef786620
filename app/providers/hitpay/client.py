"""HitPay over HTTP: the key, the errors and the paging, ending at plain JSON objects.

Sources: HitPay OpenAPI and HitPay's own app-studio-starter (list-charges, get-charge-details).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from app.http_client import Answer, Call, HttpClient
from app.ports import NotConnected, OutsideError, Refused, Temporary
from app.providers.hitpay.environments import Environment

SERVICE = "HitPay"
PER_PAGE = "50"
"""Valid in both of HitPay's own lists of allowed page sizes."""
_MOST_PAGES = 20_000

JsonObject = dict[str, object]
Filters = Mapping[str, str | list[str]]


class HitPayClient:
    """Reads of one HitPay account. The key can refund, so it goes nowhere but to the environment's own host."""

    def __init__(self, http: HttpClient, environment: Environment, api_key: str, rate_key: str = "") -> None:
        if not (api_key and api_key.isascii() and api_key.isprintable() and " " not in api_key):
            raise NotConnected("The HitPay API key holds characters no key has. Enter it again.")
        self._http = http
        self._base_url = environment.base_url
        self._headers = {"X-BUSINESS-API-KEY": api_key, "X-Requested-With": "XMLHttpRequest"}
        self._rate_key = rate_key

    def account_status(self) -> None:
        """Return if the key is accepted (`GET /v1/account-status`, the probe HitPay's own command line uses)."""
        self._get("/v1/account-status", {})

    def charge(self, charge_id: str) -> JsonObject:
        """`GET /v1/charges/{id}`; Refused with cause `missing` if there is none."""
        body = self._get(f"/v1/charges/{quote(charge_id, safe='')}", {}, missing=f"The charge {charge_id}")
        inner = body.get("data")
        return inner if isinstance(inner, dict) and "id" not in body else body

    def charges(self, filters: Filters) -> Iterator[object]:
        """Every row of `GET /v1/charges` under these filters, page after page.

        The filters go out again with each cursor; `links.next` is never followed, as it carries HitPay's internals.
        """
        return self._rows("charges", {**filters, "per_page": PER_PAGE})

    def payouts(self) -> Iterator[object]:
        """Every row of `GET /v1/payouts`, newest first (its specification), page after page as charges: a guess.

        No page size is asked for, because the part of the specification that could be read names none.
        """
        return self._rows("payouts", {})

    def _rows(self, noun: str, filters: Filters) -> Iterator[object]:
        cursor, seen = "", set[str]()
        for _ in range(_MOST_PAGES):
            page = self._get(f"/v1/{noun}", {**filters, **({"cursor": cursor} if cursor else {})}, noun=noun)
            yield from _rows(page, noun)
            cursor = _next_cursor(page, noun)
            if not cursor:
                return
            if cursor in seen:
                break
            seen.add(cursor)
        raise Temporary(f"HitPay's list of {noun} goes round in circles, so it can't be read to its end.")

    def balances(self) -> list[object]:
        """The rows of `GET /v1/balances`, one a currency (HitPay OpenAPI: a bare list)."""
        rows = self._body("/v1/balances", {}, noun="balances")
        if not isinstance(rows, list):
            raise unreadable("HitPay's list of balances holds no list")
        return rows

    def _get(
        self, path: str, params: Filters, *, missing: str = "What was asked for", noun: str = "charges"
    ) -> JsonObject:
        body = self._body(path, params, missing=missing, noun=noun)
        if not isinstance(body, dict):
            raise unreadable("HitPay's answer isn't what its documentation promises")
        return body

    def _body(
        self, path: str, params: Filters, *, missing: str = "What was asked for", noun: str = "charges"
    ) -> object:
        answer = self._http.read(
            Call(
                service=SERVICE,
                url=self._base_url + path,
                params=params,
                headers=self._headers,
                key=self._rate_key,
            )
        )
        if not answer.ok:
            raise _error(answer, missing, noun)
        return answer.body


def unreadable(what: str, detail: str = "") -> Refused:
    """An answer that arrived whole but doesn't say what it must."""
    return Refused(f"{what}.", detail=detail, cause="unreadable")


def _error(answer: Answer, missing: str, noun: str) -> OutsideError:
    code = str(answer.status)
    if answer.status == 401:
        return NotConnected(
            "HitPay doesn't accept the API key. Enter the key of this environment again.", detail=answer.words
        )
    if answer.status == 403:
        return Refused(
            f"HitPay doesn't allow this API key to read {noun}.",
            detail=answer.words,
            code=code,
            cause="missing_permission",
        )
    if answer.status == 404 or "no query results" in answer.words.lower():
        return Refused(f"{missing} doesn't exist in HitPay.", detail=answer.words, code=code, cause="missing")
    return Refused(
        f"HitPay refused to answer (HTTP {answer.status}).", detail=answer.words, code=code, cause="invalid_request"
    )


def _rows(page: JsonObject, noun: str) -> list[object]:
    rows = page.get("data")
    if not isinstance(rows, list):
        raise unreadable(f"HitPay's list of {noun} holds no list")
    return rows


def _next_cursor(page: JsonObject, noun: str) -> str:
    """The cursor of the next page, "" on the last. A page that doesn't say which it is can't be called the last."""
    meta = page.get("meta")
    if not isinstance(meta, dict) or "next_cursor" not in meta:
        raise unreadable(f"HitPay's list of {noun} doesn't say whether it goes on")
    cursor = meta["next_cursor"]
    if cursor is None or cursor == "":
        return ""
    if not isinstance(cursor, str):
        raise unreadable(f"HitPay's list of {noun} names a next page that can't be asked for")
    return cursor
