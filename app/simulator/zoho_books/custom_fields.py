"""Custom fields of documents, and those that allow no duplicates."""

from __future__ import annotations

from collections.abc import Mapping

from app.simulator.state import Row
from app.simulator.zoho_books.answers import Answer, ZohoError, invalid, ok
from app.simulator.zoho_books.book import Book, Call, Handler

ENTITIES: Mapping[str, str] = {
    "invoice": "invoices",
    "customer_payment": "customer_payments",
    "expense": "expenses",
    "creditnote": "credit_notes",
}
"""Zoho's word for a kind of document in its settings, and ours; the words of payments and credit notes are a guess."""


def create_custom_field(book: Book, kind: str, label: str, api_name: str, unique: bool = False) -> str:
    """Add a field to a kind of document (`invoices`, `customer_payments`, `expenses`, `credit_notes`); its id."""
    row: Row = {"id": book.new_id(), "kind": kind, "label": label, "api_name": api_name, "unique": unique}
    return str(book.add("custom_fields", row)["id"])


def delete_custom_field(book: Book, kind: str, api_name: str) -> None:
    """Delete a field, as a person does in the settings; documents keep what they hold."""
    for row in book.all("custom_fields"):
        if (row["kind"], row["api_name"]) == (kind, api_name):
            book.remove("custom_fields", row["id"])


def _list(call: Call) -> Answer:
    """The fields of one entity, without pages."""
    kind = ENTITIES[call.query["entity"]]
    return ok(fields=[_show(row) for row in call.book.all("custom_fields") if row["kind"] == kind])


def _show(row: Row) -> Row:
    same = ("label", "api_name")
    return {"field_id": row["id"], **{name: row[name] for name in same}, "is_unique": row["unique"], "is_active": True}


def take_values(book: Book, kind: str, body: Row, document_id: str) -> list[Row]:
    """The custom fields of a request as a document keeps them; refuses unknown fields and taken unique values."""
    values = []
    for given in body.get("custom_fields", []):
        field = _field(book, kind, given)
        if field["unique"] and given.get("value"):
            _reserve(book, field, given["value"], document_id)
        named = {name: field[name] for name in ("label", "api_name")}
        values.append({"customfield_id": field["id"], **named, "value": given.get("value", "")})
    return values


def release_values(book: Book, document: Row) -> None:
    """Free the unique values a deleted document held."""
    for value in document["custom_fields"]:
        book.remove("unique_values", f"{value['customfield_id']}:{value['value']}")


def _field(book: Book, kind: str, given: Row) -> Row:
    for row in book.all("custom_fields"):
        if row["kind"] == kind and (
            given.get("customfield_id") == row["id"]
            or given.get("api_name") == row["api_name"]
            or given.get("label") == row["label"]
        ):
            return row
    raise invalid("custom_fields")


def _reserve(book: Book, field: Row, value: str, document_id: str) -> None:
    key = f"{field['id']}:{value}"
    if book.peek("unique_values", key) is not None:
        raise ZohoError(36057, f"The value of {field['label']} exists already; the field allows no duplicates.")
    book.add("unique_values", {"id": key, "document_id": document_id})


HANDLERS: dict[str, Handler] = {"list_fields": _list}
