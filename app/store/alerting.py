"""Alerting: whom a business tells, what it leaves out, and the pings it sends to a dead man's switch."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.businesses import Membership
from app.store.columns import EncryptedText, UTCDateTime
from app.store.db import Base
from app.store.people import User


class AlertSettings(Base):
    """What a business wants to be told. `digest_mark` is what the last digest said is held, so as not to repeat it."""

    __tablename__ = "alert_settings"

    business_id: Mapped[int] = mapped_column(sa.ForeignKey("businesses.id", ondelete="CASCADE"), primary_key=True)
    digest: Mapped[bool] = mapped_column(default=True)
    paused_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ping_url: Mapped[str | None] = mapped_column(EncryptedText)
    digest_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    digest_mark: Mapped[str] = mapped_column(sa.String(300), default="")


class AlertRecipient(Base):
    """An address that was entered for a business; while there is none, its owners are told."""

    __tablename__ = "alert_recipients"

    business_id: Mapped[int] = mapped_column(sa.ForeignKey("businesses.id", ondelete="CASCADE"), primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(254), primary_key=True)


class Ping(Base):
    """One call of a business's ping address: `kind` is start, success or fail; `state` queued, done or failed."""

    __tablename__ = "pings"
    __table_args__ = (sa.Index("ix_pings_due", "state", "next_try"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    business_id: Mapped[int] = mapped_column(sa.ForeignKey("businesses.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(sa.String(8))
    state: Mapped[str] = mapped_column(sa.String(8))
    queued_at: Mapped[datetime] = mapped_column(UTCDateTime)
    next_try: Mapped[datetime] = mapped_column(UTCDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    answer: Mapped[str] = mapped_column(sa.Text, default="")


def settings_of(session: Session, business_id: int) -> AlertSettings:
    """The alert settings of a business; those of one that never saved any are the defaults, not yet stored."""
    found = session.get(AlertSettings, business_id)
    return found or AlertSettings(business_id=business_id, digest=True, digest_mark="")


def hold_settings(session: Session, business_id: int) -> AlertSettings:
    """The stored settings, made if there were none, for nobody else to change until the transaction ends."""
    found = session.get(AlertSettings, business_id, with_for_update=True)
    if found is None:
        found = AlertSettings(business_id=business_id, digest=True, digest_mark="")
        session.add(found)
        session.flush()
    return found


def entered(session: Session, business_id: int) -> list[str]:
    """The addresses entered for a business, by name."""
    wanted = sa.select(AlertRecipient.email).where(AlertRecipient.business_id == business_id)
    return sorted(session.scalars(wanted))


def owners(session: Session, business_id: int) -> list[str]:
    """The addresses of the owners of a business who may sign in, by name."""
    wanted = (
        sa.select(User.email)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.business_id == business_id, Membership.role == "owner", User.disabled_at.is_(None))
    )
    return sorted(session.scalars(wanted))


def recipients(session: Session, business_id: int) -> list[str]:
    """Whom a business tells: the addresses entered, else its owners."""
    return entered(session, business_id) or owners(session, business_id)


def replace_recipients(session: Session, business_id: int, emails: list[str]) -> None:
    """Enter other addresses; none gives the owners back."""
    session.execute(sa.delete(AlertRecipient).where(AlertRecipient.business_id == business_id))
    session.add_all(AlertRecipient(business_id=business_id, email=email) for email in emails)


def due_pings(session: Session, now: datetime) -> list[Ping]:
    """Pings that may be sent now, oldest first."""
    return list(session.scalars(sa.select(Ping).where(Ping.state == "queued", Ping.next_try <= now).order_by(Ping.id)))
