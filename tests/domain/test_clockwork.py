"""When a business syncs by itself: a table of clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.domain.clockwork import History, due, next_daily

SINGAPORE = ZoneInfo("Asia/Singapore")
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_day_of_enabling_has_no_daily_run() -> None:
    history = History(on_since=NOON)
    assert next_daily(history, NOON, SINGAPORE) == at("2026-11-23T01:00+08:00")
    assert due(history, 1, NOON, SINGAPORE) == ""


def test_daily_run_is_due_once_a_local_date() -> None:
    history = History(on_since=NOON)
    assert due(history, 1, at("2026-11-23T00:59:59+08:00"), SINGAPORE) == "sweep"
    assert due(history, 1, at("2026-11-23T01:00+08:00"), SINGAPORE) == "daily"
    ran = at("2026-11-23T01:00:05+08:00")
    done = History(on_since=NOON, last_daily=ran, last_end=ran + timedelta(minutes=1))
    assert due(done, 1, at("2026-11-23T01:30+08:00"), SINGAPORE) == ""
    assert due(done, 1, at("2026-11-24T01:00+08:00"), SINGAPORE) == "daily"


def test_days_missed_while_the_program_was_off_are_one_run() -> None:
    history = History(on_since=NOON, last_daily=at("2026-11-23T01:00+08:00"), last_end=at("2026-11-23T01:01+08:00"))
    now = at("2026-11-27T15:00+08:00")
    assert due(history, 1, now, SINGAPORE) == "daily"
    caught_up = History(on_since=NOON, last_daily=now, last_end=now)
    assert next_daily(caught_up, now, SINGAPORE) == at("2026-11-28T01:00+08:00")


@pytest.mark.parametrize(
    ("zone", "day_before", "first", "again"),
    [
        ("America/New_York", "2026-10-31T01:00-04:00", "2026-11-01T01:00-04:00", "2026-11-01T01:30-05:00"),
        ("Europe/London", "2027-03-27T01:00+00:00", "2027-03-28T02:00+01:00", "2027-03-28T23:00+01:00"),
    ],
    ids=["autumn's hour comes twice", "spring leaves the hour out"],
)
def test_change_of_clocks_makes_neither_two_runs_nor_none(zone: str, day_before: str, first: str, again: str) -> None:
    on, before = at(day_before) - timedelta(days=9), at(day_before)
    history = History(on_since=on, last_daily=before, last_end=at(first) - timedelta(minutes=1))
    assert due(history, 1, at(first) - timedelta(seconds=1), ZoneInfo(zone)) == ""
    assert due(history, 1, at(first), ZoneInfo(zone)) == "daily"
    done = History(on_since=on, last_daily=at(first), last_end=at(again))
    assert due(done, 1, at(again), ZoneInfo(zone)) == ""


@pytest.mark.parametrize(
    ("zone", "hour", "first", "next_one"),
    [
        ("Australia/Sydney", 2, "2026-10-03T16:00+00:00", "2026-10-04T15:00+00:00"),
        ("Australia/Sydney", 0, "2026-10-03T14:30+00:00", "2026-10-04T13:30+00:00"),
        ("America/New_York", 1, "2026-11-01T05:00+00:00", "2026-11-02T06:00+00:00"),
        ("America/New_York", 23, "2026-11-03T04:00+00:00", "2026-11-04T04:00+00:00"),
    ],
    ids=["Sydney leaves its hour out", "Sydney's day of Bulk", "New York's hour comes twice", "New York's evening"],
)
def test_own_hour_holds_over_a_change_of_clocks(zone: str, hour: int, first: str, next_one: str) -> None:
    place = ZoneInfo(zone)
    day_before = at(first) - timedelta(days=1)
    history = History(on_since=day_before - timedelta(days=5), last_daily=day_before, hour=hour)
    assert next_daily(history, day_before, place) == at(first)
    done = History(on_since=history.on_since, last_daily=at(first), hour=hour)
    assert next_daily(done, at(first), place) == at(next_one)


def test_sweep_is_due_an_hour_after_the_last_run_and_not_while_a_connection_is_broken() -> None:
    ended = at("2026-11-23T08:00+08:00")
    history = History(on_since=NOON, last_daily=at("2026-11-23T01:00+08:00"), last_end=ended)
    later = ended + timedelta(minutes=71)
    assert due(history, 1, ended + timedelta(minutes=59), SINGAPORE) == ""
    assert due(history, 1, later, SINGAPORE) == "sweep"
    broken = History(on_since=NOON, last_daily=history.last_daily, last_end=ended, works=False)
    assert due(broken, 1, later, SINGAPORE) == ""
    assert due(broken, 1, at("2026-11-24T01:00+08:00"), SINGAPORE) == "daily"


def test_nothing_is_due_while_sync_is_off_or_a_run_is_at_work() -> None:
    tomorrow = NOON + timedelta(days=1)
    assert due(History(on_since=None), 1, tomorrow, SINGAPORE) == ""
    assert due(History(on_since=NOON, busy=True), 1, tomorrow, SINGAPORE) == ""


def test_daily_run_that_is_broken_off_each_time_begins_again_after_a_while_only() -> None:
    broken = at("2026-11-23T01:00:30+08:00")
    history = History(on_since=NOON, last_end=broken, broken_off=True)
    assert due(history, 1, broken + timedelta(seconds=20), SINGAPORE) == ""
    assert due(history, 1, broken + timedelta(minutes=10), SINGAPORE) == "daily"
