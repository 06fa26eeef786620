"""The watchdog: a daily sync that should have gone through and didn't, and a sync that doesn't move any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.domain import clockwork
from app.domain.clockwork import History
from app.domain.health import Watch, clock_trouble
from app.domain.incidents import Cause
from app.domain.zones import zone_of
from app.services.alerts import incidents
from app.services.alerts.watching import is_watched, last_success
from app.services.outside import Outside
from app.store import health
from app.store.businesses import Business, all_businesses
from app.store.db import read, write
from app.store.health import Uptime
from app.store.leases import Lease
from app.store.runs import unfinished
from app.store.settings import windows

SIDE = "sync"
BREAK = timedelta(minutes=30)
"""A gap between two looks that means: this program was off meanwhile."""

_SENTENCES = {
    "missed": "The daily sync should have gone through by now and didn't.",
    "hanging": "A sync has not moved on for half an hour.",
}


def run_due(outside: Outside) -> None:
    """Look at every business whose sync is on."""
    up_since = _up_since(outside.clock.now())
    with read() as session:
        every = [one.id for one in all_businesses(session)]
    for business_id in every:
        with write() as session:
            _look_at(session, outside, business_id, up_since)


def _up_since(now: datetime) -> datetime:
    """Since when the watchdog has looked without a break. What fell into a break is made up for by one run."""
    with write() as session:
        row = session.get(Uptime, 1)
        if row is None:
            row = Uptime(id=1, seen_at=now, since=now)
            session.add(row)
        if now - row.seen_at > BREAK:
            row.since = now
        row.seen_at = now
        return row.since


def _look_at(session: Session, outside: Outside, business_id: int, up_since: datetime) -> None:
    now = outside.clock.now()
    still = _still_since(session, business_id, now)
    if not is_watched(session, business_id):
        return
    zone = zone_of(session.get_one(Business, business_id).time_zone)
    history = History(
        on_since=windows(session, business_id)[-1].opened_at, last_daily=last_success(session, business_id)
    )
    watch = Watch(due=clockwork.next_daily(history, now, zone), up_since=up_since, still_since=still)
    trouble = clock_trouble(watch, now)
    if trouble:
        began = watch.due if trouble == "missed" or still is None else still
        incidents.raise_alarm(session, outside, business_id, SIDE, Cause(trouble), began, _SENTENCES[trouble])


def _still_since(session: Session, business_id: int, now: datetime) -> datetime | None:
    """Since when the run at work has neither written, nor stepped on, nor held on to its business; None without one."""
    run, lease = unfinished(session, business_id), session.get(Lease, business_id)
    if run is None or run.state != "running":
        return None
    mark = f"{run.id} {run.done} {lease.expires_at if lease else ''} {run.step}"[:300]
    row = health.ensure(session, business_id, SIDE, now)
    if row.mark != mark:
        row.mark, row.marked_at = mark, now
    return row.marked_at
