"""Health: what is known of each side of a business, and since when this program runs."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.columns import UTCDateTime
from app.store.db import Base


class SideHealth(Base):
    """One side of a business: `provider`, `books`, or `sync` for its runs, of which only `mark` is used.

    `mark` is how far the run at work had come at `marked_at`, when that last changed. `reconnected_at` is when a
    person last connected this side.
    """

    __tablename__ = "health"

    business_id: Mapped[int] = mapped_column(sa.ForeignKey("businesses.id", ondelete="CASCADE"), primary_key=True)
    side: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    state: Mapped[str] = mapped_column(sa.String(12))
    since: Mapped[datetime] = mapped_column(UTCDateTime)
    trouble: Mapped[str] = mapped_column(sa.String(12), default="")
    tries: Mapped[int] = mapped_column(default=0)
    first_failure: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_success: Mapped[datetime | None] = mapped_column(UTCDateTime)
    next_try: Mapped[datetime | None] = mapped_column(UTCDateTime)
    sentence: Mapped[str] = mapped_column(sa.Text, default="")
    detail: Mapped[str] = mapped_column(sa.Text, default="")
    reconnected_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    mark: Mapped[str] = mapped_column(sa.String(300), default="")
    marked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Uptime(Base):
    """One row: when the watchdog last looked, and since when it has done so without a break."""

    __tablename__ = "uptime"

    id: Mapped[int] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    since: Mapped[datetime] = mapped_column(UTCDateTime)


def of_side(session: Session, business_id: int, side: str) -> SideHealth | None:
    """What is known of one side, None if nothing is."""
    return session.get(SideHealth, (business_id, side))


def ensure(session: Session, business_id: int, side: str, now: datetime) -> SideHealth:
    """The row of one side, made if there was none."""
    row = of_side(session, business_id, side)
    if row is None:
        try:
            with session.begin_nested():
                session.add(SideHealth(business_id=business_id, side=side, state="ok", since=now))
        except IntegrityError:
            pass  # somebody else made it at the same instant
        row = session.get_one(SideHealth, (business_id, side))
    return row


def of_business(session: Session, business_id: int) -> dict[str, SideHealth]:
    """Everything known of a business, by side."""
    rows = session.scalars(sa.select(SideHealth).where(SideHealth.business_id == business_id))
    return {row.side: row for row in rows}


def reconnected(session: Session, business_id: int, side: str, now: datetime) -> None:
    """Note that a person has just connected this side: what failed before says nothing of the new login."""
    row = ensure(session, business_id, side, now)
    row.reconnected_at = row.since = row.last_success = now
    row.state, row.trouble, row.tries, row.first_failure, row.next_try = "ok", "", 0, None, None
    row.sentence = row.detail = ""
