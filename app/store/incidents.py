"""Incidents: one ongoing trouble each, and the events that make its timeline."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.columns import UTCDateTime
from app.store.db import Base

_OPEN = sa.text("healed_at IS NULL")
_OPEN_INSTALL = sa.text("healed_at IS NULL AND business_id IS NULL")


class Incident(Base):
    """One trouble of one side (`provider`, `books`, `sync`; `mail` of the whole install, without a business).

    `began_at` is when the trouble that lasts now began; after a reopening it is later than `opened_at`. `good_runs`
    counts the syncs that went well since then, `reminders` the steps of reminding that are behind it.
    """

    __tablename__ = "incidents"
    __table_args__ = (
        sa.Index(
            "uq_incidents_open", "business_id", "side", "cause_group",
            unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN,
        ),
        sa.Index(
            "uq_incidents_open_install", "side", "cause_group",
            unique=True, sqlite_where=_OPEN_INSTALL, postgresql_where=_OPEN_INSTALL,
        ),
        sa.Index("ix_incidents_listing", "business_id", "id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    business_id: Mapped[int | None] = mapped_column(sa.ForeignKey("businesses.id", ondelete="CASCADE"))
    side: Mapped[str] = mapped_column(sa.String(10))
    cause_group: Mapped[str] = mapped_column(sa.String(12))
    cause: Mapped[str] = mapped_column(sa.String(12))
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)
    began_at: Mapped[datetime] = mapped_column(UTCDateTime)
    healed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    sentence: Mapped[str] = mapped_column(sa.Text, default="")
    detail: Mapped[str] = mapped_column(sa.Text, default="")
    good_runs: Mapped[int] = mapped_column(default=0)
    reopened: Mapped[int] = mapped_column(default=0)
    reminders: Mapped[int] = mapped_column(default=0)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    acknowledged_by: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))


class IncidentEvent(Base):
    """One line of a timeline. `for_digest` marks what the next digest has yet to tell."""

    __tablename__ = "incident_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(sa.ForeignKey("incidents.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    what: Mapped[str] = mapped_column(sa.String(20))
    says: Mapped[str] = mapped_column(sa.Text)
    for_digest: Mapped[bool] = mapped_column(default=False)


def newest(session: Session, business_id: int | None, side: str, group: str) -> Incident | None:
    """The incident of a side and cause group that was opened last, healed or not."""
    return session.scalar(
        sa.select(Incident)
        .where(Incident.business_id.is_not_distinct_from(business_id))
        .where(Incident.side == side, Incident.cause_group == group)
        .order_by(Incident.id.desc())
        .limit(1)
    )


def open_ones(session: Session, business_id: int | None) -> list[Incident]:
    """The open incidents of a business, or of the install, oldest first."""
    return list(
        session.scalars(
            sa.select(Incident)
            .where(Incident.business_id.is_not_distinct_from(business_id), Incident.healed_at.is_(None))
            .order_by(Incident.id)
        )
    )


def hold_open(session: Session, business_id: int) -> list[Incident]:
    """The same, for nobody else to change until the transaction ends: a reminder is queued by one process."""
    wanted = sa.select(Incident).where(Incident.business_id == business_id, Incident.healed_at.is_(None))
    return list(session.scalars(wanted.order_by(Incident.id).with_for_update()))


def businesses_with_open(session: Session) -> list[int]:
    """The businesses that have an open incident."""
    found = sa.select(Incident.business_id).where(Incident.healed_at.is_(None), Incident.business_id.is_not(None))
    return [one for one in session.scalars(found.distinct().order_by(Incident.business_id)) if one is not None]


def past(session: Session, business_id: int, count: int) -> list[Incident]:
    """The healed incidents of a business, newest first."""
    return list(
        session.scalars(
            sa.select(Incident)
            .where(Incident.business_id == business_id, Incident.healed_at.is_not(None))
            .order_by(Incident.id.desc())
            .limit(count)
        )
    )


def add_event(
    session: Session, incident: Incident, at: datetime, what: str, says: str, *, for_digest: bool = False
) -> None:
    """Add one line to an incident's timeline."""
    session.add(IncidentEvent(incident_id=incident.id, at=at, what=what, says=says, for_digest=for_digest))


def events_of(session: Session, incident_ids: list[int]) -> dict[int, list[IncidentEvent]]:
    """The timelines of some incidents, oldest line first."""
    found: dict[int, list[IncidentEvent]] = {one: [] for one in incident_ids}
    rows = session.scalars(
        sa.select(IncidentEvent).where(IncidentEvent.incident_id.in_(incident_ids)).order_by(IncidentEvent.id)
    )
    for row in rows:
        found[row.incident_id].append(row)
    return found


def digest_lines(session: Session, business_id: int) -> list[IncidentEvent]:
    """What the next digest of a business has yet to tell, oldest first."""
    return list(
        session.scalars(
            sa.select(IncidentEvent)
            .join(Incident, Incident.id == IncidentEvent.incident_id)
            .where(Incident.business_id == business_id, IncidentEvent.for_digest.is_(True))
            .order_by(IncidentEvent.id)
        )
    )
