"""Entries: which accounts a document debits and credits. Pure."""

from __future__ import annotations

import msgspec

from app.domain.documents import (
    CreditNote,
    CreditNoteRefund,
    CustomerPayment,
    Document,
    Expense,
    ExpenseRefund,
    Invoice,
)
from app.domain.rules import Rules

RECEIVABLES = "Accounts Receivable"


class Entry(msgspec.Struct, frozen=True):
    """Names of the accounts that a document's total is debited and credited to."""

    debit: str
    credit: str


def entry_of(document: Document, rules: Rules) -> Entry:
    """The entry the books make of a document (design, "What is created"); tax, where there is any, stands apart."""
    name = rules.name_of
    match document:
        case Invoice():
            return Entry(RECEIVABLES, name(rules.sales_account))
        case CustomerPayment():
            return Entry(name(document.account_id), RECEIVABLES)
        case Expense():
            return Entry(name(document.account_id), name(document.paid_through_account_id))
        case CreditNote():
            return Entry(name(document.account_id), RECEIVABLES)
        case CreditNoteRefund():
            return Entry(RECEIVABLES, name(document.account_id))
        case ExpenseRefund():
            return Entry(name(document.deposit_to_account_id), name(document.account_id))
