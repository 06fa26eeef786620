"""The clockwork: asks for the runs that are due. Due times follow from what the tables say was done."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain import clockwork
from app.domain.clockwork import History
from app.domain.zones import zone_of
from app.services.connections import books_connection, provider_connection
from app.services.outside import Outside
from app.services.syncing import runs
from app.store.businesses import Business, all_businesses
from app.store.connections import of_business
from app.store.db import read
from app.store.runs import Run, unfinished
from app.store.settings import windows


def run_due(outside: Outside) -> list[int]:
    """Queue the daily run or the hourly sweep of every business that is due; the ids of the runs."""
    now = outside.clock.now()
    with read() as session:
        wanted = [(one.id, _due(session, one, now)) for one in all_businesses(session)]
    ready = ((key, kind) for key, kind in wanted if kind and not runs.why_not_ready(outside, key))
    return [runs.request(outside, key, kind) for key, kind in ready]


def _due(session: Session, business: Business, now: datetime) -> str:
    return clockwork.due(_history(session, business.id), business.id, now, zone_of(business.time_zone))


def next_daily(business_id: int, now: datetime) -> datetime | None:
    """When the next daily run is due, None while sync is off."""
    with read() as session:
        history = _history(session, business_id)
        zone = zone_of(session.get_one(Business, business_id).time_zone)
    return clockwork.next_daily(history, now, zone) if history.on_since else None


def _history(session: Session, business_id: int) -> History:
    known = windows(session, business_id)
    on = known[-1].opened_at if known and known[-1].closed_at is None else None
    daily = sa.select(sa.func.max(Run.requested_at)).where(Run.business_id == business_id, Run.trigger == "daily")
    whole = sa.or_(Run.outcome.is_(None), Run.outcome != "interrupted")
    # A run after a webhook reads only what that hinted at, so it stands for no other.
    others = sa.select(Run).where(Run.business_id == business_id, Run.trigger != "webhook")
    newest = session.scalar(others.order_by(Run.id.desc()).limit(1))
    ended = sa.select(sa.func.max(Run.ended_at)).where(Run.business_id == business_id, Run.trigger != "webhook")
    sides = [of_business(session, business_id, side) for side in (books_connection.SIDE, provider_connection.SIDE)]
    return History(
        on_since=on,
        last_daily=session.scalar(daily.where(whole)),
        last_end=session.scalar(ended),
        busy=unfinished(session, business_id) is not None,
        broken_off=newest is not None and newest.outcome == "interrupted",
        works=all(side is not None and side.status == "connected" for side in sides),
    )
