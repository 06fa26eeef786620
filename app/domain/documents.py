"""Documents: what the books must hold, as complete and frozen instructions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from app.domain.money import Money, total


class DocumentKind(StrEnum):
    """The kinds that Tieout writes."""

    INVOICE = "invoice"
    CUSTOMER_PAYMENT = "customer_payment"
    EXPENSE = "expense"
    CREDIT_NOTE = "credit_note"
    CREDIT_NOTE_REFUND = "credit_note_refund"
    EXPENSE_REFUND = "expense_refund"
    TRANSFER = "transfer"


KIND_LABELS = {
    DocumentKind.INVOICE: "Invoice",
    DocumentKind.CUSTOMER_PAYMENT: "Customer payment",
    DocumentKind.EXPENSE: "Expense",
    DocumentKind.CREDIT_NOTE: "Credit note",
    DocumentKind.CREDIT_NOTE_REFUND: "Credit note refund",
    DocumentKind.EXPENSE_REFUND: "Fee given back",
    DocumentKind.TRANSFER: "Transfer to the bank",
}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an invoice: quantity 1 at `amount`, posted where the item posts."""

    item_id: str
    description: str
    amount: Money


class Invoice(msgspec.Struct, frozen=True, kw_only=True, tag="invoice"):
    """A sale. The customer is named, not numbered: its books id is looked up or made when posting.

    Amounts include `tax` (`tax:<id>`, `exemption:<id>` or "" for none named). `number` is "" where the books number.
    """

    reference: str
    date: date
    customer_name: str
    currency: str
    lines: tuple[Line, ...]
    notes: str = ""
    exchange_rate: Decimal | None = None
    tax: str = ""
    number: str = ""

    @property
    def total(self) -> Money:
        return total((line.amount for line in self.lines), self.currency)


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


class CreditLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a credit note, quantity 1 at `amount`."""

    description: str
    amount: Money


class CreditNote(msgspec.Struct, frozen=True, kw_only=True, tag="credit_note"):
    """A refund's side of the sales: its lines on `account_id`, linked to the invoice named `sale_reference`.

    `home` is what its money is worth in the clearing account's currency when the note is in another one. `tax` and
    `number` as on the invoice.
    """

    reference: str
    date: date
    customer_name: str
    currency: str
    lines: tuple[CreditLine, ...]
    account_id: str
    sale_reference: str
    exchange_rate: Decimal | None = None
    home: Money | None = None
    tax: str = ""
    number: str = ""

    @property
    def total(self) -> Money:
        return total((line.amount for line in self.lines), self.currency)


class CreditNoteRefund(msgspec.Struct, frozen=True, kw_only=True, tag="credit_note_refund"):
    """The money of the credit note of the same reference, leaving `account_id`.

    `home` is what leaves that account when the note is in another currency.
    """

    reference: str
    date: date
    amount: Money
    account_id: str
    description: str = ""
    exchange_rate: Decimal | None = None
    home: Money | None = None

    @property
    def total(self) -> Money:
        return self.amount


class ExpenseRefund(msgspec.Struct, frozen=True, kw_only=True, tag="expense_refund"):
    """A fee that came back: off `account_id`, onto `deposit_to_account_id`."""

    reference: str
    date: date
    amount: Money
    account_id: str
    deposit_to_account_id: str
    description: str = ""

    @property
    def total(self) -> Money:
        return self.amount


class Transfer(msgspec.Struct, frozen=True, kw_only=True, tag="transfer"):
    """A payout: money that left `from_account_id`, the clearing account, for `to_account_id`, the bank."""

    reference: str
    date: date
    amount: Money
    from_account_id: str
    to_account_id: str
    description: str = ""

    @property
    def total(self) -> Money:
        return self.amount


Document = Invoice | CustomerPayment | Expense | CreditNote | CreditNoteRefund | ExpenseRefund | Transfer


_KINDS: dict[type, DocumentKind] = {
    Invoice: DocumentKind.INVOICE,
    CustomerPayment: DocumentKind.CUSTOMER_PAYMENT,
    Expense: DocumentKind.EXPENSE,
    CreditNote: DocumentKind.CREDIT_NOTE,
    CreditNoteRefund: DocumentKind.CREDIT_NOTE_REFUND,
    ExpenseRefund: DocumentKind.EXPENSE_REFUND,
    Transfer: DocumentKind.TRANSFER,
}


def kind_of(document: Document) -> DocumentKind:
    """The kind a document is."""
    return _KINDS[type(document)]
