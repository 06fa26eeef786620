"""Access tokens of books connections: kept in the database, refreshed by one process at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.ports import AccessToken, ApiClient, NotConnected, Temporary
from app.services.outside import Outside
from app.store.connections import Connection, OAuthState
from app.store.db import read, write

EARLY = timedelta(minutes=5)
"""A token with less life than this is replaced before it is used."""

REFRESH_TIMEOUT = timedelta(seconds=90)
"""How long one process may take to refresh before another may try."""

_WAIT = 0.2


class StoredTokens:
    """The TokenKeeper of one stored connection. No transaction is open while the vendor is asked."""

    def __init__(self, outside: Outside, connection_id: int) -> None:
        self._outside = outside
        self._id = connection_id
        self._cached: AccessToken | None = None

    def current(self) -> str:
        """A token with at least five minutes of life left."""
        now = self._outside.clock.now()
        if self._cached is None or self._cached.expires_at - EARLY <= now:
            self._cached = self._stored()
        if self._cached is None or self._cached.expires_at - EARLY <= now:
            return self.renew(self._cached.value if self._cached else "")
        return self._cached.value

    def renew(self, rejected: str) -> str:
        """A token other than `rejected`; Temporary if Zoho wants a pause or another process is at it for too long."""
        deadline = self._outside.clock.monotonic() + REFRESH_TIMEOUT.total_seconds()
        while self._outside.clock.monotonic() < deadline:
            stored = self._stored()
            if stored and stored.value != rejected and stored.expires_at > self._outside.clock.now():
                self._cached = stored
                return stored.value
            turn = self._take_turn(rejected)
            if turn:
                self._cached = self._refresh(turn)
                return self._cached.value
            self._outside.clock.sleep(_WAIT)
        raise Temporary("Another process is still renewing the sign-in to Zoho Books.", retry_after=30)

    def _stored(self) -> AccessToken | None:
        with read() as session:
            row = session.get_one(Connection, self._id)
            if row.access_token is None or row.access_expires_at is None:
                return None
            return AccessToken(value=row.access_token, expires_at=row.access_expires_at)

    def _take_turn(self, rejected: str) -> datetime | None:
        """Until when the turn is ours; None while it is another's, or if that one has a token for us by now."""
        now = self._outside.clock.now()
        with write() as session:
            row = session.get_one(Connection, self._id)
            taken, alive = row.refreshing_until, row.access_expires_at is not None and row.access_expires_at > now
            if taken is None or taken <= now:
                if alive and row.access_token not in (None, rejected):
                    return None
                return _take(session, row, now)
        if taken > now + REFRESH_TIMEOUT:
            left = (taken - now).total_seconds()
            raise Temporary("Zoho wants a pause before the next login.", retry_after=left)
        return None

    def _refresh(self, turn: datetime) -> AccessToken:
        fresh: AccessToken | None = None
        pause = timedelta()
        try:
            client, refresh_token = self._login_of()
            fresh = self._outside.login(client).refresh(refresh_token)
        except Temporary as error:
            # Every further try would make the pause longer, so the turn is kept until it is over.
            pause = timedelta(seconds=error.retry_after or 0)
            raise
        finally:
            self._give_turn_back(turn, fresh, pause)
        return fresh

    def _login_of(self) -> tuple[ApiClient, str]:
        with read() as session:
            row = session.get_one(Connection, self._id)
            client = client_of(row)
            if client is None or row.secret is None:
                raise NotConnected("Zoho Books is not connected any more. Reconnect it.")
            return client, row.secret

    def _give_turn_back(self, turn: datetime, fresh: AccessToken | None, pause: timedelta) -> None:
        """Store what was learned, unless the turn is over or the login was replaced or forgotten meanwhile."""
        until = self._outside.clock.now() + pause if pause > REFRESH_TIMEOUT else None
        values: dict[str, str | datetime | None] = {"refreshing_until": until}
        if fresh:
            values |= {"access_token": fresh.value, "access_expires_at": fresh.expires_at}
        with write() as session:
            session.execute(
                sa.update(Connection)
                .where(Connection.id == self._id, Connection.refreshing_until == turn)
                .values(**values)
            )


def _take(session: Session, row: Connection, now: datetime) -> datetime | None:
    """Take the turn if it is free and the token is still the one that was read; None if somebody was faster."""
    turn = now + REFRESH_TIMEOUT
    taken = session.execute(
        sa.update(Connection)
        .where(Connection.id == row.id)
        .where(sa.or_(Connection.refreshing_until.is_(None), Connection.refreshing_until <= now))
        .where(Connection.access_expires_at.is_not_distinct_from(row.access_expires_at))
        .values(refreshing_until=turn)
        .execution_options(synchronize_session=False)
    )
    return turn if taken.rowcount == 1 else None  # type: ignore[attr-defined]  # an UPDATE answers a CursorResult


def client_of(row: Connection | OAuthState) -> ApiClient | None:
    """The API client a connection or a begun consent holds, or None."""
    if row.client_id is None or row.client_secret is None:
        return None
    place = row.place if isinstance(row, Connection) else row.datacenter
    return ApiClient(datacenter=place, client_id=row.client_id, client_secret=row.client_secret)
