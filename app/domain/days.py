"""Local days: when one is closed, so that its summary can't change any more."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

CLOSES_AT = time(0, 30)
"""Half past midnight of the next day: charges of the last minute have closed by then."""


def closes(day: date, zone: ZoneInfo) -> datetime:
    """The instant (aware UTC) at which a local day is closed.

    Where that wall time is skipped by a change of clocks the instant after the gap counts, where it occurs twice the
    first one: either way it lies after the last instant of the day.
    """
    return datetime.combine(day + timedelta(days=1), CLOSES_AT, zone).astimezone(UTC)


def is_closed(day: date, zone: ZoneInfo, now: datetime) -> bool:
    """Whether a local day's summary may be made at `now`."""
    return closes(day, zone) <= now
