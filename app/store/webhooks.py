"""Webhooks: the address at which a provider may tell us something, and everything that was delivered there."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.columns import EncryptedText, UTCDateTime
from app.store.db import Base


class WebhookAddress(Base):
    """The address of a business: its unguessable `token`, and the salts that sign what arrives, one a line.

    `registered_id` and `registered_url` are what the provider answered when the address was registered there.
    """

    __tablename__ = "webhook_addresses"

    business_id: Mapped[int] = mapped_column(sa.ForeignKey("businesses.id", ondelete="CASCADE"), primary_key=True)
    token: Mapped[str] = mapped_column(sa.String(64), unique=True)
    salts: Mapped[str | None] = mapped_column(EncryptedText)
    registered_id: Mapped[str | None] = mapped_column(sa.String(80))
    registered_url: Mapped[str | None] = mapped_column(sa.String(500))
    refused: Mapped[int] = mapped_column(default=0, server_default="0")
    refused_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Delivery(Base):
    """One signed body, kept once however often it was sent. `body` is None once it was cleared away.

    `state` is `waiting`, `done` (its object was read from the provider) or `kept` (no effect; `said` tells why).
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        sa.UniqueConstraint("business_id", "body_hash"),
        sa.Index(
            "ix_webhook_deliveries_waiting",
            "business_id",
            "id",
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        ),
        sa.Index("ix_webhook_deliveries_received", "business_id", "received_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    business_id: Mapped[int] = mapped_column(sa.ForeignKey("businesses.id", ondelete="CASCADE"))
    body_hash: Mapped[str] = mapped_column(sa.String(64))
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)
    event: Mapped[str] = mapped_column(sa.String(80))
    body: Mapped[str | None] = mapped_column(EncryptedText)
    state: Mapped[str] = mapped_column(sa.String(10), default="waiting")
    said: Mapped[str | None] = mapped_column(sa.Text)
    tries: Mapped[int] = mapped_column(default=0)
    try_after: Mapped[datetime] = mapped_column(UTCDateTime)
    handled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


def address_of(session: Session, business_id: int) -> WebhookAddress | None:
    """The address of a business, None before its provider was ever connected."""
    return session.get(WebhookAddress, business_id)


def make_address(session: Session, business_id: int) -> None:
    """Give a business its address, if it has none; it stays the same for good."""
    if session.get(WebhookAddress, business_id) is None:
        session.add(WebhookAddress(business_id=business_id, token=secrets.token_urlsafe(32)))


def by_token(session: Session, token: str) -> WebhookAddress | None:
    """The address that ends in `token`."""
    return session.scalar(sa.select(WebhookAddress).where(WebhookAddress.token == token))


def is_known(session: Session, business_id: int, body_hash: str) -> bool:
    """Whether exactly this body was delivered before."""
    known = sa.select(Delivery.id).where(Delivery.business_id == business_id, Delivery.body_hash == body_hash)
    return session.scalar(known) is not None


def businesses_waiting(session: Session, now: datetime) -> list[int]:
    """Businesses with deliveries that may be worked off now."""
    due = sa.select(Delivery.business_id).where(Delivery.state == "waiting", Delivery.try_after <= now)
    return list(session.scalars(due.distinct().order_by(Delivery.business_id)))


def waiting(session: Session, business_id: int, now: datetime, most: int) -> list[Delivery]:
    """Deliveries to work off now, oldest first."""
    return list(
        session.scalars(
            sa.select(Delivery)
            .where(Delivery.business_id == business_id, Delivery.state == "waiting", Delivery.try_after <= now)
            .order_by(Delivery.id)
            .limit(most)
        )
    )


def settle(session: Session, ids: Sequence[int], state: str, said: str, now: datetime) -> None:
    """Close deliveries: `done`, or `kept` with the reason."""
    session.execute(
        sa.update(Delivery)
        .where(Delivery.id.in_(ids), Delivery.state == "waiting")
        .values(state=state, said=said or None, handled_at=now)
    )


def postpone(session: Session, ids: Sequence[int], try_after: datetime, said: str) -> None:
    """Leave deliveries for later, with what was in the way."""
    session.execute(
        sa.update(Delivery)
        .where(Delivery.id.in_(ids), Delivery.state == "waiting")
        .values(tries=Delivery.tries + 1, try_after=try_after, said=said)
    )


def tally(session: Session, business_id: int, since: datetime) -> tuple[int, int, datetime | None]:
    """How many deliveries arrived since an instant, how many of them wait, and when the newest of all came."""
    mine = Delivery.business_id == business_id
    arrived = sa.select(sa.func.count()).where(mine, Delivery.received_at >= since)
    waits = sa.select(sa.func.count()).where(mine, Delivery.state == "waiting")
    newest = session.scalar(sa.select(sa.func.max(Delivery.received_at)).where(mine))
    return session.scalar(arrived) or 0, session.scalar(waits) or 0, newest


def newest(session: Session, business_id: int, count: int) -> list[Delivery]:
    """The deliveries that came last, newest first."""
    found = sa.select(Delivery).where(Delivery.business_id == business_id).order_by(Delivery.id.desc()).limit(count)
    return list(session.scalars(found))


def clear_bodies(session: Session, before: datetime) -> int:
    """Drop the raw bodies of what was handled before an instant; how many."""
    cleared = session.execute(
        sa.update(Delivery)
        .where(Delivery.state != "waiting", Delivery.handled_at < before, Delivery.body.is_not(None))
        .values(body=None)
    )
    return int(cleared.rowcount)  # type: ignore[attr-defined]  # an UPDATE answers a CursorResult


def forget(session: Session, before: datetime) -> int:
    """Drop deliveries received before an instant altogether; how many."""
    gone = session.execute(sa.delete(Delivery).where(Delivery.received_at < before))
    return int(gone.rowcount)  # type: ignore[attr-defined]  # a DELETE answers a CursorResult
