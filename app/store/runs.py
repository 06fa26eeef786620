"""Runs: one sync of one business, queued, running or ended."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.columns import JSONText, UTCDateTime
from app.store.db import Base, table_of
from app.store.prepared import Prepared, Rows


class Run(Base):
    """`state` is queued, running or ended; an ended run has an `outcome`. `done` of `total` counts documents.

    `note` is what a person should know besides: what was missed while the program was off.
    """

    __tablename__ = "runs"
    __table_args__ = (
        sa.Index(
            "uq_runs_unfinished",
            "business_id",
            unique=True,
            sqlite_where=sa.text("state <> 'ended'"),
            postgresql_where=sa.text("state <> 'ended'"),
        ),
        sa.Index("ix_runs_listing", "business_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    business_id: Mapped[int] = mapped_column(sa.ForeignKey("businesses.id", ondelete="CASCADE"))
    trigger: Mapped[str] = mapped_column(sa.String(20))
    requested_by: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    requested_at: Mapped[datetime] = mapped_column(UTCDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    state: Mapped[str] = mapped_column(sa.String(10))
    outcome: Mapped[str | None] = mapped_column(sa.String(20))
    sentence: Mapped[str | None] = mapped_column(sa.Text)
    detail: Mapped[str | None] = mapped_column(sa.Text)
    note: Mapped[str | None] = mapped_column(sa.Text)
    plan_hash: Mapped[str | None] = mapped_column(sa.String(64))
    step: Mapped[str] = mapped_column(sa.String(200), default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    calls: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict[str, int] | None] = mapped_column(JSONText)


def unfinished(session: Session, business_id: int) -> Run | None:
    """The queued or running run of a business."""
    return session.scalar(sa.select(Run).where(Run.business_id == business_id, Run.state != "ended"))


def queued(session: Session) -> list[Run]:
    """Runs that wait for a worker, oldest first."""
    return list(session.scalars(sa.select(Run).where(Run.state == "queued").order_by(Run.id)))


def latest(
    session: Session, business_id: int, count: int, before: int | None = None, *, eventful: bool = False
) -> list[Run]:
    """The newest runs, newest first, older than run `before` if given.

    `eventful` leaves out the hourly ones and those of webhooks that went well and had nothing to write.
    """
    wanted = sa.select(Run).where(Run.business_id == business_id).order_by(Run.id.desc()).limit(count)
    if eventful:
        wanted = wanted.where(
            sa.or_(Run.trigger.not_in(("sweep", "webhook")), Run.outcome.is_(None), Run.outcome != "fine", Run.done > 0)
        )
    if before is not None:
        wanted = wanted.where(Run.id < before)
    return list(session.scalars(wanted))


_runs = table_of(Run)
_ONE_MORE = Prepared(sa.update(_runs).where(_runs.c.id == sa.bindparam("run")).values(done=_runs.c.done + 1))


def count_done(rows: Rows, run_id: int) -> None:
    """One more document of this run is in the books."""
    _ONE_MORE.run(rows, {"run": run_id})
