"""What the books must hold, computed from the simulated HitPay's own rows and without the app's domain."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from tests.shop import ACCOUNT, Shop

SALES = ("succeeded", "refunded", "partially_refunded")


def paid_sales(shop: Shop, opened: str) -> dict[str, dict[str, Any]]:
    """The sales since sync was enabled at `opened` (Singapore time, as HitPay writes it), by charge id."""
    rows = shop.world.charges(ACCOUNT)
    return {row["id"]: row for row in rows if row["status"] in SALES and row["created_at"] >= opened}


def fee_of(charge: dict[str, Any]) -> Decimal:
    """What HitPay keeps of a charge, in the account's own currency."""
    return Decimal(str(charge["fixed_fee"])) + Decimal(str(charge["discount_fee"]))


def gross_of(charge: dict[str, Any]) -> Decimal:
    """What the buyer paid, in the charge's currency."""
    return Decimal(str(charge["amount"]))


def local_day(charge: dict[str, Any]) -> str:
    """The day of closing; the simulated HitPay writes Singapore time."""
    return str(charge["closed_at"])[:10]


def by_reference(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Documents by reference; fails if one exists twice."""
    twice = [name for name, count in Counter(row["reference_number"] for row in rows).items() if count > 1]
    assert twice == [], "documents that exist twice"
    return {row["reference_number"]: row for row in rows}
