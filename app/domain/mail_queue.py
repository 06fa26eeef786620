"""The mail queue: when a mail is tried again, given up, or told in one summary with others. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST_TRIES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
THEN_EVERY = timedelta(hours=2)
GIVE_UP_AFTER = timedelta(days=5)
"""RFC 5321, 4.5.4.1: retry at least every half hour or slower, give up after four to five days."""

STALE_AFTER = timedelta(hours=1)
"""What couldn't go out within this time goes out in one summary with the rest that couldn't."""

CAP = 10
CAP_SPAN = timedelta(hours=1)
CRASHES = 1
"""After how many crashes while sending a mail is sent once more; then it is given up as perhaps arrived."""

DOWN_AFTER = 2
"""From how many failed tries of one mail on the mail server is called down."""


def next_try(queued_at: datetime, attempts: int, now: datetime) -> datetime | None:
    """When a mail that failed for the `attempts`-th time is tried again; None once it is given up."""
    pause = FIRST_TRIES[attempts - 1] if attempts <= len(FIRST_TRIES) else THEN_EVERY
    return now + pause if now + pause - queued_at <= GIVE_UP_AFTER else None


def is_stale(queued_at: datetime, now: datetime) -> bool:
    """Whether a mail is too old to go out by itself."""
    return now - queued_at > STALE_AFTER
