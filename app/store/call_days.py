"""Calls: how many an organization was asked each day, and when it said that there were too many."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.columns import UTCDateTime
from app.store.db import Base


class CallDay(Base):
    """The calls of one organization on one day in UTC. `used_up_at` is when it last refused the day's next call.

    Calls are added a few at a time: a process that dies takes the last ones with it.
    """

    __tablename__ = "call_days"

    organization_id: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    day: Mapped[date] = mapped_column(sa.Date, primary_key=True)
    calls: Mapped[int] = mapped_column(default=0)
    used_up_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


def of_day(session: Session, organization_id: str, day: date) -> CallDay | None:
    """What is known of a day, None if nothing."""
    return session.get(CallDay, (organization_id, day))


def add(session: Session, organization_id: str, day: date, calls: int) -> None:
    """Add calls to a day. For a writing transaction."""
    row = _row(session, organization_id, day)
    row.calls += calls


def use_up(session: Session, organization_id: str, day: date, at: datetime | None) -> None:
    """Remember that the day's calls are used up, or (None) that they aren't, whatever was said before."""
    row = _row(session, organization_id, day)
    if at is None and row.used_up_at is not None:
        row.calls = 0  # it takes calls again: their day began anew
    row.used_up_at = at


def _row(session: Session, organization_id: str, day: date) -> CallDay:
    row = session.get(CallDay, (organization_id, day), with_for_update=True)
    if row is None:
        row = CallDay(organization_id=organization_id, day=day, calls=0)
        session.add(row)
        session.flush()
    return row
