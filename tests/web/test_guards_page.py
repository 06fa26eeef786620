"""The Zoho Books page shows each guard, and Check looks for the fields; the status page shows what the audit found."""

from __future__ import annotations

from collections.abc import Callable

from app.services.writing import guards
from app.simulator.zoho_books import people
from app.simulator.zoho_books.custom_fields import create_custom_field
from app.simulator.zoho_books.organizations import book_of
from tests.conftest import Browser
from tests.shop import Shop

ZOHO, STATUS = "/b/lumen-home-goods/zoho", "/b/lumen-home-goods/"


def test_check_finds_the_fields_that_the_steps_made(traded: Shop, owner: Browser) -> None:
    before = owner.get(ZOHO).text
    assert "What it still risks" in before
    assert guards.FIELD_NAME in before
    book = book_of(traded.simulator, traded.organization)
    with traded.simulator.state.transaction():
        for kind in ("invoices", "expenses"):
            create_custom_field(book, kind, guards.FIELD_LABEL, guards.FIELD_NAME, unique=True)
    assert owner.post(f"{ZOHO}/guards").status_code == 303
    after = owner.get(ZOHO).text
    assert "Unique field found on: invoice, expense." in after
    assert "Do this once for each of: customer payment, credit note." in after


def test_check_that_finds_nothing_says_so(traded: Shop, owner: Browser) -> None:
    owner.post(f"{ZOHO}/guards")
    assert "No unique field was found." in owner.get(ZOHO).text


def test_only_an_owner_checks(traded: Shop, enter: Callable[..., Browser]) -> None:
    bookkeeper = enter("books@example.com", "bookkeeper")
    assert bookkeeper.post(f"{ZOHO}/guards").status_code == 403
    assert ">Check<" not in bookkeeper.get(ZOHO).text


def test_difference_found_by_the_audit_is_on_the_status_page_and_on_its_document(
    traded: Shop, enter: Callable[..., Browser]
) -> None:
    expense = traded.documents("expenses")[0]
    people.edit(traded.simulator, traded.organization, "expenses", expense["id"], amount=9)
    traded.next_day()
    traded.sync("daily")
    owner = enter()
    page = owner.get(STATUS).text
    assert "1 document in Zoho Books differs from what was written" in page
    address = page.split('href="/b/lumen-home-goods/documents/')[1].split('"')[0]
    assert "SGD 9.00" in owner.get(f"/b/lumen-home-goods/documents/{address}").text
