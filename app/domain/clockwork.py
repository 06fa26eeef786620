"""When a business syncs by itself: once a local day at its hour, and every hour in between. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

HOURS = range(24)
"""The local hours of which a business may choose one; 0 means 00:30, when a day of Bulk is closed."""

SWEEP_EVERY = timedelta(hours=1)
BREATH = timedelta(minutes=10)
"""After a run that was broken off: one that breaks off each time must not begin again at once."""
_SPREAD = 600
"""Seconds over which the sweeps of many businesses are spread."""


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What was done so far, aware UTC. `on_since` is when sync was last enabled, None while it is off.

    `last_daily` is when the newest daily run was asked for, leaving out any that was broken off; `last_end` when
    the newest run of any kind ended. `busy` while one is queued or at work, `broken_off` if the newest one was.
    `hour` is the local hour of the daily run.
    """

    on_since: datetime | None
    last_daily: datetime | None = None
    last_end: datetime | None = None
    busy: bool = False
    broken_off: bool = False
    works: bool = True
    hour: int = 1


def due(history: History, business_id: int, now: datetime, zone: ZoneInfo) -> Literal["", "daily", "sweep"]:
    """The kind of run that is due at `now`, "" for none.

    What was missed while the program was off is made up for by one run. `works` is False while a connection is known
    to be broken: then only the daily run tries.
    """
    if history.on_since is None or history.busy:
        return ""
    if now >= next_daily(history, now, zone):
        pausing = history.broken_off and history.last_end and now < history.last_end + BREATH
        return "" if pausing else "daily"
    last = max(one for one in (history.on_since, history.last_end) if one is not None)
    late = timedelta(seconds=business_id * 97 % _SPREAD)
    return "sweep" if history.works and now >= last + SWEEP_EVERY + late else ""


def next_daily(history: History, now: datetime, zone: ZoneInfo) -> datetime:
    """When the next daily run is due; it lies in the past if one is due already.

    The day sync was enabled has none: what came before isn't posted, and a person looks on. A local date has one,
    though its hour may come twice in autumn; where spring leaves the hour out, it is run when the clocks have moved.
    """
    done = [one for one in (history.on_since, history.last_daily) if one is not None]
    last = max(_day_of(one, zone) for one in done) if done else now.astimezone(zone).date()
    return _start(last + timedelta(days=1), history.hour, zone)


def _day_of(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


def missed_days(history: History, now: datetime, zone: ZoneInfo) -> tuple[date, ...]:
    """The local days whose daily run was due by now and wasn't asked for, oldest first."""
    first, found = next_daily(history, now, zone), []
    day = _day_of(first, zone)
    while _start(day, history.hour, zone) <= now:
        found.append(day)
        day += timedelta(days=1)
    return tuple(found)


def _start(day: date, hour: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(hour, 0 if hour else 30), zone).astimezone(UTC)
