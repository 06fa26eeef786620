"""Marks: when something of the whole install was last done, so that a restart doesn't forget it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.columns import UTCDateTime
from app.store.db import Base


class Mark(Base):
    """The instant at which the thing called `name` was last done."""

    __tablename__ = "marks"

    name: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)


def last(session: Session, name: str) -> datetime | None:
    """When it was last done, None if never."""
    row = session.get(Mark, name)
    return row.at if row else None


def take(session: Session, name: str, now: datetime, not_after: datetime) -> bool:
    """Take the turn to do it, if it was last done at `not_after` or before: True for exactly one caller."""
    moved = session.execute(sa.update(Mark).where(Mark.name == name, Mark.at <= not_after).values(at=now))
    if moved.rowcount == 1:  # type: ignore[attr-defined]  # an UPDATE answers a CursorResult
        return True
    if session.get(Mark, name) is not None:
        return False
    try:
        with session.begin_nested():
            session.add(Mark(name=name, at=now))
    except IntegrityError:
        return False  # somebody else did it at the same instant
    return True
