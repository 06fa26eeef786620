"""The clockwork: asks for the runs that are due. Due times follow from what the tables say was done."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain import clockwork
from app.domain.clockwork import History
from app.domain.zones import zone_of
from app.services.connections import books_connection, provider_connection
from app.services.outside import Outside
from app.services.syncing import runs, turns
from app.services.syncing.turns import Silence
from app.store.businesses import Business, all_businesses
from app.store.connections import of_business
from app.store.db import read, write
from app.store.runs import Run, unfinished
from app.store.settings import windows

_silence = Silence()


def run_due(outside: Outside, silence: Silence = _silence) -> list[int]:
    """Queue the daily run or the hourly sweep of every business that is due; the ids of the runs."""
    now = outside.clock.now()
    silence.look(outside)
    turns.note_tick(now)
    with read() as session:
        wanted = [one.id for one in all_businesses(session) if _due(session, one, now)]
    asked = (_request(key, now, silence) for key in wanted if not runs.why_not_ready(outside, key))
    return [run for run in asked if run is not None]


def _request(business_id: int, now: datetime, silence: Silence) -> int | None:
    """Queue what is due, if it still is: another process may have done it since, from beginning to end."""
    try:
        with write() as session:
            business = session.get_one(Business, business_id, with_for_update=True)
            kind = _due(session, business, now)
            if not kind:
                return None
            note = _missed(_history(session, business), business, now, silence) if kind == "daily" else ""
            return runs.queue(session, business_id, kind, now, note=note)
    except IntegrityError:
        return None


def _missed(history: History, business: Business, now: datetime, silence: Silence) -> str:
    """What this run makes up for, if the program was off when it was due; "" if it wasn't."""
    zone = zone_of(business.time_zone)
    if not silence.holds(clockwork.next_daily(history, now, zone)):
        return ""
    days = clockwork.missed_days(history, now, zone)
    if len(days) == 1:
        return f"Missed while off: the daily sync of {days[0]:%-d %b}. This one makes up for it."
    span = f"{days[0]:%-d %b} to {days[-1]:%-d %b}"
    return f"Missed while off: {len(days)} daily syncs, {span}. This one makes up for them."


def _due(session: Session, business: Business, now: datetime) -> str:
    return clockwork.due(_history(session, business), business.id, now, zone_of(business.time_zone))


def next_daily(business_id: int, now: datetime) -> datetime | None:
    """When the next daily run is due, None while sync is off."""
    with read() as session:
        business = session.get_one(Business, business_id)
        history, zone = _history(session, business), zone_of(business.time_zone)
    return clockwork.next_daily(history, now, zone) if history.on_since else None


def _history(session: Session, business: Business) -> History:
    known = windows(session, business.id)
    on = known[-1].opened_at if known and known[-1].closed_at is None else None
    # A run after a webhook reads only what that hinted at, so it stands for no other.
    whole = (Run.business_id == business.id, Run.trigger != "webhook")
    daily = sa.select(sa.func.max(Run.requested_at)).where(Run.business_id == business.id, Run.trigger == "daily")
    unbroken = sa.or_(Run.outcome.is_(None), Run.outcome != "interrupted")
    newest = session.scalar(sa.select(Run).where(*whole).order_by(Run.id.desc()).limit(1))
    sides = [of_business(session, business.id, side) for side in (books_connection.SIDE, provider_connection.SIDE)]
    return History(
        on_since=on,
        last_daily=session.scalar(daily.where(unbroken)),
        last_end=session.scalar(sa.select(sa.func.max(Run.ended_at)).where(*whole)),
        busy=unfinished(session, business.id) is not None,
        broken_off=newest is not None and newest.outcome == "interrupted",
        works=all(side is not None and side.status == "connected" for side in sides),
        hour=business.sync_hour,
    )
