"""How the login of the books is made and kept fresh."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import msgspec


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What a consent gave. `expires_at` aware UTC; `scopes` as granted."""

    access_token: str
    refresh_token: str
    expires_at: datetime
    scopes: tuple[str, ...]


class AccessToken(msgspec.Struct, frozen=True, kw_only=True):
    """A short-lived key and when it ends, aware UTC."""

    value: str
    expires_at: datetime


class ApiClient(msgspec.Struct, frozen=True, kw_only=True):
    """The registered client of this install in one data centre."""

    datacenter: str
    client_id: str
    client_secret: str


class BooksLogin(Protocol):
    """The login of the books, for one data centre and registered client."""

    def authorize_url(self, state: str) -> str:
        """Where to send the person's browser."""
        ...

    def exchange(self, code: str) -> Token:
        """Redeem a one-time code; Refused if it is wrong, used or too old."""
        ...

    def refresh(self, refresh_token: str) -> AccessToken:
        """A fresh access token; NotConnected when the refresh token is dead, Temporary when told to wait."""
        ...

    def revoke(self, refresh_token: str) -> None:
        """Make the refresh token worthless; a token that is worthless already is no error."""
        ...


class TokenKeeper(Protocol):
    """Hands an adapter its access token, and a new one when the old was turned down."""

    def current(self) -> str:
        """A token with some minutes of life left."""
        ...

    def renew(self, rejected: str) -> str:
        """A token other than `rejected`; refreshed by one process at a time."""
        ...
