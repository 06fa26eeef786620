"""Corrections of what was posted: a sale that became void, a fee that HitPay changed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import msgspec

from app.domain.charges import Charge, ChargeStatus, Refund
from app.domain.documents import CreditLine, CreditNote, CreditNoteRefund, Document, Expense, ExpenseRefund
from app.domain.individual import sales_customer
from app.domain.money import Money, total
from app.domain.planning import DocumentSet, PlanFacts
from app.domain.references import for_fee, for_void
from app.domain.refunds import home_shares, rate_of
from app.domain.rules import Rules
from app.domain.zones import accounting_date


class PostedSale(msgspec.Struct, frozen=True, kw_only=True):
    """A charge whose documents are planned or posted, as it is now.

    `reference` names the set it was posted in, `fee_posted` the fee its documents hold for it, `fee_number` how many
    corrections of the fee there were. `reversed` is True once its reversal was planned. `refunds` are all of
    it that are or will be in the books.
    """

    charge: Charge
    reference: str
    fee_posted: Money
    fee_number: int = 0
    reversed: bool = False
    refunds: tuple[Refund, ...] = ()


def plan_corrections(sales: Sequence[PostedSale], facts: PlanFacts) -> tuple[DocumentSet, ...]:
    """The sets that put right what changed after it was posted. A day in a locked period waits for it to be opened."""
    sets: list[DocumentSet] = []
    for sale in sales:
        day = accounting_date(sale.charge.updated_at, facts.zone)
        if sale.reversed or facts.is_held(day):
            continue
        if sale.charge.status is ChargeStatus.VOID:
            sets += _reversal(sale, day, facts.rules)
        elif sale.charge.fee != sale.fee_posted:
            sets.append(_fee(sale, day, facts.rules))
    return tuple(sets)


def _reversal(sale: PostedSale, day: date, rules: Rules) -> Iterator[DocumentSet]:
    """Credit note and its refund for what wasn't refunded of the sale, and the fee given back; in a summary for this
    member only. None if there is nothing to reverse."""
    charge, reference = sale.charge, for_void(sale.charge.id)
    left = charge.gross - total((one.amount for one in sale.refunds), charge.gross.currency)
    documents: list[Document] = list(_credit(sale, left, day, rules)) if left else []
    if sale.fee_posted:
        documents.append(_fee_back(reference, day, sale.fee_posted, rules, charge.id))
    if documents:
        yield DocumentSet(reference, tuple(documents), (charge.id,), after=sale.reference, corrects="sale")


def _credit(sale: PostedSale, left: Money, day: date, rules: Rules) -> tuple[Document, ...]:
    charge, reference = sale.charge, for_void(sale.charge.id)
    whole = charge.home or charge.gross
    foreign = whole.currency != left.currency
    home = home_shares(charge.gross, whole, [*(one.amount for one in sale.refunds), left])[-1] if foreign else None
    rate = rate_of(home, left, charge.gross, whole)
    note = CreditNote(
        reference=reference,
        date=day,
        customer_name=sales_customer(left.currency),
        currency=left.currency,
        lines=(CreditLine(description=f"HitPay charge {charge.id} was voided", amount=left),),
        account_id=rules.refund_account,
        sale_reference=sale.reference,
        exchange_rate=rate,
        home=home,
    )
    money = CreditNoteRefund(
        reference=reference,
        date=day,
        amount=left,
        account_id=rules.bank_account,
        description=f"Void of HitPay charge {charge.id}",
        exchange_rate=rate,
        home=home,
    )
    return note, money


def _fee(sale: PostedSale, day: date, rules: Rules) -> DocumentSet:
    """The difference between the fee as it is now and the one in the books, whichever way it goes."""
    reference = for_fee(sale.charge.id, sale.fee_number + 1)
    difference = sale.charge.fee - sale.fee_posted
    document: Document
    if difference.amount > 0:
        document = Expense(
            reference=reference,
            date=day,
            amount=difference,
            account_id=rules.fee_account,
            paid_through_account_id=rules.bank_account,
            description=f"HitPay fee of charge {sale.charge.id} corrected"[:100],
        )
    else:
        document = _fee_back(reference, day, -difference, rules, sale.charge.id)
    return DocumentSet(reference, (document,), (sale.charge.id,), after=sale.reference, corrects="fee")


def _fee_back(reference: str, day: date, amount: Money, rules: Rules, charge_id: str) -> ExpenseRefund:
    return ExpenseRefund(
        reference=reference,
        date=day,
        amount=amount,
        account_id=rules.fee_account,
        deposit_to_account_id=rules.bank_account,
        description=f"HitPay fee of charge {charge_id} given back",
    )
