"""Syncing without anybody: the clock asks, the worker works off."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.jobs import cleaning
from app.services.connections import books_connection
from app.services.refusals import Refusal
from app.services.syncing import clockwork, runs, worker
from app.services.syncing.turns import Silence
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


def test_daily_run_another_process_did_from_beginning_to_end_is_not_done_again(ready: Shop) -> None:
    ready.next_day()
    now = ready.clock.now()
    clockwork.run_due(ready.outside)
    worker.run_due(ready.outside)
    # This process had seen that a run was due before the other one began.
    assert clockwork._request(ready.business, now, Silence()) is None
    assert [run.trigger for run in runs.latest(ready.outside, ready.business, 5)] == ["daily"]


def test_days_the_program_was_off_are_one_run_that_says_so(ready: Shop) -> None:
    clockwork.run_due(ready.outside, Silence())
    ready.clock.advance(timedelta(days=3))
    clockwork.run_due(ready.outside, Silence())
    worker.run_due(ready.outside)
    [run] = runs.latest(ready.outside, ready.business, 5)
    assert run.note == "Missed while off: 3 daily syncs, 23 Nov to 25 Nov. This one makes up for them."
    ready.next_day()
    clockwork.run_due(ready.outside, Silence())
    worker.run_due(ready.outside)
    assert runs.latest(ready.outside, ready.business, 1)[0].trigger == "daily"


def test_clock_that_jumps_under_a_working_program_was_not_off(ready: Shop) -> None:
    silence = Silence()
    clockwork.run_due(ready.outside, silence)
    ready.next_day()
    clockwork.run_due(ready.outside, silence)
    assert [run.note for run in runs.latest(ready.outside, ready.business, 5)] == [""]


def test_business_syncs_at_its_own_hour(ready: Shop) -> None:
    ready.save(sync_hour="23")
    due = clockwork.next_daily(ready.business, ready.clock.now())
    assert due is not None
    assert due.isoformat() == "2026-11-23T15:00:00+00:00"
    ready.save(sync_hour="0")
    due = clockwork.next_daily(ready.business, ready.clock.now())
    assert due is not None
    assert due.isoformat() == "2026-11-22T16:30:00+00:00"


def test_hour_that_no_day_has_is_refused_and_changes_nothing(ready: Shop) -> None:
    before = ready.hashes()
    with pytest.raises(Refusal) as caught:
        ready.save(sync_hour="24")
    assert caught.value.problems == {"sync_hour": "Choose an hour from the list."}
    assert ready.hashes() == before


def test_clean_up_is_done_once_a_day(ready: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def broken(_now: object) -> int:
        done.append("broken")
        raise RuntimeError("this can't be cleared")

    monkeypatch.setattr(cleaning, "CLEANERS", (("one", broken), ("two", lambda _now: len(done.__iadd__(["two"])))))
    for _hour in range(30):
        cleaning.run_due(ready.outside)
        ready.clock.advance(timedelta(hours=1))
    assert done == ["broken", "two"] * 2
