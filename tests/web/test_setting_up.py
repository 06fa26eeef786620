"""The way to the first sync as its pages show it: the checklist, the way on from each form, and the test."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from app.services.connections import books_connection, provider_connection
from tests.conftest import Browser
from tests.shop import Shop

B = "/b/lumen-home-goods"


def buttons(page: str) -> list[str]:
    """The one button of the checklist."""
    part = re.search(r'<ol class="steps">.*?</ol>', page, re.S)
    return re.findall(r'class="btn btn-primary" href="([^"]+)"', part[0]) if part else []


def text(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).replace("&#39;", "'").split())


def test_checklist_leads_from_the_first_step_to_the_first_sync(shop: Shop, owner: Browser) -> None:
    page = owner.get(B + "/").text
    assert "0 of 6 steps are done" in page
    assert "HitPay isn't connected yet." in text(page)
    assert buttons(page) == [B + "/provider"]
    shop.connect_provider()
    assert buttons(owner.get(B + "/").text) == [B + "/zoho"]
    shop.finish(shop.decide(shop.consent_url()))
    page = owner.get(B + "/").text
    assert "Choose the organization" in text(page)
    assert buttons(page) == [B + "/zoho"]
    books_connection.confirm(shop.outside, shop.business, shop.organization)
    assert buttons(owner.get(B + "/").text) == [B + "/settings"]
    shop.save(sync_enabled=False)
    page = owner.get(B + "/").text
    assert "4 of 6 steps are done" in page
    assert buttons(page) == [B + "/settings"]
    shop.save()
    page = text(owner.get(B + "/").text)
    assert "5 of 6 steps are done" in page
    assert "Nothing was synced yet. Press Sync Now" in page
    assert "each sale is written by the sync that reads it" in page
    assert "once a night: next 23 Nov 2026, 01:00" in page
    shop.sync()
    assert "steps are done" not in owner.get(B + "/").text


def test_bulk_is_told_when_its_first_day_closes(shop: Shop, owner: Browser) -> None:
    shop.connect_provider()
    shop.connect_books()
    shop.save(grouping="bulk")
    page = text(owner.get(B + "/").text)
    assert "the sales of today are written by the first sync after 23 Nov 2026, 00:30" in page


@pytest.mark.parametrize("role", ["accountant", "bookkeeper"])
def test_step_of_an_owner_is_said_to_be_his(shop: Shop, enter: Callable[..., Browser], role: str) -> None:
    page = enter(f"{role}@example.com", role).get(B + "/").text
    assert "An owner of this business can do this." in text(page)
    assert buttons(page) == []


def test_form_pages_lead_on(shop: Shop, owner: Browser) -> None:
    assert "Next:" not in owner.get(B + "/provider").text
    shop.connect_provider()
    assert "Next: connect Zoho Books" in text(owner.get(B + "/provider").text)
    assert "Next:" not in owner.get(B + "/zoho").text
    shop.connect_books()
    assert "Next: choose the accounts" in text(owner.get(B + "/zoho").text)
    shop.save()
    assert "Next: sync for the first time" in text(owner.get(B + "/zoho").text)
    shop.sync()
    assert "Next:" not in owner.get(B + "/zoho").text


@pytest.mark.parametrize("htmx", [True, False])
def test_test_tells_a_line_a_thing(traded: Shop, owner: Browser, htmx: bool) -> None:
    answer = owner.post(B + "/test", {"grouping": "bulk"}, htmx=htmx)
    assert answer.status_code == 200
    assert ("<html" in answer.text) is not htmx
    page = text(answer.text)
    assert "Everything works: both sides answer, and what is chosen is right." in page
    assert "Fee Account ok HitPay Fees is there, active" in page
    assert "nothing was changed" in page


def test_opening_the_test_asks_nobody(traded: Shop, owner: Browser) -> None:
    before = len(traded.line.calls)
    page = owner.get(B + "/test").text
    assert "It changes nothing." in page
    assert len(traded.line.calls) == before


def test_test_of_a_zoho_that_is_down_is_a_page_and_no_error(traded: Shop, owner: Browser) -> None:
    for _try in range(4):
        traded.fault("list_organizations", "error_before_apply")
    answer = owner.post(B + "/test")
    assert answer.status_code == 200
    assert "Nothing is broken. Look at: Zoho Books" in text(answer.text)


def test_test_without_connections_says_what_is_missing(shop: Shop, owner: Browser) -> None:
    assert provider_connection.view(shop.outside, shop.business).status == "not_connected"
    page = text(owner.post(B + "/test").text)
    assert "HitPay is not connected. Connect it on the HitPay page." in page


def test_settings_offer_the_test(traded: Shop, owner: Browser) -> None:
    for page in (owner.get(B + "/settings"), owner.htmx(B + "/settings")):
        assert f'formaction="{B}/test"' in page.text
