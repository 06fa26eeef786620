"""The ground truth on disk: collections of JSON documents in one SQLite file, behind one lock."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

Row = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS document (
    collection TEXT NOT NULL, id TEXT NOT NULL, position INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (collection, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""


class State:
    """All that the simulated platforms know. `path` None keeps it in memory only.

    Every request runs inside `with state.transaction():`, which serialises writers and commits or rolls back
    as a whole, so that a killed simulator never holds half a document. Decimals are stored as text under a tag
    and come back as Decimals.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._db = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)
        self._lock = threading.RLock()
        self._cache: dict[str, dict[str, Row]] = {}
        self._depth = 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._lock:
            if self._depth:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                self._cache.clear()
                raise
            else:
                self._db.execute("COMMIT")
            finally:
                self._depth = 0

    def put(self, collection: str, key: str, row: Row) -> Row:
        """Store `row` (a copy is kept) under `key`, in insertion order."""
        with self._lock:
            rows = self._rows(collection)
            body = json.dumps(row, default=_encode)
            position = self.bump(f"position:{collection}") if key not in rows else None
            if position is None:
                self._db.execute(
                    "UPDATE document SET body=? WHERE collection=? AND id=?", (body, collection, key)
                )
            else:
                self._db.execute("INSERT INTO document VALUES (?,?,?,?)", (collection, key, position, body))
            rows[key] = json.loads(body, object_hook=_decode)
            return rows[key]

    def get(self, collection: str, key: str) -> Row | None:
        """One row, or None. Treat it as read only: change a copy and `put` it."""
        with self._lock:
            return self._rows(collection).get(key)

    def all(self, collection: str) -> list[Row]:
        """Every row of a collection in the order of insertion. Read only."""
        with self._lock:
            return list(self._rows(collection).values())

    def delete(self, collection: str, key: str) -> None:
        with self._lock:
            self._rows(collection).pop(key, None)
            self._db.execute("DELETE FROM document WHERE collection=? AND id=?", (collection, key))

    def bump(self, name: str, by: int = 1) -> int:
        """Add to a named counter and answer its new value."""
        with self._lock:
            row = self._db.execute(
                "INSERT INTO counter VALUES (?,?) ON CONFLICT(name) DO UPDATE SET value=value+? RETURNING value",
                (name, by, by),
            ).fetchone()
            return int(row[0])

    def counters(self, prefix: str = "") -> dict[str, int]:
        with self._lock:
            rows = self._db.execute("SELECT name, value FROM counter ORDER BY name").fetchall()
            return {name: value for name, value in rows if name.startswith(prefix)}

    def _rows(self, collection: str) -> dict[str, Row]:
        if collection not in self._cache:
            found = self._db.execute(
                "SELECT id, body FROM document WHERE collection=? ORDER BY position", (collection,)
            )
            self._cache[collection] = {key: json.loads(body, object_hook=_decode) for key, body in found}
        return self._cache[collection]


def _encode(value: object) -> object:
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    raise TypeError(f"{type(value).__name__} can't be stored")


def _decode(value: Row) -> object:
    return Decimal(value["$decimal"]) if value.keys() == {"$decimal"} else value
