"""Items: what is sold, and the income account an invoice line of it posts to."""

from __future__ import annotations

from app.simulator.state import Row
from app.simulator.zoho_books.answers import Answer, ZohoError, invalid, ok
from app.simulator.zoho_books.book import Book, Call, Handler
from app.simulator.zoho_books.listing import Listing, lister
from app.simulator.zoho_books.taxes import tax_of


def item_of(book: Book, item_id: str) -> Row:
    """An active item; refuses an unknown or inactive one."""
    row = book.peek("items", item_id or "")
    if row is None:
        raise invalid("item_id")
    if row["status"] != "active":
        raise ZohoError(36055, f"The item {row['name']} is inactive.")
    return row


def _create(call: Call) -> Answer:
    book, body = call.book, call.body
    if book.find("items", "name", body["name"]):
        raise ZohoError(1001, f'Item "{body["name"]}" already exists.')
    account = book.account(body.get("account_id") or book.system_account("sales"), "account_id")
    tax = tax_of(book, body.get("tax_id"))
    row: Row = {
        "id": book.new_id(),
        "name": body["name"],
        "description": body.get("description", ""),
        "rate": body["rate"],
        "sku": body.get("sku", ""),
        "status": "active",
        "product_type": body.get("product_type", "goods"),
        "item_type": body.get("item_type", "sales"),
        "account_id": account["id"],
        "tax_id": tax["id"] if tax else "",
    }
    return ok("The item has been added.", 201, item=_show(book, book.add("items", row)))


def _get(call: Call) -> Answer:
    return ok(item=_show(call.book, call.book.get("items", call.path["item_id"], "Item")))


def _show(book: Book, row: Row) -> Row:
    tax = book.peek("taxes", row["tax_id"]) or {"tax_name": "", "tax_percentage": ""}
    same = ("name", "status", "description", "rate", "tax_id", "sku", "product_type", "item_type", "account_id")
    return {
        "item_id": row["id"],
        **{name: row[name] for name in same},
        "unit": "",
        "tax_name": tax["tax_name"],
        "tax_percentage": tax["tax_percentage"],
        "tax_type": "tax" if row["tax_id"] else "",
        "account_name": book.get("accounts", row["account_id"], "Account")["account_name"],
        "created_time": book.local_time(row["created_at"]),
        "last_modified_time": book.local_time(row["modified_at"]),
    }


def _filter_by(_: Book, row: Row, wanted: str) -> bool:
    status = wanted.removeprefix("Status.").lower()
    return bool(row["status"] == status) if status in ("active", "inactive") else True


_LISTING = Listing(
    "items",
    "items",
    "Items",
    _show,
    text=("name", "account_id"),
    search=("name", "description", "sku"),
    sort=("name", "A"),
    extra={"filter_by": _filter_by},
)

HANDLERS: dict[str, Handler] = {"list_items": lister(_LISTING), "create_item": _create, "get_item": _get}
