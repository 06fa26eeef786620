"""Customers: found by name or made once, whatever happens on the way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.services.showing import records
from app.services.showing.documents import DocumentView
from app.simulator.zoho_books import people
from app.simulator.zoho_books.operations import act
from app.simulator.zoho_books.organizations import book_of
from tests.shop import Shop

CUSTOMER = "HitPay Sales (SGD)"


def documents_of(shop: Shop) -> list[DocumentView]:
    """The documents of the newest record."""
    story = records.story(shop.outside, shop.business, records.page(shop.business).rows[0].id)
    assert story
    return story.documents


def contacts(shop: Shop) -> list[str]:
    return [row["contact_name"] for row in shop.documents("contacts")]


def person_makes_contact(shop: Shop) -> str:
    """A contact of the very name that we would give; its id."""
    body = {"contact_name": CUSTOMER, "contact_type": "customer"}
    return str(act(shop.simulator, shop.organization, "create_contact", body)["contact"]["contact_id"])


def test_customer_of_that_name_is_used_if_there_is_one(sold: Shop) -> None:
    known = person_makes_contact(sold)
    assert sold.sync().outcome == "fine"
    assert [row["customer_id"] for row in sold.documents("invoices")] == [known]
    assert sold.line.count("POST", "/contacts") == 0


def test_customer_name_held_by_an_inactive_contact_is_told_in_words(sold: Shop) -> None:
    known = person_makes_contact(sold)
    book = book_of(sold.simulator, sold.organization)
    people.deactivate(book, "contacts", known)
    assert sold.sync().counts["failed"] == 1
    assert documents_of(sold)[0].trouble == (
        f"Zoho Books says a contact named {CUSTOMER} exists, but it is not an active customer. "
        "Activate it or rename it there, then press Sync Now."
    )
    with sold.simulator.state.transaction():
        book.save("contacts", {**book.get("contacts", known, "Contact"), "status": "active"})
    assert sold.sync("command").outcome == "fine"
    assert sold.counts() == (1, 1, 1)


@pytest.mark.parametrize(
    "kind", ["lost_after_apply", "lost_before_apply", "error_after_apply", "truncated", "not_json", "late"]
)
def test_customer_nobody_confirmed_is_found_by_name_later(sold: Shop, kind: str) -> None:
    sold.fault("create_contact", kind, seconds=60)
    run = sold.sync()
    assert (run.outcome, run.sentence) == ("stopped", f"Zoho Books didn't say whether it made the customer {CUSTOMER}.")
    assert sold.effects()["create_invoice"] == "planned"
    sold.clock.advance(timedelta(minutes=6))
    assert sold.sync("daily").outcome == "fine"
    assert contacts(sold) == [CUSTOMER]
    assert sold.counts() == (1, 1, 1)


def test_customer_deleted_in_zoho_is_made_anew(sold: Shop) -> None:
    sold.fault("create_invoice", "refused", code=45)
    sold.sync()
    (first,) = sold.documents("contacts")
    people.delete_contact(sold.simulator, sold.organization, first["id"])
    assert sold.sync("command").outcome == "fine"
    assert contacts(sold) == [CUSTOMER]
    assert sold.counts() == (1, 1, 1)


def test_customer_zoho_goes_on_refusing_fails_the_document(sold: Shop) -> None:
    sold.line.spoil("POST", "/invoices", '{"code": 3004, "message": "Select a valid customer."}', status=400)
    assert sold.sync().counts["failed"] == 1
    assert sold.line.count("POST", "/invoices") == 1
    sold.sync("command")
    assert sold.line.count("POST", "/invoices") == 3  # remembered by now, so looked up once more
