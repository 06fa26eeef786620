"""Settings, kept as versions: what was selected when a charge was created must stay known. And the sync windows."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.columns import JSONText, UTCDateTime
from app.store.db import Base


class SettingsVersion(Base):
    """The settings of a business from `valid_from` on, until a newer version."""

    __tablename__ = "settings_versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    business_id: Mapped[int] = mapped_column(sa.ForeignKey("businesses.id", ondelete="CASCADE"), index=True)
    valid_from: Mapped[datetime] = mapped_column(UTCDateTime)
    saved_by: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    rules: Mapped[dict[str, object]] = mapped_column(JSONText)


class SyncWindow(Base):
    """An interval in which sync was on; an open one has no end, and a business has at most one open."""

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


class Snapshot(Base):
    """Both balances of a business on one local day, in minor units; `opening` marks the one taken at enabling."""

    __tablename__ = "snapshots"
    __table_args__ = (sa.UniqueConstraint("business_id", "day", "opening"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    business_id: Mapped[int] = mapped_column(sa.ForeignKey("businesses.id", ondelete="CASCADE"))
    day: Mapped[str] = mapped_column(sa.String(10))
    opening: Mapped[bool]
    currency: Mapped[str] = mapped_column(sa.String(3))
    provider_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    books_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    taken_at: Mapped[datetime] = mapped_column(UTCDateTime)


def versions(session: Session, business_id: int) -> list[SettingsVersion]:
    """Every version, oldest first."""
    return list(
        session.scalars(
            sa.select(SettingsVersion).where(SettingsVersion.business_id == business_id).order_by(SettingsVersion.id)
        )
    )


def windows(session: Session, business_id: int) -> list[SyncWindow]:
    """Every window, oldest first."""
    return list(
        session.scalars(
            sa.select(SyncWindow).where(SyncWindow.business_id == business_id).order_by(SyncWindow.opened_at)
        )
    )


def close_window(session: Session, business_id: int, now: datetime) -> None:
    """End the open window, if there is one."""
    session.execute(
        sa.update(SyncWindow)
        .where(SyncWindow.business_id == business_id, SyncWindow.closed_at.is_(None))
        .values(closed_at=now)
    )
