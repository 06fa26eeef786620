"""What HitPay holds for an account: the rows of `GET /v1/balances` added up."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from app.domain.money import Money
from app.providers.hitpay.client import unreadable


def balance_from(rows: Sequence[object], currency: str) -> Money | None:
    """The sum of a currency's wallets (HitPay OpenAPI: available, deposit, pending, reserve); None without a row.

    Refused with cause `unreadable` if the row doesn't say what it must.
    """
    for row in rows:
        if not isinstance(row, dict) or not isinstance(row.get("currency"), str):
            raise unreadable("HitPay's list of balances holds a row without a currency")
        if row["currency"].upper() == currency:
            return Money.rounded(_sum(row.get("wallets")), currency)
    return None


def _sum(wallets: object) -> Decimal:
    amounts = list(wallets.values()) if isinstance(wallets, dict) else [None]
    total = Decimal(0)
    for amount in amounts:
        if isinstance(amount, bool) or not isinstance(amount, int | Decimal):
            raise unreadable("HitPay's list of balances holds an amount that is no number")
        total += amount
    return total
