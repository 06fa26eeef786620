"""Zoho's limits per organization: calls a minute (code 44), a day (45) and at once (1070). 0 switches one off."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from app.simulator.state import State
from app.simulator.zoho_books.answers import ZohoError
from app.simulator.zoho_books.book import Book

_MINUTE = timedelta(minutes=1)
CALLS_PER_DAY = {
    "FREE": 1_000,
    "STANDARD": 2_000,
    "PROFESSIONAL": 5_000,
    "PREMIUM": 10_000,
    "ELITE": 10_000,
    "ULTIMATE": 10_000,
}


class Limits:
    """What was called lately. The day's count is on disk; the last minute and what is in flight are in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recent: dict[str, deque[datetime]] = defaultdict(deque)
        self._blocked: dict[str, datetime] = {}
        self._in_flight: dict[str, int] = defaultdict(int)

    @contextmanager
    def in_flight(self, organization_id: str, most: int) -> Iterator[None]:
        """Hold one of an organization's places; raises ZohoError 1070 when all are taken."""
        with self._lock:
            if most and self._in_flight[organization_id] >= most:
                raise ZohoError(
                    1070,
                    "You have reached the maximum number of in process requests allowed. "
                    "Kindly try again after some time.",
                    429,
                )
            self._in_flight[organization_id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._in_flight[organization_id] -= 1

    def spend(self, book: Book) -> None:
        """Count one call against the minute and the day; raises ZohoError 44 or 45 when one is used up.

        The day changes at midnight UTC: Zoho doesn't document the hour. Refused calls don't use up the day.
        """
        settings, now = book.settings, book.clock.now()
        with self._lock:
            self._spend_minute(book.id, settings["calls_per_minute"], settings["block_seconds"], now)
        _spend_day(book.state, book.id, settings["calls_per_day"], now)

    def _spend_minute(self, organization_id: str, most: int, block_seconds: int, now: datetime) -> None:
        if not most:
            return
        blocked_until = self._blocked.get(organization_id)
        if blocked_until is not None and now < blocked_until <= now + timedelta(seconds=block_seconds):
            raise _too_many_a_minute()
        recent = self._recent[organization_id]
        while recent and not (now - _MINUTE < recent[0] <= now):  # also drops what a clock set back left in the future
            recent.popleft()
        if len(recent) >= most:
            self._blocked[organization_id] = now + timedelta(seconds=block_seconds)
            raise _too_many_a_minute()
        recent.append(now)


def _too_many_a_minute() -> ZohoError:
    return ZohoError(
        44,
        "For security reasons your organization has been blocked as it have exceeded the maximum number of "
        "requests per minute that can originate from an organization.",
        429,
    )


def _spend_day(state: State, organization_id: str, most: int, now: datetime) -> None:
    if not most:
        return
    used = state.bump(f"zoho.day:{organization_id}:{now.date().isoformat()}")
    if used > most:
        message = f"The API call for this organization has exceeded the maximum call rate limit of {most}."
        raise ZohoError(45, message, 429)
