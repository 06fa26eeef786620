"""The demo's own time: moved by hand while the trade is seeded, then running on like any clock."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from app.clock import parse_clock_line, write_clock

ZONE = ZoneInfo("Asia/Singapore")
ARRIVAL = timedelta(hours=1)
"""The local hour of the daily sync: 01:00."""


def stand_at(clock: Path, instant: datetime) -> None:
    """Let the time of all processes stand still at `instant`."""
    write_clock(clock, instant, 0)


def run_from(clock: Path, instant: datetime) -> None:
    """Let the time run on from `instant`, a second a second."""
    write_clock(clock, instant, 1)


def stood_at(clock: Path) -> datetime:
    """The latest time that anybody can have read off this clock, across restarts of the machine too.

    A clock that was stopped stands where it was stopped. One whose demo was killed ran on at most as long as the
    wall says since it was written: its anchor means nothing once the machine has started anew.
    """
    start, rate, anchor = parse_clock_line(clock.read_text())
    ran = max(time.time() - clock.stat().st_mtime, time.monotonic() - anchor, 0)
    return start + timedelta(seconds=rate * ran)


def now(clock: Path) -> datetime:
    """What the clock shows now, to a process of this start."""
    start, rate, anchor = parse_clock_line(clock.read_text())
    return start + timedelta(seconds=rate * (time.monotonic() - anchor))


def today() -> date:
    """The day it really is where the demo's shops are."""
    return datetime.now(ZONE).date()


def midnight(day: date) -> datetime:
    """The beginning of a local day."""
    return datetime(day.year, day.month, day.day, tzinfo=ZONE)


def end_of_seeding(last_sync: datetime) -> datetime:
    """Where the demo's time begins to run: the real time, unless the last seeded sync lies after it."""
    return max(datetime.now(UTC), last_sync + timedelta(minutes=2))
