"""A day of trade in the simulated shop: a pure function of account, date and seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from app.simulator.charge import PAID, Row, Sale, cents, charge_of
from app.simulator.shop import CASH, CHANNEL_WEIGHTS, FOREIGN, METHOD_WEIGHTS

SINGAPORE = ZoneInfo("Asia/Singapore")
_T = TypeVar("_T")
_DAY = 24 * 60 * 60
_REFUND_WINDOW = 6


@dataclass(frozen=True)
class Options:
    """What else than plain sales may happen, each as a share of the charges from 0 to 1. All off by default."""

    refunded: float = 0.0
    manual: float = 0.0
    void: float = 0.0
    unpaid: float = 0.0
    foreign: float = 0.0


@dataclass(frozen=True)
class RefundDue:
    """A refund that a day of trade brings; `amount` in the charge's currency."""

    charge_id: str
    amount: Decimal
    at: datetime


PLAIN = Options()


def trade_day(account: str, day: date, seed: int, count: int = 12, options: Options = PLAIN) -> list[Row]:
    """The charges created on the local `day` (Singapore), in the order of creation; treat them as read only.

    From two sales on, the first is made within ten minutes after midnight and the last within ten before; on every
    third day that last one is paid after midnight, so that its day of payment isn't its day of creation.
    """
    return list(_trade_day(account, day, seed, count, options))


def sale_now(account: str, serial: int, seed: int, now: datetime) -> Row:
    """One more sale beside the day's own, created and paid at `now`; `serial` tells sales apart."""
    rng = random.Random(f"sale:{seed}:{account}:{serial}")  # noqa: S311 - a story to tell, not a secret
    sale = _sale(rng, f"sale:{seed}:{account}:{serial}", now.astimezone(SINGAPORE), 500 + serial, PLAIN)
    return charge_of(replace(sale, closed_after=timedelta(0)))


def refunds_due(account: str, day: date, seed: int, count: int, options: Options) -> list[RefundDue]:
    """The refunds made on the local `day`, of charges created on it or in the six days before."""
    due: list[RefundDue] = []
    for back in range(_REFUND_WINDOW + 1):
        sold = day - timedelta(days=back)
        found = (_refund(row, seed, options) for row in _trade_day(account, sold, seed, count, options))
        due += [refund for refund in found if refund and refund.at.astimezone(SINGAPORE).date() == day]
    return sorted(due, key=lambda refund: refund.at)


@lru_cache(maxsize=64)
def _trade_day(account: str, day: date, seed: int, count: int, options: Options) -> tuple[Row, ...]:
    rng = random.Random(f"day:{seed}:{account}:{day.isoformat()}")  # noqa: S311 - a story to tell, not a secret
    midnight = datetime.combine(day, time(), SINGAPORE)
    return tuple(
        charge_of(_sale(rng, f"{seed}:{account}:{day}:{number}", midnight + timedelta(seconds=second), number, options))
        for number, second in enumerate(_seconds(rng, day, count))
    )


def _seconds(rng: random.Random, day: date, count: int) -> list[int]:
    seconds = [int(rng.triangular(7 * 3600, _DAY - 1, 14 * 3600)) for _ in range(count)]
    if count > 1:
        seconds[0] = rng.randrange(600)
        seconds[-1] = _DAY - (2 if day.toordinal() % 3 == 0 else rng.randrange(90, 600))
    return sorted(seconds)


def _sale(rng: random.Random, key: str, created_at: datetime, number: int, options: Options) -> Sale:
    channel = _weighted(rng, CHANNEL_WEIGHTS)
    method = _weighted(rng, METHOD_WEIGHTS)
    status = _status(rng.random(), options)
    currency, rate = _currency(rng, options)
    amount = _amount(rng)
    ordered = channel in ("api_store", "api_woocomm", "api_shopify")
    return Sale(
        key=key,
        created_at=created_at,
        amount=cents(amount / rate, currency) if rate != 1 else amount,
        method=CASH if status == "succeeded_manually" else method,
        currency=currency,
        exchange_rate=rate,
        channel=channel,
        status=status,
        closed_after=timedelta(seconds=rng.randrange(4, 75)) if status not in _UNPAID else None,
        order_reference=f"{created_at.date().toordinal() % 10_000}{number:03d}" if ordered else None,
    )


def _amount(rng: random.Random) -> Decimal:
    """Mostly a shop's baskets around 35; now and then the smallest and the largest that there are."""
    corner = rng.randrange(120)
    if corner < 2:
        return (Decimal("0.01"), Decimal("2500.00"))[corner]
    return min(max(cents(Decimal(str(rng.lognormvariate(3.55, 0.95))), "sgd"), Decimal("1.00")), Decimal("2500.00"))


_UNPAID = ("pending", "failed", "canceled", "requires_customer_action", "requires_payment_method")


def _status(draw: float, options: Options) -> str:
    for share, name in ((options.manual, "succeeded_manually"), (options.void, "void")):
        if draw < share:
            return name
        draw -= share
    return _UNPAID[int(draw / options.unpaid * len(_UNPAID))] if draw < options.unpaid else "succeeded"


def _currency(rng: random.Random, options: Options) -> tuple[str, Decimal]:
    foreign = rng.random() < options.foreign
    return rng.choice(FOREIGN) if foreign else ("sgd", Decimal("1.00000"))


def _refund(row: Row, seed: int, options: Options) -> RefundDue | None:
    rng = random.Random(f"refund:{seed}:{row['id']}")  # noqa: S311 - a story to tell, not a secret
    if row["status"] not in PAID or rng.random() >= options.refunded:
        return None
    part = cents(row["amount"] * rng.choice((Decimal(1), Decimal("0.5"), Decimal("0.333"))), row["currency"])
    delay = timedelta(minutes=rng.randrange(10, _REFUND_WINDOW * 24 * 60))
    closed = datetime.fromisoformat(row["closed_at"])
    return RefundDue(row["id"], part or row["amount"], closed + delay)


def _weighted(rng: random.Random, choices: tuple[tuple[_T, int], ...]) -> _T:
    return rng.choices([choice for choice, _ in choices], [weight for _, weight in choices])[0]
