"""HitPay's charge as JSON, made into a Charge. Pure; what must be there must be there, newer fields may be absent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from app.domain.charges import SALE_STATUSES, Charge, ChargeStatus
from app.domain.money import Money
from app.ports import Refused

_LONGEST_ID = 46
"""A reference has room for 50 characters, and `HPR-` takes four of them."""

_MOST = Decimal(10) ** 15
"""Major units; more than any sale, and in any currency's minor units still a number every database can hold."""

_YEARS = range(1970, 2200)
"""Beyond these a time is a mistake, and moving it to another zone may overflow."""

Row = Mapping[str, object]


class UnreadableError(ValueError):
    """Why a charge or payout can't be read, without saying which."""


def charge_from(row: object) -> Charge:
    """The charge a list row or a detail answer tells of; Refused with cause `unreadable`, naming the charge."""
    name = name_of(row)
    try:
        return _charge(row if isinstance(row, Mapping) else {})
    except (UnreadableError, ArithmeticError, ValueError) as error:
        why = str(error) if isinstance(error, UnreadableError) else "a value is out of range"
    raise Refused(f"HitPay's charge {name} can't be read: {why}.", cause="unreadable")


def name_of(row: object) -> str:
    """The charge's id, as far as it can be told, for a message."""
    found = row.get("id") if isinstance(row, Mapping) else None
    return str(found)[:60] if isinstance(found, str | int) and found else "without an id"


def _charge(row: Row) -> Charge:
    status = _status(row)
    gross = _gross(row)
    home_currency = currency_in(row, "home_currency")
    fee = _fee(row, status, home_currency)
    return Charge(
        id=id_in(row),
        status=status,
        gross=gross,
        fee=fee,
        home=_home(row, gross, fee),
        channel=text_in(row, "channel"),
        created_at=instant_in(row, "created_at"),
        closed_at=instant_in(row, "closed_at") if row.get("closed_at") else None,
        updated_at=instant_in(row, "updated_at"),
        captured=row.get("is_captured") is not False,
        order_reference=text_in(row, "order_reference_number"),
        method=text_in(_object(row, "payment_method"), "name"),
        customer_name=text_in(_object(row, "customer"), "name"),
    )


def id_in(row: Row) -> str:
    """The id, if a reference can be made of it."""
    found = row.get("id")
    text = str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
    if not text or len(text) > _LONGEST_ID or not text.isascii() or not text.isprintable() or " " in text:
        raise UnreadableError("its id can't be used as a reference")
    return text


def _status(row: Row) -> ChargeStatus:
    found = row.get("status")
    if found is None:
        raise UnreadableError("it names no status")
    try:
        return ChargeStatus(found.lower() if isinstance(found, str) else "")
    except ValueError:
        known = None
    raise UnreadableError(f"its status {str(found)[:40]!r} is unknown") from known


def _gross(row: Row) -> Money:
    amount = amount_in(row, "amount")
    currency = currency_in(row, "currency")
    if amount is None:
        raise UnreadableError("it names no amount")
    if amount < 0:
        raise UnreadableError("its amount is negative")
    try:
        return Money.of(amount, currency)
    except ValueError:
        why = f"its amount {amount} {currency} is finer than the currency's minor unit"
    raise UnreadableError(why)


def currency_in(row: Row, name: str) -> str:
    """An ISO 4217 code in capitals."""
    found = row.get(name)
    code = found.strip().upper() if isinstance(found, str) else ""
    try:
        Money.of(0, code)
    except ValueError:
        code = ""
    if found is None:
        raise UnreadableError(f"it names no {name.replace('_', ' ')}")
    if not code:
        raise UnreadableError(f"its {name.replace('_', ' ')} {str(found)[:20]!r} is unknown")
    return code


def _fee(row: Row, status: ChargeStatus, home_currency: str) -> Money:
    """Fixed and discount fee together, both in the home currency (list-charges). A sale must name both."""
    parts = [amount_in(row, "fixed_fee"), amount_in(row, "discount_fee")]
    if status in SALE_STATUSES and None in parts:
        raise UnreadableError("it names no fee")
    return Money.rounded(sum((part for part in parts if part is not None), Decimal(0)), home_currency)


def _home(row: Row, gross: Money, fee: Money) -> Money | None:
    """What the provider credits before fees, from the first field that tells; None if none does."""
    before_fees = amount_in(row, "home_currency_amount")
    if before_fees is not None:
        return Money.rounded(before_fees, fee.currency)
    for name in ("net_amount", "amount_without_fees"):
        after_fees = amount_in(row, name)
        if after_fees is not None:
            return Money.rounded(after_fees, fee.currency) + fee
    return gross if gross.currency == fee.currency else None


def amount_in(row: Row, name: str) -> Decimal | None:
    """A number in major units; None if absent or null."""
    found = row.get(name)
    if found is None:
        return None
    try:
        number = Decimal(found) if isinstance(found, Decimal | int | str) and not isinstance(found, bool) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite():
        raise UnreadableError(f"its {name.replace('_', ' ')} {str(found)[:20]!r} is no number")
    if abs(number) > _MOST:
        raise UnreadableError(f"its {name.replace('_', ' ')} {str(found)[:20]} is out of range")
    return number


def instant_in(row: Row, name: str) -> datetime:
    """A time with an offset, in UTC."""
    found = row.get(name)
    try:
        instant = datetime.fromisoformat(found) if isinstance(found, str) else None
    except ValueError:
        instant = None
    if found is None:
        raise UnreadableError(f"it names no {name.replace('_', ' ')}")
    if instant is None or instant.tzinfo is None:
        raise UnreadableError(f"its {name.replace('_', ' ')} {str(found)[:40]!r} is no time with an offset")
    if instant.year not in _YEARS:
        raise UnreadableError(f"its {name.replace('_', ' ')} {str(found)[:40]!r} is out of range")
    return instant.astimezone(UTC)


def _object(row: Row, name: str) -> Row:
    found = row.get(name)
    return found if isinstance(found, Mapping) else {}


def text_in(row: Row, name: str) -> str | None:
    """Text with something in it; None for null, blanks and anything that isn't text or a number.

    NUL is dropped: PostgreSQL keeps none in its text.
    """
    found = row.get(name)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return None
    return str(found).replace("\0", "").strip() or None
