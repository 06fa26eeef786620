"""What an invoice is owed: its status, what settles it, and what comes off again."""

from __future__ import annotations

from decimal import Decimal

from app.simulator.ledger import Line
from app.simulator.state import Row
from app.simulator.zoho_books.answers import ZohoError
from app.simulator.zoho_books.book import Book, balanced

DRAFT, OPEN, VOID, PENDING = "draft", "open", "void", "pending_approval"


def status(book: Book, invoice: Row) -> str:
    """The status Zoho shows: draft, sent, overdue, partially_paid, paid, void, pending_approval."""
    if invoice["state"] != OPEN:
        return str(invoice["state"])
    if invoice["balance"] == 0:
        return "paid"
    if invoice["due_date"] < book.today():
        return "overdue"
    return "partially_paid" if invoice["balance"] < invoice["total"] else "sent"


def enter(book: Book, invoice: Row) -> None:
    """Post an invoice: receivables to income and tax. Drafts and void ones have no entry."""
    currency, rate = invoice["currency_code"], invoice["exchange_rate"]
    sides = [(book.system_account("receivables"), invoice["total"])]
    sides += [(line["account_id"], -line["item_total"]) for line in invoice["line_items"]]
    sides += [
        (book.system_account("tax"), -invoice["tax_total"]),
        (book.system_account("other_charges"), -invoice["adjustment"]),
    ]
    lines = [Line(account, amount, book.round(amount * rate), currency) for account, amount in sides]
    book.ledger.post(
        invoice["id"],
        invoice["date"],
        balanced(book, lines, "exchange"),
        kind="invoice",
        number=invoice["invoice_number"],
        reference_number=invoice["reference_number"],
        customer_id=invoice["customer_id"],
        payee=invoice["customer_name"],
    )


def open_up(book: Book, invoice: Row) -> Row:
    """Take an invoice out of draft, with its entry."""
    if invoice["state"] != DRAFT:
        return invoice
    opened = book.save("invoices", {**invoice, "state": OPEN})
    enter(book, opened)
    return opened


def require_payable(book: Book, invoice: Row, amount: Decimal) -> None:
    """Refuse a payment that this invoice can't take, by its status or its balance (24016)."""
    state = invoice["state"]
    if state in (VOID, PENDING) or (state == DRAFT and not book.settings["draft_accepts_payment"]):
        shown = state.replace("_", " ")
        raise ZohoError(24017, f"Payments can't be recorded for invoices in the {shown} status.")
    if amount > invoice["balance"]:
        raise ZohoError(24016, "The amount entered is more than the balance due for the selected invoices.")


def require_creditable(invoice: Row, amount: Decimal) -> None:
    """Refuse a credit that this invoice can't take: 12005 draft, 12006 closed, 12007 void, 24016 too much."""
    if invoice["state"] in (DRAFT, PENDING):
        raise ZohoError(12005, "Credits cannot be applied to invoices in the draft status")
    if invoice["state"] == VOID:
        raise ZohoError(12007, "Credits cannot be applied to invoices in the void status")
    if invoice["balance"] == 0:
        raise ZohoError(12006, "Credits cannot be applied to invoices in the closed status")
    if amount > invoice["balance"]:
        raise ZohoError(24016, "The amount entered is more than the balance due for the selected invoices.")


def settle(book: Book, invoice: Row, amount: Decimal, column: str, source_id: str, day: str) -> Decimal:
    """Take `amount` off an invoice; the base amount by which receivables fall.

    `column` is `payment_made` or `credits_applied`; `source_id` the payment or credit note.
    """
    opened = open_up(book, invoice)
    left = opened["balance"] - amount
    sources = [*opened["sources"], {"id": source_id, "column": column, "amount": amount}]
    changed = {**opened, "balance": left, column: opened[column] + amount, "sources": sources}
    if column == "payment_made":
        changed["last_payment_date"] = day
    book.save("invoices", changed)
    rate = opened["exchange_rate"]
    return book.round(opened["balance"] * rate) - book.round(left * rate)


def release(book: Book, invoice_id: str, source_id: str) -> None:
    """Put what a payment or credit note settled back on an invoice."""
    invoice = book.get("invoices", invoice_id, "Invoice")
    taken = [source for source in invoice["sources"] if source["id"] == source_id]
    changed = {**invoice, "sources": [source for source in invoice["sources"] if source["id"] != source_id]}
    for source in taken:
        changed["balance"] += source["amount"]
        changed[source["column"]] -= source["amount"]
    book.save("invoices", changed)
