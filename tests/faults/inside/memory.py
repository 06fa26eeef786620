"""The simulator's state without a file: copied and put back in a moment, for thousands of short worlds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from app.simulator.state import Row, State


@dataclass(frozen=True)
class Kept:
    """All rows and counters of one moment."""

    rows: dict[str, dict[str, Row]]
    counters: dict[str, int]


class MemoryState(State):
    """As `State`, by one thread: rows are copied as they come in and never changed afterwards."""

    def __init__(self) -> None:
        super().__init__(None)
        self._counters: dict[str, int] = {}

    @contextmanager
    def transaction(self) -> Iterator[None]:
        if self._depth:
            yield
            return
        self._depth, counters = 1, dict(self._counters)
        try:
            yield
        except BaseException:
            self._counters = counters
            self._take_back()
            raise
        finally:
            self._undo.clear()
            self._depth = 0

    def put(self, collection: str, key: str, row: Row) -> Row:
        self._rows(collection)
        stored: Row = _copy(row)
        self._remember(collection, key, stored)
        return stored

    def get(self, collection: str, key: str) -> Row | None:
        return self._rows(collection).get(key)

    def all(self, collection: str) -> list[Row]:
        return list(self._rows(collection).values())

    def delete(self, collection: str, key: str) -> None:
        self._rows(collection)
        self._remember(collection, key, None)

    def bump(self, name: str, by: int = 1) -> int:
        self._counters[name] = self._counters.get(name, 0) + by
        return self._counters[name]

    def counters(self, prefix: str = "") -> dict[str, int]:
        return {name: self._counters[name] for name in sorted(self._counters) if name.startswith(prefix)}

    def keep(self) -> Kept:
        """This moment."""
        return Kept({name: dict(rows) for name, rows in self._cache.items()}, dict(self._counters))

    def put_back(self, kept: Kept) -> None:
        """Let everything be as it was."""
        self._cache = {name: dict(rows) for name, rows in kept.rows.items()}
        self._counters = dict(kept.counters)
        self._views, self._undo, self._depth = {}, [], 0

    def _rows(self, collection: str) -> dict[str, Row]:
        return self._cache.setdefault(collection, {})

    def _take_back(self) -> None:
        for collection, key, before in reversed(self._undo):
            self._swap(collection, key, before)


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copy(entry) for name, entry in value.items()}
    return [_copy(entry) for entry in value] if isinstance(value, list | tuple) else value
