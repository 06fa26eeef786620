"""The call budget: calls counted by organization and day, and what of the day's quota is left to write with."""

from __future__ import annotations

import re
from datetime import date, timedelta

from app.domain.call_budget import Budget, plan_quota
from app.services.outside import Outside
from app.store import call_days
from app.store.connections import learn, learned
from app.store.db import read, write

TRY_AGAIN_AFTER = timedelta(minutes=55)
"""Nobody documents at which hour a quota day begins: after a refusal one run an hour finds out."""

BELIEVED = timedelta(days=7)
"""For how long the quota that a refusal named is held to; then a run finds out anew."""

_EVERY = 25
"""Calls between two counts kept: a process that dies takes so many with it, which the reserve has room for."""

_NAMED = re.compile(r"limit of (\d{1,7})\b")
_PLAN, _QUOTA = "plan", "calls_per_day"


def budget(outside: Outside, target: str) -> Budget:
    """The day's calls of the organization behind `target`, as counted up to now."""
    organization, now = _organization(target), outside.clock.now()
    with read() as session:
        known = learned(session, target)
        named = _named_lately(known.get(_QUOTA, ""), now.date())
        row = call_days.of_day(session, organization, now.date())
    refused = row.used_up_at if row else None
    return Budget(
        quota=named or plan_quota(known.get(_PLAN, "")),
        sure=named is not None and refused is None,
        used=(row.calls if row else 0) + outside.uncounted(organization),
        used_up=refused is not None and now - refused < TRY_AGAIN_AFTER,
    )


def keep(outside: Outside, target: str) -> None:
    """Add the calls of this process that weren't counted yet to their day."""
    organization = _organization(target)
    fresh = outside.uncounted(organization)
    if fresh:
        with write() as session:
            call_days.add(session, organization, outside.clock.now().date(), fresh)
        outside.counted(organization, fresh)


def plan_of(target: str) -> str:
    """The plan of an organization, "" if it was never told."""
    with read() as session:
        return learned(session, target).get(_PLAN, "")


def note_refusal(outside: Outside, target: str, words: str) -> None:
    """The day's calls are used up; the refusal may name how many there are."""
    named = _NAMED.search(words)
    now = outside.clock.now()
    with write() as session:
        if named:
            learn(session, target, _QUOTA, f"{named[1]} {now.date().isoformat()}")
        call_days.use_up(session, _organization(target), now.date(), now)


def note_going_on(outside: Outside, target: str) -> None:
    """It answers again: after a refusal that means that its day began anew."""
    organization, today = _organization(target), outside.clock.now().date()
    with read() as session:
        row = call_days.of_day(session, organization, today)
    if row is not None and row.used_up_at is not None:
        with write() as session:
            call_days.use_up(session, organization, today, None)


class Allowance:
    """What one run may spend on writing; the reserve stays for look-ups and repairs.

    `insist`: a person asks for it, so a day that was used up is tried once more at once.
    """

    def __init__(self, outside: Outside, target: str, *, insist: bool = False) -> None:
        self._outside, self._target, self._insist = outside, target, insist
        self._organization = _organization(target)
        self._read()

    def spent(self) -> bool:
        """Whether nothing is left to write with today."""
        made = self._outside.calls(self._organization) - self._before
        if made >= _EVERY:
            self._read()
            made = 0
        return self._left is not None and made >= self._left

    def _read(self) -> None:
        keep(self._outside, self._target)
        now = budget(self._outside, self._target)
        self._left = None if self._insist and now.used_up else now.to_write
        self._before = self._outside.calls(self._organization)


def _named_lately(told: str, today: date) -> int | None:
    """The quota that a refusal named, while it is believed: the plan may be another one by now."""
    figure, _blank, day = told.partition(" ")
    return int(figure) if day and today - date.fromisoformat(day) <= BELIEVED else None


def _organization(target: str) -> str:
    return target.rpartition(":")[2]
