"""The ground truth on disk: collections of JSON documents in one SQLite file, behind one lock."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol, TypeVar

Row = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS document (
    collection TEXT NOT NULL, id TEXT NOT NULL, position INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (collection, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""


class View(Protocol):
    """Something derived from the rows of one collection: told of every row that comes and goes."""

    def add(self, key: str, row: Row) -> None: ...

    def remove(self, key: str, row: Row) -> None: ...


V = TypeVar("V", bound=View)


class Index:
    """The keys of a collection's rows by the value of one field, kept in memory."""

    def __init__(self, field: str) -> None:
        self._field = field
        self._keys: dict[Any, dict[str, None]] = {}

    def add(self, key: str, row: Row) -> None:
        self._keys.setdefault(row.get(self._field), {})[key] = None

    def remove(self, key: str, row: Row) -> None:
        self._keys.get(row.get(self._field), {}).pop(key, None)

    def keys(self, value: Any) -> list[str]:
        return list(self._keys.get(value, ()))


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
        self._views: dict[str, dict[str, View]] = {}
        self._positions: dict[str, int] = {}
        self._undo: list[tuple[str, str, Row | None]] = []
        self._depth = 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, one at a time; a transaction inside another belongs to it."""
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
                self._take_back()
                raise
            else:
                self._db.execute("COMMIT")
            finally:
                self._undo.clear()
                self._depth = 0

    def put(self, collection: str, key: str, row: Row) -> Row:
        """Store `row` (a copy is kept) under `key`, in insertion order."""
        with self._lock:
            rows = self._rows(collection)
            body = _TEXT.encode(row)
            if key in rows:
                self._db.execute("UPDATE document SET body=? WHERE collection=? AND id=?", (body, collection, key))
            else:
                self._positions[collection] += 1
                place = self._positions[collection]
                self._db.execute("INSERT INTO document VALUES (?,?,?,?)", (collection, key, place, body))
            stored: Row = _ROW.decode(body)
            self._remember(collection, key, stored)
            return stored

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
            self._rows(collection)
            self._db.execute("DELETE FROM document WHERE collection=? AND id=?", (collection, key))
            self._remember(collection, key, None)

    def find(self, collection: str, field: str, value: Any) -> list[Row]:
        """The rows whose top-level `field` equals `value`, through an index in memory. Read only."""
        with self._lock:
            rows = self._rows(collection)
            index = self.view(collection, f"index:{field}", lambda: Index(field))
            return [rows[key] for key in index.keys(value)]

    def view(self, collection: str, name: str, make: Callable[[], V]) -> V:
        """The view called `name` of a collection, made and filled at the first call, then kept true."""
        with self._lock:
            views = self._views.setdefault(collection, {})
            if name not in views:
                fresh = make()
                for key, row in self._rows(collection).items():
                    fresh.add(key, row)
                views[name] = fresh
            return views[name]  # type: ignore[return-value]  # one name is one kind of view

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

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._db.close()

    def _rows(self, collection: str) -> dict[str, Row]:
        if collection not in self._cache:
            found = self._db.execute(
                "SELECT id, body, position FROM document WHERE collection=? ORDER BY position", (collection,)
            ).fetchall()
            self._cache[collection] = {key: _ROW.decode(body) for key, body, _ in found}
            self._positions[collection] = found[-1][2] if found else 0
        return self._cache[collection]

    def _remember(self, collection: str, key: str, row: Row | None) -> None:
        before = self._swap(collection, key, row)
        if self._depth:
            self._undo.append((collection, key, before))

    def _swap(self, collection: str, key: str, row: Row | None) -> Row | None:
        rows = self._cache[collection]
        before = rows.get(key)
        views = self._views.get(collection, {}).values()
        for view in views:
            if before is not None:
                view.remove(key, before)
            if row is not None:
                view.add(key, row)
        if row is None:
            rows.pop(key, None)
        else:
            rows[key] = row
        return before

    def _take_back(self) -> None:
        """Put memory back to what the rolled back file says, without reading it all again."""
        for collection, key, before in reversed(self._undo):
            gone = key not in self._cache.get(collection, {})
            if gone and before is not None:  # its place in the order is lost: read this collection again when needed
                self._cache.pop(collection, None)
                self._views.pop(collection, None)
            elif collection in self._cache:
                self._swap(collection, key, before)


def _encode(value: object) -> object:
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    raise TypeError(f"{type(value).__name__} can't be stored")


def _decode(value: Row) -> object:
    return Decimal(value["$decimal"]) if value.keys() == {"$decimal"} else value


_TEXT = json.JSONEncoder(default=_encode)
_ROW = json.JSONDecoder(object_hook=_decode)
