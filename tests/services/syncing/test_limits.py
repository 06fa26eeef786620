"""Limits: calls counted by day, a reserve kept back, a used up day waited out, and a forecast that comes true."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.domain.call_budget import Budget, Forecast, cap_warning
from app.domain.repairs import Repair
from app.services.connections import call_budget
from app.services.planning import plans
from app.services.repairing import at_hand, repairs
from app.services.showing import forecast
from app.services.syncing import worker
from app.simulator.zoho_books.organizations import set_switches
from app.store.db import read
from app.store.outbox import Effect
from tests.shop import ACCOUNT, Shop


def sell(shop: Shop, count: int) -> None:
    for _sale in range(count):
        shop.clock.advance(timedelta(minutes=1))
        shop.world.add_charge(ACCOUNT)
    shop.clock.advance(timedelta(minutes=1))


def target(shop: Shop) -> str:
    return f"zoho_books:{shop.organization}"


def budget(shop: Shop) -> Budget:
    return call_budget.budget(shop.outside, target(shop))


def spent(shop: Shop) -> int:
    return int(shop.truth()["calls_total"])


def test_calls_are_counted_as_the_organization_counts_them(ready: Shop) -> None:
    sell(ready, 30)
    ready.sync()
    assert budget(ready).used == spent(ready)
    assert ready.outside.uncounted(ready.organization) == 0


def test_plan_of_the_organization_tells_how_many_are_left(ready: Shop) -> None:
    found = budget(ready)
    assert (found.quota, found.reserve, found.sure) == (2_000, 200, False)
    assert found.left == 2_000 - spent(ready)
    ready.sync()
    ready.clock.advance(timedelta(days=1))
    assert budget(ready).left == 2_000


@pytest.mark.parametrize("grouping", ["individual", "bulk"])
@pytest.mark.parametrize("drafts", [True, False])
def test_forecast_is_what_the_run_then_takes(shop: Shop, grouping: str, drafts: bool) -> None:
    shop.set_up(grouping=grouping)
    set_switches(shop.simulator, shop.organization, draft_accepts_payment=drafts)
    sell(shop, 3)
    if grouping == "bulk":
        shop.next_day()
    shop.sync()
    (first, *_rest) = shop.world.charges(ACCOUNT)
    sell(shop, 60)
    shop.world.refund(first["id"], "10.00")
    shop.world.add_charge(ACCOUNT, amount="75.00", currency="usd", home_currency_amount="100.37")
    shop.next_day()
    told = forecast.of_preview(shop.outside, shop.business, plans.preview(shop.outside, shop.business))
    before = spent(shop)
    assert shop.sync().outcome == "fine"
    taken = spent(shop) - before
    assert abs(told.calls - taken) <= 0.05 * taken, (told.calls, taken)


def test_used_up_day_delays_and_nothing_fails(sold: Shop) -> None:
    set_switches(sold.simulator, sold.organization, calls_per_day=spent(sold) + 3)
    run = sold.sync("sweep")
    assert run.outcome == "delayed"
    assert run.counts["failed"] == 0
    assert budget(sold).left == 0
    told = forecast.of_status(sold.outside, sold.business)
    assert told is not None
    assert "delayed, not failed" in told.forecast.sentence
    before = spent(sold)
    sold.clock.advance(timedelta(minutes=5))
    assert sold.sync("sweep").outcome == "delayed"
    assert spent(sold) == before
    sold.clock.advance(timedelta(days=1))
    assert sold.sync("daily").outcome == "fine"
    assert sold.counts() == (1, 1, 1)


def test_refusal_names_the_quota_and_from_then_on_the_reserve_is_kept(ready: Shop) -> None:
    set_switches(ready.simulator, ready.organization, calls_per_day=200)
    sell(ready, 150)
    assert ready.sync().outcome == "delayed"
    ready.clock.advance(timedelta(days=1))
    assert (budget(ready).quota, budget(ready).sure) == (200, True)
    day = spent(ready)
    run = ready.sync("daily")
    assert (run.outcome, run.detail) == ("delayed", "")
    assert "kept for look-ups and repairs" in run.sentence
    assert 160 <= spent(ready) - day <= 180
    assert ready.truth()["violations"] == []


def test_repair_may_use_the_reserve(ready: Shop) -> None:
    set_switches(ready.simulator, ready.organization, calls_per_day=200)
    sell(ready, 150)
    ready.sync()
    ready.clock.advance(timedelta(days=1))
    ready.fault("create_invoice", "lost_after_apply")
    assert ready.sync("daily").outcome == "delayed"
    ready.clock.advance(timedelta(minutes=6))
    with read() as session:
        stuck = session.query(Effect).where(Effect.state == "in_doubt").one()
        assert Repair.CHECK in {one.repair for one in at_hand.offers(ready.outside, session, stuck) if one.offered}
    said = repairs.check(ready.outside, ready.business, stuck.id, at_hand.mark_of(stuck), "anna@example.com")
    assert said == "It was found in Zoho Books, and is done."
    worker.run_due(ready.outside)


def test_day_that_begins_at_another_hour_is_noticed(sold: Shop) -> None:
    set_switches(sold.simulator, sold.organization, calls_per_day=spent(sold) + 3)
    assert sold.sync("sweep").outcome == "delayed"
    set_switches(sold.simulator, sold.organization, calls_per_day=0)
    sold.clock.advance(timedelta(minutes=61))
    assert sold.sync("sweep").outcome == "fine"
    assert sold.counts() == (1, 1, 1)
    assert budget(sold).used < 20


def test_quota_that_a_refusal_named_is_forgotten_after_a_week(sold: Shop) -> None:
    set_switches(sold.simulator, sold.organization, calls_per_day=spent(sold) + 3)
    sold.sync()
    sold.clock.advance(timedelta(days=1))
    assert budget(sold).sure
    sold.clock.advance(timedelta(days=7))
    assert not budget(sold).sure


@pytest.mark.parametrize(
    ("calls", "minutes", "budget", "said"),
    [
        (412, 5, Budget(quota=1_000, used=412), "412 calls, about 5 minutes, 588 left today."),
        (1, 1, Budget(quota=None, used=9), "1 call, about a minute."),
        (0, 0, Budget(quota=None, used=0), "0 calls."),
        (
            600,
            8,
            Budget(quota=1_000, used=412),
            "600 calls, about 8 minutes, 588 left today. That isn't enough for today (100 are kept for look-ups and "
            "repairs): the rest is delayed and goes on tomorrow.",
        ),
    ],
)
def test_forecast_is_said_in_one_line(calls: int, minutes: int, budget: Budget, said: str) -> None:
    assert Forecast(calls=calls, minutes=minutes, budget=budget).sentence == said


@pytest.mark.parametrize(
    ("plan", "year", "month", "words"),
    [
        ("STANDARD", 5_000, 500, ""),
        ("FREE", 400, 30, ""),
        ("FREE", 700, 200, "in about 45 days"),
        ("free", 810, 10, "within a year"),
        ("FREE", 1_000, 50, "makes no more"),
    ],
)
def test_cap_of_the_plan_is_warned_of_in_time(plan: str, year: int, month: int, words: str) -> None:
    said = cap_warning(plan, year, month)
    assert (words in said) if words else not said


def test_person_may_try_a_used_up_day_at_once(sold: Shop) -> None:
    sold.fault("create_invoice", "refused", code=45)
    assert sold.sync("sweep").outcome == "delayed"
    assert sold.sync("sweep").outcome == "delayed"
    assert sold.sync_by_hand().outcome == "fine"
