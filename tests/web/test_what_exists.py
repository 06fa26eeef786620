"""Refunds and roundings as their pages show them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.simulator.zoho_books.organizations import set_switches
from tests.conftest import Browser
from tests.shop import ACCOUNT, Shop

B = "/b/lumen-home-goods"


@pytest.fixture
def refunded(traded: Shop) -> Shop:
    """The same business, with one sale of a known order refunded in part."""
    traded.clock.advance(timedelta(minutes=5))
    charge = traded.world.add_charge(ACCOUNT, amount="80.00", order_reference_number="SO-1001")
    traded.clock.advance(timedelta(minutes=5))
    traded.world.refund(charge["id"], "30.00")
    assert traded.sync().outcome == "fine"
    return traded


def fact(page: str, name: str) -> str:
    """The value beside a name, without its markup."""
    found = re.search(rf"<dt>{name}</dt><dd[^>]*>(.*?)</dd>", page, re.S)
    return re.sub(r"<[^>]+>", "", found[1]).replace("\u00a0", "") if found else ""


def test_refund_is_called_one_and_is_below_zero(refunded: Shop, owner: Browser) -> None:
    page = owner.get(f"{B}/records?q=SO-1001").text
    assert ">SO-1001</a>" in page
    assert ">Refund of SO-1001</a>" in page
    assert "\u221230.00" in page
    assert "4 records from HitPay" in owner.get(f"{B}/records").text


def test_refund_leads_to_its_charge(refunded: Shop, owner: Browser) -> None:
    (link,) = re.findall(r'href="([^"]+)">Refund of SO-1001</a>', owner.get(f"{B}/records").text)
    page = owner.get(link).text
    assert "<title>Refund SO-1001" in page
    assert (fact(page, "Amount"), fact(page, "Fee"), fact(page, "Made")) == ("SGD\u221230.00", "", "")
    parent = re.search(r'<dt>Refund of</dt><dd><a href="([^"]+)"', page)
    assert parent
    charge = owner.get(parent[1]).text
    assert "<title>Charge SO-1001" in charge
    assert fact(charge, "Amount") == "SGD80.00"


def test_rounding_of_the_rate_is_named_on_its_document_and_on_no_other(traded: Shop, owner: Browser) -> None:
    set_switches(traded.simulator, traded.organization, exchange_rate_decimals=2)
    traded.clock.advance(timedelta(minutes=5))
    traded.world.add_charge(ACCOUNT, amount="75.00", currency="usd", home_currency_amount="100.37")
    assert traded.sync().outcome == "fine"
    named = [
        fact(owner.get(f"{B}/documents/{number}").text, "Rounding of the exchange rate") for number in range(1, 10)
    ]
    assert [one for one in named if one] == ["SGD0.13"]
