"""Bulk mode: one set of documents for a local day and currency, one invoice line a channel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from zoneinfo import ZoneInfo

from app.domain.channels import label_of
from app.domain.charges import Charge
from app.domain.documents import CustomerPayment, Document, Expense, Invoice, Line
from app.domain.individual import sales_customer
from app.domain.money import Money, exchange_rate, total
from app.domain.references import for_day
from app.domain.rules import Rules
from app.domain.zones import accounting_date

DayOf = tuple[date, str]
"""A local day and the currency of its charges."""


def days_of(charges: Sequence[Charge], zone: ZoneInfo) -> Iterator[tuple[DayOf, list[Charge]]]:
    """The charges of each local day and currency, days in order, charges by payment."""

    def day_of(charge: Charge) -> DayOf:
        return accounting_date(charge.paid_at, zone), charge.gross.currency

    ordered = sorted(charges, key=lambda charge: (*day_of(charge), charge.paid_at, charge.id))
    for key, members in groupby(ordered, key=day_of):
        yield key, list(members)


def number_for(day: DayOf, posted: Mapping[DayOf, int]) -> int:
    """1 for a day's first set; a later one is a supplement: frozen sets are never changed."""
    return posted.get(day, 0) + 1


def documents_for(day: DayOf, number: int, charges: Sequence[Charge], rules: Rules) -> tuple[Document, ...]:
    """Invoice, customer payment and, unless the fees are zero, expense of a day's charges of one currency.

    The rate of a foreign day is the sum of its home amounts over the sum of its charges.
    """
    reference = for_day(*day, number)
    customer, currency = sales_customer(day[1]), day[1]
    home = _home(charges)
    rate = exchange_rate(home, total((charge.gross for charge in charges), currency)) if home else None
    words = f"HitPay sales of {day[0]:%-d %b %Y}" + (f", supplement {number - 1}" if number > 1 else "")
    invoice = Invoice(
        reference=reference,
        date=day[0],
        customer_name=customer,
        currency=currency,
        lines=_lines(charges, rules.default_item, currency),
        notes=words,
        exchange_rate=rate,
    )
    payment = CustomerPayment(
        reference=reference,
        date=day[0],
        customer_name=customer,
        amount=invoice.total,
        account_id=rules.bank_account,
        description=words,
        exchange_rate=rate,
        home=home,
    )
    fees = total((charge.fee for charge in charges), charges[0].home_currency)
    return (invoice, payment, *_expense(reference, day[0], fees, rules, len(charges)))


def _home(charges: Sequence[Charge]) -> Money | None:
    """What a foreign day brings in the home currency; None for a day in that currency itself."""
    if charges[0].gross.currency == charges[0].home_currency:
        return None
    return total((charge.home for charge in charges if charge.home), charges[0].home_currency)


def _lines(charges: Sequence[Charge], item_id: str, currency: str) -> tuple[Line, ...]:
    by_channel: dict[str, list[Money]] = {}
    for charge in charges:
        by_channel.setdefault(label_of(charge.channel), []).append(charge.gross)
    return tuple(
        Line(
            item_id=item_id,
            description=f"{label}, {len(amounts)} {'charge' if len(amounts) == 1 else 'charges'}",
            amount=total(amounts, currency),
        )
        for label, amounts in sorted(by_channel.items())
    )


def _expense(reference: str, day: date, fees: Money, rules: Rules, count: int) -> tuple[Document, ...]:
    if not fees:
        return ()
    return (
        Expense(
            reference=reference,
            date=day,
            amount=fees,
            account_id=rules.fee_account,
            paid_through_account_id=rules.bank_account,
            description=f"HitPay fees on {count} {'charge' if count == 1 else 'charges'}",
        ),
    )
