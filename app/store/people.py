"""Users, their sign-ins (sessions live here, the cookie only names one) and one-time links."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.columns import UTCDateTime
from app.store.db import Base


class User(Base):
    """A person who may sign in. The email is stored in lower case."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    password_hash: Mapped[str | None] = mapped_column(sa.String(255))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class SignIn(Base):
    """One signed-in browser. Only a hash of what the cookie holds is stored."""

    __tablename__ = "sign_ins"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    address: Mapped[str] = mapped_column(sa.String(64), default="")


class OneTimeLink(Base):
    """A token that works once: `setup` makes the first owner, `sign_in` signs its user in."""

    __tablename__ = "one_time_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    purpose: Mapped[str] = mapped_column(sa.String(20))
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class LoginAttempt(Base):
    """A failed sign-in, counted per account and per address across processes."""

    __tablename__ = "login_attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(sa.String(300), index=True)
    attempted_at: Mapped[datetime] = mapped_column(UTCDateTime)


def by_email(session: Session, email: str) -> User | None:
    """The person with this address, given in lower case."""
    return session.scalar(sa.select(User).where(User.email == email))


def anyone(session: Session) -> bool:
    """Whether this install has a user at all."""
    return session.scalar(sa.select(sa.exists().select_from(User))) or False


def sign_in_of(session: Session, token_hash: str) -> tuple[SignIn, User] | None:
    """The sign-in of this token and its person, ended or not."""
    row = session.execute(
        sa.select(SignIn, User).join(User, User.id == SignIn.user_id).where(SignIn.token_hash == token_hash)
    ).first()
    return (row[0], row[1]) if row else None


def end_sign_in(session: Session, token_hash: str, now: datetime) -> None:
    """End a sign-in that is still open."""
    session.execute(
        sa.update(SignIn).where(SignIn.token_hash == token_hash, SignIn.ended_at.is_(None)).values(ended_at=now)
    )


def link_of(session: Session, token_hash: str, purpose: str) -> OneTimeLink | None:
    """The one-time link of this token and purpose, used or not."""
    return session.scalar(
        sa.select(OneTimeLink).where(OneTimeLink.token_hash == token_hash, OneTimeLink.purpose == purpose)
    )


def take_link(session: Session, token_hash: str, purpose: str, now: datetime) -> bool:
    """Use a link up: True for exactly one caller, and only in time."""
    taken = session.execute(
        sa.update(OneTimeLink)
        .where(OneTimeLink.token_hash == token_hash, OneTimeLink.purpose == purpose)
        .where(OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > now)
        .values(used_at=now)
    )
    return bool(taken.rowcount == 1)  # type: ignore[attr-defined]  # an UPDATE answers a CursorResult


def failures(session: Session, subjects: list[str], since: datetime) -> dict[str, list[datetime]]:
    """When each of `subjects` failed to sign in after `since`, oldest first."""
    found: dict[str, list[datetime]] = {subject: [] for subject in subjects}
    rows = session.execute(
        sa.select(LoginAttempt.subject, LoginAttempt.attempted_at)
        .where(LoginAttempt.subject.in_(subjects), LoginAttempt.attempted_at > since)
        .order_by(LoginAttempt.attempted_at)
    )
    for subject, attempted_at in rows:
        found[subject].append(attempted_at)
    return found


def forgive(session: Session, subjects: list[str]) -> None:
    """Forget the failures of `subjects`."""
    session.execute(sa.delete(LoginAttempt).where(LoginAttempt.subject.in_(subjects)))


def forget_before(session: Session, instant: datetime) -> None:
    """Delete failures, links and sign-ins that were over before `instant`."""
    session.execute(sa.delete(LoginAttempt).where(LoginAttempt.attempted_at < instant))
    session.execute(sa.delete(OneTimeLink).where(OneTimeLink.expires_at < instant))
    session.execute(sa.delete(SignIn).where(SignIn.expires_at < instant))


def forget_sign_ins(session: Session, before: datetime) -> int:
    """Drop sign-ins that ended or ran out before an instant; how many."""
    gone = session.execute(sa.delete(SignIn).where(sa.or_(SignIn.ended_at < before, SignIn.expires_at < before)))
    return int(gone.rowcount)  # type: ignore[attr-defined]  # a DELETE answers a CursorResult
