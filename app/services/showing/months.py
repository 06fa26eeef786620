"""Months: one local month of a business, day by day, and what became of its records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.domain.day_chart import DaySums, sums_of
from app.domain.fates import Fate
from app.domain.record_filter import RecordFilter
from app.domain.zones import zone_of
from app.services.business import settings
from app.services.showing import days, records, tallies
from app.services.showing.records import Found
from app.services.showing.tallies import LeftOut
from app.store import day_sums
from app.store.db import read


@dataclass(frozen=True)
class MonthView:
    """A month. `days` are those on which anything happened; `fates` and `left_out` only those that occur.

    `running` is True while the month isn't over; `older` and `newer` are the first days of the neighbouring months,
    None beyond what is known.
    """

    first: date
    last: date
    currency: str
    days: tuple[DaySums, ...]
    sums: DaySums
    fates: dict[str, Found]
    left_out: tuple[LeftOut, ...]
    running: bool
    older: date | None
    newer: date | None


def view(business_id: int, time_zone: str, now: datetime, month: date | None = None) -> MonthView:
    """The month that `month` lies in, by default the present one, by the calendar of the organization's zone."""
    today = now.astimezone(zone_of(time_zone)).date()
    first = (month or today).replace(day=1)
    last = _next(first) - timedelta(days=1)
    currency = settings.home_currency(business_id)
    each = days.of_span(business_id, first, last, currency) if currency else []
    eventful = tuple(one for one in each if one.sold or one.refunds or one.payouts)
    beyond = _next(first)
    before = (first - timedelta(days=1)).replace(day=1)
    return MonthView(
        first=first,
        last=last,
        currency=currency,
        days=eventful,
        sums=sums_of(each, currency or "SGD"),
        fates=_fates(business_id, first, last),
        left_out=_left_out(business_id, first, last),
        running=first <= today <= last,
        older=before if _anything(business_id, date.min, first - timedelta(days=1)) else None,
        newer=beyond if beyond <= today else None,
    )


def _next(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _anything(business_id: int, first: date, last: date) -> bool:
    with read() as session:
        return day_sums.any_record(session, business_id, first, last)


def _fates(business_id: int, first: date, last: date) -> dict[str, Found]:
    """How many charges and refunds met each fate. Payouts stand in a column of their own."""
    found = {fate: records.found(business_id, RecordFilter(fate=fate, first=first, last=last)) for fate in Fate}
    return {fate.value: one for fate, one in found.items() if one.count}


def _left_out(business_id: int, first: date, last: date) -> tuple[LeftOut, ...]:
    with read() as session:
        sums = day_sums.day_sums(session, business_id, first, last)
    return tallies.left_out([(one.decision or "", one.count) for one in sums if one.kind != "payout"])
