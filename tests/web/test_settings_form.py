"""The settings form before anything was saved: offers, what is missing and making it, with and without htmx."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from app.services.business import settings
from app.simulator.zoho_books.organizations import book_of
from tests.conftest import Browser
from tests.shop import Shop

B = "/b/lumen-home-goods"


@pytest.fixture
def connected(shop: Shop) -> Shop:
    """Both sides connected, nothing saved."""
    shop.connect_provider()
    shop.connect_books()
    return shop


def selected(page: str, field: str) -> str:
    """What a list shows as chosen."""
    part = re.search(rf'<select[^>]*id="{field}".*?</select>', page, re.S)
    assert part, field
    chosen = re.search(r"<option[^>]*selected[^>]*>([^<]*)<", part[0])
    return chosen[1] if chosen else ""


def forget(shop: Shop, *names: str) -> None:
    """Let the organization have no account of these names."""
    book = book_of(shop.simulator, shop.organization)
    for row in book.all("accounts"):
        if row["account_name"] in names:
            book.remove("accounts", row["id"])


def test_first_settings_come_with_offers_chosen_and_marked(connected: Shop, owner: Browser) -> None:
    page = owner.get(B + "/settings").text
    assert selected(page, "sales_account") == "Sales"
    assert selected(page, "bank_account") == "HitPay Clearing"
    assert selected(page, "default_item") == "Choose one"
    assert page.count("<span>offered</span>") == 4
    assert selected(page, "payout_account") == "None", "whether payouts are written is for a person to choose"
    assert "Found in Zoho Books and offered below" in page
    assert settings.current_rules(connected.business) is None


def test_offer_stands_beside_an_empty_field_later_and_is_not_chosen(traded: Shop, owner: Browser) -> None:
    page = owner.get(B + "/settings").text
    assert selected(page, "payout_account") == "None"
    assert "Offered: DBS Current Account, the only one that fits." in page
    assert "<span>offered</span>" not in page


@pytest.mark.parametrize("htmx", [True, False])
def test_missing_account_is_made_and_chosen_and_the_rest_of_the_form_stays(
    connected: Shop, owner: Browser, htmx: bool
) -> None:
    forget(connected, "HitPay Clearing")
    assert "Make “HitPay Clearing” in Zoho Books" in owner.get(B + "/settings").text
    given = {"grouping": "individual", "sync_enabled": "y", "locked_period": "next_open_day"}
    answer = owner.post(B + "/settings/make/bank_account", given, htmx=htmx)
    assert answer.status_code == 200
    assert ("<html" in answer.text) is not htmx
    assert selected(answer.text, "bank_account") == "HitPay Clearing"
    assert selected(answer.text, "grouping") == "Individual"
    assert "“HitPay Clearing” is in Zoho Books now" in answer.text
    assert settings.current_rules(connected.business) is None


def test_all_that_is_missing_is_made_by_one_press(connected: Shop, owner: Browser) -> None:
    forget(connected, "HitPay Clearing", "HitPay Fees", "Refunds payable")
    assert "4 of these are still empty." in owner.get(B + "/settings").text
    sales = connected.truth()["accounts"]["Sales"]["account_id"]
    page = owner.post(B + "/settings/make/missing", {"sales_account": sales}).text
    names = [selected(page, name) for name in ("fee_account", "refund_account", "bank_account", "default_item")]
    assert names == ["HitPay Fees", "HitPay Refunds", "HitPay Clearing", "HitPay sales"]
    assert selected(page, "sales_account") == "Sales"


def test_account_zoho_refuses_is_told_at_its_field(connected: Shop, owner: Browser) -> None:
    forget(connected, "HitPay Fees")
    connected.fault("create_chart_of_account", "refused", status=400, code=2)
    answer = owner.post(B + "/settings/make/fee_account", htmx=True)
    assert answer.status_code == 422
    assert 'id="fee_account-error"' in answer.text
    assert "Zoho said:" in answer.text


@pytest.mark.parametrize("field", ["payout_account", "nonsense", "grouping"])
def test_nothing_else_can_be_made(
    connected: Shop, owner: Browser, everything: Callable[[], object], field: str
) -> None:
    before = everything()
    assert owner.post(f"{B}/settings/make/{field}").status_code == 404
    assert everything() == before


def test_accountant_makes_nothing(connected: Shop, enter: Callable[..., Browser]) -> None:
    reader = enter("reader@example.com", "accountant")
    assert reader.post(B + "/settings/make/fee_account").status_code == 403
