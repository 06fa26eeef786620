"""The first line of status and overview never says more than is true."""

from __future__ import annotations

import re
from datetime import timedelta

from app.services.connections import provider_connection
from tests.conftest import Browser
from tests.shop import ACCOUNT, Shop

STATUS = "/b/lumen-home-goods/"


def first_line(browser: Browser, page: str = STATUS) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", browser.get(page).text, re.S)
    assert found
    return found[1]


def badge(browser: Browser) -> str:
    found = re.search(r'<span class="state state-(\w+)">.*?<span>(.*?)</span>', browser.get("/").text, re.S)
    assert found
    return f"{found[1]}: {found[2]}"


def test_sync_that_is_off_is_said_first(traded: Shop, owner: Browser) -> None:
    traded.save(sync_enabled=False)
    assert first_line(owner) == "Sync is off. Sales made now are left out."
    assert (first_line(owner, "/"), badge(owner)) == ("1 business of 1 needs you.", "warn: sync is off")


def test_sync_back_on_after_reconnecting_is_in_order_and_tells_what_was_left_out(traded: Shop, owner: Browser) -> None:
    provider_connection.disconnect(traded.outside, traded.business)
    assert first_line(owner) == "Not set up yet. Connect HitPay first."
    traded.clock.advance(timedelta(minutes=5))
    traded.world.add_charge(ACCOUNT)
    traded.clock.advance(timedelta(minutes=5))
    traded.connect_provider()
    assert traded.sync().outcome == "fine"
    assert first_line(owner) == "Everything that is synced is in Zoho Books; 1 sale is left out."
    assert (first_line(owner, "/"), badge(owner)) == ("Everything is in order.", "ok: in, some left out")


def test_business_of_which_nothing_was_read_is_not_called_complete(shop: Shop, owner: Browser) -> None:
    shop.connect_provider()
    shop.connect_books()
    shop.save()
    assert shop.sync().outcome == "fine"
    assert first_line(owner) == "No sale was read from HitPay yet."
    assert badge(owner) == "off: no sales yet"
