"""Sync against the simulated world: the simulator's own books say whether the result is right."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app import create_app, wiring
from app.books.zoho import bodies
from app.clock import ManualClock
from app.services.refusals import Refusal
from app.services.showing import records, status
from app.services.syncing import runs
from app.simulator.trade import Options
from app.simulator.zoho_books.organizations import book_of, set_lock_date, set_switches
from app.simulator.zoho_books.people import edit
from app.simulator.zoho_books.taxes import create_tax
from app.store.db import db
from tests.conftest import config_for
from tests.provider_truth import by_reference, fee_of, local_day, paid_sales
from tests.shop import ACCOUNT, SIMULATOR_URL, Shop, open_shop

MIXED = Options(manual=0.05, void=0.03, unpaid=0.08)


def test_thirty_days_leave_exactly_the_right_documents(ready: Shop) -> None:
    opened = (ready.clock.now() + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%S+08:00")
    yesterday = (ready.clock.now() + timedelta(hours=8)).date() - timedelta(days=1)
    ready.world.trade(ACCOUNT, yesterday, yesterday, 7, 10, MIXED)
    for _day in range(30):
        ended = ready.next_day()
        ready.world.trade(ACCOUNT, ended, ended + timedelta(days=1), 7, 10, MIXED, until=ready.clock.now())
        assert ready.sync().outcome == "fine"

    sales = paid_sales(ready, opened)
    truth = ready.truth()
    invoices = by_reference(truth["documents"]["invoices"])
    payments = by_reference(truth["documents"]["customerpayments"])
    expenses = by_reference(truth["documents"]["expenses"])
    assert len(sales) > 200
    assert set(invoices) == set(payments) == {f"HP-{key}" for key in sales}
    assert set(expenses) == {f"HP-{key}" for key, row in sales.items() if fee_of(row)}
    for key, row in sales.items():
        invoice, payment = invoices[f"HP-{key}"], payments[f"HP-{key}"]
        assert Decimal(invoice["total"]) == Decimal(payment["amount"]) == Decimal(str(row["amount"]))
        assert invoice["date"] == payment["date"] == local_day(row)
        assert invoice["status"] == "paid"
        if fee_of(row):
            assert Decimal(expenses[f"HP-{key}"]["total"]) == fee_of(row)
            assert expenses[f"HP-{key}"]["date"] == local_day(row)
    gross = sum(Decimal(str(row["amount"])) for row in sales.values())
    fees = sum(fee_of(row) for row in sales.values())
    accounts = truth["accounts"]
    assert Decimal(accounts["HitPay Clearing"]["balance"]) == gross - fees
    assert Decimal(accounts["Sales"]["balance"]) == -gross
    assert Decimal(accounts["HitPay Fees"]["balance"]) == fees
    assert Decimal(accounts["Accounts Receivable"]["balance"]) == 0
    assert truth["trial_balance"] == "0.00"
    assert truth["violations"] == []
    assert [row["contact_name"] for row in truth["documents"]["contacts"]] == ["HitPay Sales (SGD)"]


def test_run_that_finds_nothing_calls_zoho_not_once_even_in_a_new_process(
    database: Path, clock: ManualClock, shop: Shop
) -> None:
    shop.set_up()
    shop.next_day()
    shop.world.trade(ACCOUNT, date(2026, 11, 22), date(2026, 11, 22), 1, 5)
    shop.sync()
    before = shop.truth()["calls_total"]
    db.engine.dispose()

    # The same database and the same world, but nothing cached.
    config = config_for(database, simulator_url=SIMULATOR_URL)
    outside = wiring.build(config, clock, {SIMULATOR_URL: shop.transport})
    fresh = Shop(create_app(config, outside), outside, clock, shop.simulator, shop.keys, shop.transport, shop.business)
    with fresh.app.app_context():
        assert fresh.sync().outcome == "fine"
        assert fresh.truth()["calls_total"] == before

        fresh.world.new_sale(ACCOUNT)
        assert fresh.sync().counts["posted"] == 3
        db.engine.dispose()
    kinds = {kind: len(shop.documents(kind)) for kind in ("invoices", "customerpayments", "expenses")}
    assert len(set(kinds.values())) == 1


def test_each_charge_costs_three_calls(ready: Shop) -> None:
    ready.next_day()
    ready.world.trade(ACCOUNT, date(2026, 11, 22), date(2026, 11, 22), 1, 36)
    before = ready.truth()["calls_total"]
    run = ready.sync()
    spent = ready.truth()["calls_total"] - before

    sets = run.counts["posted"]
    assert run.calls == spent
    # The customer is looked up (and its currency) and made once, the lock is read, and the balance as it is the day's
    # first run. An install's first look at an organization is one more: six calls beside the sets.
    assert spent == sets + 6


def test_nothing_made_before_enabling_or_while_off_is_posted(shop: Shop) -> None:
    shop.open_business()
    shop.connect_provider()
    shop.connect_books()
    early = shop.world.new_sale(ACCOUNT)
    shop.clock.advance(timedelta(minutes=5))
    shop.save()
    shop.clock.advance(timedelta(minutes=5))
    during = shop.world.new_sale(ACCOUNT)
    shop.clock.advance(timedelta(minutes=5))
    shop.save(sync_enabled=False)
    shop.clock.advance(timedelta(minutes=5))
    off = shop.world.new_sale(ACCOUNT)
    shop.clock.advance(timedelta(minutes=5))
    shop.save()
    shop.clock.advance(timedelta(minutes=5))
    shop.sync()

    assert [row["reference_number"] for row in shop.documents("invoices")] == [f"HP-{during['id']}"]
    fates = {row.provider_id: (row.fate, row.says) for row in records.page(shop.business).rows}
    assert fates[early["id"]] == ("excluded", "Left out: made before sync was enabled.")
    assert fates[off["id"]] == ("excluded", "Left out: made while sync was off.")
    assert fates[during["id"]][0] == "posted"


def test_what_was_made_while_sync_was_on_waits_while_it_is_off(ready: Shop) -> None:
    ready.clock.advance(timedelta(minutes=5))
    sale = ready.world.new_sale(ACCOUNT)
    ready.clock.advance(timedelta(minutes=5))
    ready.save(sync_enabled=False)
    run = ready.sync()
    assert run.sentence == "Sync is off: nothing was read or written. Tick Enable sync in Settings."
    assert ready.documents("invoices") == []

    ready.save()
    ready.sync()
    assert [row["reference_number"] for row in ready.documents("invoices")] == [f"HP-{sale['id']}"]


def test_taxed_item_leaves_the_total_as_it_was_paid(ready: Shop) -> None:
    ready.clock.advance(timedelta(minutes=5))
    sale = ready.world.new_sale(ACCOUNT)
    tax_default_item(ready)
    assert ready.sync().outcome == "fine"

    (invoice,) = ready.documents("invoices")
    assert Decimal(invoice["total"]) == Decimal(str(sale["amount"]))
    assert Decimal(invoice["tax_total"]) > 0


def test_total_that_came_out_wrong_is_held_and_no_more_invoices_are_made(
    ready: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An organization that adds tax on top although the amounts were said to include it."""
    right = bodies.invoice_body
    monkeypatch.setattr(
        "app.books.zoho.posting.invoice_body", lambda *given: right(*given) | {"is_inclusive_tax": False}
    )
    ready.clock.advance(timedelta(minutes=5))
    for _sale in range(3):
        ready.world.new_sale(ACCOUNT)
        ready.clock.advance(timedelta(minutes=1))
    tax_default_item(ready)
    run = ready.sync()

    assert len(ready.documents("invoices")) == 1
    assert ready.documents("customerpayments") == []
    assert run.outcome == "attention"
    held = [row for row in records.page(ready.business).rows if row.fate == "held"]
    assert len(held) == 1
    story = records.story(ready.outside, ready.business, held[0].id)
    assert story is not None
    assert "The likely cause is tax" in story.documents[0].trouble
    assert str(held[0].gross) in story.documents[0].trouble


