"""Refunds against the simulated world: a credit note on the original invoice, its money out of clearing, two calls."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from app.services.showing import records
from app.simulator.zoho_books.organizations import set_lock_date
from tests.provider_truth import fee_of, gross_of
from tests.shop import ACCOUNT, Shop


def sell(shop: Shop, amount: str = "100.00", **changes: Any) -> dict[str, Any]:
    shop.clock.advance(timedelta(minutes=5))
    return shop.world.add_charge(ACCOUNT, amount=amount, **changes)


def refund(shop: Shop, charge: dict[str, Any], amount: str | None = None) -> dict[str, Any]:
    shop.clock.advance(timedelta(minutes=5))
    return shop.world.refund(charge["id"], amount)


def clearing(shop: Shop) -> Decimal:
    return Decimal(shop.truth()["accounts"]["HitPay Clearing"]["balance"])


def books_are_closed(shop: Shop) -> None:
    """Nobody owes anything, and no credit is left lying around."""
    truth = shop.truth()
    assert Decimal(truth["accounts"]["Accounts Receivable"]["balance"]) == 0
    assert truth["trial_balance"] == "0.00"
    assert {row["status"] for row in truth["documents"]["creditnotes"]} <= {"closed"}


def test_refund_becomes_a_credit_note_and_its_refund_from_clearing(ready: Shop) -> None:
    charge = sell(ready)
    ready.sync()
    given = refund(ready, charge)
    before = ready.truth()["calls"]
    run = ready.sync()
    after = ready.truth()["calls"]

    assert run.outcome == "fine"
    (note,) = ready.documents("creditnotes")
    (money,) = ready.documents("creditnote_refunds")
    assert note["reference_number"] == money["reference_number"] == f"HPR-{given['id']}"
    assert Decimal(note["total"]) == Decimal(money["amount"]) == Decimal("100.00")
    assert note["date"] == money["date"] == "2026-11-22"
    (invoice,) = ready.documents("invoices")
    assert invoice["status"] == "paid"
    assert clearing(ready) == -fee_of(charge)
    assert Decimal(ready.truth()["accounts"]["Refunds payable"]["balance"]) == Decimal("100.00")
    books_are_closed(ready)
    spent = {name: count - before.get(name, 0) for name, count in after.items() if count != before.get(name, 0)}
    assert spent == {"create_credit_note": 1, "create_credit_note_refund": 1, "get_transaction_lock": 1}
    assert ready.sync().calls == 0


def test_refund_found_together_with_its_sale_is_posted_after_it(ready: Shop) -> None:
    refund(ready, sell(ready))
    run = ready.sync()

    assert run.counts["posted"] == 5
    books_are_closed(ready)


def test_partial_refunds_each_get_their_own_note(ready: Shop) -> None:
    charge = sell(ready)
    refund(ready, charge, "30.00")
    ready.sync()
    refund(ready, charge, "20.00")
    refund(ready, charge, "50.00")
    ready.sync()

    assert sorted(Decimal(row["total"]) for row in ready.documents("creditnotes")) == [20, 30, 50]
    assert clearing(ready) == -fee_of(charge)
    books_are_closed(ready)


def test_second_refund_in_the_second_of_the_first_is_found_though_a_run_came_between(ready: Shop) -> None:
    """HitPay tells whole seconds, so nothing but the charge's own detail shows that something changed again."""
    charge = sell(ready)
    ready.sync()
    ready.clock.advance(timedelta(minutes=5))
    for amount in ("30.00", "20.00"):
        ready.world.refund(charge["id"], amount)
        ready.sync()
    ready.clock.advance(timedelta(minutes=5))
    ready.sync()

    assert sorted(Decimal(row["total"]) for row in ready.documents("creditnotes")) == [20, 30]
    ready.clock.advance(timedelta(minutes=5))
    before = len(ready.line.calls)
    ready.sync()
    assert [address for _method, address in ready.line.calls[before:] if charge["id"] in address] == []


