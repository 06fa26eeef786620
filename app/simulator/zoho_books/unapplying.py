"""Taking payments and credits off an invoice: they stay with the customer as credit."""

from __future__ import annotations

from app.simulator.state import Row
from app.simulator.zoho_books import receivables
from app.simulator.zoho_books.answers import missing
from app.simulator.zoho_books.book import Book
from app.simulator.zoho_books.payment_entries import enter_payment


def take_payment_off(book: Book, invoice: Row, invoice_payment_id: str) -> None:
    """Take one payment off an invoice by the id of its application; refuses an unknown one."""
    for source in invoice["sources"]:
        payment = book.peek("customer_payments", source["id"])
        if payment and any(entry["invoice_payment_id"] == invoice_payment_id for entry in payment["invoices"]):
            book.require_open(payment["date"])
            unapply_payment(book, payment, invoice["id"])
            return
    raise missing("Payment")


def take_all_off(book: Book, invoice: Row) -> None:
    """Take every payment and credit off an invoice."""
    for source in invoice["sources"]:
        if source["column"] == "payment_made":
            unapply_payment(book, book.get("customer_payments", source["id"], "Payment"), invoice["id"])
        else:
            unapply_credit(book, book.get("credit_notes", source["id"], "Credit note"), invoice["id"])


def unapply_payment(book: Book, payment: Row, invoice_id: str) -> Row:
    """A payment without its application to one invoice, entered anew."""
    receivables.release(book, invoice_id, payment["id"])
    left = [entry for entry in payment["invoices"] if entry["invoice_id"] != invoice_id]
    changed = book.save("customer_payments", {**payment, "invoices": left})
    enter_payment(book, changed)
    return changed


def unapply_credit(book: Book, note: Row, invoice_id: str) -> Row:
    """A credit note without its application to one invoice."""
    receivables.release(book, invoice_id, note["id"])
    freed = sum(entry["amount"] for entry in note["invoices"] if entry["invoice_id"] == invoice_id)
    for entry in note["invoices"]:
        if entry["invoice_id"] == invoice_id:
            book.ledger.reverse(entry["creditnote_invoice_id"])
    left = [entry for entry in note["invoices"] if entry["invoice_id"] != invoice_id]
    return book.save("credit_notes", {**note, "invoices": left, "balance": note["balance"] + freed})
