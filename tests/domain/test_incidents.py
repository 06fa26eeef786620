"""Incidents: when one opens, is the same again, is reminded of and heals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import incidents, mail_queue
from app.domain.health import State
from app.domain.incidents import Case, Cause, Group

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def case(**values: Any) -> Case:
    return Case(**({"opened_at": NOON, "began_at": NOON} | values))


def test_first_alarm_opens_and_a_second_changes_nothing() -> None:
    assert incidents.on_trouble(None, NOON) == "open"
    assert incidents.on_trouble(case(), NOON + 5 * DAY) == ""


def test_what_comes_back_within_a_day_is_the_same_incident() -> None:
    healed = case(healed_at=NOON)
    assert incidents.on_trouble(healed, NOON + DAY - HOUR) == "reopen"
    assert incidents.on_trouble(healed, NOON + DAY) == "open"


def test_opening_is_told_once() -> None:
    assert incidents.mail_due(case(), NOON) == "opening"
    assert incidents.mail_due(case(told=True), NOON + 23 * HOUR) == ""


def test_reopening_tells_nothing_until_the_third_time() -> None:
    due = [incidents.mail_due(case(told=True, reopened=times), NOON) for times in range(5)]
    assert due == ["", "", "", "unstable", "unstable"]
    assert incidents.mail_due(case(told=True, reopened=40, unstable_told=True), NOON) == ""


@pytest.mark.parametrize(
    ("hours", "steps"), [(0, 0), (23, 0), (24, 1), (71, 1), (72, 2), (239, 2), (240, 3), (408, 4), (2000, 13)]
)
def test_reminders_are_due_after_a_day_three_days_and_weekly(hours: int, steps: int) -> None:
    assert incidents.steps_passed(NOON, NOON + hours * HOUR) == steps
    assert (incidents.mail_due(case(told=True), NOON + hours * HOUR) == "reminder") is (steps > 0)
    assert incidents.mail_due(case(told=True, reminders=steps), NOON + hours * HOUR) == ""


@given(st.integers(min_value=0, max_value=60))
def test_next_reminder_is_due_at_the_instant_that_is_shown(step: int) -> None:
    shown = incidents.step_at(NOON, step)
    assert incidents.steps_passed(NOON, shown) == step + 1
    assert incidents.steps_passed(NOON, shown - timedelta(seconds=1)) == step


def test_nothing_is_told_of_what_is_healed_or_acknowledged() -> None:
    assert incidents.mail_due(case(healed_at=NOON), NOON + 9 * DAY) == ""
    assert incidents.mail_due(case(acknowledged=True, told=True), NOON + 9 * DAY) == ""
    assert incidents.mail_due(case(acknowledged=True), NOON) == ""


def test_two_good_runs_heal_or_one_after_a_reconnect() -> None:
    assert [incidents.heals(runs, reconnected=False) for runs in range(4)] == [False, False, True, True]
    assert [incidents.heals(runs, reconnected=True) for runs in range(3)] == [False, True, True]


def test_dead_login_hides_what_it_explains() -> None:
    assert incidents.hides(("books", Group.AUTH), ("books", Group.REACH))
    assert incidents.hides(("books", Group.AUTH), ("sync", Group.CLOCK))
    assert incidents.hides(("provider", Group.REACH), ("sync", Group.CLOCK))
    assert not incidents.hides(("provider", Group.AUTH), ("books", Group.REACH)), "another side"
    assert not incidents.hides(("sync", Group.CLOCK), ("books", Group.AUTH))
    assert not incidents.hides(("books", Group.AUTH), ("books", Group.AUTH))
    assert not incidents.hides(("books", Group.AUTH), ("books", Group.BOOKS)), "a double is a double"


def test_every_state_that_fails_has_a_cause_and_every_cause_a_group() -> None:
    assert incidents.cause_of(State.OK) is incidents.cause_of(State.CHECKING) is None
    assert incidents.cause_of(State.RECONNECT) is Cause.RECONNECT
    assert {incidents.group_of(cause) for cause in Cause} == set(Group)


def test_dead_login_waits_half_a_minute_for_its_like_an_outage_five() -> None:
    assert incidents.gather(Cause.RECONNECT) == timedelta(seconds=30)
    assert incidents.gather(Cause.UNREACHABLE) == timedelta(minutes=5)


def test_mail_is_tried_after_1_5_and_30_minutes_then_every_two_hours_for_five_days() -> None:
    at, attempts, gaps = NOON, 0, []
    while True:
        attempts += 1
        again = mail_queue.next_try(NOON, attempts, at)
        if again is None:
            break
        gaps.append(again - at)
        at = again
    minute = timedelta(minutes=1)
    assert gaps[:5] == [minute, 5 * minute, 30 * minute, 2 * HOUR, 2 * HOUR]
    assert set(gaps[5:]) == {2 * HOUR}
    assert timedelta(days=4, hours=22) < at - NOON <= timedelta(days=5)


@given(st.lists(st.tuples(st.booleans(), st.integers(min_value=1, max_value=100)), max_size=60))
def test_any_life_has_at_most_one_opening_mail_an_incident_and_one_unstable(life: list[tuple[bool, int]]) -> None:
    """Bad and good hours in any order: the rules driven as the services drive them."""
    now, current, mails = NOON, None, list[tuple[int, str]]()
    number = 0
    for bad, hours in life:
        now += hours * HOUR
        if bad:
            what = incidents.on_trouble(current, now)
            if what == "open":
                current, number = case(opened_at=now, began_at=now), number + 1
            elif what == "reopen" and current:
                current = case(opened_at=current.opened_at, began_at=now, told=current.told,
                               unstable_told=current.unstable_told, reopened=current.reopened + 1)  # fmt: skip
        elif current and current.healed_at is None:
            current = case(opened_at=current.opened_at, began_at=current.began_at, told=current.told, healed_at=now,
                           unstable_told=current.unstable_told, reopened=current.reopened)  # fmt: skip
        kind = incidents.mail_due(current, now) if current else ""
        if kind and current:
            mails.append((number, kind))
            current = case(opened_at=current.opened_at, began_at=current.began_at, reopened=current.reopened,
                           told=True, unstable_told=current.unstable_told or kind == "unstable",
                           reminders=incidents.steps_passed(current.began_at, now))  # fmt: skip
    once = [one for one in mails if one[1] != "reminder"]
    assert len(once) == len(set(once))
    assert {one[0] for one in mails if one[1] == "opening"} == set(range(1, number + 1))
