"""Connections: the stored logins to a provider and to the books, begun consents, and what organizations taught us."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.columns import EncryptedText, JSONText, UTCDateTime
from app.store.db import Base


class Connection(Base):
    """One side of a business: `side` is `provider` or `books`.

    `place` is the environment or data centre; `account_id` the organization once picked. `tie` is filled only
    while an organization is held, and unique, so that one organization has at most one business per provider.
    `client_id` and `client_secret` are the API client that `secret` (API key or refresh token) was made with.
    """

    __tablename__ = "connections"
    __table_args__ = (sa.UniqueConstraint("business_id", "side"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    business_id: Mapped[int] = mapped_column(sa.ForeignKey("businesses.id", ondelete="CASCADE"))
    side: Mapped[str] = mapped_column(sa.String(10))
    kind: Mapped[str] = mapped_column(sa.String(30))
    status: Mapped[str] = mapped_column(sa.String(30))
    since: Mapped[datetime] = mapped_column(UTCDateTime)
    place: Mapped[str] = mapped_column(sa.String(30), default="")
    account_id: Mapped[str | None] = mapped_column(sa.String(60))
    account_name: Mapped[str | None] = mapped_column(sa.String(200))
    currency: Mapped[str | None] = mapped_column(sa.String(3))
    time_zone: Mapped[str | None] = mapped_column(sa.String(60))
    tie: Mapped[str | None] = mapped_column(sa.String(120), unique=True)
    granted_scopes: Mapped[list[str] | None] = mapped_column(JSONText)
    client_id: Mapped[str | None] = mapped_column(sa.String(200))
    client_secret: Mapped[str | None] = mapped_column(EncryptedText)
    secret: Mapped[str | None] = mapped_column(EncryptedText)
    access_token: Mapped[str | None] = mapped_column(EncryptedText)
    access_expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    refreshing_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    trouble: Mapped[str | None] = mapped_column(sa.Text)
    trouble_detail: Mapped[str | None] = mapped_column(sa.Text)
    last_success_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class OAuthState(Base):
    """One begun consent: one use, ten minutes, bound to sign-in, business, data centre and API client."""

    __tablename__ = "oauth_states"

    state_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    sign_in: Mapped[str] = mapped_column(sa.String(64))
    business_id: Mapped[int] = mapped_column(sa.ForeignKey("businesses.id", ondelete="CASCADE"))
    datacenter: Mapped[str] = mapped_column(sa.String(30))
    client_id: Mapped[str] = mapped_column(sa.String(200))
    client_secret: Mapped[str] = mapped_column(EncryptedText)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Learned(Base):
    """What an organization taught us and need not tell twice: customers made, whether drafts take payments."""

    __tablename__ = "learned"

    target: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    value: Mapped[str] = mapped_column(sa.String(200))


def on_side(session: Session, side: str) -> list[Connection]:
    """The connections of all businesses on one side."""
    return list(session.scalars(sa.select(Connection).where(Connection.side == side).order_by(Connection.id)))


def of_business(session: Session, business_id: int, side: str) -> Connection | None:
    """The connection on one side of a business."""
    return session.scalar(sa.select(Connection).where(Connection.business_id == business_id, Connection.side == side))


def held_organization(session: Session, business_id: int) -> str:
    """The id of the organization a business is tied to, "" if it holds none."""
    row = of_business(session, business_id, "books")
    return (row.account_id or "") if row else ""


def learned(session: Session, target: str) -> dict[str, str]:
    """Everything learned about one target account, by name."""
    rows = session.scalars(sa.select(Learned).where(Learned.target == target))
    return {row.name: row.value for row in rows}


def learn(session: Session, target: str, name: str, value: str) -> None:
    """Remember one answer of a target account, replacing an older one."""
    session.merge(Learned(target=target, name=name, value=value))


def client_in(session: Session, datacenter: str) -> Connection | None:
    """The newest connection that holds an API client of this data centre."""
    return session.scalar(
        sa.select(Connection)
        .where(Connection.place == datacenter, Connection.client_id.is_not(None))
        .order_by(Connection.since.desc())
        .limit(1)
    )


def datacenters_with_client(session: Session) -> tuple[str, ...]:
    """Data centres for which an API client is stored."""
    found = session.scalars(
        sa.select(Connection.place).where(Connection.client_id.is_not(None)).distinct().order_by(Connection.place)
    )
    return tuple(found)
