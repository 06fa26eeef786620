"""Contacts: customers, each in one currency, with unique names."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from app.simulator.state import Row
from app.simulator.zoho_books.answers import Answer, ZohoError, ok
from app.simulator.zoho_books.book import Book, Call, Handler
from app.simulator.zoho_books.listing import Listing, lister


class Outstanding:
    """What each customer owes: the balances of open invoices, kept in memory."""

    def __init__(self) -> None:
        self.by_customer: dict[str, Decimal] = defaultdict(Decimal)

    def add(self, key: str, row: Row) -> None:
        if row["state"] == "open":
            self.by_customer[row["customer_id"]] += row["balance"]

    def remove(self, key: str, row: Row) -> None:
        if row["state"] == "open":
            self.by_customer[row["customer_id"]] -= row["balance"]


def customer(book: Book, contact_id: str) -> Row:
    """An active customer; refuses a blank, wrong or inactive one."""
    row = book.peek("contacts", contact_id or "")
    if row is None or row["contact_type"] != "customer":
        raise ZohoError(3004, "Select a valid customer.")
    if row["status"] != "active":
        raise ZohoError(36055, f"The customer {row['contact_name']} is inactive.")
    return row


def _create(call: Call) -> Answer:
    book, body = call.book, call.body
    name = body["contact_name"].strip()
    if book.find("contacts", "unique_name", name.lower()):
        message = f'The customer "{name}" already exists. Please specify a different name.'
        raise ZohoError(3062, message)
    currency = book.currency(body.get("currency_id"))
    persons = [_person(book, person) for person in body.get("contact_persons", [])]
    primary: Row = next((p for p in persons if p.get("is_primary_contact")), persons[0] if persons else {})
    row: Row = {
        "id": book.new_id(),
        "contact_name": name,
        "unique_name": name.lower(),
        "company_name": body.get("company_name", ""),
        "contact_type": body.get("contact_type", "customer"),
        "status": "active",
        "payment_terms": body.get("payment_terms", 0),
        "notes": body.get("notes", ""),
        "currency_id": currency["id"],
        "currency_code": currency["currency_code"],
        "contact_persons": persons,
        "primary_contact_id": primary.get("contact_person_id", ""),
        **{part: primary.get(part, "") for part in ("first_name", "last_name", "email", "phone", "mobile")},
    }
    return ok("The contact has been created", 201, contact=_show(book, book.add("contacts", row)))


def _person(book: Book, given: Row) -> Row:
    return {**given, "contact_person_id": book.new_id(), "is_primary_contact": given.get("is_primary_contact", False)}


def _get(call: Call) -> Answer:
    return ok(contact=_show(call.book, call.book.get("contacts", call.path["contact_id"], "Contact")))


def _show(book: Book, row: Row) -> Row:
    more = ("contact_persons", "primary_contact_id", "notes")
    return {**_show_in_list(book, row), **{name: row[name] for name in more}}


def _show_in_list(book: Book, row: Row) -> Row:
    same = ("contact_name", "company_name", "contact_type", "status", "payment_terms", "currency_id", "currency_code",
            "first_name", "last_name", "email", "phone", "mobile")  # fmt: skip
    owed = book.view("invoices", "outstanding", Outstanding).by_customer.get(row["id"], Decimal(0))
    return {
        "contact_id": row["id"],
        **{name: row[name] for name in same},
        "outstanding_receivable_amount": owed,
        "created_time": book.local_time(row["created_at"]),
        "last_modified_time": book.local_time(row["modified_at"]),
    }


def _filter_by(_: Book, row: Row, wanted: str) -> bool:
    status = wanted.removeprefix("Status.").lower()
    return bool(row["status"] == status) if status in ("active", "inactive") else True


_LISTING = Listing(
    "contacts",
    "contacts",
    "Contacts",
    _show_in_list,
    text=("contact_name", "company_name", "first_name", "last_name", "email", "phone", "contact_type"),
    search=("contact_name", "notes"),
    sort=("contact_name", "A"),
    extra={"filter_by": _filter_by},
)

HANDLERS: dict[str, Handler] = {"list_contacts": lister(_LISTING), "create_contact": _create, "get_contact": _get}
