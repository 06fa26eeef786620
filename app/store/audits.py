"""Audits: what was compared with the books on a day, and what differed."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.columns import UTCDateTime
from app.store.db import Base


class Audit(Base):
    """One sweep: `compared` documents dated `first_day` to `last_day`, and those of `older_first` to `older_last` where
    not all days fitted into the share of calls."""

    __tablename__ = "audits"
    __table_args__ = (sa.Index("ix_audits_listing", "business_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    business_id: Mapped[int] = mapped_column(sa.ForeignKey("businesses.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    first_day: Mapped[date] = mapped_column(sa.Date)
    last_day: Mapped[date] = mapped_column(sa.Date)
    older_first: Mapped[date | None] = mapped_column(sa.Date)
    older_last: Mapped[date | None] = mapped_column(sa.Date)
    compared: Mapped[int]
    total: Mapped[int]


class AuditFinding(Base):
    """One difference. `what` is `missing`, `void`, `double`, `changed` or `unknown`; `effect_id` is NULL for a document
    that nobody here wrote. `cleared_at` is set by the sweep that found it put right."""

    __tablename__ = "audit_findings"
    __table_args__ = (
        sa.Index("ix_audit_findings_open", "business_id", "cleared_at"),
        sa.Index("ix_audit_findings_effect", "effect_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    business_id: Mapped[int] = mapped_column(sa.ForeignKey("businesses.id", ondelete="CASCADE"))
    effect_id: Mapped[int | None] = mapped_column(
        sa.BigInteger().with_variant(sa.Integer, "sqlite"), sa.ForeignKey("effects.id", ondelete="CASCADE")
    )
    kind: Mapped[str] = mapped_column(sa.String(40))
    reference: Mapped[str] = mapped_column(sa.String(50))
    document_date: Mapped[date] = mapped_column(sa.Date)
    what: Mapped[str] = mapped_column(sa.String(10))
    sentence: Mapped[str] = mapped_column(sa.Text)
    found_at: Mapped[datetime] = mapped_column(UTCDateTime)
    cleared_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


def latest(session: Session, business_id: int) -> Audit | None:
    """The newest sweep of a business."""
    return session.scalar(sa.select(Audit).where(Audit.business_id == business_id).order_by(Audit.id.desc()).limit(1))


def open_findings(session: Session, business_id: int) -> list[AuditFinding]:
    """What differs still, newest first."""
    wanted = sa.select(AuditFinding).where(AuditFinding.business_id == business_id, AuditFinding.cleared_at.is_(None))
    return list(session.scalars(wanted.order_by(AuditFinding.id.desc())))


def of_effect(session: Session, effect_id: int) -> list[AuditFinding]:
    """Everything that ever differed on one document, oldest first."""
    wanted = sa.select(AuditFinding).where(AuditFinding.effect_id == effect_id).order_by(AuditFinding.id)
    return list(session.scalars(wanted))
