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
    Transfer,
)
from app.domain.rules import Rules

RECEIVABLES = "Accounts Receivable"


class Entry(msgspec.Struct, frozen=True):
    """Names of the accounts that a document's total is debited and credited to."""

    debit: str
    credit: str


def entry_of(document: Document, rules: Rules) -> Entry:
    """The entry the books make of a document (design, "What is created"); tax, where there is any, stands apart."""
    match document:
        case Invoice():
            debit, credit = RECEIVABLES, rules.sales_account
        case CustomerPayment() | CreditNote():
            debit, credit = document.account_id, RECEIVABLES
        case Expense():
            debit, credit = document.account_id, document.paid_through_account_id
        case CreditNoteRefund():
            debit, credit = RECEIVABLES, document.account_id
        case ExpenseRefund():
            debit, credit = document.deposit_to_account_id, document.account_id
        case Transfer():
            debit, credit = document.to_account_id, document.from_account_id
    return Entry(rules.name_of(debit), rules.name_of(credit))
