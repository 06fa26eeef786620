"""Pings: tell a dead man's switch outside that syncs begin and end. Queued with the run, sent apart from it."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from app.ports import OutsideError, Refused
from app.services.outside import Outside
from app.store.alerting import Ping, due_pings, settings_of
from app.store.db import read, write

log = structlog.get_logger()

TRIES = 5
PAUSE = timedelta(seconds=30)
TOO_LATE = timedelta(minutes=30)
"""A start or an end that couldn't be told within this time is not told: it would be taken for one of now."""

_BUSY = timedelta(minutes=1)


def queue(session: Session, outside: Outside, business_id: int, kind: str) -> None:
    """Queue one ping, if the business has an address for them."""
    if settings_of(session, business_id).ping_url:
        now = outside.clock.now()
        session.add(Ping(business_id=business_id, kind=kind, state="queued", queued_at=now, next_try=now, attempts=0))


def send_due(outside: Outside) -> None:
    """Send every ping that is due, in order; of one business none overtakes an earlier one that waits."""
    with read() as session:
        due = [(ping.id, ping.business_id) for ping in due_pings(session, outside.clock.now())]
    held_up: set[int] = set()
    for ping_id, business_id in due:
        if business_id not in held_up and not _send(outside, ping_id):
            held_up.add(business_id)


def _send(outside: Outside, ping_id: int) -> bool:
    """Whether it is settled, one way or the other."""
    taken = _take(ping_id, outside.clock.now())
    if taken is None:
        return True
    url, kind = taken
    try:
        outside.pinger.ping(url, kind)
    except OutsideError as error:
        log.info("ping not delivered", why=str(error))
        return _settle(outside, ping_id, error)
    return _settle(outside, ping_id, None)


def _take(ping_id: int, now: datetime) -> tuple[str, str] | None:
    """Address and kind of a ping that is ours for a minute now; None if it is not to be sent."""
    with write() as session:
        ping = session.get_one(Ping, ping_id)
        if ping.state != "queued" or ping.next_try > now:
            return None
        url = settings_of(session, ping.business_id).ping_url
        if not url or now - ping.queued_at > TOO_LATE:
            ping.state, ping.answer = "failed", "Not sent in time." if url else "The address was removed."
            return None
        ping.attempts, ping.next_try = ping.attempts + 1, now + _BUSY
        return url, ping.kind


def _settle(outside: Outside, ping_id: int, error: OutsideError | None) -> bool:
    with write() as session:
        ping = session.get_one(Ping, ping_id)
        if error is None:
            ping.state, ping.answer = "done", "Taken."
            return True
        ping.answer = str(error)
        if isinstance(error, Refused) or ping.attempts >= TRIES:
            ping.state = "failed"
            return True
        ping.next_try = outside.clock.now() + PAUSE * ping.attempts
        return False