def test_refund_of_a_charge_made_months_ago_is_found(ready: Shop) -> None:
    charge = sell(ready)
    ready.sync()
    for _week in range(12):
        ready.clock.advance(timedelta(days=7))
        ready.sync()
    refund(ready, charge, "40.00")
    assert ready.sync().counts["posted"] == 2

    (note,) = ready.documents("creditnotes")
    assert (Decimal(note["total"]), note["date"]) == (Decimal("40.00"), "2027-02-14")


def test_refund_of_excluded_charge_is_excluded(shop: Shop) -> None:
    shop.open_business()
    shop.connect_provider()
    shop.connect_books()
    early = shop.world.new_sale(ACCOUNT)
    shop.clock.advance(timedelta(minutes=5))
    shop.save()
    given = refund(shop, early)
    shop.sync()

    assert shop.documents("creditnotes") == []
    fates = {row.provider_id: (row.fate, row.says) for row in records.page(shop.business).rows}
    assert fates[given["id"]] == ("excluded", "Left out: its charge isn't in the books.")


def test_refund_made_while_sync_is_off_is_posted_once_it_is_on_again(ready: Shop) -> None:
    charge = sell(ready)
    ready.sync()
    ready.clock.advance(timedelta(minutes=5))
    ready.save(sync_enabled=False)
    refund(ready, charge)
    ready.sync()
    assert ready.documents("creditnotes") == []

    ready.save()
    ready.sync()
    assert len(ready.documents("creditnotes")) == 1


def test_refunds_of_a_summary_share_one_note_a_day_with_a_line_each(shop: Shop) -> None:
    shop.set_up(grouping="bulk")
    charges = [sell(shop, amount) for amount in ("10.00", "20.00", "30.00")]
    shop.next_day()
    shop.sync()
    refund(shop, charges[0])
    refund(shop, charges[1], "5.00")
    assert shop.sync().counts["waiting"] == 2
    shop.next_day()
    assert shop.sync().counts["posted"] == 2

    (note,) = shop.documents("creditnotes")
    assert note["reference_number"] == "HPR-2026-11-23-SGD-2026-11-22"
    assert Decimal(note["total"]) == Decimal("15.00")
    assert [Decimal(str(line["rate"])) for line in note["line_items"]] == [Decimal("10.00"), Decimal("5.00")]
    assert clearing(shop) == sum(map(gross_of, charges)) - sum(map(fee_of, charges)) - Decimal("15.00")
    books_are_closed(shop)

    refund(shop, charges[2])
    shop.next_day()
    shop.sync()
    assert [row["reference_number"] for row in shop.documents("creditnotes")][-1] == "HPR-2026-11-24-SGD-2026-11-22"


def test_refund_follows_the_documents_of_its_sale_not_the_mode(shop: Shop) -> None:
    shop.set_up(grouping="bulk")
    summed = sell(shop)
    shop.next_day()
    shop.sync()
    shop.save(grouping="individual")
    alone = sell(shop)
    shop.sync()
    shop.save(grouping="bulk")
    of_summed, of_alone = refund(shop, summed), refund(shop, alone)
    shop.sync()
    assert [row["reference_number"] for row in shop.documents("creditnotes")] == [f"HPR-{of_alone['id']}"]

    shop.next_day()
    shop.sync()
    assert "HPR-2026-11-23-SGD-2026-11-22" in {row["reference_number"] for row in shop.documents("creditnotes")}
    assert of_summed["id"] not in str([row["reference_number"] for row in shop.documents("creditnotes")])
    books_are_closed(shop)


def test_foreign_refunds_take_back_exactly_the_home_amount(ready: Shop) -> None:
    charge = sell(ready, "75.00", currency="usd", home_currency_amount="100.37")
    ready.sync()
    for amount in ("25.00", "25.00", "25.00"):
        refund(ready, charge, amount)
    ready.sync()

    assert clearing(ready) == -fee_of(charge)
    books_are_closed(ready)


def test_refund_in_a_locked_period_is_held(ready: Shop) -> None:
    charge = sell(ready)
    ready.sync()
    refund(ready, charge)
    set_lock_date(ready.simulator, ready.organization, "2026-11-22")
    assert ready.sync().outcome == "attention"
    assert ready.documents("creditnotes") == []

    set_lock_date(ready.simulator, ready.organization, None)
    ready.sync()
    assert len(ready.documents("creditnotes")) == 1
