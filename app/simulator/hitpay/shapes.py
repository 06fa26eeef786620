"""The JSON of HitPay's objects, made from the simulator's rows.

Sources: HitPay OpenAPI for charges, refunds, balances, account status; HitPay's newer texts for `home_currency_amount`,
`net_amount`, `payment_reference_number`, `metadata`, `xborder` and the additions of a single charge. Unpublished, hence
guessed: the items of `refunds` (we answer refund objects), every field of a payout, and `payout` of a charge.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

Row = dict[str, Any]

_SHARED = (
    "id",
    "currency",
    "home_currency",
    "exchange_rate",
    "amount",
    "home_currency_amount",
    "fixed_fee",
    "discount_fee",
    "discount_fee_rate",
    "net_amount",
    "remark",
    "status",
    "payment_method",
    "customer_id",
    "customer",
    "payment_request_id",
    "payment_reference_number",
    "webhook_status",
    "order_reference_number",
    "executor",
    "location",
    "channel",
    "admin_fee",
    "metadata",
    "xborder",
    "closed_at",
    "created_at",
    "updated_at",
)


def listed_charge(row: Row) -> Row:
    """A charge as lists show it: without refunds and settlement."""
    method = row["payment_method"]
    return _as_served(row, {**_shared(row), "payment_method": {"name": method["name"], "data": method["data"]}})


def single_charge(row: Row, refunds: list[Row], payout: Row | None) -> Row:
    """A charge by itself, not wrapped."""
    whole = {
        **_shared(row),
        "amount_without_fees": plain(row["net_amount"]),
        "refunded_amount": plain(row["refunded_amount"]),
        "refunded_at": row["refunded_at"],
        "refunds": [refund_json(refund) for refund in refunds],
        "auto_refunds": [],
        "target_id": row["target_id"],
        "target_type": row["target_type"],
        "payment_request": None,
        "payout": payout_json(payout) if payout else None,
        "terminal_id": row["terminal_id"],
        "can_refund": row["status"] in ("succeeded", "partially_refunded"),
        "is_captured": row["is_captured"],
        "was_delayed": row["status"] == "void",
        "webhook_logs": [],
    }
    return _as_served(row, whole)


def refund_json(row: Row) -> Row:
    return {name: plain(value) for name, value in row.items()}


def payout_json(row: Row) -> Row:
    return {name: plain(value) for name, value in row.items() if name != "account"}


def balances_json(currency: str, available: Decimal) -> list[Row]:
    """Everything owed is shown as available."""
    return [
        {"currency": currency, "wallets": {"available": plain(available), "deposit": 0, "pending": 0, "reserve": 0}}
    ]


ACCOUNT_STATUS: Row = {
    "bank_account_status": "completed",
    "verification": {
        "overall_status": "completed",
        "owner_verification": "not_required",
        "business_verification": "completed",
    },
    "payment_providers": {
        "dbs_sg": {"setup_status": "completed"},
        "stripe_sg": {"setup_status": "completed", "payment_enabled": True, "payout_enabled": True},
    },
}


def plain(value: Any) -> Any:
    """A Decimal as the JSON number HitPay sends: 100, not 100.00. Anything else as it is."""
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)


def _shared(row: Row) -> Row:
    return {**{name: plain(row[name]) for name in _SHARED}, "exchange_rate": rate_text(row["exchange_rate"])}


def _as_served(row: Row, shape: Row) -> Row:
    """The shape with the distortions that a test asked for."""
    told = {**shape, **{name: plain(value) for name, value in row["distorted"].items() if name in shape}}
    return {name: value for name, value in told.items() if name not in row["omitted"]}


def rate_text(rate: Decimal | None) -> str | None:
    """An exchange rate as HitPay's samples have it: text with five decimals, or null."""
    return None if rate is None else f"{rate:.5f}"
