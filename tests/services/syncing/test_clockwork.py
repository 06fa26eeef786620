"""Syncing without anybody: the clock asks, the worker works off."""

from __future__ import annotations

from datetime import timedelta

from app.services.connections import books_connection
from app.services.syncing import clockwork, runs, worker
from tests.shop import ACCOUNT, Shop


def live_hours(shop: Shop, hours: int) -> list[str]:
    """Tick every quarter of an hour; what the runs were called, in order."""
    for _tick in range(hours * 4):
        shop.clock.advance(timedelta(minutes=15))
        clockwork.run_due(shop.outside)
        worker.run_due(shop.outside)
    return [run.trigger for run in reversed(runs.latest(shop.outside, shop.business, 1000))]


def test_two_days_without_anybody_have_two_daily_runs_and_the_books_follow(shop: Shop) -> None:
    shop.set_up(grouping="bulk")
    shop.clock.advance(timedelta(minutes=5))
    shop.world.add_charge(ACCOUNT)
    triggers = live_hours(shop, 48)
    assert triggers.count("daily") == 2
    assert 30 <= triggers.count("hourly") <= 46
    assert shop.counts() == (1, 1, 1)


def test_clock_asks_for_nothing_before_a_business_is_set_up_or_after_it_is_disconnected(shop: Shop) -> None:
    shop.open_business()
    assert live_hours(shop, 30) == []
    shop.connect_provider()
    shop.connect_books()
    shop.save()
    assert live_hours(shop, 2) == ["hourly"]
    books_connection.disconnect(shop.outside, shop.business)
    assert live_hours(shop, 30) == ["hourly"]


def test_two_processes_ask_for_one_run(ready: Shop) -> None:
    ready.next_day()
    first, second = clockwork.run_due(ready.outside), clockwork.run_due(ready.outside)
    assert len(first) == 1
    assert second == []
    worker.run_due(ready.outside)
    assert clockwork.run_due(ready.outside) == []


def test_sweeps_that_find_nothing_ask_zoho_books_nothing(ready: Shop) -> None:
    ready.next_day()
    clockwork.run_due(ready.outside)
    worker.run_due(ready.outside)
    calls = ready.truth()["calls_total"]
    live_hours(ready, 5)
    assert ready.truth()["calls_total"] == calls


def test_status_says_when_the_next_daily_run_is_due(ready: Shop) -> None:
    due = clockwork.next_daily(ready.business, ready.clock.now())
    assert due is not None
    assert due.isoformat() == "2026-11-22T17:00:00+00:00"
    ready.save(sync_enabled=False)
    assert clockwork.next_daily(ready.business, ready.clock.now()) is None


def test_hourly_runs_without_anything_to_write_are_not_among_the_eventful_ones(ready: Shop) -> None:
    ready.next_day()
    clockwork.run_due(ready.outside)
    worker.run_due(ready.outside)
    live_hours(ready, 4)
    ready.world.add_charge(ACCOUNT)
    live_hours(ready, 2)
    told = [(run.trigger, run.done) for run in runs.eventful(ready.outside, ready.business, 10)]
    assert told == [("hourly", 3), ("daily", 0)]
    assert len(runs.latest(ready.outside, ready.business, 10)) > 4
