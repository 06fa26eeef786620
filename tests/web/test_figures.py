"""Pages of figures: the chart, the month, and the way from a count to what was counted."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from app.simulator.zoho_books.organizations import set_lock_date
from tests.conftest import Browser
from tests.shop import ACCOUNT, Shop

B = "/b/lumen-home-goods"


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("\u00a0", " ")


def test_each_count_of_the_status_page_leads_to_what_it_counts(traded: Shop, owner: Browser) -> None:
    traded.save(channels=("shopify",))
    for channel in ("api_shopify", "api_wix", "api_wix"):
        traded.clock.advance(timedelta(minutes=5))
        traded.world.add_charge(ACCOUNT, channel=channel)
    set_lock_date(traded.simulator, traded.organization, "2026-11-30")
    traded.clock.advance(timedelta(minutes=5))
    traded.sync()
    page = owner.get(B + "/").text
    for word, fate, count in (("Needs you", "held", 1), ("Left out", "excluded", 2), ("In Zoho Books", "posted", 2)):
        assert re.search(rf'href="{B}/records\?fate={fate}"', page), word
        listed = owner.get(f"{B}/records?fate={fate}").text
        assert listed.count('<tr id="row-') == count
    (rule,) = re.findall(rf'href="({B}/records\?rule=[^"]+)">channel not selected</a> \(2\)', page)
    assert owner.get(rule).text.count('<tr id="row-') == 2
    assert "Why: channel not selected." in owner.get(rule).text


def test_status_says_until_when_the_books_are_locked_and_forgets_it_when_they_are_open(
    traded: Shop, owner: Browser
) -> None:
    for day, words in (("2026-10-31", "locked until 31 Oct 2026"), (None, "")):
        set_lock_date(traded.simulator, traded.organization, day)
        traded.clock.advance(timedelta(minutes=5))
        traded.world.add_charge(ACCOUNT)
        traded.sync()
        page = plain(owner.get(B + "/").text)
        assert words in page
        assert ("locked until" in page) is bool(words)


def test_chart_says_the_same_to_those_who_do_not_see_it(traded: Shop, owner: Browser) -> None:
    page = owner.get(B + "/").text
    (title,) = re.findall(r'<title id="chart-says">([^<]+)</title>', page)
    assert title.replace("\u00a0", " ") == (
        "Sales of SGD 200.00, fees of SGD 8.30, refunds of SGD 0.00. Most was sold on 22 Nov 2026: SGD 200.00."
    )
    table = plain(page[page.index('id="chart-table"') : page.index("Last runs")])
    assert "22 Nov 2026 200.00 8.30 0.00" in table
    assert table.count(" 0.00 0.00 0.00") == 29


def test_month_adds_up_to_its_days_and_says_what_is_left_out(traded: Shop, enter: Callable[..., Browser]) -> None:
    traded.save(channels=("shopify",))
    traded.clock.advance(timedelta(days=1))
    traded.world.add_charge(ACCOUNT, channel="api_wix", amount="55.00")
    traded.world.add_charge(ACCOUNT, channel="api_shopify", amount="20.00")
    traded.clock.advance(timedelta(minutes=5))
    traded.sync()
    page = plain(enter().get(B + "/months/2026-11").text)
    assert "November 2026: 3 sales, SGD 220.00." in page
    assert "The month isn't over." in page
    assert "22 Nov 2026 2 200.00 8.30 0.00 0.00 23 Nov 2026 1 20.00" in page
    assert "Left out 1 SGD 55.00" in page
    assert "channel not selected (1)" in page


def test_month_without_anything_says_so_and_leads_back(traded: Shop, owner: Browser) -> None:
    page = owner.get(B + "/months/2026-10").text
    assert "<h1>October 2026: nothing happened.</h1>" in page
    assert f'href="{B}/months/2026-11"' in page
    for nothing in ("2026-13", "1999-01", "2026-1", "now", "2026-11-01"):
        assert owner.get(f"{B}/months/{nothing}").status_code == 404, nothing


def test_month_before_anything_was_connected_is_empty(shop: Shop, owner: Browser) -> None:
    assert "<h1>November 2026: nothing happened.</h1>" in owner.get(B + "/months").text


def test_documents_are_filtered_by_state_and_kind_and_found_by_reference(traded: Shop, owner: Browser) -> None:
    def listed(query: str) -> int:
        page: str = owner.get(f"{B}/documents?{query}").text
        return page.count('class="go" href="/b/lumen-home-goods/documents/')

    invoice = traded.documents("invoices")[0]["reference_number"]
    assert listed("") == 6
    assert listed("kind=expense") == 2
    assert listed("fate=posted&kind=invoice") == 2
    assert listed("fate=held") == 0
    assert listed(f"q={invoice}") == listed(f"q={invoice.removeprefix('HP-')}") == 3
    assert listed("kind=nonsense&fate=nonsense") == 6
    assert "No document is like that." in owner.get(f"{B}/documents?q=HP-nothing").text
