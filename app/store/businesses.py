"""Businesses and who may do what in them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.columns import UTCDateTime
from app.store.db import Base


class Business(Base):
    """One merchant's set of books: one provider account tied to one organization.

    `sync_hour` is the local hour of the daily sync; 0 stands for 00:30, when a day of Bulk is closed.
    """

    __tablename__ = "businesses"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(60), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    provider: Mapped[str] = mapped_column(sa.String(30))
    time_zone: Mapped[str] = mapped_column(sa.String(60))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    read_through: Mapped[datetime | None] = mapped_column(UTCDateTime)
    manual_sync_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    sync_hour: Mapped[int] = mapped_column(default=1, server_default="1")


class Membership(Base):
    """A person's role in a business: owner, bookkeeper or accountant."""

    __tablename__ = "memberships"

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    business_id: Mapped[int] = mapped_column(sa.ForeignKey("businesses.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(sa.String(20))


def by_slug(session: Session, slug: str) -> Business | None:
    """The business of this address part."""
    return session.scalar(sa.select(Business).where(Business.slug == slug))


def all_businesses(session: Session) -> list[Business]:
    """Every business, by name."""
    return list(session.scalars(sa.select(Business).order_by(Business.name, Business.id)))


def of_user(session: Session, user_id: int) -> list[tuple[Business, str]]:
    """The businesses a person belongs to, each with the role there, by name."""
    found = session.execute(
        sa.select(Business, Membership.role)
        .join(Membership, Membership.business_id == Business.id)
        .where(Membership.user_id == user_id)
        .order_by(Business.name, Business.id)
    )
    return [(business, role) for business, role in found]


def role_in(session: Session, user_id: int, business_id: int) -> str | None:
    """The role of a person in a business, or None."""
    return session.scalar(
        sa.select(Membership.role).where(Membership.user_id == user_id, Membership.business_id == business_id)
    )


def take_manual_sync(session: Session, business_id: int, now: datetime, not_after: datetime) -> bool:
    """Take this hour's manual sync: True for exactly one caller, however many ask at once."""
    taken = session.execute(
        sa.update(Business)
        .where(Business.id == business_id)
        .where(sa.or_(Business.manual_sync_at.is_(None), Business.manual_sync_at <= not_after))
        .values(manual_sync_at=now)
    )
    return bool(taken.rowcount == 1)  # type: ignore[attr-defined]  # an UPDATE answers a CursorResult
