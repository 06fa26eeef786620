"""Column types: aware UTC instants, secrets encrypted at rest, and JSON text that keeps decimals exact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class UTCDateTime(sa.types.TypeDecorator[datetime]):
    """An aware instant; a naive one is refused, and SQLite's naive answers get their UTC back."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} names no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class UnreadableSecretError(Exception):
    """The encryption keys given don't open what the database holds."""


class SecretBox:
    """Encrypts with the newest key and opens with any of them. One per process, filled at start."""

    def __init__(self) -> None:
        self._fernet: MultiFernet | None = None

    def load(self, keys: Sequence[str]) -> None:
        """Use `keys`, newest first; ValueError if one isn't a Fernet key."""
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, text: str) -> bytes:
        return self._opened().encrypt(text.encode())

    def open(self, sealed: bytes) -> str:
        try:
            return self._opened().decrypt(sealed).decode()
        except InvalidToken as error:
            raise UnreadableSecretError(
                "The encryption keys don't open the stored secrets. Start with the key that sealed them."
            ) from error

    def _opened(self) -> MultiFernet:
        if self._fernet is None:
            raise UnreadableSecretError("No encryption key was loaded.")
        return self._fernet


secret_box = SecretBox()


class EncryptedText(sa.types.TypeDecorator[str]):
    """Text that only exists encrypted in the database."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> bytes | None:
        return None if value is None else secret_box.seal(value)

    def process_result_value(self, value: bytes | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else secret_box.open(value)


class JSONText(sa.types.TypeDecorator[Any]):
    """JSON as text, written by msgspec so that Decimals stay exact texts."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        return None if value is None else msgspec.json.encode(value).decode()

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:
        return None if value is None else msgspec.json.decode(value)
