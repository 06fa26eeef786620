"""Foreign charges against the simulated world: the home amount arrives, and what rounding misses is named."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from app.services.showing import records
from app.simulator.zoho_books.organizations import set_switches
from tests.provider_truth import fee_of
from tests.shop import ACCOUNT, Shop


def sell_in_dollars(shop: Shop, amount: str = "75.00", home: str = "100.37") -> None:
    shop.clock.advance(timedelta(minutes=5))
    shop.world.add_charge(ACCOUNT, amount=amount, currency="usd", home_currency_amount=home)


def test_home_amount_of_a_foreign_sale_arrives_at_the_clearing_account(ready: Shop) -> None:
    sell_in_dollars(ready)
    assert ready.sync().outcome == "fine"

    truth = ready.truth()
    (charge,) = ready.world.charges(ACCOUNT)
    (invoice,) = truth["documents"]["invoices"]
    assert (invoice["currency_code"], Decimal(invoice["total"]), invoice["status"]) == ("USD", Decimal("75.00"), "paid")
    assert Decimal(truth["accounts"]["HitPay Clearing"]["balance"]) == Decimal("100.37") - fee_of(charge)
    assert Decimal(truth["accounts"]["Exchange Gain or Loss"]["balance"]) == 0
    assert Decimal(truth["accounts"]["Accounts Receivable"]["balance"]) == 0
    assert [row["contact_name"] for row in truth["documents"]["contacts"]] == ["HitPay Sales (USD)"]


def test_what_rounding_of_the_rate_misses_is_named(ready: Shop) -> None:
    set_switches(ready.simulator, ready.organization, exchange_rate_decimals=2)
    sell_in_dollars(ready)
    ready.sync()

    (charge,) = ready.world.charges(ACCOUNT)
    (record,) = records.page(ready.business).rows
    story = records.story(ready.outside, ready.business, record.id)
    assert story is not None
    rounding = story.documents[1].rounding
    assert rounding is not None
    arrived = Decimal(ready.truth()["accounts"]["HitPay Clearing"]["balance"]) + fee_of(charge)
    assert rounding.amount == arrived - Decimal("100.37") == Decimal("0.13")


def test_what_rounding_misses_of_a_refund_is_named_too(ready: Shop) -> None:
    set_switches(ready.simulator, ready.organization, exchange_rate_decimals=2)
    sell_in_dollars(ready)
    ready.sync()
    (charge,) = ready.world.charges(ACCOUNT)
    ready.clock.advance(timedelta(minutes=5))
    ready.world.refund(charge["id"])
    ready.sync()

    stories = [records.story(ready.outside, ready.business, row.id) for row in records.page(ready.business).rows]
    roundings = {
        document.kind: document.rounding.amount
        for story in stories
        if story is not None
        for document in story.documents
        if document.rounding
    }
    assert roundings == dict.fromkeys(("Customer payment", "Credit note", "Credit note refund"), Decimal("0.13"))
    # What came too much with the sale left again with its refund.
    assert Decimal(ready.truth()["accounts"]["HitPay Clearing"]["balance"]) == -fee_of(charge)


def test_foreign_day_is_a_summary_of_its_own(shop: Shop) -> None:
    shop.set_up(grouping="bulk")
    sell_in_dollars(shop, "10.00", "13.41")
    sell_in_dollars(shop, "20.00", "26.79")
    shop.clock.advance(timedelta(minutes=5))
    shop.world.add_charge(ACCOUNT, amount="5.00")
    shop.next_day()
    assert shop.sync().counts["posted"] == 6

    assert {row["reference_number"] for row in shop.documents("invoices")} == {"HP-2026-11-22-USD", "HP-2026-11-22-SGD"}
    fees = sum(map(fee_of, shop.world.charges(ACCOUNT)))
    clearing = Decimal(shop.truth()["accounts"]["HitPay Clearing"]["balance"])
    assert clearing == Decimal("13.41") + Decimal("26.79") + Decimal("5.00") - fees


def test_currency_the_organization_lacks_fails_that_sale_and_no_other(ready: Shop) -> None:
    ready.clock.advance(timedelta(minutes=5))
    ready.world.add_charge(ACCOUNT, amount="50000", currency="vnd", home_currency_amount="2.60")
    ready.clock.advance(timedelta(minutes=5))
    ready.world.add_charge(ACCOUNT, amount="5.00")
    run = ready.sync()

    assert run.outcome == "attention"
    assert [Decimal(row["total"]) for row in ready.documents("invoices")] == [Decimal("5.00")]
    failed = [row for row in records.page(ready.business).rows if row.fate == "failed"]
    story = records.story(ready.outside, ready.business, failed[0].id)
    assert story is not None
    assert story.documents[0].trouble == (
        "Zoho Books doesn't have the currency VND. Add it there under Settings, Currencies."
    )
