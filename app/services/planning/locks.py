"""The lock date of the books: read when there is something to write, remembered for the pages in between."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from app.store.connections import learn, learned
from app.store.db import read, write

_NAME = "lock_date"
_OPEN = "open"


class Locked(Protocol):
    """Whoever can say which day is the last locked one."""

    def lock_date(self) -> date | None:
        """The last locked day, None if nothing is locked."""
        ...


class Remembered:
    """The lock date of an organization as its books tell it, noted each time they are asked."""

    def __init__(self, books: Locked, target: str) -> None:
        self._books = books
        self._target = target

    def lock_date(self) -> date | None:
        found = self._books.lock_date()
        with write() as session:
            learn(session, self._target, _NAME, found.isoformat() if found else _OPEN)
        return found


def last_known(target: str) -> date | None:
    """The lock date as it was when something was last written, None if nothing was locked or nobody asked yet."""
    with read() as session:
        told = learned(session, target).get(_NAME, _OPEN)
    return None if told == _OPEN else date.fromisoformat(told)
