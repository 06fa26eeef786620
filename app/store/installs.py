"""Installs: the data folders that worked on this database, and the epochs begun when it was put back or copied."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.columns import UTCDateTime
from app.store.db import Base


class Epoch(Base):
    """What was planned or made before `since` may be in the books without this database knowing. Rows are only added.

    `reason` is `older`, `copied`, `moved` or `told`.
    """

    __tablename__ = "epochs"

    number: Mapped[int] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(UTCDateTime)
    reason: Mapped[str] = mapped_column(sa.String(12))


class Folder(Base):
    """A data folder: the token in its file, which file that is on its disk, and the mark last written into it."""

    __tablename__ = "folders"

    token: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    file_id: Mapped[int] = mapped_column(sa.BigInteger)
    mark: Mapped[int] = mapped_column(sa.BigInteger)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)


def newest_epoch(session: Session) -> Epoch | None:
    """The epoch that holds now, None while there never was reason for one."""
    return session.scalar(sa.select(Epoch).order_by(Epoch.number.desc()).limit(1))


def begin_epoch(session: Session, now: datetime, reason: str) -> None:
    """From now on everything older has to be looked up."""
    newest = newest_epoch(session)
    session.add(Epoch(number=(newest.number if newest else 0) + 1, since=now, reason=reason))


def any_folder(session: Session) -> bool:
    """Whether any data folder worked on this database before."""
    return session.scalar(sa.select(Folder.token).limit(1)) is not None
