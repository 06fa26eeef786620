"""Registering webhooks: `/webhook-events`, after HitPay's OpenAPI. The answers hold no salt.

Stricter than HitPay in one point and laxer in another: addresses must be on this machine, and then may be plain http.
"""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Response, request

from app.simulator.contract import contract, validate_request
from app.simulator.hitpay.refusals import invalid, missing
from app.simulator.webhooks import WEBHOOKS, new_webhook
from app.simulator.world import World

Row = dict[str, Any]


@dataclass(frozen=True)
class WebhookEvents:
    """The answers about an account's webhooks."""

    world: World

    def listed(self, account: Row) -> list[Row]:
        return [_json(row) for row in self.world.state.find(WEBHOOKS, "account", account["id"])]

    def create(self, account: Row) -> Response:
        row = new_webhook(self.world.state, account, _given("create_webhook_event"), self.world.clock.now())
        return Response(json.dumps(_json(row)), 201, mimetype="application/json")

    def update(self, account: Row, webhook_id: str) -> Row:
        row = self.world.state.get(WEBHOOKS, webhook_id)
        if row is None or row["account"] != account["id"]:
            raise missing("Webhook", webhook_id)
        now = self.world.clock.now().replace(microsecond=0).isoformat()
        changed = {**row, **_given("update_webhook_event"), "updated_at": now}
        return _json(self.world.state.put(WEBHOOKS, webhook_id, changed))


def _given(operation: str) -> Row:
    body = request.get_json(silent=True)
    problems = validate_request(contract("hitpay")[operation], {}, body)
    errors = {problem.field: [f"The {problem.field} field is invalid: {problem.detail}."] for problem in problems}
    url = body.get("url") if isinstance(body, dict) else None
    if "url" not in errors and not _is_here(str(url)):
        errors["url"] = ["The url must be a valid URL with https protocol (here also http on this machine itself)."]
    if errors or not isinstance(body, dict):
        raise invalid(errors or {"body": ["The body is no object."]})
    return {name: body[name] for name in ("name", "url", "event_types")}


def _is_here(url: str) -> bool:
    parts = urlsplit(url)
    try:
        return parts.scheme in ("http", "https") and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.hostname == "localhost"


def _json(row: Row) -> Row:
    names = ("id", "business_id", "name", "url", "event_types", "created_at", "updated_at")
    return {name: row[name] for name in names}
