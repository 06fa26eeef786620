"""The clearing account's balance beside what was written, against the simulated world."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import sqlalchemy as sa

from app.services.business import settings
from app.services.business.chart import Choices
from app.services.syncing import balances
from app.services.syncing.balances import ProofView
from app.simulator.zoho_books import people
from app.simulator.zoho_books.operations import act
from app.simulator.zoho_books.organizations import set_switches
from app.store.db import read
from app.store.snapshots import Snapshot
from tests.provider_truth import fee_of
from tests.shop import ACCOUNT, Shop


def sell(shop: Shop, amount: str = "100.00", **changes: Any) -> dict[str, Any]:
    shop.clock.advance(timedelta(minutes=5))
    return shop.world.add_charge(ACCOUNT, amount=amount, **changes)


def proof(shop: Shop) -> ProofView:
    found = balances.view(shop.business)
    assert found is not None
    return found


def deposit(shop: Shop, amount: str) -> None:
    """A bookkeeper enters money on the clearing account, in Zoho's own screens."""
    accounts = {name: row["account_id"] for name, row in shop.truth()["accounts"].items()}
    body = {
        "transaction_type": "deposit",
        "from_account_id": accounts["Sales"],
        "to_account_id": accounts["HitPay Clearing"],
        "amount": Decimal(amount),
        "date": "2026-11-22",
    }
    act(shop.simulator, shop.organization, "create_bank_transaction", body)


def in_books(shop: Shop) -> Decimal:
    return Decimal(shop.truth()["accounts"]["HitPay Clearing"]["balance"])


def test_clearing_account_ties_out_to_the_cent(connected: Shop) -> None:
    deposit(connected, "40.00")
    connected.save()
    charge = sell(connected)
    connected.sync()
    forward = proof(connected).forward

    assert (forward.opening.amount, forward.gross.amount) == (Decimal(40), Decimal(100))
    assert forward.fees.amount == fee_of(charge)
    assert forward.in_books.amount == in_books(connected) == 140 - fee_of(charge)
    assert not forward.residual
    assert proof(connected).provider.amount == 100 - fee_of(charge)  # type: ignore[union-attr]


def test_refunds_and_foreign_rounding_have_their_lines(ready: Shop) -> None:
    set_switches(ready.simulator, ready.organization, exchange_rate_decimals=2)
    sold = sell(ready, "75.00", currency="usd", home_currency_amount="100.37")
    ready.clock.advance(timedelta(minutes=5))
    ready.world.refund(sold["id"], "25.00")
    ready.sync()
    forward = proof(ready).forward

    assert forward.gross.amount == Decimal("100.37")
    assert forward.refunds.amount == Decimal("33.46")  # a third of 100.37
    assert forward.rounding.amount == Decimal("0.13") - Decimal("0.04")
    assert forward.in_books.amount == in_books(ready)
    assert not forward.residual


def test_what_somebody_else_wrote_is_the_residual_and_sync_now_compares_again(ready: Shop) -> None:
    sell(ready)
    ready.sync_by_hand()
    assert not proof(ready).forward.residual
    (fee,) = ready.documents("expenses")
    people.delete(ready.simulator, ready.organization, "expenses", fee["id"])
    deposit(ready, "5.00")
    ready.clock.advance(timedelta(days=1))
    ready.sync()

    missed = proof(ready).forward
    assert missed.residual.amount == 5 + Decimal(str(fee["total"]))
    assert not missed.explained
    deposit(ready, "1.00")
    ready.sync_by_hand()
    assert (proof(ready).forward.residual - missed.residual).amount == 1


def test_document_in_doubt_explains_the_difference(ready: Shop) -> None:
    sell(ready)
    ready.fault("create_expense", "lost_after_apply")
    ready.sync()
    forward = proof(ready).forward
    assert forward.residual == forward.in_doubt
    assert forward.explained


def test_both_balances_are_read_once_a_day_by_runs_nobody_watches(ready: Shop) -> None:
    sell(ready)
    before = ready.truth()["calls"].get("list_bank_accounts", 0)
    ready.sync("daily")
    assert ready.truth()["calls"]["list_bank_accounts"] - before == 1
    sell(ready)
    ready.sync("sweep")
    assert ready.truth()["calls"]["list_bank_accounts"] - before == 1
    ready.next_day()
    ready.sync("daily")
    assert ready.truth()["calls"]["list_bank_accounts"] - before == 2
    with read() as session:
        days = list(session.scalars(sa.select(Snapshot.day).where(~Snapshot.opening).order_by(Snapshot.day)))
    assert [day.isoformat() for day in days] == ["2026-11-22", "2026-11-23"]


def test_balance_that_cannot_be_read_stops_no_sale_and_comes_with_the_next_run(ready: Shop) -> None:
    sell(ready)
    ready.fault("list_bank_accounts", "refused", code=57)
    ready.fault("get_balances", "not_json", "hitpay")
    run = ready.sync()
    assert (run.outcome, run.counts["posted"]) == ("fine", 3)
    assert balances.view(ready.business) is None
    ready.sync()
    assert not proof(ready).forward.residual


def test_opening_balance_missed_at_enabling_is_what_was_there_before_our_documents(connected: Shop) -> None:
    deposit(connected, "40.00")
    connected.save(sync_enabled=False)
    with read() as session:
        assert session.scalars(sa.select(Snapshot)).all() == []
    told = settings.view(connected.outside, connected.business).read
    silent = [msgspec.structs.replace(account, balance=None) for account in told.accounts]
    choices = Choices(silent, told.items)
    settings.save(connected.outside, connected.business, connected.user, connected.wanted(), choices)
    sell(connected)
    connected.sync()
    assert proof(connected).forward.opening.amount == 40
    assert not proof(connected).forward.residual


def test_opening_missed_at_enabling_leaves_out_what_rounding_brought(connected: Shop) -> None:
    set_switches(connected.simulator, connected.organization, exchange_rate_decimals=2)
    told = settings.view(connected.outside, connected.business).read
    silent = [msgspec.structs.replace(account, balance=None) for account in told.accounts]
    wanted = connected.wanted()
    choices = Choices(silent, settings.view(connected.outside, connected.business).read.items)
    settings.save(connected.outside, connected.business, connected.user, wanted, choices)
    sell(connected, "75.00", currency="usd", home_currency_amount="100.37")
    connected.sync()
    assert proof(connected).forward.rounding.amount == Decimal("0.13")
    assert proof(connected).forward.opening.amount == 0
    assert not proof(connected).forward.residual


def test_another_clearing_account_starts_with_an_opening_of_its_own(ready: Shop) -> None:
    sell(ready)
    ready.sync()
    first = proof(ready)
    other = next(
        row["account_id"]
        for name, row in ready.truth()["accounts"].items()
        if row["account_type"] == "bank" and name != "HitPay Clearing" and row.get("currency_code", "SGD") == "SGD"
    )
    ready.save(bank_account=other)
    assert balances.view(ready.business) is None
    sell(ready, "50.00")
    ready.next_day()
    ready.sync()
    second = proof(ready)
    assert second.account_id == other != first.account_id
    assert second.forward.gross.amount == 50
    assert not second.forward.residual
