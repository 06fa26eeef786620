"""What really stands in an organization's books, and what was asked of it: the oracle of tests and of the demo."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from app.simulator.contract import strict_log
from app.simulator.state import Row
from app.simulator.zoho_books import credit_notes, late, receivables
from app.simulator.zoho_books.book import Book
from app.simulator.zoho_books.organizations import book_of

if TYPE_CHECKING:
    from app.simulator.simulated import Simulator

_PLATFORM = "zoho_books"
_KINDS = {
    "invoices": "invoices",
    "customerpayments": "customer_payments",
    "payment_refunds": "payment_refunds",
    "expenses": "expenses",
    "creditnotes": "credit_notes",
    "creditnote_refunds": "credit_note_refunds",
    "banktransactions": "bank_transactions",
    "contacts": "contacts",
    "items": "items",
}


def truth(simulator: Simulator, organization_id: str) -> dict[str, Any]:
    """Everything about one organization as plain JSON values; amounts are text with all their decimals.

    `documents`: full rows by kind, each with id, reference_number, date, total, status, customer_id.
    `accounts`: by name; `balance` is debits minus credits in the account's own currency, `base` in the base currency.
    `trial_balance`: "0.00", or the simulator is wrong. `calls`: by operation; `calls_total`; `validated`;
    `violations`: every difference of a request from the contract.
    """
    book = book_of(simulator, organization_id)
    with simulator.state.transaction():
        late.land(simulator.state, simulator.clock)
        calls = calls_of(simulator, organization_id)
        return {
            "organization": _plain(book.organization),
            "documents": {kind: [_document(book, kind, row) for row in book.all(of)] for kind, of in _KINDS.items()},
            "accounts": {row["account_name"]: _account(book, row) for row in book.all("accounts")},
            "trial_balance": str(book.round(book.ledger.trial_balance())),
            "calls": calls,
            "calls_total": sum(calls.values()),
            "validated": strict_log.validated(simulator.state, _PLATFORM, organization_id),
            "violations": strict_log.violations(simulator.state, _PLATFORM, organization_id),
        }


def calls_of(simulator: Simulator, organization_id: str) -> dict[str, int]:
    """How often each operation of an organization was called, refused calls too; survives a restart."""
    prefix = f"calls:{_PLATFORM}:{organization_id}:"
    return {name.removeprefix(prefix): count for name, count in simulator.state.counters(prefix).items()}


def balance(simulator: Simulator, organization_id: str, account_name: str, as_of: str | None = None) -> Decimal:
    """Debits minus credits of an account in its own currency, up to and including an ISO day."""
    book = book_of(simulator, organization_id)
    row = book.find("accounts", "account_name", account_name)[0]
    found = book.ledger.balance(row["id"], as_of)
    return book.round(found.amount if row["currency_code"] else found.base, row["currency_code"] or None)


def _account(book: Book, row: Row) -> Row:
    found = book.ledger.balance(row["id"])
    own = row["currency_code"] or None
    return {
        "account_id": row["id"],
        "account_type": row["account_type"],
        "is_active": row["is_active"],
        "currency_code": own or book.organization["currency_code"],
        "balance": str(book.round(found.amount if own else found.base, own)),
        "base": str(book.round(found.base)),
    }


def _document(book: Book, kind: str, row: Row) -> Row:
    total = row.get("total", row.get("amount"))
    shown = {**row, "total": total, "status": _status(book, kind, row)}
    return {name: _plain(value) for name, value in shown.items() if total is not None or name != "total"}


def _status(book: Book, kind: str, row: Row) -> str:
    if kind == "invoices":
        return receivables.status(book, row)
    if kind == "creditnotes":
        return credit_notes.status(row)
    return str(row.get("status", "recorded"))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    return [_plain(entry) for entry in value] if isinstance(value, list) else value
