"""Leases: at most one worker writes for a business at a time, and a later one can tell that it took over."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.columns import UTCDateTime
from app.store.db import Base

ABSURD = timedelta(minutes=15)
"""No lease lasts so long: one that seems to was taken before the clock was set back."""


class Lease(Base):
    """Who holds a business until when. `fence` grows by one with each taking and is never reset."""

    __tablename__ = "leases"

    business_id: Mapped[int] = mapped_column(sa.ForeignKey("businesses.id", ondelete="CASCADE"), primary_key=True)
    owner: Mapped[str] = mapped_column(sa.String(40), default="")
    fence: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)


def take(session: Session, business_id: int, owner: str, now: datetime, until: datetime) -> int | None:
    """The fence of the lease just taken, or None while another owner's lease is valid."""
    free = sa.or_(Lease.expires_at <= now, Lease.expires_at > now + ABSURD, Lease.owner == "")
    taken = session.execute(
        sa.update(Lease)
        .where(Lease.business_id == business_id, free)
        .values(owner=owner, fence=Lease.fence + 1, expires_at=until)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE answers a CursorResult
        return None
    return session.scalar(sa.select(Lease.fence).where(Lease.business_id == business_id))


def is_held(session: Session, business_id: int, owner: str, fence: int, now: datetime) -> bool:
    """Whether the lease is still ours; it stays so until this transaction ends."""
    held = session.scalar(
        sa.select(Lease.fence)
        .where(Lease.business_id == business_id, Lease.owner == owner, Lease.fence == fence, Lease.expires_at > now)
        .with_for_update()
    )
    return held is not None


def extend(session: Session, business_id: int, owner: str, fence: int, until: datetime) -> bool:
    """Hold on until `until`: False if the lease is somebody else's by now."""
    held = session.execute(
        sa.update(Lease)
        .where(Lease.business_id == business_id, Lease.owner == owner, Lease.fence == fence)
        .values(expires_at=until)
    )
    return bool(held.rowcount == 1)  # type: ignore[attr-defined]


def release(session: Session, business_id: int, owner: str, fence: int) -> None:
    """Give the lease back, if it is still ours."""
    session.execute(
        sa.update(Lease)
        .where(Lease.business_id == business_id, Lease.owner == owner, Lease.fence == fence)
        .values(owner="")
    )
