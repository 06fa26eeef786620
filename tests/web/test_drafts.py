"""Signed out in the middle of a form: what was typed stands there again, but never a key or a secret."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app.services.business import settings
from app.services.syncing import runs
from app.web import drafts
from tests.conftest import PASSWORD, Browser
from tests.shop import Shop

B = "/b/lumen-home-goods"


def sent_away(answer: Any, *, htmx: bool) -> str:
    """Where a signed-out person is led, which is the sign-in in any case."""
    place = answer.headers["HX-Redirect"] if htmx else answer.headers["Location"]
    assert urlsplit(place).path == "/login"
    return str(place)


def sign_in_at(shop: Shop, browser: Browser, place: str) -> Any:
    """Sign in on the page one was led to, and follow to where that leads."""
    page = browser.get(place).text
    token = re.search(r'name="csrf_token"\s+value="([^"]+)"', page)
    assert token
    form = {"email": "owner@example.com", "password": PASSWORD, "csrf_token": token[1]}
    entered = browser.send("POST", place, data=form)
    assert entered.status_code == 303
    return browser.get(entered.headers["Location"])


def value_of(page: str, field: str) -> str:
    """The value an input shows, or the one a list shows as chosen."""
    box = re.search(rf'<input[^>]*id="{field}"[^>]*>', page)
    if box:
        found = re.search(r'value="([^"]*)"', box[0])
        return found[1] if found else ""
    part = re.search(rf'<select[^>]*id="{field}".*?</select>', page, re.S)
    assert part, field
    chosen = re.search(r'<option selected value="([^"]*)"', part[0])
    return chosen[1] if chosen else ""


def is_ticked(page: str, field: str) -> bool:
    box = re.search(rf'<input[^>]*id="{field}"[^>]*>', page)
    assert box, field
    return " checked" in box[0]


@pytest.fixture
def expired(shop: Shop, owner: Browser) -> Browser:
    """The owner's browser with a page of ours still open, its sign-in ended meanwhile."""
    token = owner.token()
    owner.token = lambda: token  # type: ignore[method-assign]  # the open page's own, as it was drawn
    owner.send("POST", "/logout", headers={"X-CSRFToken": token})
    return owner


@pytest.mark.parametrize("htmx", [True, False])
def test_settings_typed_before_the_sign_in_ended_stand_in_the_form_again(
    traded: Shop, expired: Browser, htmx: bool
) -> None:
    stored = settings.current_input(traded.business)
    typed = {
        "sales_account": traded.accounts["Online Sales"],
        "fee_account": stored.fee_account,
        "grouping": "bulk",
        "channels": ["shopify", "wix"],
        "own_numbers": "y",
    }
    place = sent_away(expired.post(B + "/settings", typed, htmx=htmx), htmx=htmx)
    assert "What you had entered comes back after you sign in" in expired.get(place).text
    page = sign_in_at(traded, expired, place).text
    assert value_of(page, "sales_account") == traded.accounts["Online Sales"]
    assert value_of(page, "grouping") == "bulk"
    assert re.findall(r'name="channels"[^>]*value="(\w+)" checked', page) == ["shopify", "wix"]
    assert (is_ticked(page, "own_numbers"), is_ticked(page, "sync_enabled")) == (True, False)
    assert "What you had entered stands here again" in page
    assert settings.current_input(traded.business) == stored


def test_new_business_typed_before_stands_in_the_form_again(shop: Shop, expired: Browser) -> None:
    typed = {"name": "Kopi & Söhne", "time_zone": "Asia/Tokyo"}
    page = sign_in_at(shop, expired, sent_away(expired.post("/businesses/new", typed), htmx=False)).text
    assert value_of(page, "name") == "Kopi &amp; Söhne"
    assert value_of(page, "time_zone") == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("path", "typed", "kept", "secret"),
    [
        ("/zoho/connect", {"client_id": "1000.MINE", "client_secret": "hush-hush", "datacenter": "simulator"},
         {"client_id": "1000.MINE", "datacenter": "simulator"}, "hush-hush"),
        ("/provider/connect", {"environment": "simulator", "api_key": "hush-hush"},
         {"environment": "simulator"}, "hush-hush"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("htmx", [True, False])
def test_secrets_are_never_carried(
    shop: Shop, expired: Browser, path: str, typed: dict[str, str], kept: dict[str, str], secret: str, htmx: bool
) -> None:
    place = sent_away(expired.post(B + path, typed, htmx=htmx), htmx=htmx)
    assert secret not in place
    page = sign_in_at(shop, expired, place).text
    assert {name: value_of(page, name) for name in kept} == kept
    assert secret not in page
    assert "stands here again, except the" in page


def test_sync_pressed_when_signed_out_comes_back_with_a_sentence(traded: Shop, expired: Browser) -> None:
    before = len(runs.latest(traded.outside, traded.business, 9))
    page = sign_in_at(traded, expired, sent_away(expired.post(B + "/sync"), htmx=False)).text
    assert "You were signed out, so the sync wasn&#39;t started. Press Sync Now again." in page
    assert len(runs.latest(traded.outside, traded.business, 9)) == before


def test_page_opened_as_usual_shows_what_is_stored(traded: Shop, owner: Browser) -> None:
    page = owner.get(B + "/settings?grouping=bulk&sales_account=1").text
    assert value_of(page, "grouping") == "individual"
    assert "stands here again" not in page


def test_what_is_too_long_to_carry_is_named_as_lost(shop: Shop, expired: Browser) -> None:
    place = sent_away(expired.post(B + "/settings", {"channels": ["x" * 5000]}), htmx=False)
    assert len(place) < 200
    assert parse_qs(urlsplit(place).query)["next"] == [B + "/settings?draft=lost"]
    page = sign_in_at(shop, expired, sent_away(expired.post("/businesses/new", {"name": "x" * 5000}), htmx=False)).text
    assert "it was too much to keep" in page


def test_no_form_may_declare_a_secret() -> None:
    for name in ("api_key", "client_secret", "password", "token"):
        with pytest.raises(ValueError, match="a secret can't be carried"):
            drafts.keeps("zoho.show", "datacenter", name)


def test_draft_of_somebody_elses_business_stays_unseen(shop: Shop, enter: Callable[..., Browser]) -> None:
    assert enter().get("/b/nobodys/settings?draft=1&grouping=bulk").status_code == 404


def test_zoho_that_does_not_answer_keeps_what_was_typed(traded: Shop, owner: Browser) -> None:
    typed = {"grouping": "bulk", "fee_account": "1"}
    traded.fault("list_accounts", "refused", status=429, code=44)
    answer = owner.post(B + "/settings", typed, htmx=True)
    assert answer.status_code == 422
    for words in ("The lists of accounts can't be shown now.", "Nothing was changed", "Try again"):
        assert words in answer.text.replace("&#39;", "'")
    again = re.search(r'href="([^"]*draft=unread[^"]*)"', answer.text)
    assert again
    page = owner.get(again[1].replace("&amp;", "&")).text
    assert value_of(page, "grouping") == "bulk"
    assert "You were signed out" not in page
