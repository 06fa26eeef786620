"""The refunds inside a charge's detail, made into Refunds.

The items of `refunds[]` are unpublished (the only official sample is empty), so several names are tried for each
fact; what then adds up to less than `refunded_amount` is refused, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from app.domain.charges import Refund
from app.domain.money import Money, total
from app.ports import Refused
from app.providers.hitpay.translate import UnreadableError, amount_in, instant_in, name_of, text_in

Row = Mapping[str, object]

_DONE = ("", "succeeded", "completed", "refunded")


def refunds_from(detail: Row) -> list[Refund]:
    """The completed refunds, oldest first; Refused with cause `unreadable` if they don't add up to what the charge
    says was refunded."""
    try:
        return _refunds(detail)
    except (UnreadableError, ArithmeticError, ValueError) as error:
        why = str(error)
    raise Refused(f"The refunds of HitPay's charge {name_of(detail)} can't be read: {why}.", cause="unreadable")


def _refunds(detail: Row) -> list[Refund]:
    charge_id, currency = text_in(detail, "id") or "", (text_in(detail, "currency") or "").upper()
    rows = detail.get("refunds")
    completed = [row for row in (rows if isinstance(rows, list) else []) if _is_completed(row)]
    found = sorted((_refund(row, charge_id, currency) for row in completed), key=lambda one: (one.refunded_at, one.id))
    named = _with_ids(found)
    stated = amount_in(detail, "refunded_amount") or Decimal(0)
    added = total((one.amount for one in named), currency).amount
    if added != stated:
        raise UnreadableError(f"they add up to {added}, but the charge says {stated} was refunded")
    return named


def _is_completed(row: object) -> bool:
    if not isinstance(row, Mapping):
        raise UnreadableError("one of them is no object")
    return (text_in(row, "status") or "").lower() in _DONE


def _refund(row: Row, charge_id: str, currency: str) -> Refund:
    amount = amount_in(row, "amount_refunded")
    if amount is None:
        amount = amount_in(row, "amount")
    if amount is None or amount <= 0:
        raise UnreadableError("one of them names no amount")
    named = "refunded_at" if row.get("refunded_at") else "created_at"
    return Refund(
        id=text_in(row, "id") or "",
        charge_id=charge_id,
        amount=Money.of(amount, currency),
        refunded_at=instant_in(row, named),
    )


def _with_ids(refunds: list[Refund]) -> list[Refund]:
    """Name those without an id after the charge and all that was refunded up to and with them."""
    named: list[Refund] = []
    for refund in refunds:
        so_far = sum(one.amount.minor for one in named) + refund.amount.minor
        key = refund.id or f"{refund.charge_id}-{so_far}"
        named.append(Refund(id=key, charge_id=refund.charge_id, amount=refund.amount, refunded_at=refund.refunded_at))
    return named
