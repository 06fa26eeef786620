"""Bulk against the simulated world: a closed day costs three calls and holds every charge once."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from app.services.showing import records, status
from app.simulator.trade import Options
from app.simulator.zoho_books.organizations import set_lock_date
from tests.provider_truth import by_reference, fee_of, gross_of, local_day, paid_sales
from tests.shop import ACCOUNT, Shop

MIXED = Options(manual=0.05, void=0.03, unpaid=0.08)


def singapore(shop: Shop) -> str:
    return (shop.clock.now() + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%S+08:00")


def trade_and_sync(shop: Shop, days: int, count: int = 8) -> None:
    for _day in range(days):
        ended = shop.next_day()
        shop.world.trade(ACCOUNT, ended, ended + timedelta(days=1), 7, count, MIXED, until=shop.clock.now())
        assert shop.sync().outcome == "fine"


def test_ten_days_of_summaries_tie_to_the_cent(shop: Shop) -> None:
    shop.set_up(grouping="bulk")
    opened = singapore(shop)
    trade_and_sync(shop, 10)

    today = singapore(shop)[:10]
    days: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for charge in paid_sales(shop, opened).values():
        if local_day(charge) < today:
            days[local_day(charge)].append(charge)
    truth = shop.truth()
    invoices = by_reference(truth["documents"]["invoices"])
    payments = by_reference(truth["documents"]["customerpayments"])
    expenses = by_reference(truth["documents"]["expenses"])
    assert set(invoices) == set(payments) == set(expenses) == {f"HP-{day}-SGD" for day in days}
    for day, charges in days.items():
        gross, fees = sum(map(gross_of, charges)), sum(map(fee_of, charges))
        invoice = invoices[f"HP-{day}-SGD"]
        assert (Decimal(invoice["total"]), invoice["date"], invoice["status"]) == (gross, day, "paid")
        assert Decimal(payments[f"HP-{day}-SGD"]["amount"]) == gross
        assert Decimal(expenses[f"HP-{day}-SGD"]["total"]) == fees
    posted = [charge for charges in days.values() for charge in charges]
    clearing = sum(map(gross_of, posted)) - sum(map(fee_of, posted))
    assert Decimal(truth["accounts"]["HitPay Clearing"]["balance"]) == clearing
    assert Decimal(truth["accounts"]["Accounts Receivable"]["balance"]) == 0
    assert truth["trial_balance"] == "0.00"


def test_day_costs_three_calls_however_many_charges(shop: Shop) -> None:
    shop.set_up(grouping="bulk")
    trade_and_sync(shop, 1)
    ended = shop.next_day()
    shop.world.trade(ACCOUNT, ended, ended, 7, 120)
    before = shop.truth()["calls"]
    run = shop.sync()
    after = shop.truth()["calls"]
    spent = {name: count - before.get(name, 0) for name, count in after.items() if count != before.get(name, 0)}

    assert run.counts["posted"] == 3
    assert spent == {
        "create_invoice": 1,
        "create_customer_payment": 1,
        "create_expense": 1,
        "get_transaction_lock": 1,  # by each run that has something to write
        "list_bank_accounts": 1,  # by the first run of a day: the balance
    }


def test_sales_of_today_wait_and_say_for_what(shop: Shop) -> None:
    shop.set_up(grouping="bulk")
    shop.clock.advance(timedelta(minutes=5))
    shop.world.new_sale(ACCOUNT)
    run = shop.sync()

    assert run.counts["waiting"] == 1
    assert shop.documents("invoices") == []
    (record,) = records.page(shop.business).rows
    assert (record.fate, record.says) == (
        "waiting",
        "Waiting: posts with its day's summary, after 00:30 on 23 Nov 2026.",
    )


def test_late_charge_of_a_posted_day_goes_into_a_supplement(shop: Shop) -> None:
    shop.set_up(grouping="bulk")
    shop.clock.advance(timedelta(minutes=5))
    shop.world.add_charge(ACCOUNT, amount="10.00")
    shop.next_day()
    shop.sync()
    late = shop.world.add_charge(
        ACCOUNT, amount="3.00", created_at="2026-11-22T23:00:00+08:00", closed_at="2026-11-22T23:00:05+08:00"
    )
    shop.sync()

    totals = {row["reference_number"]: Decimal(row["total"]) for row in shop.documents("invoices")}
    assert totals == {"HP-2026-11-22-SGD": Decimal("10.00"), "HP-2026-11-22-SGD-2": Decimal("3.00")}
    assert shop.sync().counts["posted"] == 0
    found = [row for row in records.page(shop.business).rows if row.provider_id == late["id"]]
    assert [(row.fate, row.says) for row in found] == [("in_summary", "In Zoho Books, in the summary of its day.")]


def test_switching_the_mode_never_puts_a_charge_into_two_sets(shop: Shop) -> None:
    shop.set_up(grouping="bulk")
    opened = singapore(shop)
    for grouping in ("individual", "bulk", "individual", "bulk"):
        trade_and_sync(shop, 1)
        shop.save(grouping=grouping)
        shop.sync()
    trade_and_sync(shop, 2)

    today = singapore(shop)[:10]
    sales = [one for one in paid_sales(shop, opened).values() if local_day(one) < today]
    totals = [Decimal(row["total"]) for row in shop.documents("invoices")]
    posted = sum(totals, Decimal(0))
    individually = {row["reference_number"] for row in shop.documents("invoices")} & {
        f"HP-{one['id']}" for one in sales
    }
    assert individually
    assert len(totals) > len(individually)
    assert posted == sum(map(gross_of, sales)) + sum(
        gross_of(one)
        for one in paid_sales(shop, opened).values()
        if local_day(one) >= today
        and f"HP-{one['id']}" in {row["reference_number"] for row in shop.documents("invoices")}
    )


def test_summary_is_held_while_its_day_is_locked(shop: Shop) -> None:
    shop.set_up(grouping="bulk")
    shop.clock.advance(timedelta(minutes=5))
    shop.world.new_sale(ACCOUNT)
    shop.next_day()
    set_lock_date(shop.simulator, shop.organization, date(2026, 11, 22).isoformat())
    assert shop.sync().outcome == "attention"
    tallies = status.view(shop.outside, shop.business_view()).tallies
    assert tallies["held"].count == 1

    set_lock_date(shop.simulator, shop.organization, None)
    assert shop.sync().counts["posted"] == 3