def test_held_total_is_released_once_a_person_corrected_it(ready: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    right = bodies.expense_body
    monkeypatch.setattr(
        "app.books.zoho.posting.expense_body", lambda *given: right(*given) | {"amount": Decimal("0.01")}
    )
    ready.clock.advance(timedelta(minutes=5))
    ready.world.add_charge(ACCOUNT, amount="100.00")
    assert ready.sync().outcome == "attention"
    (record,) = records.page(ready.business).rows
    assert record.fate == "held"

    monkeypatch.undo()
    (expense,) = ready.documents("expenses")
    (charge,) = ready.world.charges(ACCOUNT)
    edit(ready.simulator, ready.organization, "expenses", expense["id"], amount=fee_of(charge))
    assert ready.sync().outcome == "fine"
    assert len(ready.documents("expenses")) == 1


def test_sale_whose_invoice_was_held_goes_on_once_a_person_corrected_the_invoice(
    ready: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = bodies.invoice_body

    def too_little(*given: Any) -> dict[str, Any]:
        body: dict[str, Any] = right(*given)
        return body | {"line_items": [body["line_items"][0] | {"rate": Decimal("90.00")}]}

    monkeypatch.setattr("app.books.zoho.posting.invoice_body", too_little)
    ready.clock.advance(timedelta(minutes=5))
    ready.world.add_charge(ACCOUNT, amount="100.00")
    ready.sync()
    assert ready.counts() == (1, 0, 0)
    assert ready.effects()["create_invoice"] == "held"

    monkeypatch.undo()
    assert ready.sync().outcome == "attention"  # still wrong: looked up, compared, and held as before
    assert ready.counts() == (1, 0, 0)
    (invoice,) = ready.documents("invoices")
    edit(ready.simulator, ready.organization, "invoices", invoice["id"], rate="100.00")
    run = ready.sync()

    assert (run.outcome, run.counts["posted"]) == ("fine", 2)
    assert ready.counts() == (1, 1, 1)
    assert ready.documents("invoices")[0]["status"] == "paid"


def tax_default_item(shop: Shop) -> None:
    """A person gives the Default Item a tax in Zoho."""
    book = book_of(shop.simulator, shop.organization)
    with shop.simulator.state.transaction():
        tax_id = create_tax(book, "GST", Decimal(9))
        (item,) = book.all("items")
        book.save("items", {**item, "tax_id": tax_id})


def test_locked_period_is_held_until_it_is_opened(ready: Shop) -> None:
    ready.clock.advance(timedelta(minutes=5))
    ready.world.new_sale(ACCOUNT)
    set_lock_date(ready.simulator, ready.organization, "2026-11-30")
    assert ready.sync().outcome == "attention"
    (record,) = records.page(ready.business).rows
    assert (record.fate, record.says) == ("held", "Held: period locked until 30 Nov 2026.")

    set_lock_date(ready.simulator, ready.organization, None)
    assert ready.sync().outcome == "fine"
    assert len(ready.documents("invoices")) == 1


def test_organization_that_wants_invoices_sent_first_costs_one_call_a_batch_once_that_is_known(ready: Shop) -> None:
    set_switches(ready.simulator, ready.organization, draft_accepts_payment=False)
    ready.clock.advance(timedelta(minutes=5))
    ready.world.new_sale(ACCOUNT)
    ready.clock.advance(timedelta(minutes=5))
    assert ready.sync().outcome == "fine"

    ready.next_day()
    ready.world.trade(ACCOUNT, date(2026, 11, 22), date(2026, 11, 22), 3, 20)
    before = ready.truth()["calls"]
    run = ready.sync()
    after = ready.truth()["calls"]

    assert run.outcome == "fine"
    assert after["mark_invoices_sent"] - before.get("mark_invoices_sent", 0) == 1
    assert all(row["status"] == "paid" for row in ready.documents("invoices"))


def test_sync_now_works_once_an_hour_and_says_when_next(ready: Shop) -> None:
    first = runs.request_manual(ready.outside, ready.business, ready.user)
    again = runs.request_manual(ready.outside, ready.business, ready.user)
    assert again == first

    ready.sync()
    with pytest.raises(runs.TooSoon) as refusal:
        runs.request_manual(ready.outside, ready.business, ready.user)
    assert refusal.value.possible_at == ready.clock.now() + timedelta(hours=1)
    ready.clock.advance(timedelta(hours=1))
    assert runs.request_manual(ready.outside, ready.business, ready.user) != first


def test_run_by_hand_that_could_read_nothing_gives_its_hour_back(ready: Shop) -> None:
    ready.world.open_account(ACCOUNT, "Lumen", "another key")
    run = ready.sync_by_hand()

    assert run.outcome == "stopped"
    assert "HitPay could not be read." in run.sentence
    view = status.view(ready.outside, ready.business_view())
    assert view.headline == "HitPay doesn't accept the stored key any more."
    assert view.next_manual is None


def test_sync_of_an_unfinished_business_is_refused_with_the_next_step(shop: Shop) -> None:
    shop.open_business()
    for sentence, step in (
        ("Connect HitPay first.", shop.connect_provider),
        ("Connect Zoho Books first.", shop.connect_books),
        ("Choose the accounts in Settings first.", lambda: shop.save(sync_enabled=False)),
        ("Tick Enable sync in Settings first.", shop.save),
    ):
        with pytest.raises(Refusal, match=sentence):
            runs.request_manual(shop.outside, shop.business, shop.user)
        step()
    assert runs.request_manual(shop.outside, shop.business, shop.user)


def test_planted_wrong_field_is_noticed_by_the_contract(database: Path, clock: ManualClock) -> None:
    with open_shop(database, clock) as shop, pytest.MonkeyPatch.context() as patch:
        shop.set_up()
        shop.clock.advance(timedelta(minutes=5))
        shop.world.new_sale(ACCOUNT)
        right = bodies.expense_body

        def wrong(*given: Any) -> Any:
            return right(*given) | {"refernce_number": "planted"}

        patch.setattr("app.books.zoho.posting.expense_body", wrong)
        run = shop.sync()

        assert run.outcome == "attention"
        assert [row["field"] for row in shop.truth()["violations"]] == ["refernce_number"]
