"""The webhooks registered at HitPay: listed, made and moved. Source: HitPay OpenAPI, webhook-events.

The answer holds no salt: it is shown in HitPay's dashboard only.
"""

from __future__ import annotations

from urllib.parse import quote

from app.http_client import Answer, Call, HttpClient
from app.ports import NotConnected, Refused, RegisteredWebhook
from app.providers.hitpay.client import SERVICE, unreadable
from app.providers.hitpay.environments import Environment
from app.providers.hitpay.webhook import EVENTS

NAME = "Tieout"


class HitPayWebhookEvents:
    """The only place that changes anything at HitPay: where it sends its own events."""

    def __init__(self, http: HttpClient, environment: Environment, api_key: str) -> None:
        self._http = http
        self._environment = environment
        self._headers = {"X-BUSINESS-API-KEY": api_key, "X-Requested-With": "XMLHttpRequest"}

    def registered(self) -> list[RegisteredWebhook]:
        """Every webhook of the account (`GET /v1/webhook-events`, a bare list)."""
        rows = _known(self._http.read(self._call("")))
        if not isinstance(rows, list):
            raise unreadable("HitPay's list of webhooks holds no list")
        return [_webhook(row) for row in rows]

    def register(self, address: str) -> RegisteredWebhook:
        """Have the events that concern the books sent to `address`; InDoubt if nobody can say whether it was done."""
        self._check(address)
        return _webhook(_known(self._http.write(self._call("", "POST", address))))

    def move(self, webhook_id: str, address: str) -> RegisteredWebhook:
        """Let a registered webhook lead to `address`, with the events that concern the books."""
        self._check(address)
        return _webhook(_known(self._http.write(self._call(f"/{quote(webhook_id, safe='')}", "PUT", address))))

    def _check(self, address: str) -> None:
        if not address.startswith("https://") and not self._environment.plain_webhooks:
            raise Refused(
                "HitPay delivers to https addresses only, and this install's public address is plain http.",
                cause="invalid_request",
            )

    def _call(self, path: str, method: str = "GET", address: str = "") -> Call:
        return Call(
            service=SERVICE,
            method=method,
            url=f"{self._environment.base_url}/v1/webhook-events{path}",
            headers=self._headers,
            body={"name": NAME, "url": address, "event_types": list(EVENTS)} if address else None,
        )


def _known(answer: Answer) -> object:
    if answer.ok:
        return answer.body
    if answer.status == 401:
        raise NotConnected("HitPay doesn't accept the API key. Enter it again.", detail=answer.words)
    if answer.status == 403:
        raise Refused("HitPay doesn't allow this API key to register webhooks.", detail=answer.words,
                      code="403", cause="missing_permission")  # fmt: skip
    raise Refused(f"HitPay refused (HTTP {answer.status}).", detail=answer.words, code=str(answer.status),
                  cause="missing" if answer.status == 404 else "invalid_request")  # fmt: skip


def _webhook(row: object) -> RegisteredWebhook:
    if not isinstance(row, dict) or not isinstance(row.get("id"), str) or not isinstance(row.get("url"), str):
        raise unreadable("HitPay's answer names no webhook")
    events = row.get("event_types")
    return RegisteredWebhook(id=row["id"], address=row["url"],
                             events=tuple(str(one) for one in events) if isinstance(events, list) else ())  # fmt: skip
