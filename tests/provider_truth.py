"""What the books must hold, computed from the simulated HitPay's own rows and without the app's domain."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.shop import ACCOUNT, Shop

Row = dict[str, Any]

SALES = ("succeeded", "refunded", "partially_refunded")
CENT = Decimal("0.01")


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


def home_of(charge: dict[str, Any]) -> Decimal | None:
    """What HitPay credits for a charge before fees, in the account's own currency; None where it doesn't say."""
    if charge.get("home_currency_amount") is not None:
        return Decimal(str(charge["home_currency_amount"]))
    if charge.get("net_amount") is not None:
        return Decimal(str(charge["net_amount"])) + fee_of(charge)
    return gross_of(charge) if charge["currency"] == charge["home_currency"] else None


def currency_of(charge: dict[str, Any]) -> str:
    """The charge's currency as the books write it."""
    return str(charge["currency"]).upper()


def instant_of(text: str) -> datetime:
    """A time as HitPay writes it, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def paid_at(charge: dict[str, Any]) -> datetime:
    """When a charge was paid."""
    return instant_of(charge["closed_at"] or charge["created_at"])


def day_in(zone: ZoneInfo, instant: datetime) -> date:
    """The day an instant falls on in a zone."""
    return instant.astimezone(zone).date()


def home_shares(charge: dict[str, Any], amounts: list[Decimal]) -> list[Decimal]:
    """What each of a charge's refunds takes in the account's own currency, in the order in which they were made.

    Each at the charge's own rate, but never more than is left; the one that gives back the last of the charge takes
    all that is left.
    """
    whole, gross = home_of(charge) or Decimal(0), gross_of(charge)
    shares: list[Decimal] = []
    for number, amount in enumerate(amounts, start=1):
        left = whole - sum(shares)
        at_rate = (amount * whole / gross).quantize(CENT, ROUND_HALF_UP)
        shares.append(left if sum(amounts[:number]) == gross else min(at_rate, left))
    return shares


def local_day(charge: dict[str, Any]) -> str:
    """The day of closing; the simulated HitPay writes Singapore time."""
    return str(charge["closed_at"])[:10]


def by_reference(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Documents by reference; fails if one exists twice."""
    twice = [name for name, count in Counter(row["reference_number"] for row in rows).items() if count > 1]
    assert twice == [], "documents that exist twice"
    return {row["reference_number"]: row for row in rows}
