"""Settings, kept as versions: what was selected when a charge was created must stay known. And the sync windows."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.columns import JSONText, UTCDateTime
from app.store.connections import held_organization, of_business
from app.store.db import Base

ClosedBy = Literal["settings", "disconnect"]


class SettingsVersion(Base):
    """The settings of a business from `valid_from` on, until a newer version of the same organization."""

    __tablename__ = "settings_versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    business_id: Mapped[int] = mapped_column(sa.ForeignKey("businesses.id", ondelete="CASCADE"), index=True)
    organization_id: Mapped[str] = mapped_column(sa.String(60))
    valid_from: Mapped[datetime] = mapped_column(UTCDateTime)
    saved_by: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    rules: Mapped[dict[str, object]] = mapped_column(JSONText)


class SyncWindow(Base):
    """An interval in which sync was on; an open one has no end, and a business has at most one open.

    `closed_by` says how a closed one ended: a person switched sync off, or a connection was given up.
    """

    __tablename__ = "sync_windows"
    __table_args__ = (
        sa.Index(
            "uq_sync_windows_open",
            "business_id",
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    business_id: Mapped[int] = mapped_column(sa.ForeignKey("businesses.id", ondelete="CASCADE"), index=True)
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_by: Mapped[ClosedBy | None] = mapped_column(sa.String(20))


def versions(session: Session, business_id: int, organization_id: str) -> list[SettingsVersion]:
    """Every version made for this organization, oldest first: another one's accounts mean nothing in it."""
    return list(
        session.scalars(
            sa.select(SettingsVersion)
            .where(SettingsVersion.business_id == business_id, SettingsVersion.organization_id == organization_id)
            .order_by(SettingsVersion.id)
        )
    )


def windows(session: Session, business_id: int) -> list[SyncWindow]:
    """Every window, oldest first."""
    return list(
        session.scalars(
            sa.select(SyncWindow)
            .where(SyncWindow.business_id == business_id)
            .order_by(SyncWindow.opened_at, SyncWindow.id)
        )
    )


def is_open(session: Session, business_id: int) -> bool:
    """Whether sync is on now."""
    return any(window.closed_at is None for window in windows(session, business_id))


def open_window(session: Session, business_id: int, now: datetime) -> None:
    """Switch sync on from the second of `now`; one that is open already goes on.

    Providers tell whole seconds: a charge made in the second of enabling belongs to the window.
    """
    if is_open(session, business_id):
        return
    try:
        with session.begin_nested():
            session.add(SyncWindow(business_id=business_id, opened_at=now.replace(microsecond=0)))
    except IntegrityError:
        return  # somebody else opened it at the same instant


def resume_window(session: Session, business_id: int, now: datetime) -> None:
    """Switch sync on again if it was a disconnect that ended it, and both sides and their settings are there again."""
    known = windows(session, business_id)
    if not known or known[-1].closed_by != "disconnect":
        return
    sides = [of_business(session, business_id, side) for side in ("provider", "books")]
    if not all(side is not None and side.status in ("connected", "failed") for side in sides):
        return
    if versions(session, business_id, held_organization(session, business_id)):
        open_window(session, business_id, now)


def close_window(session: Session, business_id: int, now: datetime, closed_by: ClosedBy) -> None:
    """End the open window, if there is one."""
    session.execute(
        sa.update(SyncWindow)
        .where(SyncWindow.business_id == business_id, SyncWindow.closed_at.is_(None))
        .values(closed_at=now, closed_by=closed_by)
    )
