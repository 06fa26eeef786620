"""The daily audit: what a person changes in Zoho Books is found and said, and nothing is ever sent again for it."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from app.services.proving.audit import SHARE, spans_of
from app.services.showing import audits, documents
from app.services.showing.audits import AuditView
from app.simulator.zoho_books import people
from app.simulator.zoho_books.operations import act
from tests.shop import Shop


def audited(shop: Shop) -> AuditView:
    """The view after the next day's run."""
    shop.next_day()
    assert shop.sync("daily").outcome in ("fine", "attention")
    view = audits.newest(shop.business)
    assert view is not None
    return view


@pytest.fixture
def posted(sold: Shop) -> Shop:
    """One sale in the books, with invoice, payment and expense."""
    assert sold.sync().outcome == "fine"
    return sold


def whats(view: AuditView) -> list[tuple[str, str]]:
    return sorted((one.label, one.kind) for one in view.findings)


def test_books_as_written_show_no_difference(posted: Shop) -> None:
    view = audited(posted)
    assert (view.compared, view.differing, view.sampled) == (3, 0, False)


def test_deleted_document_is_missing_and_never_sent_again(posted: Shop) -> None:
    (expense,) = posted.documents("expenses")
    people.delete(posted.simulator, posted.organization, "expenses", expense["id"])
    assert whats(audited(posted)) == [("Missing", "Expense")]
    assert posted.counts() == (1, 1, 0)
    assert whats(audited(posted)) == [("Missing", "Expense")]
    assert posted.counts() == (1, 1, 0)


def test_changed_amount_and_changed_date_are_told(posted: Shop) -> None:
    (expense,) = posted.documents("expenses")
    people.edit(posted.simulator, posted.organization, "expenses", expense["id"], amount=9)
    view = audited(posted)
    assert whats(view) == [("Changed", "Expense")]
    assert "9.00" in view.findings[0].sentence
    people.edit(posted.simulator, posted.organization, "expenses", expense["id"], date="2025-01-02")
    view = audited(posted)
    assert whats(view) == [("Changed", "Expense")]
    assert "2 Jan 2025" in view.findings[0].sentence


def test_void_invoice_is_told(posted: Shop) -> None:
    (invoice,) = posted.documents("invoices")
    act(posted.simulator, posted.organization, "void_invoice", None, None, invoice_id=invoice["id"])
    assert ("Void", "Invoice") in whats(audited(posted))


def test_double_is_told_with_both_numbers_and_cleared_once_one_is_deleted(posted: Shop) -> None:
    (invoice,) = posted.documents("invoices")
    body = {
        "customer_id": invoice["customer_id"],
        "reference_number": invoice["reference_number"],
        "date": invoice["date"],
        "line_items": [{"item_id": invoice["line_items"][0]["item_id"], "rate": 100, "quantity": 1}],
    }
    second = act(posted.simulator, posted.organization, "create_invoice", body)["invoice"]
    view = audited(posted)
    assert whats(view) == [("Double", "Invoice")]
    assert second["invoice_number"] in view.findings[0].sentence

    people.delete(posted.simulator, posted.organization, "invoices", second["invoice_id"])
    assert audited(posted).differing == 0
    (told,) = audits.of_document(view.findings[0].document_id)
    assert told.cleared_at is not None
    story = documents.story(posted.outside, posted.business, view.findings[0].document_id)
    assert story is not None
    assert [one.label for one in story.findings] == ["Double"]


def test_document_with_our_reference_that_nobody_here_wrote_is_told(posted: Shop) -> None:
    (invoice,) = posted.documents("invoices")
    body = {
        "customer_id": invoice["customer_id"],
        "reference_number": "HP-another-install",
        "date": invoice["date"],
        "line_items": [{"item_id": invoice["line_items"][0]["item_id"], "rate": 5, "quantity": 1}],
    }
    act(posted.simulator, posted.organization, "create_invoice", body)
    view = audited(posted)
    assert [(one.label, one.reference, one.document_id) for one in view.findings] == [
        ("Not written from here", "HP-another-install", 0)
    ]


def test_one_day_has_one_audit_and_hourly_runs_have_none(posted: Shop) -> None:
    audited(posted)
    before = Counter(posted.line.calls)
    posted.clock.advance(timedelta(hours=1))
    posted.sync("sweep")
    posted.sync("daily")
    asked = Counter(posted.line.calls) - before
    assert [address for method, address in asked if method == "GET" and address.endswith("/expenses")] == []


def test_list_that_fails_tells_nothing(posted: Shop) -> None:
    posted.line.spoil("GET", "/expenses", b"", status=500)
    posted.next_day()
    assert posted.sync("daily").outcome == "fine"
    assert audits.newest(posted.business) is None


def test_more_than_its_share_is_sampled_and_every_older_day_has_its_turn() -> None:
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(200)]
    counts = {(day, "create_invoice"): 200 for day in days}
    seen, before = set(), None
    for _sweep in range(20):
        newest, older = spans_of(counts, before)
        assert newest[1] == days[-1]
        calls = sum((last - first).days + 1 for first, last in (newest, older))
        assert calls <= SHARE
        seen |= {day for day in days if any(first <= day <= last for first, last in (newest, older))}
        before = older[0]
    assert seen == set(days)
