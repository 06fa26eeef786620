"""HitPay's payouts as JSON, made into Payouts.

Their fields and status values are unpublished (the copies of the specification that could be read end before them), so
this asks for what no payout can do without: an id, an amount in major units with its currency, a status and the time
of its making. `paid_at` is used if it is there. The statuses are those that HitPay publishes for transfers, and the
usual words besides; a word that nobody knows is an error, never taken for paid nor for unpaid.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from app.domain.charges import Payout
from app.domain.money import Money
from app.ports import Refused
from app.providers.hitpay.translate import (
    Row,
    UnreadableError,
    amount_in,
    currency_in,
    id_in,
    instant_in,
    name_of,
    text_in,
)

_PAID = frozenset({"paid", "succeeded", "completed"})
_UNPAID = frozenset(
    {"created", "pending", "scheduled", "processing", "in_transit", "failed", "canceled", "cancelled", "rejected",
     "returned"}
)  # fmt: skip


def payouts_from(rows: Iterable[object], since: datetime) -> Iterator[Payout]:
    """The paid ones among `rows`, which come newest first, down to the first that was made before `since`.

    A row that can't be read doesn't hide the others: Refused with cause `unreadable` comes at the end.
    """
    broken: list[str] = []
    for row in rows:
        try:
            payout, paid = _payout(row if isinstance(row, Mapping) else {})
        except (UnreadableError, ArithmeticError, ValueError) as error:
            why = str(error) if isinstance(error, UnreadableError) else "a value is out of range"
            broken.append(f"HitPay's payout {name_of(row)} can't be read: {why}.")
            continue
        if payout.created_at < since:
            break
        if paid:
            yield payout
    if broken:
        more = f" And {len(broken) - 1} more of HitPay's payouts can't be read." if len(broken) > 1 else ""
        raise Refused(broken[0] + more, cause="unreadable")


def _payout(row: Row) -> tuple[Payout, bool]:
    """A payout, and whether it was paid."""
    created = instant_in(row, "created_at")
    payout = Payout(
        id=id_in(row),
        amount=_amount(row),
        created_at=created,
        paid_at=instant_in(row, "paid_at") if row.get("paid_at") else created,
    )
    return payout, _is_paid(row)


def _amount(row: Row) -> Money:
    amount, currency = amount_in(row, "amount"), currency_in(row, "currency")
    if amount is None:
        raise UnreadableError("it names no amount")
    try:
        return Money.of(amount, currency)
    except ValueError:
        why = f"its amount {amount} {currency} is finer than the currency's minor unit"
    raise UnreadableError(why)


def _is_paid(row: Row) -> bool:
    status = (text_in(row, "status") or "").lower()
    if not status:
        raise UnreadableError("it names no status")
    if status not in _PAID | _UNPAID:
        raise UnreadableError(f"its status {status[:40]!r} is unknown")
    return status in _PAID
