"""Invoices: born as drafts, priced by Zoho, sent, paid, void or deleted."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from app.simulator.state import Row
from app.simulator.zoho_books import receivables, unapplying
from app.simulator.zoho_books.answers import Answer, ZohoError, invalid, ok
from app.simulator.zoho_books.book import Book, Call, Handler
from app.simulator.zoho_books.contacts import customer
from app.simulator.zoho_books.custom_fields import release_values, take_values
from app.simulator.zoho_books.invoice_rows import LISTING, show, sums
from app.simulator.zoho_books.items import item_of
from app.simulator.zoho_books.listing import page_content, select
from app.simulator.zoho_books.taxes import exempt, price

NOUN = "Invoice"
ZERO = Decimal(0)


def _create(call: Call) -> Answer:
    book, body = call.book, call.body
    buyer = customer(book, body["customer_id"])
    if body.get("currency_id") not in (None, "", buyer["currency_id"]):
        raise invalid("currency_id")
    day = body.get("date") or book.today()
    book.require_open(day)
    _require_below_cap(book)
    new_id = book.new_id()
    number = invoice_number(book, call)
    pending = book.settings["approval_required"]
    row: Row = {
        "id": new_id,
        "state": receivables.PENDING if pending else receivables.DRAFT,
        "customer_id": buyer["id"],
        "customer_name": buyer["contact_name"],
        "date": day,
        "invoice_number": number,
        "currency_id": buyer["currency_id"],
        "currency_code": buyer["currency_code"],
        "reference_number": body.get("reference_number", ""),
        "notes": body.get("notes", ""),
        "payment_made": ZERO,
        "credits_applied": ZERO,
        "sources": [],
        "last_payment_date": "",
        "custom_fields": take_values(book, "invoices", body, new_id),
        **_terms(buyer, body, day),
        **priced(book, body, buyer),
    }
    row["balance"] = row["total"]
    return ok("The invoice has been created.", 201, invoice=show(book, book.add("invoices", row)))


def priced(book: Book, body: Row, buyer: Row) -> Row:
    """The money of an invoice as Zoho computes it from lines, taxes and adjustment."""
    currency = book.currency(code=buyer["currency_code"])
    inclusive = bool(body.get("is_inclusive_tax"))
    lines = [_line(book, line) for line in body["line_items"]]
    result = price(book, lines, inclusive, buyer["currency_code"], exempt(book, body))
    adjustment = Decimal(str(body.get("adjustment") or 0))
    return {
        "is_inclusive_tax": inclusive,
        "exchange_rate": book.rate(currency, body.get("exchange_rate")),
        "line_items": result.lines,
        "sub_total": result.sub_total,
        "tax_total": result.tax_total,
        "adjustment": adjustment,
        "adjustment_description": body.get("adjustment_description", ""),
        "total": result.total + adjustment,
    }


def _line(book: Book, given: Row) -> Row:
    item = item_of(book, given["item_id"])
    account = book.account(item["account_id"], "account_id")
    return {
        "item_id": item["id"],
        "name": given.get("name") or item["name"],
        "description": given.get("description", item["description"]),
        "rate": given.get("rate", item["rate"]),
        "quantity": given.get("quantity", 1),
        "unit": given.get("unit", ""),
        "tax_id": given.get("tax_id") or item["tax_id"],
        "account_id": account["id"],
    }


def _terms(buyer: Row, body: Row, day: str) -> Row:
    days = int(body["payment_terms"] if "payment_terms" in body else buyer["payment_terms"])
    due = body.get("due_date") or (date.fromisoformat(day) + timedelta(days=days)).isoformat()
    return {"payment_terms": days, "due_date": due}


def invoice_number(book: Book, call: Call) -> str:
    """The number a new invoice gets: its own, or the next free automatic one (1001 for a taken one)."""
    own = call.body.get("invoice_number", "")
    if call.query.get("ignore_auto_number_generation") != "true":
        if own:
            raise ZohoError(4097, "The invoice number is generated automatically; don't enter a value for it.")
        own = f"INV-{book.next_number('invoices'):06}"
        while book.find("invoices", "invoice_number", own):
            own = f"INV-{book.next_number('invoices'):06}"
    if not own:
        raise invalid("invoice_number")
    if book.find("invoices", "invoice_number", own):
        raise ZohoError(1001, "Invoice Number already exist")
    return str(own)


def _require_below_cap(book: Book) -> None:
    cap = book.settings["invoice_cap"]
    made = book.next_number(f"invoices:{book.today()[:4]}")
    if cap and made > cap:
        raise ZohoError(36058, f"You have reached the limit of {cap} invoices a year of your plan.")


def _get(call: Call) -> Answer:
    return ok(invoice=show(call.book, _found(call)))


def _found(call: Call) -> Row:
    return call.book.get("invoices", call.path["invoice_id"], NOUN)


def _list(call: Call) -> Answer:
    """The list; `response_option` 1 to 4 adds or leaves rows, count and sums (their keys are a guess)."""
    rows = select(call, LISTING)
    option = int(call.query.get("response_option") or 0)
    context: dict[str, Any] = {"response_option": option} if option else {}
    if option in (1, 2, 3):
        context["total"] = len(rows)
    if option in (1, 3, 4):
        context["sum_columns"] = sums(rows)
    content = page_content(call, LISTING, rows, **context)
    if option in (2, 3):
        content.pop("invoices")
    return ok(**content)


def _delete(call: Call) -> Answer:
    book, invoice = call.book, _found(call)
    book.require_open(invoice["date"])
    if invoice["payment_made"]:
        raise ZohoError(4001, "Payments have been recorded for these invoices.Hence they cannot be deleted")
    if invoice["credits_applied"]:
        raise ZohoError(12008, "Credits have been applied to this invoice. Hence it cannot be deleted.")
    book.ledger.reverse(invoice["id"])
    release_values(book, invoice)
    book.remove("invoices", invoice["id"])
    return ok("The invoice has been deleted.")


def _mark_sent(call: Call) -> Answer:
    _send(call.book, call.path["invoice_id"])
    return ok("Invoice status has been changed to Sent.")


def _mark_many_sent(call: Call) -> Answer:
    for key in call.query["invoice_ids"].split(","):
        _send(call.book, key)
    return ok("The invoices have been marked as sent.")


def _send(book: Book, key: str) -> None:
    invoice = book.get("invoices", key, NOUN)
    if invoice["state"] == receivables.DRAFT:
        book.require_open(invoice["date"])
        receivables.open_up(book, invoice)


def _void(call: Call) -> Answer:
    book, invoice = call.book, _found(call)
    book.require_open(invoice["date"])
    unapplying.take_all_off(book, invoice)
    book.ledger.reverse(invoice["id"])
    book.save("invoices", {**_found(call), "state": receivables.VOID, "balance": ZERO})
    return ok("Invoice status has been changed to Void.")


def _list_payments(call: Call) -> Answer:
    book, invoice = call.book, _found(call)
    taken = [source["id"] for source in invoice["sources"] if source["column"] == "payment_made"]
    payments = [book.get("customer_payments", key, "Payment") for key in taken]
    return ok(payments=[_show_payment(payment, invoice) for payment in payments])


def _show_payment(payment: Row, invoice: Row) -> Row:
    applied = next(entry for entry in payment["invoices"] if entry["invoice_id"] == invoice["id"])
    same = ("payment_mode", "description", "date", "reference_number", "exchange_rate")
    return {
        "payment_id": payment["id"],
        "payment_number": payment["number"],
        "invoice_id": invoice["id"],
        "invoice_payment_id": applied["invoice_payment_id"],
        "amount": applied["amount_applied"],
        "tax_amount_withheld": 0,
        "is_single_invoice_payment": len(payment["invoices"]) == 1,
        **{name: payment[name] for name in same},
    }


def _delete_payment(call: Call) -> Answer:
    unapplying.take_payment_off(call.book, _found(call), call.path["invoice_payment_id"])
    return ok("The payment has been deleted.")


HANDLERS: dict[str, Handler] = {
    "list_invoices": _list,
    "create_invoice": _create,
    "get_invoice": _get,
    "delete_invoice": _delete,
    "mark_invoice_sent": _mark_sent,
    "mark_invoices_sent": _mark_many_sent,
    "void_invoice": _void,
    "list_invoice_payments": _list_payments,
    "delete_invoice_payment": _delete_payment,
}
