"""Health: what one side of a business is to be called after what was last learned of it. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

CONFIRM_AFTER = timedelta(seconds=60)
"""A login refused once may be a slip of theirs: only a second refusal this much later counts."""

ACCESS_AFTER = timedelta(minutes=5)
TRY_AGAIN = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=60))
EVERY = timedelta(minutes=55)
"""How long a side may go without a call before it is asked: with the spread below an hour at most."""
ALARM_TRIES = 4
ALARM_SILENCE = timedelta(hours=2)
ALARM_WAIT = timedelta(hours=48)


class State(StrEnum):
    """What a side is called. `RECONNECT`, `ACCESS` and `PROVIDER` are the three ways to have failed."""

    OK = "ok"
    CHECKING = "checking"
    RECONNECT = "reconnect"
    ACCESS = "access"
    PROVIDER = "provider"
    DEGRADED = "degraded"
    DELAYED = "delayed"


class Trouble(StrEnum):
    """What can be learned of a side besides that it works."""

    LOGIN = "login"
    ACCESS = "access"
    UNREACHABLE = "unreachable"
    BUSY = "busy"
    QUOTA = "quota"


FAILED = frozenset({State.RECONNECT, State.ACCESS, State.PROVIDER})
_SURE_AFTER = {Trouble.LOGIN: CONFIRM_AFTER, Trouble.ACCESS: ACCESS_AFTER}


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The health of one side, instants aware UTC.

    `since` is when this state began, `first_failure` when the failures began that still last, `tries` how many there
    were, `trouble` of which kind; `next_try` is when it is to be asked again at the latest.
    """

    state: State
    since: datetime
    trouble: str = ""
    tries: int = 0
    first_failure: datetime | None = None
    last_success: datetime | None = None
    next_try: datetime | None = None


def works(before: Health | None, now: datetime) -> Health:
    """After a call that went through."""
    since = before.since if before and before.state is State.OK else now
    return Health(state=State.OK, since=since, last_success=now, next_try=now + EVERY)


def fails(before: Health | None, trouble: Trouble, side: str, now: datetime) -> Health:
    """After a call that failed. `side` is `provider` or `books`."""
    before = before or Health(state=State.OK, since=now)
    again = before.trouble == trouble or {before.trouble, trouble} <= {Trouble.UNREACHABLE, Trouble.BUSY}
    first = before.first_failure if again and before.first_failure else now
    tries = before.tries + 1 if again else 1
    state = _state(before, trouble, side, first, tries, now)
    return Health(
        state=state,
        since=before.since if state is before.state else now,
        trouble=trouble,
        tries=tries,
        first_failure=first,
        last_success=before.last_success,
        next_try=now + _pause(trouble, state, tries),
    )


def _state(before: Health, trouble: Trouble, side: str, first: datetime, tries: int, now: datetime) -> State:
    if trouble is Trouble.QUOTA:
        return State.DELAYED
    if trouble in _SURE_AFTER:
        sure = before.state in FAILED or (tries > 1 and now - first >= _SURE_AFTER[trouble])
        failed = State.ACCESS if trouble is Trouble.ACCESS else _LOGIN_FAILED[side]
        return failed if sure else State.CHECKING
    if before.state in FAILED:
        return before.state  # that it can't be reached now doesn't mend its login
    if trouble is Trouble.BUSY and not _silent(before.last_success, first, tries, now):
        return State.OK if before.state is State.CHECKING else before.state
    return State.DEGRADED


_LOGIN_FAILED = {"books": State.RECONNECT, "provider": State.PROVIDER}


def _pause(trouble: Trouble, state: State, tries: int) -> timedelta:
    if state is State.CHECKING:
        return _SURE_AFTER[trouble]
    if state in FAILED or trouble is Trouble.QUOTA:
        return EVERY
    return TRY_AGAIN[min(tries, len(TRY_AGAIN)) - 1]


def _silent(last_success: datetime | None, first_failure: datetime, tries: int, now: datetime) -> bool:
    return tries >= ALARM_TRIES and now - (last_success or first_failure) >= ALARM_SILENCE


def alarms(health: Health, now: datetime, oldest_waiting: datetime | None = None) -> bool:
    """Whether a person must be told. `oldest_waiting` is when the oldest sale was made that isn't in the books."""
    if health.state in FAILED:
        return True
    if health.state is State.DEGRADED:
        first = health.first_failure or health.since
        return _silent(health.last_success, first, health.tries, now)
    if health.state is State.DELAYED:
        return oldest_waiting is not None and now - oldest_waiting > ALARM_WAIT
    return False


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """What the watchdog knows of a business whose sync is on.

    `due` is when the next daily run was or is to be, counted from the last one that went through; `up_since` when
    this program began to run without a break; `still_since` since when a run at work has not moved, None if none is.
    """

    due: datetime
    up_since: datetime
    still_since: datetime | None = None


MISSED_AFTER = timedelta(hours=2)
HANGS_AFTER = timedelta(minutes=30)


def clock_trouble(watch: Watch, now: datetime) -> str:
    """`hanging`, `missed` or "". A program that was off gets the grace again, for its one catch-up run."""
    if watch.still_since is not None and now - watch.still_since >= HANGS_AFTER:
        return "hanging"
    return "missed" if now >= max(watch.due, watch.up_since) + MISSED_AFTER else ""
