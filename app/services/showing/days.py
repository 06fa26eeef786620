"""Days: what was sold, kept as fees, refunded and paid out on each, in the account's own currency."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from app.domain.day_chart import DayChart, DaySums, draw
from app.domain.fates import RULES, Fate
from app.domain.money import Money
from app.domain.zones import zone_of
from app.services.business import settings
from app.store import day_sums
from app.store.day_sums import DaySum
from app.store.db import read

SPAN = 30
"""Days that the chart of the status page shows, today's included."""


def chart(business_id: int, now: datetime, time_zone: str) -> DayChart | None:
    """The chart of the last thirty days; None without a single sale in them."""
    today = now.astimezone(zone_of(time_zone)).date()
    currency = settings.home_currency(business_id)
    if not currency:
        return None
    drawn = draw(of_span(business_id, today - timedelta(days=SPAN - 1), today, currency), currency)
    return drawn if drawn.sums.sold else None


def of_span(business_id: int, first: date, last: date, currency: str) -> list[DaySums]:
    """Each day from `first` to `last`, also those on which nothing happened. What a rule left out isn't in it."""
    with read() as session:
        found = [one for one in day_sums.day_sums(session, business_id, first, last) if _counts(one.decision)]
    by_day: dict[date, list[DaySum]] = {}
    for one in found:
        by_day.setdefault(one.day, []).append(one)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [_sums(day, by_day.get(day, []), currency) for day in days]


def _counts(decision: str | None) -> bool:
    rule = RULES.get(decision or "not_planned")
    return rule is None or rule.fate is not Fate.EXCLUDED


def _sums(day: date, found: Sequence[DaySum], currency: str) -> DaySums:
    def worth(kind: str) -> Money:
        return Money.from_minor(sum(one.home_minor for one in found if one.kind == kind), currency)

    return DaySums(
        day=day,
        sold=sum(one.count for one in found if one.kind == "charge"),
        sales=worth("charge"),
        fees=Money.from_minor(sum(one.fee_minor for one in found if one.kind == "charge"), currency),
        refunds=worth("refund"),
        payouts=worth("payout"),
    )
