"""Time zones as Zoho states them, and the accounting date made from an instant."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_SHORT_NAMES = {
    "PST": "America/Los_Angeles",
    "MST": "America/Denver",
    "CST": "America/Chicago",
    "EST": "America/New_York",
    "IST": "Asia/Kolkata",
    "SGT": "Asia/Singapore",
    "JST": "Asia/Tokyo",
    "CET": "Europe/Paris",
    "EET": "Europe/Helsinki",
    "WET": "Europe/Lisbon",
    "GMT": "Europe/London",
    "UTC": "UTC",
}
"""Zoho may answer a short name (`PST`) in place of an IANA one; short names that mean a region with summer time
are read as that region."""


class UnknownZoneError(ValueError):
    """A time zone name that no table holds."""


def zone_of(name: str) -> ZoneInfo:
    """The zone that `name` stands for; UnknownZoneError if nobody knows it."""
    try:
        return ZoneInfo(_SHORT_NAMES.get(name.upper(), name))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZoneError(f"Nobody knows the time zone {name!r}") from error


def accounting_date(instant: datetime, zone: ZoneInfo) -> date:
    """The date on which an instant belongs into the books."""
    return instant.astimezone(zone).date()
