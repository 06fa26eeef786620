"""The calls that an organization may be asked a day, what is kept back of them, and its invoices a year. Pure.

Figures by plan: Zoho Books, API limits (`FREE` 1,000 a day to 10,000) and invoices a year (only the free plan's cap is
known to us). All users and programs of an organization share them, so what others spend isn't known here.
"""

from __future__ import annotations

from math import ceil

import msgspec

CALLS_A_DAY = {
    "FREE": 1_000,
    "STANDARD": 2_000,
    "PROFESSIONAL": 5_000,
    "PREMIUM": 10_000,
    "ELITE": 10_000,
    "ULTIMATE": 10_000,
}

INVOICES_A_YEAR = {"FREE": 1_000}

_RESERVE_PERCENT = 10
_WARN_PERCENT = 80
_WARN_DAYS = 60
"""A cap is told of this long before it is met at the pace of the last month."""


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """The calls of one day. `quota` None: nobody knows the plan, and the day's end was never met.

    `sure`: a refusal of the last days named the quota. A plan's own figure only serves to foresee, for Zoho raises it
    on request. `used_up`: the organization refused a call not long ago.
    """

    quota: int | None
    used: int
    sure: bool = False
    used_up: bool = False

    @property
    def reserve(self) -> int:
        """What is kept for look-ups and repairs."""
        return ceil(self.quota * _RESERVE_PERCENT / 100) if self.quota else 0

    @property
    def left(self) -> int | None:
        """Calls left today, the reserve with them; None if nobody knows."""
        if self.used_up:
            return 0
        return None if self.quota is None else max(0, self.quota - self.used)

    @property
    def for_writing(self) -> int | None:
        """Calls left today for new documents, as far as can be foreseen; None if nobody knows."""
        left = self.left
        return None if left is None else max(0, left - self.reserve)

    @property
    def to_write(self) -> int | None:
        """At how many calls more writing stops, to keep the reserve; None while that isn't sure."""
        return self.for_writing if self.sure or self.used_up else None


def plan_quota(plan: str) -> int | None:
    """The calls a day that a plan has by itself, None for one that isn't known."""
    return CALLS_A_DAY.get(plan.strip().upper())


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """What a run will ask of the books. `minutes` at the pace allowed, 0 without pacing."""

    calls: int
    minutes: int
    budget: Budget

    @property
    def enough(self) -> bool:
        """Whether today's calls are enough for it, as far as anybody knows."""
        return self.budget.for_writing is None or self.calls <= self.budget.for_writing

    @property
    def sentence(self) -> str:
        """`412 calls, about 5 minutes, 588 left today.`"""
        said = [f"{self.calls:,} call{'s' * (self.calls != 1)}"]
        if self.minutes:
            said.append("about a minute" if self.minutes == 1 else f"about {self.minutes:,} minutes")
        if self.budget.left is not None:
            said.append(f"{self.budget.left:,} left today")
        told = ", ".join(said) + "."
        return told if self.enough else f"{told} {self._short()}"

    def _short(self) -> str:
        if self.budget.used_up:
            return "Today's calls to Zoho Books are used up: what waits is delayed, not failed, and goes on by itself."
        kept = f"{self.budget.reserve:,} are kept for look-ups and repairs"
        return f"That isn't enough for today ({kept}): the rest is delayed and goes on tomorrow."


def minutes_for(calls: int, calls_per_minute: int) -> int:
    """Whole minutes for so many calls at a pace; 0 without one."""
    return ceil(calls / calls_per_minute) if calls_per_minute else 0


def cap_warning(plan: str, year: int, month: int) -> str:
    """A sentence if the plan's invoices a year come to their end: `year` made in the last 365 days, `month` in 30."""
    cap = INVOICES_A_YEAR.get(plan.strip().upper())
    if cap is None:
        return ""
    days = (cap - year) * 30 // month if month else None
    soon = days is not None and days <= _WARN_DAYS
    if year * 100 < cap * _WARN_PERCENT and not soon:
        return ""
    said = (
        f"Tieout made {year:,} invoices within a year, and the {plan.title()} plan of Zoho Books takes about {cap:,}."
    )
    if year >= cap:
        said += " At the cap Zoho Books makes no more."
    elif soon and days is not None:
        said += f" At the pace of the last month that is reached in about {days} day{'s' * (days != 1)}."
    return f"{said} Choose Bulk in Settings (one invoice a day and currency), or another plan in Zoho Books."
