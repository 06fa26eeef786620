"""Snapshots: what HitPay and the books said of the same money on a day."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.columns import UTCDateTime
from app.store.db import Base


class Snapshot(Base):
    """Both balances of one clearing account on one local day, in minor units; None where nobody told.

    `opening` marks the one from before anything was written. The sums are those of the documents that were in the
    books when `books_minor` was read, each as it adds to the account.
    """

    __tablename__ = "snapshots"
    __table_args__ = (sa.UniqueConstraint("business_id", "account_id", "opening", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    business_id: Mapped[int] = mapped_column(sa.ForeignKey("businesses.id", ondelete="CASCADE"))
    account_id: Mapped[str] = mapped_column(sa.String(60))
    day: Mapped[date] = mapped_column(sa.Date)
    opening: Mapped[bool]
    currency: Mapped[str] = mapped_column(sa.String(3))
    books_minor: Mapped[int] = mapped_column(sa.BigInteger)
    provider_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    taken_at: Mapped[datetime] = mapped_column(UTCDateTime)


class SnapshotSum(Base):
    """What documents of one kind had added to the account when a snapshot was taken; `sure` as in the domain."""

    __tablename__ = "snapshot_sums"

    snapshot_id: Mapped[int] = mapped_column(sa.ForeignKey("snapshots.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    sure: Mapped[bool] = mapped_column(primary_key=True)
    minor: Mapped[int] = mapped_column(sa.BigInteger)
    rounding_minor: Mapped[int] = mapped_column(sa.BigInteger)


def opening_of(session: Session, business_id: int, account_id: str) -> Snapshot | None:
    """The balances from before anything was written to an account, None if they were never read."""
    return session.scalar(_of(business_id, account_id).where(Snapshot.opening).limit(1))


def latest_of(session: Session, business_id: int, account_id: str) -> Snapshot | None:
    """The newest daily snapshot of an account, None if there is none."""
    found = _of(business_id, account_id).where(~Snapshot.opening).order_by(Snapshot.day.desc()).limit(1)
    return session.scalar(found)


def sums_of(session: Session, snapshot_id: int) -> list[SnapshotSum]:
    """The sums that belong to a snapshot."""
    return list(session.scalars(sa.select(SnapshotSum).where(SnapshotSum.snapshot_id == snapshot_id)))


def keep(session: Session, fresh: Snapshot, sums: list[SnapshotSum]) -> None:
    """Store a snapshot with its sums, in place of an older one of the same day."""
    older = _of(fresh.business_id, fresh.account_id).where(Snapshot.day == fresh.day, Snapshot.opening == fresh.opening)
    for replaced in session.scalars(older):
        session.execute(sa.delete(SnapshotSum).where(SnapshotSum.snapshot_id == replaced.id))
        session.delete(replaced)
    session.flush()
    session.add(fresh)
    session.flush()
    for one in sums:
        one.snapshot_id = fresh.id
    session.add_all(sums)


def _of(business_id: int, account_id: str) -> sa.Select[Snapshot]:
    return sa.select(Snapshot).where(Snapshot.business_id == business_id, Snapshot.account_id == account_id)
