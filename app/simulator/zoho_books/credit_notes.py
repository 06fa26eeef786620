"""Credit notes: open when made, linked or applied to invoices."""

from __future__ import annotations

from decimal import Decimal

from app.simulator.ledger import Line
from app.simulator.state import Row
from app.simulator.zoho_books import receivables, unapplying
from app.simulator.zoho_books.answers import Answer, ZohoError, invalid, ok
from app.simulator.zoho_books.book import Book, Call, Handler, balanced
from app.simulator.zoho_books.contacts import customer
from app.simulator.zoho_books.custom_fields import release_values, take_values
from app.simulator.zoho_books.items import item_of
from app.simulator.zoho_books.listing import Listing, lister
from app.simulator.zoho_books.taxes import exempt, price

NOUN = "Credit note"
ZERO = Decimal(0)


def _create(call: Call) -> Answer:
    book, body = call.book, call.body
    buyer = customer(book, body["customer_id"])
    book.require_open(body["date"])
    code = buyer["currency_code"]
    linked = book.get("invoices", call.query["invoice_id"], "Invoice") if call.query.get("invoice_id") else None
    if linked is not None and linked["customer_id"] != buyer["id"]:
        raise invalid("invoice_id")
    inclusive = bool(body.get("is_inclusive_tax"))
    sums = price(book, [_line(book, line) for line in body["line_items"]], inclusive, code, exempt(book, body))
    new_id = book.new_id()
    row: Row = {
        "id": new_id,
        "creditnote_number": _number(book, call),
        "state": "draft" if body.get("is_draft") else "open",
        "date": body["date"],
        "customer_id": buyer["id"],
        "customer_name": buyer["contact_name"],
        "currency_id": buyer["currency_id"],
        "currency_code": code,
        "exchange_rate": book.rate(book.currency(code=code), body.get("exchange_rate")),
        "reference_number": body.get("reference_number", ""),
        "notes": body.get("notes", ""),
        "is_inclusive_tax": inclusive,
        "line_items": sums.lines,
        "sub_total": sums.sub_total,
        "tax_total": sums.tax_total,
        "total": sums.total,
        "balance": sums.total,
        "refunded": ZERO,
        "invoices": [],
        "linked_invoice_id": linked["id"] if linked else "",
        "linked_invoice_number": linked["invoice_number"] if linked else "",
        "custom_fields": take_values(book, "credit_notes", body, new_id),
    }
    stored = book.add("credit_notes", row)
    if stored["state"] == "open":
        enter(book, stored)
        if linked is not None and book.settings["credit_note_link_applies"]:
            stored = _apply_one(book, stored, linked, min(stored["balance"], linked["balance"]))
    return ok("The credit note has been created.", 201, creditnote=_show(book, stored))


def _line(book: Book, given: Row) -> Row:
    item = item_of(book, given["item_id"]) if given.get("item_id") else None
    account = book.account(given.get("account_id") or (item["account_id"] if item else ""), "account_id")
    rate = given.get("rate", item["rate"] if item else None)
    if rate is None:
        raise invalid("rate")
    if given.get("invoice_id"):
        book.get("invoices", given["invoice_id"], "Invoice")
    return {
        "item_id": item["id"] if item else "",
        "name": given.get("name") or (item["name"] if item else ""),
        "description": given.get("description", ""),
        "invoice_id": given.get("invoice_id", ""),
        "invoice_item_id": given.get("invoice_item_id", ""),
        "account_id": account["id"],
        "quantity": given.get("quantity", 1),
        "rate": rate,
        "tax_id": given.get("tax_id") or (item["tax_id"] if item else ""),
    }


def _number(book: Book, call: Call) -> str:
    own = call.body.get("creditnote_number", "")
    if call.query.get("ignore_auto_number_generation") != "true":
        if own:
            raise ZohoError(4097, "The credit note number is generated automatically; don't enter a value for it.")
        own = f"CN-{book.next_number('credit_notes'):05}"
        while book.find("credit_notes", "creditnote_number", own):
            own = f"CN-{book.next_number('credit_notes'):05}"
    if not own:
        raise invalid("creditnote_number")
    if book.find("credit_notes", "creditnote_number", own):
        raise ZohoError(12018, "The specified Credit Note Number already exists")
    return str(own)


def enter(book: Book, note: Row) -> None:
    """Post a credit note: its lines' accounts and tax to receivables."""
    code, rate = note["currency_code"], note["exchange_rate"]
    sides = [(line["account_id"], line["item_total"]) for line in note["line_items"]]
    sides += [(book.system_account("tax"), note["tax_total"]), (book.system_account("receivables"), -note["total"])]
    lines = [Line(account, amount, book.round(amount * rate), code) for account, amount in sides]
    book.ledger.post(
        note["id"],
        note["date"],
        balanced(book, lines, "exchange"),
        kind="credit_notes",
        number=note["creditnote_number"],
        reference_number=note["reference_number"],
        customer_id=note["customer_id"],
        payee=note["customer_name"],
    )


