"""Zoho Books v3 over HTTP: token, organization, envelope, errors and paging, ending at plain JSON objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlencode

from app.books.zoho.datacenters import Datacenter
from app.books.zoho.refusals import SERVICE, code_of, error_of, unreadable
from app.http_client import Answer, Call, HttpClient
from app.ports import TokenKeeper

PER_PAGE = 200
"""The most Zoho gives. Always sent: its documents disagree about the default."""
_MOST_PAGES = 2_000
TOO_MANY_AT_ONCE = "1070"

JsonObject = dict[str, object]


class ZohoClient:
    """Calls for one organization, or for none (`GET /organizations` alone needs none)."""

    def __init__(
        self, http: HttpClient, datacenter: Datacenter, organization_id: str | None, keeper: TokenKeeper
    ) -> None:
        self._http = http
        self._api_url = datacenter.api_url
        self._organization_id = organization_id or ""
        # Part of the address, which is checked and quoted once, and not of the parameters, which are each time.
        self._scope = f"?{urlencode({'organization_id': organization_id})}" if organization_id else ""
        self._keeper = keeper

    @property
    def organization_id(self) -> str:
        """The organization of every call, "" for none."""
        return self._organization_id

    def await_turn(self) -> None:
        """Wait until the call rate allows one more call, and keep that turn for this thread's next call.

        The token is made fresh first: nothing may hold up a write between its claim and its first byte.
        """
        self._keeper.current()
        self._http.await_turn(self._organization_id)

    def get(self, path: str, params: Mapping[str, str] | None = None) -> JsonObject:
        """The answer to a read, its code being 0."""
        return self._ask("GET", path + self._scope, params or {}, None)

    def organizations(self) -> list[JsonObject]:
        """Every organization of the login: the one call that takes no organization and knows no pages."""
        return _rows(self._ask("GET", "/organizations", {}, None), ("organizations",))

    def post(self, path: str, body: JsonObject | None = None, params: Mapping[str, str] | None = None) -> JsonObject:
        """The answer to one write, its code being 0. Sent again only after a token was turned down unread."""
        return self._ask("POST", path + self._scope, params or {}, body)

    def rows(self, path: str, keys: Sequence[str], params: Mapping[str, str] | None = None) -> Iterator[JsonObject]:
        """Every row of a list, to its last page. `keys` are the names the list may have in the answer."""
        before: list[JsonObject] = []
        for number in range(1, _MOST_PAGES + 1):
            page = self.get(path, {**(params or {}), "page": str(number), "per_page": str(PER_PAGE)})
            rows = _rows(page, keys)
            more = _has_more(page)
            if number > 1 and rows and rows == before:
                if more is None:
                    return  # this list knows no pages and answers the whole each time
                break
            yield from rows
            if more is False or not rows or (more is None and len(rows) < PER_PAGE):
                return
            before = rows
        raise unreadable(f"the pages of {path} have no end", write=False)

    def _ask(self, method: str, path: str, params: Mapping[str, str], body: JsonObject | None) -> JsonObject:
        token = self._keeper.current()
        answer = self._send(method, path, params, body, token)
        if answer.status == 401 and code_of(answer) != "14":
            # Zoho ran nothing, so this holds for writes too. A second 401 means a missing scope, not an old token.
            answer = self._send(method, path, params, body, self._keeper.renew(token))
        if answer.ok and code_of(answer) == "0":
            return answer.fields
        if code_of(answer) == TOO_MANY_AT_ONCE:
            self._http.ease_off(self._organization_id)
        raise error_of(answer, write=method != "GET")

    def _send(self, method: str, path: str, params: Mapping[str, str], body: JsonObject | None, token: str) -> Answer:
        call = Call(
            service=SERVICE,
            url=self._api_url + path,
            method=method,
            params=params,
            headers={"Authorization": f"Zoho-oauthtoken {token}"},
            body=body,
            key=self._organization_id,
            leave_429=True,
        )
        return self._http.read(call) if method == "GET" else self._http.write(call)


def _rows(page: JsonObject, keys: Sequence[str]) -> list[JsonObject]:
    """The list of a page. An answer without one is no empty list: a failed look-up must not look like "none"."""
    found = next((page[key] for key in keys if key in page), None)
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise unreadable(f"no list of {keys[0]}", write=False)
    return found


def _has_more(page: JsonObject) -> bool | None:
    """What `page_context` says; None where there is none. The specification types it as an array in places."""
    context = page.get("page_context")
    if isinstance(context, list):
        context = context[0] if context else None
    if not isinstance(context, dict) or "has_more_page" not in context:
        return None
    return context["has_more_page"] in (True, "true", "True", 1, "1")
