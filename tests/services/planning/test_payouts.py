"""Payouts against the simulated world: one transfer to the bank if the books hold just that, else a reason why not."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.services.business import settings
from app.services.planning import plans
from app.services.showing import documents, records, status
from app.services.showing.records import RecordView
from app.services.syncing.runs import RunView
from app.simulator.zoho_books.organizations import set_lock_date
from tests.shop import ACCOUNT, Shop

BANK = "DBS Current Account"


@pytest.fixture
def paying(connected: Shop) -> Shop:
    """Both sides connected, sync on from now, payouts go to the bank; sales one by one."""
    map_payouts(connected)
    return connected


def map_payouts(shop: Shop, **changes: Any) -> None:
    shop.save(**({"payout_account": bank(shop)} | changes))


def bank(shop: Shop) -> str:
    return str(shop.truth()["accounts"][BANK]["account_id"])


def sell(shop: Shop, amount: str = "100.00", **changes: Any) -> str:
    shop.clock.advance(timedelta(minutes=5))
    charge_id: str = shop.world.add_charge(ACCOUNT, amount=amount, **changes)["id"]
    return charge_id


def refund(shop: Shop, charge: str, amount: str | None = None) -> None:
    shop.clock.advance(timedelta(minutes=5))
    shop.world.refund(charge, amount)


def pay_out(shop: Shop, *charges: str, **changes: Any) -> dict[str, Any]:
    """HitPay pays these charges out (all that are due, if none is named), and perhaps tells it otherwise."""
    shop.clock.advance(timedelta(minutes=5))
    payout = shop.world.pay_out(ACCOUNT, charges or None)
    return shop.world.change_payout(payout["id"], **changes) if changes else payout


def sync_twice(shop: Shop) -> RunView:
    """One run for the charges and refunds, and the next one, which follows with their payouts."""
    shop.sync()
    shop.clock.advance(timedelta(minutes=5))
    return shop.sync()


def balances(shop: Shop) -> tuple[Decimal, Decimal]:
    """Of the clearing account and of the bank."""
    accounts = shop.truth()["accounts"]
    return Decimal(accounts["HitPay Clearing"]["balance"]), Decimal(accounts[BANK]["balance"])


def transfers(shop: Shop) -> list[dict[str, Any]]:
    return [row for row in shop.documents("banktransactions") if row["transaction_type"] == "transfer_fund"]


def record(shop: Shop, payout: dict[str, Any]) -> RecordView:
    (found,) = [row for row in records.page(shop.business).rows if row.provider_id == payout["id"]]
    assert found.kind == "payout"
    return found


def test_payout_that_ties_is_one_transfer_and_clearing_ends_at_zero(paying: Shop) -> None:
    sell(paying)
    sell(paying, "12.34", method="paynow_online")
    paying.sync()
    before = paying.truth()["calls"]
    payout = pay_out(paying)
    run = paying.sync()
    spent = {k: n - before.get(k, 0) for k, n in paying.truth()["calls"].items() if n != before.get(k, 0)}

    assert (run.outcome, run.counts["posted"], run.counts["new"]) == ("fine", 1, 1)
    (transfer,) = transfers(paying)
    assert transfer["reference_number"] == f"HPP-{payout['id']}"
    assert (transfer["from_account_name"], transfer["to_account_name"]) == ("HitPay Clearing", BANK)
    assert (Decimal(transfer["amount"]), transfer["date"]) == (payout["amount"], "2026-11-22")
    assert balances(paying) == (Decimal(0), payout["amount"])
    assert paying.truth()["trial_balance"] == "0.00"
    assert spent == {"create_bank_transaction": 1, "get_transaction_lock": 1}
    assert (record(paying, payout).fate, record(paying, payout).gross.amount) == ("posted", payout["amount"])


def test_run_that_finds_nothing_to_do_calls_nobody_in_zoho_and_no_payout_again(paying: Shop) -> None:
    sell(paying)
    pay_out(paying)
    sync_twice(paying)
    calls = len(paying.line.calls)
    assert paying.sync().calls == 0
    asked = [address.rpartition("/v1")[2] for _method, address in paying.line.calls[calls:]]
    assert asked == ["/charges", "/charges", "/payouts"]
    assert len(transfers(paying)) == 1


def test_payout_seen_with_its_charges_follows_them_in_the_next_run(paying: Shop) -> None:
    sell(paying)
    refund(paying, sell(paying, "20.00"), "5.00")
    payout = pay_out(paying)
    run = paying.sync()

    assert (run.outcome, run.counts["posted"], run.counts["waiting"]) == ("fine", 8, 1)
    assert record(paying, payout).says == (
        "Waiting: goes to Zoho Books after its charges and refunds, 3 of which aren't in the books yet."
    )
    assert transfers(paying) == []
    paying.clock.advance(timedelta(minutes=5))
    run = paying.sync()

    assert (run.outcome, run.counts["posted"], run.counts["waiting"]) == ("fine", 1, 0)
    assert record(paying, payout).fate == "posted"
    assert balances(paying) == (Decimal(0), payout["amount"])
    assert paying.sync().calls == 0


def test_payout_of_a_summary_waits_for_its_day(shop: Shop) -> None:
    shop.open_business()
    shop.connect_provider()
    shop.connect_books()
    map_payouts(shop, grouping="bulk")
    refund(shop, sell(shop), "30.00")
    sell(shop, "50.00")
    payout = pay_out(shop)
    assert shop.sync().counts["waiting"] == 4
    assert record(shop, payout).says == (
        "Waiting: goes to Zoho Books after its charges and refunds, 3 of which aren't in the books yet."
    )
    shop.next_day()
    sync_twice(shop)

    assert record(shop, payout).fate == "posted"
    assert balances(shop) == (Decimal(0), payout["amount"])
    assert shop.sync().calls == 0


def test_refund_after_the_payout_does_not_change_it(paying: Shop) -> None:
    charge = sell(paying)
    payout = pay_out(paying)
    refund(paying, charge, "40.00")
    sync_twice(paying)

    assert record(paying, payout).fate == "posted"
    assert balances(paying) == (Decimal("-40.00"), payout["amount"])


def test_foreign_charges_are_paid_out_at_their_home_amount(paying: Shop) -> None:
    sell(paying, "75.00", currency="usd", home_currency_amount="100.37")
    payout = pay_out(paying)
    sync_twice(paying)

    assert payout["currency"] == "sgd"
    assert balances(paying) == (Decimal(0), payout["amount"])


def test_payout_with_an_excluded_charge_is_held_with_three_figures(connected: Shop) -> None:
    map_payouts(connected, channels=("shopify",))
    sell(connected, "100.00", channel="api_shopify")
    sell(connected, "10.00", channel="api_wix", method="cash")
    payout = pay_out(connected, amount="106.20")
    run = sync_twice(connected)

    assert (run.outcome, run.counts["held"]) == ("attention", 1)
    assert record(connected, payout).says == (
        "Held: what is in the books doesn't add up to it: posted 95.85, excluded 10.00, unexplained 0.35."
    )
    assert transfers(connected) == []


def test_payout_that_straddles_enabling_is_held_and_one_from_before_is_left_out(connected: Shop) -> None:
    early = sell(connected)
    earlier = sell(connected)
    pay_out(connected, earlier)
    connected.clock.advance(timedelta(days=3))
    map_payouts(connected)
    straddling = pay_out(connected, early, sell(connected))
    sync_twice(connected)

    assert "posted 95.85, excluded 95.85, unexplained 0.00" in record(connected, straddling).says
    assert [row.kind for row in records.page(connected.business).rows].count("payout") == 1
    assert transfers(connected) == []


def test_payout_of_charges_from_before_enabling_only_is_excluded(connected: Shop) -> None:
    early = sell(connected)
    connected.clock.advance(timedelta(days=3))
    map_payouts(connected)
    payout = pay_out(connected, early)
    assert connected.sync().outcome == "fine"

    assert (record(connected, payout).fate, record(connected, payout).says) == (
        "excluded", "Left out: none of its charges is in the books."
    )  # fmt: skip


def test_payout_made_while_no_account_was_chosen_is_left_out_for_good(ready: Shop) -> None:
    sell(ready)
    payout = pay_out(ready)
    ready.sync()
    ready.clock.advance(timedelta(minutes=5))
    map_payouts(ready)
    ready.sync()

    assert record(ready, payout).says == "Left out: no Payout Account was chosen when it was made."
    assert (transfers(ready), ready.line.count("GET", "/payouts")) == ([], 2)


def test_payout_made_while_sync_was_off_is_left_out(paying: Shop) -> None:
    sell(paying)
    paying.sync()
    map_payouts(paying, sync_enabled=False)
    payout = pay_out(paying)
    paying.clock.advance(timedelta(minutes=5))
    map_payouts(paying)
    paying.sync()

    assert (record(paying, payout).fate, transfers(paying)) == ("excluded", [])


def test_payout_told_wrongly_at_first_is_compared_again(paying: Shop) -> None:
    sell(paying)
    payout = pay_out(paying, amount="95.00")
    sync_twice(paying)
    assert "unexplained −0.85" in record(paying, payout).says
    paying.world.change_payout(payout["id"], amount="95.85")
    assert paying.sync().outcome == "fine"

    assert balances(paying) == (Decimal(0), Decimal("95.85"))


def test_payout_on_its_way_is_not_listed_until_it_is_paid(paying: Shop) -> None:
    sell(paying)
    payout = pay_out(paying, status="processing")
    assert paying.sync().outcome == "fine"
    assert [row.kind for row in records.page(paying.business).rows] == ["charge"]
    paying.clock.advance(timedelta(days=20))
    paying.sync()
    paying.world.change_payout(payout["id"], status="paid")
    paying.sync()

    assert record(paying, payout).fate == "posted"


def test_status_nobody_knows_is_said_and_stops_nothing_else(paying: Shop) -> None:
    sell(paying)
    strange = pay_out(paying, status="teleported")
    sell(paying)
    known = pay_out(paying)
    run = paying.sync()

    assert (run.outcome, run.counts["posted"]) == ("attention", 6)
    assert run.sentence == (
        "6 documents posted. HitPay's payouts could not be read. "
        f"HitPay's payout {strange['id']} can't be read: its status 'teleported' is unknown."
    )
    assert paying.sync().counts["posted"] == 1
    assert record(paying, known).fate == "posted"


@pytest.mark.parametrize("code", [403, 404, 500])
def test_payouts_that_cannot_be_read_stop_no_sale(paying: Shop, code: int) -> None:
    sell(paying)
    paying.line.spoil("GET", "/hitpay/v1/payouts", '{"message": "No."}', status=code)
    run = paying.sync()

    assert (run.outcome, run.counts["posted"]) == ("attention", 3)
    assert run.sentence.startswith("3 documents posted. HitPay's payouts could not be read. ")
    paying.line.mend()
    payout = pay_out(paying)
    assert paying.sync().outcome == "fine"
    assert record(paying, payout).fate == "posted"


def test_payouts_that_cannot_be_read_are_no_trouble_where_none_are_wanted(ready: Shop) -> None:
    sell(ready)
    ready.line.spoil("GET", "/hitpay/v1/payouts", '{"message": "No."}', status=403)
    run = ready.sync()

    assert (run.outcome, run.sentence) == ("fine", "3 documents posted.")


def test_payout_in_a_locked_period_is_held_until_it_is_opened(paying: Shop) -> None:
    sell(paying)
    paying.sync()
    payout = pay_out(paying)
    set_lock_date(paying.simulator, paying.organization, "2026-11-22")
    assert paying.sync().outcome == "attention"
    assert record(paying, payout).says == "Held: period locked until 22 Nov 2026."
    set_lock_date(paying.simulator, paying.organization, None)
    paying.sync()

    assert balances(paying) == (Decimal(0), payout["amount"])


def test_preview_shows_the_transfer_and_writes_nothing(paying: Shop) -> None:
    sell(paying)
    paying.sync()
    payout = pay_out(paying)
    before = paying.hashes()
    shown = plans.preview(paying.outside, paying.business)

    assert [(one["type"], one["set"]) for one in shown.documents] == [("transfer", f"HPP-{payout['id']}")]
    (movement,) = shown.movements
    assert (movement["id"], movement["amount"], movement["fate"]) == (payout["id"], "95.85", "planned")
    assert paying.hashes() == before
    paying.sync()
    assert len(transfers(paying)) == 1


def test_preview_plans_a_payout_as_the_run_does_that_first_sees_its_sale_and_refund(paying: Shop) -> None:
    refund(paying, sell(paying), "10.00")
    pay_out(paying)
    shown = plans.preview(paying.outside, paying.business)

    assert [one["says"] for one in shown.movements][-1] == (
        "Waiting: goes to Zoho Books after its charges and refunds, 2 of which aren't in the books yet."
    )
    assert paying.sync().plan_hash == shown.plan_hash


def test_preview_plans_a_payout_as_the_run_does_that_first_sees_a_refund_in_it(paying: Shop) -> None:
    charge = sell(paying)
    paying.sync()
    refund(paying, charge, "10.00")
    pay_out(paying)
    shown = plans.preview(paying.outside, paying.business)

    assert [one["rule"] for one in shown.movements] == ["documents", "payout_waits"]
    assert paying.sync().plan_hash == shown.plan_hash


def test_preview_plans_a_payout_as_the_run_does_that_first_sees_a_sale_made_while_sync_was_off(paying: Shop) -> None:
    map_payouts(paying, sync_enabled=False)
    sell(paying)
    paying.clock.advance(timedelta(minutes=5))
    map_payouts(paying)
    pay_out(paying)
    shown = plans.preview(paying.outside, paying.business)

    assert [one["rule"] for one in shown.movements] == ["sync_off", "payout_waits"]
    assert paying.sync().plan_hash == shown.plan_hash


def test_preview_takes_an_excluded_sale_at_the_fee_it_has_just_read(connected: Shop) -> None:
    map_payouts(connected, channels=("shopify",))
    charge = sell(connected, channel="api_wix")
    connected.sync()
    payout = pay_out(connected)
    connected.clock.advance(timedelta(minutes=5))
    connected.world.change_charge(charge, discount_fee=Decimal("1.00"), fixed_fee=Decimal("0"))
    shown = plans.preview(connected.outside, connected.business)
    connected.sync()

    assert "posted 0.00, excluded 99.00, unexplained −3.15" in shown.movements[-1]["says"]
    assert record(connected, payout).says == shown.movements[-1]["says"]


def test_sale_reversed_after_a_refund_brings_nothing_to_its_payout(paying: Shop) -> None:
    charge = sell(paying)
    refund(paying, charge, "10.00")
    paying.sync()
    payout = pay_out(paying, amount="80.00")
    paying.sync()
    assert "posted 85.85, excluded 0.00, unexplained −5.85" in record(paying, payout).says
    paying.clock.advance(timedelta(minutes=5))
    paying.world.change_charge(charge, status="void")
    sync_twice(paying)

    assert "posted 0.00, excluded 0.00, unexplained 80.00" in record(paying, payout).says
    assert balances(paying) == (Decimal(0), Decimal(0))


def test_payouts_are_counted_apart_from_sales(paying: Shop) -> None:
    sell(paying)
    pay_out(paying)
    sell(paying)
    pay_out(paying, amount="95.00")
    sync_twice(paying)
    view = status.view(paying.outside, paying.business_view())

    assert (view.tallies["posted"].count, view.tallies["held"].count) == (2, 0)
    assert [str(one) for one in view.tallies["posted"].values] == ["SGD 200.00"]
    assert (view.payouts["posted"].count, view.payouts["held"].count) == (1, 1)
    assert (view.headline, view.tone) == ("1 payout needs you.", "warn")


def test_transfer_has_a_link_to_banking_and_its_payout_to_its_charges(paying: Shop) -> None:
    charge = sell(paying)
    payout = pay_out(paying)
    sync_twice(paying)
    transfer = documents.page(paying.outside, paying.business)[0][0]
    story = records.story(paying.outside, paying.business, record(paying, payout).id)

    assert (transfer.kind, transfer.fate) == ("Transfer to the bank", "posted")
    assert transfer.link.endswith("#/banking")
    assert story is not None
    assert [one.reference for one in story.documents] == [f"HPP-{payout['id']}"]
    (member,) = [row for row in records.page(paying.business).rows if row.provider_id == charge]
    assert (story.members, story.member_ids) == (1, [member.id])


def test_refused_transfer_goes_to_the_account_chosen_by_then(paying: Shop) -> None:
    sell(paying)
    paying.sync()
    payout = pay_out(paying)
    paying.fault("create_bank_transaction", "refused", status=400, code=2)
    assert paying.sync().outcome == "attention"
    assert record(paying, payout).fate == "failed"
    cash = str(paying.truth()["accounts"]["Petty Cash"]["account_id"])
    map_payouts(paying, payout_account=cash)
    paying.sync("command")

    (transfer,) = transfers(paying)
    assert (transfer["from_account_name"], transfer["to_account_name"]) == ("HitPay Clearing", "Petty Cash")


def test_payout_account_is_optional_and_has_no_effect_on_the_rest(ready: Shop) -> None:
    assert settings.current_input(ready.business).payout_account == ""
    map_payouts(ready)
    assert settings.current_input(ready.business).payout_account == bank(ready)
    ready.save()
    assert settings.current_input(ready.business).payout_account == ""


def test_payout_leaves_the_clearing_account_on_which_its_charges_lie(ready: Shop) -> None:
    ids = {name: row["account_id"] for name, row in ready.truth()["accounts"].items()}
    ready.save(payout_account=ids["Petty Cash"])
    ready.clock.advance(timedelta(minutes=5))
    ready.world.add_charge(ACCOUNT)
    ready.sync()
    ready.clock.advance(timedelta(minutes=5))
    ready.save(bank_account=ids["DBS Current Account"], payout_account=ids["Petty Cash"])
    ready.clock.advance(timedelta(minutes=5))
    ready.world.pay_out(ACCOUNT)
    ready.clock.advance(timedelta(minutes=5))
    ready.sync()
    accounts = ready.truth()["accounts"]
    assert Decimal(accounts["HitPay Clearing"]["balance"]) == 0
    assert Decimal(accounts["DBS Current Account"]["balance"]) == 0
    assert Decimal(accounts["Petty Cash"]["balance"]) > 0


def test_payout_whose_charges_lie_on_two_clearing_accounts_is_held(ready: Shop) -> None:
    ids = {name: row["account_id"] for name, row in ready.truth()["accounts"].items()}
    ready.save(payout_account=ids["Petty Cash"])
    for bank in ("HitPay Clearing", "DBS Current Account"):
        ready.save(bank_account=ids[bank], payout_account=ids["Petty Cash"])
        ready.clock.advance(timedelta(minutes=5))
        ready.world.add_charge(ACCOUNT)
        ready.sync()
    ready.clock.advance(timedelta(minutes=5))
    payout = ready.world.pay_out(ACCOUNT)
    ready.clock.advance(timedelta(minutes=5))
    assert ready.sync().outcome == "attention"
    assert record(ready, payout).says.startswith("Held: its charges lie on several Bank Accounts")
