"""What changes after it was posted: a charge that becomes void, a fee that HitPay corrects."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from app.services.showing import records
from tests.provider_truth import fee_of, gross_of
from tests.shop import ACCOUNT, Shop


def clearing(shop: Shop) -> Decimal:
    return Decimal(shop.truth()["accounts"]["HitPay Clearing"]["balance"])


def sell(shop: Shop, amount: str = "100.00") -> str:
    shop.clock.advance(timedelta(minutes=5))
    charge_id: str = shop.world.add_charge(ACCOUNT, amount=amount)["id"]
    return charge_id


def change(shop: Shop, charge_id: str, **changes: object) -> None:
    shop.clock.advance(timedelta(minutes=5))
    shop.world.change_charge(charge_id, **changes)


def test_void_after_posting_reverses_sale_and_fee(ready: Shop) -> None:
    charge = sell(ready)
    ready.sync()
    change(ready, charge, status="void")
    assert ready.sync().counts["posted"] == 3

    truth = ready.truth()
    assert {row["reference_number"] for row in truth["documents"]["creditnotes"]} == {f"HPV-{charge}"}
    assert [row["transaction_type"] for row in truth["documents"]["banktransactions"]] == ["expense_refund"]
    assert clearing(ready) == 0
    assert Decimal(truth["accounts"]["HitPay Fees"]["balance"]) == 0
    assert Decimal(truth["accounts"]["Accounts Receivable"]["balance"]) == 0
    assert truth["trial_balance"] == "0.00"
    assert ready.sync().calls == 0


@pytest.mark.parametrize("grouping", ["individual", "bulk"])
def test_void_of_a_charge_refunded_in_part_reverses_the_rest_only(shop: Shop, grouping: str) -> None:
    """In Bulk the refund still waits for its day when the charge becomes void: it goes into the books all the same."""
    shop.set_up(grouping=grouping)
    charge = sell(shop)
    shop.next_day()
    shop.sync()
    shop.clock.advance(timedelta(minutes=5))
    shop.world.refund(charge, "30.00")
    shop.sync()
    change(shop, charge, status="void")
    shop.sync()
    shop.next_day()
    shop.sync()

    assert sorted(Decimal(row["total"]) for row in shop.documents("creditnotes")) == [30, 70]
    assert clearing(shop) == 0
    assert shop.sync().calls == 0


def test_void_before_posting_is_left_out(ready: Shop) -> None:
    change(ready, sell(ready), status="void")
    ready.sync()

    assert ready.documents("invoices") == []
    (record,) = records.page(ready.business).rows
    assert (record.fate, record.says) == ("excluded", "Left out: void. It was cancelled before any money moved.")


def test_void_in_a_summary_reverses_that_member_only(shop: Shop) -> None:
    shop.set_up(grouping="bulk")
    first, second = sell(shop, "10.00"), sell(shop, "20.00")
    shop.next_day()
    shop.sync()
    change(shop, first, status="void")
    shop.sync()

    (kept,) = [row for row in shop.world.charges(ACCOUNT) if row["id"] == second]
    assert clearing(shop) == gross_of(kept) - fee_of(kept)
    assert [row["reference_number"] for row in shop.documents("creditnotes")] == [f"HPV-{first}"]


@pytest.mark.parametrize("grouping", ["individual", "bulk"])
def test_corrected_fee_is_posted_as_the_difference(shop: Shop, grouping: str) -> None:
    shop.set_up(grouping=grouping)
    charge = sell(shop)
    shop.next_day()
    shop.sync()
    for number, fee in enumerate(("5.00", "3.50"), start=1):
        change(shop, charge, fixed_fee=Decimal("0.50"), discount_fee=Decimal(fee) - Decimal("0.50"))
        assert shop.sync().counts["posted"] == 1
        assert clearing(shop) == Decimal("100.00") - Decimal(fee)
        corrections = [*shop.documents("expenses"), *shop.documents("banktransactions")]
        assert f"HP-{charge}-F{number}" in {row["reference_number"] for row in corrections}
    assert shop.sync().calls == 0


def test_void_of_a_charge_posted_weeks_ago_is_found(ready: Shop) -> None:
    charge = sell(ready)
    ready.sync()
    for _week in range(4):
        ready.clock.advance(timedelta(days=7))
        ready.sync()
    change(ready, charge, status="void")
    ready.sync()

    assert clearing(ready) == 0
