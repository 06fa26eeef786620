"""What a person does in Zoho's own screens, behind the back of whoever writes through the interface.

None of it counts as a call, and the lock date doesn't hold it: an administrator may do all this. Everything else a
person does (create, send, void, pay, refund) is `operations.act`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from app.simulator.state import Row
from app.simulator.zoho_books import bank_transactions, credit_notes, expenses, payment_entries, receivables
from app.simulator.zoho_books.book import Book
from app.simulator.zoho_books.operations import act
from app.simulator.zoho_books.organizations import book_of, set_lock_date

if TYPE_CHECKING:
    from app.simulator.simulated import Simulator

_DELETE = {
    "invoices": ("delete_invoice", "invoice_id"),
    "customer_payments": ("delete_customer_payment", "payment_id"),
    "expenses": ("delete_expense", "expense_id"),
    "credit_notes": ("delete_credit_note", "creditnote_id"),
    "bank_transactions": ("delete_bank_transaction", "bank_transaction_id"),
}
_ENTER = {
    "invoices": receivables.enter,
    "customer_payments": payment_entries.enter_payment,
    "expenses": expenses.enter,
    "credit_notes": credit_notes.enter,
    "bank_transactions": bank_transactions.enter,
}


def delete(simulator: Simulator, organization_id: str, kind: str, document_id: str) -> None:
    """Delete a document (`invoices`, `customer_payments`, `expenses`, `credit_notes`, `bank_transactions`).

    Raises ZohoError where Zoho refuses it, such as an invoice with payments.
    """
    operation, part = _DELETE[kind]
    lock = book_of(simulator, organization_id).organization["lock_date"]
    with simulator.state.transaction():
        set_lock_date(simulator, organization_id, None)
        act(simulator, organization_id, operation, None, None, **{part: document_id})
        set_lock_date(simulator, organization_id, lock)


def edit(simulator: Simulator, organization_id: str, kind: str, document_id: str, **changes: Any) -> Row:
    """Change fields of a document and its ledger entry with them; the changed row.

    Takes `date`, `due_date`, `reference_number`, `description`, `notes`; `rate` for an invoice or credit note of one
    line without tax; `amount` for an expense or bank transaction. Raises KeyError for any other field.
    """
    book = book_of(simulator, organization_id)
    with simulator.state.transaction():
        row = book.get(kind, document_id, "Document")
        changed = book.save(kind, {**row, **_new_values(row, changes)})
        if book.ledger.entry(document_id) is not None:
            _ENTER[kind](book, changed)
    return changed


def delete_contact(simulator: Simulator, organization_id: str, contact_id: str) -> None:
    """Delete a customer; Zoho refuses one with transactions, so this makes it inactive then."""
    book = book_of(simulator, organization_id)
    with simulator.state.transaction():
        if book.find("invoices", "customer_id", contact_id):
            deactivate(book, "contacts", contact_id)
        else:
            book.get("contacts", contact_id, "Contact")
            book.remove("contacts", contact_id)


def deactivate(book: Book, kind: str, document_id: str) -> None:
    """Make a contact or an item inactive."""
    book.save(kind, {**book.get(kind, document_id, "Record"), "status": "inactive"})


def approve(simulator: Simulator, organization_id: str, invoice_id: str) -> None:
    """Approve an invoice that waits for it: it becomes a draft."""
    book = book_of(simulator, organization_id)
    with simulator.state.transaction():
        row = book.get("invoices", invoice_id, "Invoice")
        if row["state"] == receivables.PENDING:
            book.save("invoices", {**row, "state": receivables.DRAFT})


def _new_values(row: Row, changes: Mapping[str, Any]) -> Row:
    plain = {name: changes[name] for name in changes if name not in ("rate", "amount")}
    unknown = plain.keys() - {"date", "due_date", "reference_number", "description", "notes"}
    if unknown or (plain.keys() - row.keys()):
        raise KeyError(f"can't edit {', '.join(sorted(unknown or plain.keys() - row.keys()))}")
    if "rate" in changes:
        return {**plain, **_new_rate(row, Decimal(str(changes["rate"])))}
    if "amount" in changes:
        return {**plain, **_new_amount(row, Decimal(str(changes["amount"])))}
    return plain


def _new_rate(row: Row, rate: Decimal) -> Row:
    line, *others = row["line_items"]
    if others or row["tax_total"]:
        raise KeyError("only a document of one line without tax can get another rate")
    total = rate * Decimal(str(line["quantity"]))
    settled = row["total"] - row["balance"]
    changed = {**line, "rate": rate, "item_total": total}
    return {"line_items": [changed], "sub_total": total, "total": total, "balance": total - settled}


def _new_amount(row: Row, amount: Decimal) -> Row:
    sums: Row = {name: amount for name in ("amount", "sub_total", "total") if name in row}
    return {**sums, "tax_amount": Decimal(0)} if "tax_amount" in row else sums
