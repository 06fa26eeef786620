"""Mails: the outbox of what is told by email, one row a person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.columns import JSONText, UTCDateTime
from app.store.db import Base

TELLING = ("opening", "unstable", "reminder")
"""Kinds that tell of a trouble; a recovery is owed after one of them."""


class Mail(Base):
    """One mail to one person.

    `state` is queued, sending, sent, failed or dropped. `subject` and `content` are filled when it is first sent, so
    that a second send after a crash is the same mail under the same `message_id`. One that goes out within another
    names that one in `into_id` and shares its fate. `answer` is what the mail server said last.
    """

    __tablename__ = "mails"
    __table_args__ = (
        sa.Index("ix_mails_due", "state", "next_try"),
        sa.Index("ix_mails_listing", "business_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    business_id: Mapped[int | None] = mapped_column(sa.ForeignKey("businesses.id", ondelete="CASCADE"))
    incident_id: Mapped[int | None] = mapped_column(sa.ForeignKey("incidents.id", ondelete="CASCADE"), index=True)
    into_id: Mapped[int | None] = mapped_column(sa.ForeignKey("mails.id", ondelete="SET NULL"), index=True)
    recipient: Mapped[str] = mapped_column(sa.String(254))
    kind: Mapped[str] = mapped_column(sa.String(12))
    cause: Mapped[str] = mapped_column(sa.String(12), default="")
    message_id: Mapped[str] = mapped_column(sa.String(200), unique=True)
    subject: Mapped[str] = mapped_column(sa.String(300), default="")
    content: Mapped[dict[str, Any] | None] = mapped_column(JSONText)
    state: Mapped[str] = mapped_column(sa.String(8))
    queued_at: Mapped[datetime] = mapped_column(UTCDateTime)
    next_try: Mapped[datetime] = mapped_column(UTCDateTime)
    claimed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    crashes: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answer: Mapped[str] = mapped_column(sa.Text, default="")


def due(session: Session, now: datetime) -> list[Mail]:
    """Mails that may be sent now, the most urgent kind first, then the oldest."""
    urgent = sa.case((Mail.kind == "test", 0), (Mail.kind.in_(("opening", "summary")), 1), else_=2)
    return list(
        session.scalars(
            sa.select(Mail)
            .where(Mail.state == "queued", Mail.next_try <= now, Mail.into_id.is_(None))
            .order_by(urgent, Mail.id)
        )
    )


def waiting(session: Session, recipient: str) -> list[Mail]:
    """Everything queued for one person, due or not, oldest first."""
    return list(
        session.scalars(
            sa.select(Mail)
            .where(Mail.state == "queued", Mail.recipient == recipient, Mail.into_id.is_(None))
            .order_by(Mail.id)
        )
    )


def hold(session: Session, mail_id: int) -> None:
    """Let nobody else put this person's queued mails together until the transaction ends; SQLite has one writer."""
    person = sa.select(Mail.recipient).where(Mail.id == mail_id).scalar_subquery()
    held = sa.select(Mail.id).where(Mail.state == "queued", Mail.recipient == person).order_by(Mail.id)
    session.execute(held.with_for_update()).all()


def claim(session: Session, mail_id: int, now: datetime) -> bool:
    """Take a queued mail for sending: True for exactly one caller."""
    taken = session.execute(
        sa.update(Mail)
        .where(Mail.id == mail_id, Mail.state == "queued")
        .values(state="sending", claimed_at=now, attempts=Mail.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    return bool(taken.rowcount == 1)  # type: ignore[attr-defined]  # an UPDATE answers a CursorResult


def stuck(session: Session, before: datetime) -> list[Mail]:
    """Mails whose sender died: claimed before `before` and still being sent."""
    return list(
        session.scalars(
            sa.select(Mail).where(Mail.state == "sending", Mail.claimed_at <= before, Mail.into_id.is_(None))
        )
    )


def settle(session: Session, mail_id: int, values: dict[str, Any]) -> None:
    """Write what became of a mail onto it and all that went out within it."""
    session.execute(
        sa.update(Mail)
        .where(sa.or_(Mail.id == mail_id, Mail.into_id == mail_id))
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def sent_since(session: Session, instant: datetime) -> int:
    """How many mails the server took after `instant`, tests left out."""
    return (
        session.scalar(
            sa.select(sa.func.count())
            .select_from(Mail)
            .where(Mail.state == "sent", Mail.sent_at > instant, Mail.into_id.is_(None), Mail.kind != "test")
        )
        or 0
    )


def of_incident(session: Session, incident_id: int) -> list[Mail]:
    """Every mail of an incident, oldest first."""
    return list(session.scalars(sa.select(Mail).where(Mail.incident_id == incident_id).order_by(Mail.id)))


def of_incidents(session: Session, incident_ids: list[int]) -> dict[int, list[Mail]]:
    """The mails of some incidents, oldest first."""
    found: dict[int, list[Mail]] = {one: [] for one in incident_ids}
    for row in session.scalars(sa.select(Mail).where(Mail.incident_id.in_(incident_ids)).order_by(Mail.id)):
        if row.incident_id is not None:
            found[row.incident_id].append(row)
    return found


def latest(session: Session, business_id: int, count: int) -> list[Mail]:
    """The newest mails of a business, newest first."""
    wanted = sa.select(Mail).where(Mail.business_id == business_id).order_by(Mail.id.desc()).limit(count)
    return list(session.scalars(wanted))


def count_in(session: Session, state: str) -> int:
    """How many mails are in a state."""
    return session.scalar(sa.select(sa.func.count()).select_from(Mail).where(Mail.state == state)) or 0


def retrying(session: Session) -> list[Mail]:
    """Mails that failed and wait for their next try."""
    return list(session.scalars(sa.select(Mail).where(Mail.state == "queued", Mail.attempts > 0)))


def queued_of(session: Session, business_id: int) -> list[Mail]:
    """Mails of a business that wait to go, tests left out."""
    wanted = sa.select(Mail).where(Mail.business_id == business_id, Mail.state == "queued", Mail.kind != "test")
    return list(session.scalars(wanted))
