"""Money that leaves a simulated HitPay account: the rows of refunds and payouts, and what is still owed.

A refund has the shape of HitPay's GET sample; a payout's fields are unpublished, so ours are a guess.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from app.simulator.charge import PAID, Row, home_net, home_refunded, local_text, ordered_uuid


def refund_row(charge: Row, amount: Decimal, instant: datetime) -> Row:
    """The refund of `amount` (charge currency) at `instant`; its times are in Z with microseconds, as HitPay's are."""
    text = instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {
        "id": ordered_uuid(instant, _random(f"refund:{charge['id']}:{len(charge['refunds'])}")),
        "refunded_by": None,
        "payment_id": charge["id"],
        "amount_refunded": amount,
        "total_amount": charge["amount"],
        "currency": charge["currency"],
        "status": "succeeded",
        "payment_method": charge["payment_method"]["name"],
        "provider_fee": None,
        "provider_fee_currency": None,
        "refunded_at": text,
        "created_at": text,
    }


def refunded_fields(charge: Row, refund: Row) -> Row:
    """The fields of a charge that its refund changes."""
    total = charge["refunded_amount"] + refund["amount_refunded"]
    instant = datetime.fromisoformat(refund["refunded_at"])
    return {
        "refunded_amount": total,
        "refunded_at": instant,
        "updated_at": instant,
        "status": "refunded" if total == charge["amount"] else "partially_refunded",
        "refunds": [*charge["refunds"], refund["id"]],
    }


def payout_row(account: Row, serial: int, charges: Iterable[Row], instant: datetime) -> Row:
    """The settlement of `charges` to the bank: home amounts minus fees minus what was refunded of them so far."""
    return {
        "id": ordered_uuid(instant, _random(f"payout:{account['id']}:{serial}")),
        "account": account["id"],
        "currency": account["home_currency"],
        "amount": sum((home_net(row) - home_refunded(row) for row in charges), Decimal(0)),
        "status": "paid",
        "created_at": local_text(instant, ZoneInfo(account["time_zone"])),
    }


def may_settle(charge: Row) -> bool:
    """Paid through HitPay and in no payout yet."""
    return charge["payout_id"] is None and charge["status"] in PAID


def owed(charges: Iterable[Row], payouts: Iterable[Row]) -> Decimal:
    """What HitPay still owes in the home currency: net sales minus refunds minus payouts."""
    earned = (home_net(row) - home_refunded(row) for row in charges if row["status"] in PAID)
    return sum(earned, Decimal(0)) - sum((payout["amount"] for payout in payouts), Decimal(0))


def _random(key: str) -> random.Random:
    return random.Random(key)  # noqa: S311 - a story to tell, not a secret
