"""Windows: the half-open intervals in which sync was on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

LOOK_BACK = timedelta(days=3)
"""How far each reading reaches back over the last one: charges show up late, and pages shift while being read."""

DAILY_LOOK_BACK = timedelta(days=35)
"""How far the first reading of a local day reaches back: a charge may be paid weeks after it was created."""

_DAY = timedelta(days=1)


class Window(msgspec.Struct, frozen=True):
    """From `opened_at` up to, but without, `closed_at` (None: still open). Aware UTC."""

    opened_at: datetime
    closed_at: datetime | None = None

    def holds(self, instant: datetime) -> bool:
        """Whether sync was on at `instant`."""
        return self.opened_at <= instant and (self.closed_at is None or instant < self.closed_at)


def why_outside(windows: Sequence[Window], instant: datetime) -> str | None:
    """None inside a window, else the name of the rule that leaves the instant out."""
    if any(window.holds(instant) for window in windows):
        return None
    before_all = not windows or instant < min(window.opened_at for window in windows)
    return "before_sync" if before_all else "sync_off"


def reading_span(
    windows: Sequence[Window], read_through: datetime | None, now: datetime, zone: ZoneInfo
) -> tuple[date, date] | None:
    """First and last local date to ask the provider for; None if sync was never on.

    One day more at both ends, because the zone in which a provider cuts its days is not documented (HitPay FACTS 2):
    where it lies east of the organization's, today's sales may be made tomorrow.
    """
    if not windows:
        return None
    first_open = min(window.opened_at for window in windows)
    if read_through is None:
        start = first_open
    else:
        # A clock that once stood in the future must not move the reading past what nobody read.
        last = min(read_through, now)
        first_today = last.astimezone(zone).date() < now.astimezone(zone).date()
        start = max(last - (DAILY_LOOK_BACK if first_today else LOOK_BACK), first_open)
    return (start - _DAY).astimezone(zone).date(), (now + _DAY).astimezone(zone).date()
