"""Health: which states follow from what was learned, and when a person must be told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.domain import health
from app.domain.health import ALARM_SILENCE, Health, State, Trouble, Watch

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
GOOD = health.works(None, NOON)


def after(*troubles: tuple[Trouble, timedelta], side: str = "books", start: Health = GOOD) -> Health:
    """The health after troubles, each so long after noon."""
    now = start
    for trouble, span in troubles:
        now = health.fails(now, trouble, side, NOON + span)
    return now


def alarmed(now: Health, span: timedelta) -> bool:
    return health.alarms(now, NOON + span)


def test_call_that_goes_through_makes_everything_well() -> None:
    bad = after((Trouble.LOGIN, MINUTE), (Trouble.LOGIN, 3 * MINUTE))
    good = health.works(bad, NOON + HOUR)
    assert (good.state, good.since, good.tries, good.first_failure) == (State.OK, NOON + HOUR, 0, None)
    assert health.works(good, NOON + 2 * HOUR).since == NOON + HOUR


def test_one_refused_login_is_checked_again_after_a_minute() -> None:
    once = after((Trouble.LOGIN, HOUR))
    assert once.state is State.CHECKING
    assert once.next_try == NOON + HOUR + MINUTE
    assert not alarmed(once, 10 * HOUR)


@pytest.mark.parametrize(("side", "state"), [("books", State.RECONNECT), ("provider", State.PROVIDER)])
def test_second_refusal_a_minute_later_fails_the_login(side: str, state: State) -> None:
    twice = after((Trouble.LOGIN, HOUR), (Trouble.LOGIN, HOUR + MINUTE), side=side)
    assert twice.state is state
    assert twice.first_failure == NOON + HOUR
    assert alarmed(twice, HOUR + MINUTE)


def test_second_refusal_within_the_minute_says_nothing_new() -> None:
    early = after((Trouble.LOGIN, HOUR), (Trouble.LOGIN, HOUR + timedelta(seconds=59)))
    assert early.state is State.CHECKING
    assert health.fails(early, Trouble.LOGIN, "books", NOON + HOUR + MINUTE).state is State.RECONNECT


def test_access_needs_two_refusals_five_minutes_apart() -> None:
    assert after((Trouble.ACCESS, MINUTE), (Trouble.ACCESS, 5 * MINUTE)).state is State.CHECKING
    assert after((Trouble.ACCESS, MINUTE), (Trouble.ACCESS, 6 * MINUTE)).state is State.ACCESS


def test_failed_login_stays_failed_while_nothing_is_reached() -> None:
    dead = after((Trouble.LOGIN, MINUTE), (Trouble.LOGIN, 2 * MINUTE), (Trouble.UNREACHABLE, HOUR))
    assert dead.state is State.RECONNECT


def test_unreachable_is_tried_again_after_1_5_15_and_60_minutes() -> None:
    now, at, pauses = GOOD, NOON, []
    for _try in range(6):
        now = health.fails(now, Trouble.UNREACHABLE, "books", at)
        assert now.next_try is not None
        pauses.append(int((now.next_try - at) / MINUTE))
        at = now.next_try
    assert pauses == [1, 5, 15, 60, 60, 60]


def test_unreachable_alarms_after_four_tries_and_two_hours_of_silence() -> None:
    four = after(*((Trouble.UNREACHABLE, span * MINUTE) for span in (60, 61, 66, 81)))
    assert four.state is State.DEGRADED
    assert not alarmed(four, 119 * MINUTE)
    assert alarmed(four, ALARM_SILENCE)
    three = after(*((Trouble.UNREACHABLE, span * MINUTE) for span in (60, 61, 66)))
    assert not alarmed(three, 20 * HOUR), "silence alone is not enough: it was hardly tried"


def test_side_that_never_worked_is_silent_since_its_first_failure() -> None:
    never = Health(state=State.OK, since=NOON)
    four = after(*((Trouble.UNREACHABLE, span * MINUTE) for span in (0, 1, 6, 21)), start=never)
    assert not alarmed(four, 119 * MINUTE)
    assert alarmed(four, 120 * MINUTE)


def test_limit_per_minute_leaves_a_side_healthy() -> None:
    busy = after((Trouble.BUSY, MINUTE), (Trouble.BUSY, 2 * MINUTE))
    assert busy.state is State.OK
    assert not alarmed(busy, 3 * MINUTE)


def test_pauses_that_never_end_are_an_outage_after_all() -> None:
    busy = after(*((Trouble.BUSY, span * HOUR) for span in (1, 2, 3, 4)))
    assert busy.state is State.DEGRADED
    assert alarmed(busy, 4 * HOUR)


def test_used_up_day_is_a_delay_told_only_when_a_sale_waits_over_48_hours() -> None:
    delayed = after((Trouble.QUOTA, HOUR))
    assert delayed.state is State.DELAYED
    assert not health.alarms(delayed, NOON, None)
    assert not health.alarms(delayed, NOON + 48 * HOUR, NOON)
    assert health.alarms(delayed, NOON + 48 * HOUR + MINUTE, NOON)


def test_another_trouble_is_counted_anew() -> None:
    mixed = after((Trouble.UNREACHABLE, MINUTE), (Trouble.UNREACHABLE, 2 * MINUTE), (Trouble.LOGIN, 3 * MINUTE))
    assert (mixed.state, mixed.tries, mixed.first_failure) == (State.CHECKING, 1, NOON + 3 * MINUTE)


def test_state_keeps_its_beginning() -> None:
    first = after((Trouble.UNREACHABLE, MINUTE))
    assert health.fails(first, Trouble.UNREACHABLE, "books", NOON + HOUR).since == first.since == NOON + MINUTE


@pytest.mark.parametrize(
    ("due", "up", "still", "told"),
    [
        (0, 0, None, "missed"),
        (1, 0, None, ""),
        (0, 1, None, ""),  # the program was off until an hour ago
        (-100, 1, None, ""),  # for days
        (-100, 0, None, "missed"),
        (1, 0, 90, "hanging"),
        (1, 0, 91, ""),
    ],
)
def test_watchdog_tells_of_a_missed_and_of_a_hanging_run(due: int, up: int, still: int | None, told: str) -> None:
    since = NOON + still * MINUTE if still is not None else None
    watch = Watch(due=NOON + due * HOUR, up_since=NOON + up * HOUR, still_since=since)
    assert health.clock_trouble(watch, NOON + 2 * HOUR) == told
