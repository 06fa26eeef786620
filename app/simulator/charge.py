"""One HitPay charge as the simulator stores it, made from a few facts: ids, fees, home amounts.

Rows hold the wire's field names; amounts are Decimals in major units, times ISO 8601 text with the shop's offset.
Field meanings: HitPay OpenAPI (charges) and HitPay's own "list charges" and "get charge details" texts.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.simulator.shop import CARD, CASH, CUSTOMERS, METHODS, Method

Row = dict[str, Any]

PAID = ("succeeded", "partially_refunded", "refunded")
MONEY = frozenset(
    {
        "amount",
        "home_currency_amount",
        "fixed_fee",
        "discount_fee",
        "discount_fee_rate",
        "net_amount",
        "refunded_amount",
        "exchange_rate",
    }
)
_SINGAPORE = ZoneInfo("Asia/Singapore")
_EXPONENTS = {"jpy": 0, "krw": 0, "vnd": 0, "kwd": 3, "bhd": 3}


@dataclass(frozen=True)
class Sale:
    """The facts a charge is made of. `key` names it for ever: the same key and time give the same ids.

    `amount` is in `currency`; `exchange_rate` is home units for one unit of it; `closed_after` None means
    that it was never paid.
    """

    key: str
    created_at: datetime
    amount: Decimal
    method: Method = CARD
    currency: str = "sgd"
    home_currency: str = "sgd"
    exchange_rate: Decimal = Decimal("1.00000")
    channel: str | None = "api_store"
    status: str = "succeeded"
    closed_after: timedelta | None = timedelta(seconds=16)
    order_reference: str | None = None
    zone: ZoneInfo = _SINGAPORE


def charge_of(sale: Sale) -> Row:
    """The stored row of a sale: the same for the same facts, in every process."""
    rng = random.Random(f"charge:{sale.key}")  # noqa: S311 - a story to tell, not a secret
    closed = sale.created_at + sale.closed_after if sale.closed_after is not None else None
    customer = rng.choice((None, *CUSTOMERS))
    recurring = bool(sale.channel) and "recurring" in str(sale.channel)
    row: Row = {
        "id": ordered_uuid(sale.created_at, rng),
        "currency": sale.currency,
        "home_currency": sale.home_currency,
        "exchange_rate": sale.exchange_rate,
        "amount": sale.amount,
        **_fees(sale),
        "remark": f"Order #{sale.order_reference}" if sale.order_reference else None,
        "status": sale.status,
        "payment_method": _payment_method(sale.method, rng),
        "customer_id": customer["id"] if customer else None,
        "customer": {name: customer[name] for name in ("name", "email", "phone_number")} if customer else None,
        "payment_request_id": str(UUID(int=rng.getrandbits(128), version=4)) if sale.order_reference else None,
        "payment_reference_number": f"ch_{rng.getrandbits(80):020x}",
        "webhook_status": False,
        "order_reference_number": sale.order_reference,
        "executor": None,
        "location": _LOCATION if sale.channel == "point_of_sale" else None,
        "channel": sale.channel,
        "admin_fee": False,
        "metadata": None,
        "xborder": False,
        "created_at": local_text(sale.created_at, sale.zone),
        "closed_at": local_text(closed, sale.zone) if closed else None,
        "updated_at": local_text(closed or sale.created_at, sale.zone),
        "refunded_amount": Decimal(0),
        "refunded_at": None,
        "refunds": [],
        "target_id": str(UUID(int=rng.getrandbits(128), version=4)) if recurring else None,
        "target_type": "business_recurring_plan" if recurring else None,
        "terminal_id": None,
        "is_captured": sale.status in (*PAID, "succeeded_manually"),
        "payout_id": None,
        "distorted": {},
        "omitted": [],
    }
    return _settled(row)


def changed_charge(row: Row, changes: Mapping[str, Any], zone: ZoneInfo) -> Row:
    """A copy with some wire fields replaced; home and net amounts follow unless they are among the changes.

    Amounts may be Decimals, integers or text; times aware datetimes or text. An unknown field is a KeyError.
    """
    unknown = sorted(set(changes) - set(row))
    if unknown:
        raise KeyError(f"a charge has no {', '.join(unknown)}")
    given = {name: _stored(name, value, zone) for name, value in changes.items()}
    draft = {**row, **given}
    moved = {"amount", "exchange_rate", "fixed_fee", "discount_fee"} & set(given)
    return {**_settled(draft), **given} if moved else draft


def cents(amount: Decimal, currency: str) -> Decimal:
    """`amount` rounded half up to the smallest unit of `currency`."""
    return amount.quantize(Decimal(1).scaleb(-_EXPONENTS.get(currency.lower(), 2)), ROUND_HALF_UP)


def home_amount(row: Row) -> Decimal:
    """What the payer paid, in the home currency, before fees."""
    stated: Decimal | None = row["home_currency_amount"]
    if stated is not None:
        return stated
    return cents(row["amount"] * (row["exchange_rate"] or 1), row["home_currency"])


def home_net(row: Row) -> Decimal:
    """What the shop gets for a charge before refunds, in the home currency."""
    fee: Decimal = row["fixed_fee"] + row["discount_fee"]
    return home_amount(row) - fee


def home_refunded(row: Row) -> Decimal:
    """How much of a charge went back to its payer, in the home currency; a full refund takes the last cent."""
    if row["refunded_amount"] == row["amount"]:
        return home_amount(row)
    return cents(row["refunded_amount"] * (row["exchange_rate"] or 1), row["home_currency"])


def local_text(instant: datetime, zone: ZoneInfo) -> str:
    """ISO 8601 with the offset of `zone`, whole seconds, as HitPay's charge samples have it."""
    return instant.astimezone(zone).replace(microsecond=0).isoformat()