def require_usable(note: Row, amount: Decimal) -> None:
    """Refuse to use more of a credit note than it has left, or one that is closed, void or a draft."""
    if note["state"] == "open" and note["balance"] == 0:
        raise ZohoError(12003, "Credit notes in the closed status cannot be applied.")
    if note["state"] != "open":
        raise ZohoError(12004, f"Credit notes in the {note['state']} status cannot be applied.")
    if amount > note["balance"]:
        raise ZohoError(12009, "The amount is more than the balance of the credit note.")


def _apply(call: Call) -> Answer:
    book = call.book
    for entry in call.body["invoices"]:
        note = _found(call)
        amount = book.money(entry["amount_applied"], "amount_applied", note["currency_code"])
        invoice = book.get("invoices", entry["invoice_id"], "Invoice")
        if invoice["customer_id"] != note["customer_id"]:
            raise invalid("invoice_id")
        book.require_open(note["date"], invoice["date"])
        _apply_one(book, note, invoice, amount)
    return ok("Credits have been applied to the invoice(s).")


def _apply_one(book: Book, note: Row, invoice: Row, amount: Decimal) -> Row:
    require_usable(note, amount)
    receivables.require_creditable(invoice, amount)
    relief = receivables.settle(book, invoice, amount, "credits_applied", note["id"], note["date"])
    application = book.new_id()
    _enter_difference(book, note, application, book.round(amount * note["exchange_rate"]) - relief)
    entry = {
        "creditnote_invoice_id": application,
        "invoice_id": invoice["id"],
        "invoice_number": invoice["invoice_number"],
        "amount": amount,
    }
    return book.save(
        "credit_notes", {**note, "balance": note["balance"] - amount, "invoices": [*note["invoices"], entry]}
    )


def _enter_difference(book: Book, note: Row, application: str, difference: Decimal) -> None:
    """What the note's rate and the invoice's rate differ by moves from receivables to exchange gain or loss."""
    code = book.organization["currency_code"]
    line = Line(book.system_account("receivables"), difference, difference, code)
    if difference:
        book.ledger.post(
            application, note["date"], balanced(book, [line], "exchange"), kind="credit_notes",
            number=note["creditnote_number"], reference_number=note["reference_number"],
            customer_id=note["customer_id"], payee=note["customer_name"],
        )  # fmt: skip


def _found(call: Call) -> Row:
    return call.book.get("credit_notes", call.path["creditnote_id"], NOUN)


def _delete(call: Call) -> Answer:
    book, note = call.book, _found(call)
    book.require_open(note["date"])
    if note["refunded"]:
        raise ZohoError(12008, "Refunds have been recorded for this credit note. Hence it cannot be deleted.")
    for entry in note["invoices"]:
        unapplying.unapply_credit(book, _found(call), entry["invoice_id"])
    book.ledger.reverse(note["id"])
    release_values(book, note)
    book.remove("credit_notes", note["id"])
    return ok("The credit note has been deleted.")


def status(row: Row) -> str:
    """The status Zoho shows: draft, open, closed, void."""
    return "closed" if row["state"] == "open" and row["balance"] == 0 else str(row["state"])


def _show(book: Book, row: Row) -> Row:
    return {
        **_show_in_list(book, row),
        "line_items": [{k: v for k, v in line.items() if k != "tax_amount"} for line in row["line_items"]],
        "invoices": row["invoices"],
        "invoice_id": row["linked_invoice_id"],
        "invoice_number": row["linked_invoice_number"],
        "is_inclusive_tax": row["is_inclusive_tax"],
        "exchange_rate": row["exchange_rate"],
        "sub_total": row["sub_total"],
        "taxes": [],
        "notes": row["notes"],
        "custom_fields": row["custom_fields"],
    }


def _show_in_list(book: Book, row: Row) -> Row:
    same = ("creditnote_number", "reference_number", "date", "total", "balance", "customer_id", "customer_name",
            "currency_id", "currency_code")  # fmt: skip
    return {
        "creditnote_id": row["id"],
        "status": status(row),
        **{name: row[name] for name in same},
        "created_time": book.local_time(row["created_at"]),
        "last_modified_time": book.local_time(row["modified_at"]),
        "is_emailed": False,
    }


def _has_status(_: Book, row: Row, wanted: str) -> bool:
    name = wanted.removeprefix("Status.").lower()
    return name == "all" or status(row) == name


_LISTING = Listing(
    "credit_notes",
    "creditnotes",
    "Credit Notes",
    _show_in_list,
    text=("creditnote_number", "reference_number", "customer_name", "customer_id"),
    dates=("date",),
    amounts=("total",),
    search=("creditnote_number", "customer_name", "reference_number"),
    extra={"status": _has_status, "filter_by": _has_status},
)

HANDLERS: dict[str, Handler] = {
    "list_credit_notes": lister(_LISTING),
    "create_credit_note": _create,
    "get_credit_note": lambda call: ok(creditnote=_show(call.book, _found(call))),
    "delete_credit_note": _delete,
    "apply_credit_note": _apply,
}
