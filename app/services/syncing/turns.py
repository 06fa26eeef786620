"""Turns: what the whole install does once in a while, and for how long nobody was there to do anything."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.services.outside import Outside
from app.store import marks
from app.store.db import read, write

_TICK = "tick"
OFF_AFTER = timedelta(minutes=10)
"""A silence as long as this, before a process began, is the program having been off."""

_NOTED_EVERY = timedelta(minutes=1)


def take(name: str, now: datetime, every: timedelta) -> bool:
    """Take the turn at something done once in `every`: True for exactly one process."""
    with read() as session:
        last = marks.last(session, name)
    if last is not None and now - every < last <= now:
        return False
    with write() as session:
        return marks.take(session, name, now, now - every)


def note_tick(now: datetime) -> None:
    """Remember that the clockwork was at work."""
    take(_TICK, now, _NOTED_EVERY)


class Silence:
    """What this process found when it began: since when nobody had been at work. Asked at the first tick only."""

    def __init__(self) -> None:
        self._asked = False
        self.since: datetime | None = None
        self.until: datetime | None = None

    def look(self, outside: Outside) -> None:
        """Read how long the program was off; once a process, as only a start can tell."""
        if self._asked:
            return
        self._asked, now = True, outside.clock.now()
        with read() as session:
            last = marks.last(session, _TICK)
        if last is not None and now - last >= OFF_AFTER:
            self.since, self.until = last, now

    def holds(self, due: datetime) -> bool:
        """Whether the program was off when something was due."""
        return self.since is not None and self.until is not None and self.since < due <= self.until
