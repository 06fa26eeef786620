"""The app's database in memory: copied in a moment, and with a wire to pull before and after every commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any


class Killed(BaseException):
    """The process is gone: nothing it still does in unwinding counts."""


class _Cursor(sqlite3.Cursor):
    def execute(self, sql: str, *given: Any) -> _Cursor:
        disk = self.connection
        assert isinstance(disk, Disk)
        if disk.locked and sql.startswith("BEGIN IMMEDIATE"):
            disk.locked -= 1
            raise sqlite3.OperationalError("database is locked")
        return super().execute(sql, *given)


class Disk(sqlite3.Connection):
    """One database for all connections of the one process. `told` hears of `commit` and `committed`.

    `locked` and `full` are how many transactions from now on find another writer, or no space.
    """

    told: Callable[[str], None] | None = None
    locked = 0
    full = 0

    def cursor(self, *_given: Any) -> Any:
        return super().cursor(_Cursor)

    def commit(self) -> None:
        if not self.in_transaction:
            return
        writes = self.total_changes != self._changes
        if writes and self.full:
            self.full -= 1
            self.rollback()
            raise sqlite3.OperationalError("database or disk is full")
        if writes and self.told:
            self.told("commit")
        super().commit()
        self._changes = self.total_changes
        if writes and self.told:
            self.told("committed")

    _changes = 0

    def close(self) -> None:
        """A pool that gives a connection up closes it: what wasn't committed is taken back, the file stays."""
        if self.in_transaction:
            self.rollback()
        self._changes = self.total_changes

    def keep(self) -> bytes:
        """The file as it would be found after a crash now."""
        if self.in_transaction:
            self.rollback()
        return self.serialize()

    def put_back(self, content: bytes) -> None:
        """Let the file be as it was when `content` was kept."""
        self.close()
        self.deserialize(content)

    def execute(self, sql: str, *given: Any) -> Any:
        if sql.startswith("PRAGMA synchronous="):
            self.synchronous = sql.partition("=")[2]
        return super().execute(sql, *given)

    synchronous = ""

    def is_durable(self) -> bool:
        """Whether a commit waits until its bytes lie on the disk, and so outlives the power."""
        return self.synchronous == "FULL"
