"""Windows are half-open, and readings overlap."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from app.domain.windows import Window, reading_span, why_outside

SINGAPORE = ZoneInfo("Asia/Singapore")
OPENED = datetime(2026, 11, 10, 2, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)


def test_sync_that_was_never_on_reads_nothing() -> None:
    assert reading_span([], None, NOW, SINGAPORE) is None
    assert why_outside([], NOW) == "before_sync"


def test_first_reading_begins_a_day_before_the_window() -> None:
    assert reading_span([Window(OPENED)], None, NOW, SINGAPORE) == (date(2026, 11, 9), date(2026, 11, 24))


def test_reading_ends_a_day_after_today_where_the_provider_may_be_a_day_ahead() -> None:
    """At eight in the evening in New York it is tomorrow in Singapore, and so are the sales of the afternoon."""
    evening = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    span = reading_span([Window(OPENED)], None, evening, ZoneInfo("America/New_York"))

    assert span == (date(2026, 11, 8), date(2026, 11, 23))


def test_later_reading_of_a_day_looks_back_over_the_last_one() -> None:
    span = reading_span([Window(OPENED)], datetime(2026, 11, 22, 16, 30, tzinfo=UTC), NOW, SINGAPORE)

    assert span == (date(2026, 11, 19), date(2026, 11, 24))


def test_first_reading_of_a_local_day_looks_back_for_weeks() -> None:
    """A charge may be paid long after it was created, and the provider only filters by creation."""
    long_ago = Window(datetime(2026, 1, 1, tzinfo=UTC))
    span = reading_span([long_ago], datetime(2026, 11, 22, 15, 30, tzinfo=UTC), NOW, SINGAPORE)

    assert span == (date(2026, 10, 17), date(2026, 11, 24))


def test_clock_that_once_stood_in_the_future_leaves_no_gap() -> None:
    span = reading_span([Window(OPENED)], datetime(2026, 12, 2, 1, 0, tzinfo=UTC), NOW, SINGAPORE)

    assert span == (date(2026, 11, 19), date(2026, 11, 24))


def test_reading_never_reaches_back_before_the_first_window() -> None:
    span = reading_span([Window(OPENED)], datetime(2026, 11, 10, 3, 0, tzinfo=UTC), NOW, SINGAPORE)

    assert span is not None
    assert span[0] == date(2026, 11, 9)
