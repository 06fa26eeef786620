"""Refunds of credit notes: a withdrawal from a money account; the note closes when it is used up."""

from __future__ import annotations

from decimal import Decimal

from app.simulator.ledger import Line
from app.simulator.state import Row
from app.simulator.zoho_books.accounts import MONEY_TYPES
from app.simulator.zoho_books.answers import Answer, missing, ok
from app.simulator.zoho_books.book import Book, Call, Handler, balanced
from app.simulator.zoho_books.credit_notes import NOUN, require_usable
from app.simulator.zoho_books.listing import Listing, lister, page


def _create(call: Call) -> Answer:
    book, body, note = call.book, call.body, _note(call)
    book.require_open(body["date"])
    code = note["currency_code"]
    amount = book.money(body["amount"], "amount", code)
    require_usable(note, amount)
    source = book.account(body["from_account_id"], "from_account_id", MONEY_TYPES)
    row: Row = {
        "id": book.new_id(),
        "creditnote_id": note["id"],
        "creditnote_number": note["creditnote_number"],
        "customer_id": note["customer_id"],
        "customer_name": note["customer_name"],
        "date": body["date"],
        "refund_mode": body.get("refund_mode", ""),
        "reference_number": body.get("reference_number", ""),
        "description": body.get("description", ""),
        "from_account_id": source["id"],
        "currency_code": code,
        "exchange_rate": book.rate(book.currency(code=code), body.get("exchange_rate", note["exchange_rate"])),
        "amount": amount,
    }
    refund = book.add("credit_note_refunds", row)
    book.save("credit_notes", {**note, "balance": note["balance"] - amount, "refunded": note["refunded"] + amount})
    _enter(book, note, refund)
    return ok("The credit note amount is refunded successfully.", creditnote_refund=_show(book, refund))


def _enter(book: Book, note: Row, refund: Row) -> None:
    amount: Decimal = refund["amount"]
    owed = book.round(amount * note["exchange_rate"])
    paid = book.round(amount * refund["exchange_rate"])
    lines = [
        Line(book.system_account("receivables"), amount, owed, refund["currency_code"]),
        book.line(refund["from_account_id"], -amount, -paid, refund["currency_code"]),
    ]
    book.ledger.post(
        refund["id"],
        refund["date"],
        balanced(book, lines, "exchange"),
        kind="creditnote_refund",
        number=note["creditnote_number"],
        reference_number=refund["reference_number"],
        customer_id=refund["customer_id"],
        payee=refund["customer_name"],
    )


def _delete(call: Call) -> Answer:
    book, note = call.book, _note(call)
    refund = book.get("credit_note_refunds", call.path["creditnote_refund_id"], "Refund")
    if refund["creditnote_id"] != note["id"]:
        raise missing("Refund")
    book.require_open(refund["date"])
    book.ledger.reverse(refund["id"])
    book.remove("credit_note_refunds", refund["id"])
    amount = refund["amount"]
    book.save("credit_notes", {**note, "balance": note["balance"] + amount, "refunded": note["refunded"] - amount})
    return ok("The refund has been deleted.")


def _note(call: Call) -> Row:
    return call.book.get("credit_notes", call.path["creditnote_id"], NOUN)


def _list(call: Call) -> Answer:
    return page(call, _LISTING, call.book.find("credit_note_refunds", "creditnote_id", _note(call)["id"]))


def _show(_: Book, row: Row) -> Row:
    same = ("creditnote_id", "date", "refund_mode", "reference_number", "amount", "customer_name", "description")
    return {"creditnote_refund_id": row["id"], **{name: row[name] for name in same}}


def _show_in_list(book: Book, row: Row) -> Row:
    shown = _show(book, row)
    amount = shown.pop("amount")
    return {
        **shown,
        "creditnote_number": row["creditnote_number"],
        "customer_id": row["customer_id"],
        "amount_fcy": amount,
        "amount_bcy": book.round(amount * row["exchange_rate"]),
    }


def _get(call: Call) -> Answer:
    refund = call.book.get("credit_note_refunds", call.path["refund_id"], "Refund")
    return ok("The refund of the credit note is displayed successfully.", creditnote_refund=_show(call.book, refund))


_LISTING = Listing(
    "credit_note_refunds", "creditnote_refunds", "Credit Note Refunds", _show_in_list, text=("customer_id",)
)

HANDLERS: dict[str, Handler] = {
    "create_credit_note_refund": _create,
    "delete_credit_note_refund": _delete,
    "get_credit_note_refund_by_id": _get,
    "list_credit_note_refunds": _list,
    "list_all_credit_note_refunds": lister(_LISTING),
}
