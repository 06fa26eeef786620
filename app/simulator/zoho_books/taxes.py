"""Taxes, and what Zoho makes of the lines of a document: net, tax and total, inclusive or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.simulator.state import Row
from app.simulator.zoho_books.answers import Answer, ZohoError, invalid, ok
from app.simulator.zoho_books.book import Book, Call, Handler
from app.simulator.zoho_books.listing import Listing, lister

ZERO = Decimal(0)


@dataclass(frozen=True)
class Priced:
    """A document's lines with their net and tax amounts, and the sums."""

    lines: list[Row]
    sub_total: Decimal
    tax_total: Decimal
    total: Decimal


def create_tax(book: Book, name: str, percentage: Decimal) -> str:
    """Add a sales tax and answer its id."""
    row: Row = {"id": book.new_id(), "tax_name": name, "tax_percentage": percentage}
    return str(book.add("taxes", row)["id"])


def tax_of(book: Book, tax_id: str | None) -> Row | None:
    """The tax with this id, None for no id; an unknown id is refused."""
    if not tax_id:
        return None
    row = book.peek("taxes", tax_id)
    if row is None:
        raise invalid("tax_id")
    return row


def split_tax(book: Book, amount: Decimal, tax: Row | None, inclusive: bool, currency: str) -> tuple[Decimal, Decimal]:
    """The net amount and the tax of `amount`, rounded to the currency."""
    if tax is None:
        return amount, ZERO
    share = tax["tax_percentage"] / 100
    if inclusive:
        net = book.round(amount / (1 + share), currency)
        return net, amount - net
    return amount, book.round(amount * share, currency)


def create_exemption(book: Book, code: str) -> str:
    """Add a tax exemption of the kind that items have, and answer its id."""
    row: Row = {"id": book.new_id(), "tax_exemption_code": code, "description": "", "type": "item"}
    return str(book.add("tax_exemptions", row)["id"])


def exempt(book: Book, body: Row) -> bool:
    """Whether a document is exempt as a whole; an unknown exemption is refused."""
    if not body.get("tax_exemption_id"):
        return False
    if book.peek("tax_exemptions", body["tax_exemption_id"]) is None:
        raise invalid("tax_exemption_id")
    return True


def price(book: Book, lines: Sequence[Row], inclusive: bool, currency: str, free: bool = False) -> Priced:
    """Price `lines`, each with `rate`, `quantity`, `tax_id` and the rest as given; `free` for an exempt document."""
    given = [{**line, "tax_id": ""} for line in lines] if free else lines
    priced = [_priced_line(book, line, number, inclusive, currency, free) for number, line in enumerate(given, start=1)]
    net = sum((line["item_total"] for line in priced), ZERO)
    tax = sum((line["tax_amount"] for line in priced), ZERO)
    return Priced(priced, net, tax, net + tax)


def _priced_line(book: Book, line: Row, number: int, inclusive: bool, currency: str, free: bool) -> Row:
    tax = tax_of(book, line.get("tax_id"))
    if tax is None and not free and book.settings["tax_required"]:
        raise ZohoError(36059, "Select a tax or a tax exemption for each line item.")
    amount = book.round(_number(line["rate"]) * _number(line["quantity"]), currency)
    net, tax_amount = split_tax(book, amount, tax, inclusive, currency)
    return {
        **line,
        "line_item_id": book.new_id(),
        "item_order": number,
        "tax_id": tax["id"] if tax else "",
        "tax_name": tax["tax_name"] if tax else "",
        "tax_percentage": tax["tax_percentage"] if tax else ZERO,
        "item_total": net,
        "tax_amount": tax_amount,
    }


def _number(value: Any) -> Decimal:
    return Decimal(str(value))


def _show(_: Book, row: Row) -> Row:
    return {
        "tax_id": row["id"],
        "tax_name": row["tax_name"],
        "tax_percentage": row["tax_percentage"],
        "tax_type": "tax",
        "is_value_added": True,
        "is_default_tax": False,
        "is_editable": True,
    }


def _show_exemption(_: Book, row: Row) -> Row:
    same = ("tax_exemption_code", "description", "type")
    return {"tax_exemption_id": row["id"], **{name: row[name] for name in same}}


def _list_exemptions(call: Call) -> Answer:
    """All of them: the official file knows no pages here."""
    return ok(tax_exemptions=[_show_exemption(call.book, row) for row in call.book.all("tax_exemptions")])


HANDLERS: dict[str, Handler] = {
    "list_taxes": lister(Listing("taxes", "taxes", "Taxes", _show)),
    "list_tax_exemptions": _list_exemptions,
}
