"""Movements: what the provider told, one row each, with the decision taken on it and every version it was seen in."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.columns import JSONText, UTCDateTime
from app.store.db import Base

_LISTED = ("kind", "decision", "channel", "currency", "gross_minor", "home_currency", "home_minor", "fee_minor")
"""What filters and sums of a span of days ask for: in the index, so that no record is touched for them."""


class Movement(Base):
    """One charge, refund or payout of a business; a refund's parent is its charge.

    Amounts in minor units of their currency. `decision` is NULL until planned, then `documents` or the name of
    the rule that leaves it out, holds it or makes it wait; `decided_at` says when that was last looked at.
    `refunds_read_at` is the charge's `updated_at` at the time its refunds were last read. `posted_fee_minor` is the
    fee its documents hold, `reversed_at` when the reversal of a void charge was planned.
    """

    __tablename__ = "movements"
    __table_args__ = (
        sa.UniqueConstraint("business_id", "kind", "provider_id"),
        sa.Index("ix_movements_listing", "business_id", "accounting_date", "id", *_LISTED),
        sa.Index("ix_movements_channel", "business_id", "channel"),
        sa.Index("ix_movements_order", "business_id", "order_reference"),
        sa.Index("ix_movements_amount", "business_id", "gross_minor"),
        sa.Index("ix_movements_tally", "business_id", "decision", "currency", "kind", "gross_minor"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    business_id: Mapped[int] = mapped_column(sa.ForeignKey("businesses.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(sa.String(10))
    provider_id: Mapped[str] = mapped_column(sa.String(60))
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("movements.id"))
    status: Mapped[str] = mapped_column(sa.String(30))
    channel: Mapped[str | None] = mapped_column(sa.String(60))
    currency: Mapped[str] = mapped_column(sa.String(3))
    gross_minor: Mapped[int] = mapped_column(sa.BigInteger)
    home_currency: Mapped[str] = mapped_column(sa.String(3))
    home_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    fee_minor: Mapped[int] = mapped_column(sa.BigInteger)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)
    accounting_date: Mapped[date] = mapped_column(sa.Date)
    order_reference: Mapped[str | None] = mapped_column(sa.String(120))
    method: Mapped[str | None] = mapped_column(sa.String(60))
    facts: Mapped[dict[str, Any]] = mapped_column(JSONText)
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    first_seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    decision: Mapped[str | None] = mapped_column(sa.String(40))
    decision_detail: Mapped[str | None] = mapped_column(sa.Text)
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    refunds_read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    posted_fee_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    fee_corrections: Mapped[int] = mapped_column(default=0, server_default="0")
    reversed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class MovementVersion(Base):
    """What a movement said before it changed."""

    __tablename__ = "movement_versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    movement_id: Mapped[int] = mapped_column(sa.ForeignKey("movements.id", ondelete="CASCADE"), index=True)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONText)


def by_provider_ids(session: Session, business_id: int, kind: str, provider_ids: list[str]) -> dict[str, Movement]:
    """The known ones among `provider_ids`, by that id."""
    found: dict[str, Movement] = {}
    for start in range(0, len(provider_ids), 500):
        rows = session.scalars(
            sa.select(Movement).where(
                Movement.business_id == business_id,
                Movement.kind == kind,
                Movement.provider_id.in_(provider_ids[start : start + 500]),
            )
        )
        found |= {row.provider_id: row for row in rows}
    return found


def latest_charge(session: Session, business_id: int) -> str | None:
    """The provider's id of the charge that came in last, None if none ever did."""
    return session.scalar(
        sa.select(Movement.provider_id)
        .where(Movement.business_id == business_id, Movement.kind == "charge")
        .order_by(Movement.id.desc())
        .limit(1)
    )


def with_unread_refunds(session: Session, business_id: int, statuses: list[str]) -> list[Movement]:
    """Charges in one of `statuses` that changed since their refunds were read."""
    return list(
        session.scalars(
            sa.select(Movement)
            .where(Movement.business_id == business_id, Movement.kind == "charge", Movement.status.in_(statuses))
            .where(sa.or_(Movement.refunds_read_at.is_(None), Movement.refunds_read_at != Movement.updated_at))
            .order_by(Movement.updated_at, Movement.id)
        )
    )


def undecided(session: Session, business_id: int, kind: str, waiting_rules: frozenset[str]) -> list[Movement]:
    """Movements of a kind on which nothing final was decided, oldest accounting date first."""
    return list(
        session.scalars(
            sa.select(Movement)
            .where(Movement.business_id == business_id, Movement.kind == kind)
            .where(sa.or_(Movement.decision.is_(None), Movement.decision.in_(waiting_rules)))
            .order_by(Movement.accounting_date, Movement.created_at, Movement.provider_id)
        )
    )


def refunds_of(session: Session, charge_rows: list[int]) -> dict[int, list[Movement]]:
    """The refunds of charges, by the charge's row, oldest first."""
    found: dict[int, list[Movement]] = {}
    for start in range(0, len(charge_rows), 500):
        rows = session.scalars(
            sa.select(Movement)
            .where(Movement.kind == "refund", Movement.parent_id.in_(charge_rows[start : start + 500]))
            .order_by(Movement.created_at, Movement.provider_id)
        )
        for row in rows:
            found.setdefault(row.parent_id or 0, []).append(row)
    return found


def latest_payout_at(session: Session, business_id: int) -> datetime | None:
    """When the newest payout that is known was made, None if none is."""
    return session.scalar(
        sa.select(sa.func.max(Movement.created_at)).where(
            Movement.business_id == business_id, Movement.kind == "payout"
        )
    )
