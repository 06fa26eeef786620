"""What the simulated HitPay tells others by itself: webhooks registered, and deliveries waiting for the courier.

Known (HitPay's event guide): the body is the object, without an envelope; a charge is serialised in another way than in
the API. Unknown, hence guessed: how often and when a failed delivery is repeated, and the length of a salt.
"""

from __future__ import annotations

import json
import random
from datetime import datetime
from typing import Any
from uuid import UUID

from app.simulator.charge import PAID, Row
from app.simulator.state import State

WEBHOOKS = "hitpay_webhooks"
DELIVERIES = "hitpay_deliveries"

_SAME = ("id", "channel", "customer_id", "status", "customer", "currency", "home_currency", "remark",
         "payment_request_id", "location", "terminal_id", "admin_fee", "metadata", "created_at", "updated_at",
         "closed_at", "refunded_at")  # fmt: skip
_AMOUNTS = ("amount", "refunded_amount", "fixed_fee", "discount_fee", "discount_fee_rate")


def new_webhook(state: State, account: Row, given: Row, now: datetime) -> Row:
    """Store a webhook of an account; its salt is shown on the simulator's own page, as in HitPay's dashboard."""
    dice = random.Random(f"webhook:{account['id']}:{state.bump('serial:webhooks')}")  # noqa: S311 - opens nothing
    key = str(UUID(int=dice.getrandbits(128), version=4))
    row = {"id": key, "account": account["id"], "business_id": account["business_id"],
           "salt": f"{dice.getrandbits(128):032x}", "created_at": _second(now)}  # fmt: skip
    return state.put(WEBHOOKS, key, {**row, **given, "updated_at": _second(now)})


def announce_charge(state: State, account: Row, before: Row | None, row: Row) -> None:
    """Queue what HitPay tells of a charge: that it was paid, or that something of it was refunded."""
    if row["status"] in PAID and (before is None or before["status"] not in PAID):
        announce(state, account, "charge.created", lambda: charge_body(account, row))
    elif before is not None and before["refunded_amount"] != row["refunded_amount"]:
        announce(state, account, "charge.updated", lambda: charge_body(account, row))


def announce(state: State, account: Row, event: str, body: Any) -> None:
    """Queue an event for every webhook that listens to it; `body()` is only made if one does."""
    for webhook in state.find(WEBHOOKS, "account", account["id"]):
        if event in webhook["event_types"]:
            key = f"{state.bump('serial:deliveries'):09d}"
            state.put(DELIVERIES, key, {"id": key, "webhook": webhook["id"], "event": event,
                                        "body": json.dumps(body()), "tries": 0, "after": ""})  # fmt: skip


def charge_body(account: Row, row: Row) -> Row:
    """A charge as webhooks hold it (the published sample of charge.created)."""
    method = row["payment_method"]
    charge = {"type": method["type"], "id": method["provider_reference"], "method": method["name"]}
    return {
        **{name: row[name] for name in _SAME},
        **{name: float(row[name]) for name in _AMOUNTS},
        "business_id": account["business_id"],
        "refunds": [],
        "order": None,
        "order_id": None,
        "failed_reason": None,
        "all_inclusive_fee": False,
        "payment_provider": {"code": method["code"], "account_id": account["id"], "charge": charge},
        "relatable": None,
        "type": "charge",
    }


def payout_body(row: Row) -> Row:
    """A payout; its fields are unpublished, so ours are the guess of the API's answers."""
    return {**{name: value for name, value in row.items() if name != "account"}, "amount": float(row["amount"])}


def _second(now: datetime) -> str:
    return now.replace(microsecond=0).isoformat()
