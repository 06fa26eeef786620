"""Documents: what the books must hold, as complete and frozen instructions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from app.domain.money import Money


class DocumentKind(StrEnum):
    """The kinds that Tieout writes."""

    INVOICE = "invoice"
    CUSTOMER_PAYMENT = "customer_payment"
    EXPENSE = "expense"


KIND_LABELS = {
    DocumentKind.INVOICE: "Invoice",
    DocumentKind.CUSTOMER_PAYMENT: "Customer payment",
    DocumentKind.EXPENSE: "Expense",
}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an invoice: quantity 1 at `amount`, posted where the item posts."""

    item_id: str
    description: str
    amount: Money


class Invoice(msgspec.Struct, frozen=True, kw_only=True, tag="invoice"):
    """A sale. The customer is named, not numbered: its books id is looked up or made when posting."""

    reference: str
    date: date
    customer_name: str
    currency: str
    lines: tuple[Line, ...]
    notes: str = ""
    exchange_rate: Decimal | None = None

    @property
    def total(self) -> Money:
        result = self.lines[0].amount
        for line in self.lines[1:]:
            result += line.amount
        return result


class CustomerPayment(msgspec.Struct, frozen=True, kw_only=True, tag="customer_payment"):
    """The money for the invoice of the same reference, deposited to `account_id`.

    `home` is what has to reach that account when the payment is in another currency than the account.
    """

    reference: str
    date: date
    customer_name: str
    amount: Money
    account_id: str
    description: str = ""
    exchange_rate: Decimal | None = None
    home: Money | None = None

    @property
    def total(self) -> Money:
        return self.amount


class Expense(msgspec.Struct, frozen=True, kw_only=True, tag="expense"):
    """A fee on `account_id`, taken out of `paid_through_account_id`."""

    reference: str
    date: date
    amount: Money
    account_id: str
    paid_through_account_id: str
    description: str = ""

    @property
    def total(self) -> Money:
        return self.amount


Document = Invoice | CustomerPayment | Expense


def kind_of(document: Document) -> DocumentKind:
    """The kind a document is."""
    match document:
        case Invoice():
            return DocumentKind.INVOICE
        case CustomerPayment():
            return DocumentKind.CUSTOMER_PAYMENT
        case Expense():
            return DocumentKind.EXPENSE
