"""The states of an effect, and what may be done next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum


class State(StrEnum):
    """planned -> sending -> done | in_doubt | refused | held; in_doubt -> done | planned | held.

    A person may make anything that is surely not in the books left_out, and anything else done.
    """

    PLANNED = "planned"
    SENDING = "sending"
    IN_DOUBT = "in_doubt"
    REFUSED = "refused"
    HELD = "held"
    DONE = "done"
    LEFT_OUT = "left_out"


OPEN_STATES = (State.PLANNED, State.SENDING, State.IN_DOUBT)

QUARANTINE = timedelta(minutes=5)
"""How long a doubtful write may still land before we look for it: longer than the longest late arrival we allow for."""

LADDER = ((timedelta(hours=1), timedelta(minutes=10)), (timedelta(days=1), timedelta(hours=1)))
"""How often is looked, by a doubt's age: each ten minutes for an hour, hourly for a day, then daily."""

DAILY = timedelta(days=1)

EMPTY_LOOKUPS_NEEDED = 2
"""Where the books don't refuse a second document by themselves, two empty look-ups at least ten minutes apart are
needed before sending again: a list may lag, and a request may land late."""

GIVE_UP_AFTER = timedelta(days=7)
"""An effect in doubt for longer is held for a person."""

SEND_DEADLINE = 15.0
"""Seconds from claim to first byte; a worker that was paused for longer must not send any more."""


def next_lookup(doubted_at: datetime, now: datetime) -> datetime:
    """When to look again at a doubt that began at `doubted_at`."""
    return now + next((wait for until, wait in LADDER if now - doubted_at < until), DAILY)


def lookups_needed(*, guarded: bool) -> int:
    """How many empty look-ups allow sending again: one where the books refuse a second document themselves."""
    return 1 if guarded else EMPTY_LOOKUPS_NEEDED


def may_send(states: Sequence[State]) -> bool:
    """Whether a group may send anything: not while a member is in doubt or being sent."""
    return not any(state in (State.IN_DOUBT, State.SENDING) for state in states)