def ordered_uuid(instant: datetime, rng: random.Random) -> str:
    """An id that begins with the time in units of 10 microseconds, as the ids of HitPay's samples do."""
    ticks = int(instant.astimezone(UTC).timestamp() * 100_000) + rng.randrange(100_000)
    bits = (ticks << 80) | rng.getrandbits(80)
    return str(UUID(int=bits & ~(0xF << 76) & ~(0x3 << 62) | (4 << 76) | (2 << 62)))


def _fees(sale: Sale) -> Row:
    paid = sale.status in PAID and sale.method is not CASH
    rate = sale.method.rate if paid else Decimal(0)
    home = cents(sale.amount * sale.exchange_rate, sale.home_currency)
    return {
        "fixed_fee": sale.method.fixed if paid else Decimal(0),
        "discount_fee": cents(home * rate / 100, sale.home_currency),
        "discount_fee_rate": rate,
    }


def _settled(row: Row) -> Row:
    row = {**row, "home_currency_amount": None}
    return {**row, "home_currency_amount": home_amount(row), "net_amount": home_net(row)}


def _payment_method(method: Method, rng: random.Random) -> Row:
    data: Row = {}
    if method is CARD:
        brand = rng.choice(("Visa", "Mastercard", "American Express"))
        last4 = f"{rng.randrange(10_000):04d}"
        data = {"brand": brand, "last4": last4, "country_code": "SG", "country": "Singapore"}
    return {
        "name": method.name,
        "data": data,
        "code": method.provider,
        "provider_reference": f"{method.provider}_{rng.getrandbits(64):016x}",
        "type": "charge",
    }


def _stored(name: str, value: Any, zone: ZoneInfo) -> Any:
    if name in MONEY and value is not None:
        return Decimal(str(value))
    if isinstance(value, datetime):
        return local_text(value, zone)
    if name.endswith("_at") and isinstance(value, str):
        return local_text(datetime.fromisoformat(value), zone)
    if name == "payment_method" and isinstance(value, str):
        return _payment_method(METHODS[value], random.Random(value))  # noqa: S311
    return value


_LOCATION = {
    "id": "96e21521-3c8a-4c21-b76d-558d2cb8b846",
    "name": "Tiong Bahru shop",
    "address": "12 Example Road, Singapore, 160012",
}
