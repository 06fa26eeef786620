"""Incidents: when one opens, is told of, reminded of, flaps and heals. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from app.domain.health import State

SAME_WITHIN = timedelta(hours=24)
"""What comes back within this time is the same incident."""

UNSTABLE_AT = 3
REMIND_AFTER = (timedelta(hours=24), timedelta(hours=72))
REMIND_EVERY = timedelta(days=7)
GATHER = timedelta(minutes=5)
GATHER_URGENT = timedelta(seconds=30)
GOOD_RUNS = 2


class Cause(StrEnum):
    """Why a person must be told."""

    RECONNECT = "reconnect"
    PROVIDER = "provider"
    ACCESS = "access"
    UNREACHABLE = "unreachable"
    QUOTA = "quota"
    ATTENTION = "attention"
    HANGING = "hanging"
    MISSED = "missed"
    MAIL = "mail"


class Group(StrEnum):
    """Causes that are one and the same trouble to a person: at most one incident of a group is open at a side."""

    AUTH = "auth"
    REACH = "reach"
    QUOTA = "quota"
    BOOKS = "books"
    CLOCK = "clock"
    MAIL = "mail"


_GROUPS = {
    Cause.RECONNECT: Group.AUTH,
    Cause.PROVIDER: Group.AUTH,
    Cause.ACCESS: Group.AUTH,
    Cause.UNREACHABLE: Group.REACH,
    Cause.QUOTA: Group.QUOTA,
    Cause.ATTENTION: Group.BOOKS,
    Cause.HANGING: Group.CLOCK,
    Cause.MISSED: Group.CLOCK,
    Cause.MAIL: Group.MAIL,
}
_RANK = {Group.AUTH: 0, Group.REACH: 1, Group.QUOTA: 1, Group.CLOCK: 2}
_OF_STATE = {
    State.RECONNECT: Cause.RECONNECT,
    State.PROVIDER: Cause.PROVIDER,
    State.ACCESS: Cause.ACCESS,
    State.DEGRADED: Cause.UNREACHABLE,
    State.DELAYED: Cause.QUOTA,
}


def cause_of(state: State) -> Cause | None:
    """The cause that a state of health gives, None where there is none."""
    return _OF_STATE.get(state)


def group_of(cause: Cause) -> Group:
    """The group a cause belongs to."""
    return _GROUPS[cause]


def hides(one: tuple[str, Group], other: tuple[str, Group]) -> bool:
    """Whether the trouble `one` (side, group) explains `other`: a dead login why nothing is reached at that side, and
    both why a run of the business was missed."""
    (side, group), (other_side, other_group) = one, other
    if group not in _RANK or other_group not in _RANK:
        return False
    reaches = other_group is Group.CLOCK or side == other_side
    return reaches and _RANK[group] < _RANK[other_group]


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """An incident as the rules see it.

    `began_at` is when the trouble that lasts now began, `reopened` how often it came back, `told` whether its opening
    mail is queued or gone, `unstable_told` likewise, `reminders` how many steps of reminding are behind it.
    """

    opened_at: datetime
    began_at: datetime
    healed_at: datetime | None = None
    reopened: int = 0
    reminders: int = 0
    told: bool = False
    unstable_told: bool = False
    acknowledged: bool = False


def on_trouble(case: Case | None, now: datetime) -> str:
    """What an alarm does to the newest incident of its kind: `open` a new one, `reopen` it, or "" as it is open."""
    if case is None or (case.healed_at is not None and now - case.healed_at >= SAME_WITHIN):
        return "open"
    return "" if case.healed_at is None else "reopen"


def mail_due(case: Case, now: datetime) -> str:
    """The mail an open incident calls for now: `opening`, `unstable`, `reminder` or ""."""
    if case.healed_at is not None or case.acknowledged:
        return ""
    if not case.told:
        return "opening"
    if case.reopened >= UNSTABLE_AT and not case.unstable_told:
        return "unstable"
    return "reminder" if steps_passed(case.began_at, now) > case.reminders else ""


def steps_passed(began_at: datetime, now: datetime) -> int:
    """How many reminders were due from `began_at` until `now`: after 24 h, 72 h, then weekly."""
    age = now - began_at
    passed = sum(age >= step for step in REMIND_AFTER)
    return passed + max(0, (age - REMIND_AFTER[-1]) // REMIND_EVERY)


def step_at(began_at: datetime, step: int) -> datetime:
    """When the reminder after `step` others is due."""
    if step < len(REMIND_AFTER):
        return began_at + REMIND_AFTER[step]
    return began_at + REMIND_AFTER[-1] + REMIND_EVERY * (step - len(REMIND_AFTER) + 1)


def heals(good_runs: int, *, reconnected: bool) -> bool:
    """Whether it is over after so many good runs: two, or one after a person has connected again."""
    return good_runs >= (1 if reconnected else GOOD_RUNS)


def gather(cause: Cause) -> timedelta:
    """How long an opening mail waits for others of the same cause."""
    return GATHER_URGENT if group_of(cause) is Group.AUTH else GATHER
