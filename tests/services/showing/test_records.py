"""The list of records: whatever is asked for, it shows exactly those, and counts exactly them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.domain.fates import Fate
from app.domain.record_filter import NO_CHANNEL, RecordFilter
from app.services.showing import records, tallies
from app.services.showing.records import RecordView
from app.simulator.trade import Options
from app.simulator.zoho_books.organizations import set_lock_date
from tests.shop import ACCOUNT, Shop

MIXED = Options(manual=0.1, void=0.1, unpaid=0.1, refunded=0.3)


def every(shop: Shop, wanted: RecordFilter = RecordFilter()) -> list[RecordView]:  # noqa: B008 - frozen
    """All pages of the list, newest first."""
    page = records.page(shop.business, wanted)
    rows = list(page.rows)
    while page.older:
        page = records.page(shop.business, wanted, before=page.older)
        rows += page.rows
    assert len({row.id for row in rows}) == len(rows)
    assert page.found.count == len(rows)
    return rows


@pytest.fixture
def busy(shop: Shop) -> Shop:
    """Five days of mixed trade in summaries, the last day still open, a part of the channels ticked."""
    shop.set_up(grouping="bulk", channels=("shopify", "online_store", "point_of_sale"))
    for _day in range(4):
        ended = shop.next_day()
        shop.world.trade(ACCOUNT, ended, ended + timedelta(days=1), 11, 20, MIXED, until=shop.clock.now())
        shop.sync()
    shop.clock.advance(timedelta(hours=12))
    set_lock_date(shop.simulator, shop.organization, "2026-12-31")
    today = shop.clock.now().date()
    shop.world.trade(ACCOUNT, today, today + timedelta(days=1), 12, 12, MIXED, until=shop.clock.now())
    shop.sync()
    return shop


def test_each_record_is_in_the_list_of_its_own_fate_and_in_no_other(busy: Shop) -> None:
    whole = every(busy)
    assert {row.fate for row in whole} >= {"in_summary", "waiting", "excluded"}
    for fate in Fate:
        assert every(busy, RecordFilter(fate=fate)) == [row for row in whole if row.fate == fate], fate


def test_list_of_a_fate_counts_what_the_status_page_counts(busy: Shop) -> None:
    counted = tallies.of_business(busy.business)
    for fate in Fate:
        found = records.found(busy.business, RecordFilter(fate=fate))
        assert found.count == counted.sales[fate].count + counted.payouts[fate].count, fate
        if not counted.payouts[fate].count:
            assert [str(one) for one in found.values] == [str(one) for one in counted.sales[fate].values if one], fate


def test_filters_together_let_through_what_meets_all_of_them(busy: Shop) -> None:
    whole = every(busy)
    middle = sorted({row.day for row in whole})[1:3]
    for kind in ("charge", "refund"):
        for code, label in [*records.channels(busy.business), (NO_CHANNEL, "")]:
            wanted = RecordFilter(kind=kind, channel=code, first=middle[0], last=middle[-1])
            expected = [
                row for row in whole if row.kind == kind and row.channel == label and middle[0] <= row.day <= middle[-1]
            ]
            if code != NO_CHANNEL:
                assert every(busy, wanted) == expected, (kind, code)


def test_channels_offered_are_those_that_occur(busy: Shop) -> None:
    offered = {label for code, label in records.channels(busy.business) if code != NO_CHANNEL}
    assert offered == {row.channel for row in every(busy)} & offered
    assert len(offered) > 2


def test_list_of_a_rule_holds_what_it_decided(busy: Shop) -> None:
    found = every(busy, RecordFilter(rule="channel_not_selected"))
    assert found
    assert all("channel not selected" in row.says for row in found)


def test_pages_lead_there_and_back(busy: Shop) -> None:
    first = records.page(busy.business)
    assert len(first.rows) == records.PAGE
    second = records.page(busy.business, before=first.older or "")
    assert records.page(busy.business, after=second.newer or "").rows == first.rows
    assert first.newer is None


@pytest.mark.parametrize(
    ("words", "hits"),
    [
        ("100", True), ("100.00", True), ("SGD 100", True), ("sgd100.00", True), ("USD 100", False), ("100.001", False),
        ("99.99", False), ("ord-7", True), ("ORD-7", True), ("RD-7", False), ("%", False), ("_RD-7", False),
    ],
)  # fmt: skip
def test_sale_is_found_by_its_amount_or_the_beginning_of_its_order(ready: Shop, words: str, hits: bool) -> None:
    ready.clock.advance(timedelta(minutes=5))
    ready.world.add_charge(ACCOUNT, amount="100.00", order_reference_number="ORD-77")
    ready.sync()
    assert bool(records.page(ready.business, RecordFilter(words=words)).rows) is hits


def test_sale_is_found_by_its_id_and_by_its_reference_in_zoho_books(sold: Shop) -> None:
    sold.sync()
    (row,) = records.page(sold.business).rows
    (invoice,) = sold.documents("invoices")
    for words in (row.provider_id, row.provider_id[:6], invoice["reference_number"], invoice["reference_number"][:9]):
        assert records.page(sold.business, RecordFilter(words=words)).rows == [row], words


def test_members_of_a_summary_are_found_by_its_reference(busy: Shop) -> None:
    summary = busy.documents("invoices")[0]["reference_number"]
    found = every(busy, RecordFilter(words=summary))
    assert found
    assert {row.fate for row in found} == {"in_summary"}
    assert {row.day for row in found} == {date.fromisoformat(summary[3:13])}
