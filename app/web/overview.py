"""`/`: one row a business, what needs a person first."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template

from app.services.business import businesses
from app.services.business.businesses import BusinessView
from app.services.people import roles
from app.services.showing import status
from app.services.showing.status import StatusView
from app.services.showing.tallies import Tally
from app.web.filters import count
from app.web.guards import SIGNED_IN, needs
from app.web.outside import outside
from app.web.sessions import signed_in

pages = Blueprint("overview", __name__)

_WORDS = {"good": ("ok", "all in"), "warn": ("warn", "needs you"), "bad": ("bad", "stopped")}


@dataclass(frozen=True)
class Row:
    """One business in the table."""

    business: BusinessView
    status: StatusView

    @property
    def tone(self) -> str:
        return self._badge[0]

    @property
    def word(self) -> str:
        return self._badge[1]

    @property
    def _badge(self) -> tuple[str, str]:
        status = self.status
        if status.tone == "good" and self.waiting.count:
            return "wait", "some wait"
        if status.tone == "good" and status.tallies["excluded"].count:
            return "ok", "in, some left out"
        if status.tone == "warn" and not status.sync_enabled:
            return "warn", "sync is off"
        return _WORDS.get(status.tone) or ("off", self._why_idle)

    @property
    def _why_idle(self) -> str:
        if self.status.next_step:
            return "not set up"
        return "no sales yet" if self.status.last_sync else "not synced yet"

    @property
    def waiting(self) -> Tally:
        return self.status.tallies["waiting"]

    @property
    def needs_count(self) -> int:
        """Sales, refunds and payouts that a person must look at."""
        both = (self.status.tallies, self.status.payouts)
        return sum(tallies["held"].count + tallies["failed"].count for tallies in both)


@pages.get("/")
@needs(SIGNED_IN)
def show() -> str:
    """The businesses this person belongs to."""
    person = signed_in()
    rows = [Row(one, status.view(outside(), one, run_count=1)) for one in businesses.of_member(person.user_id)]
    return render_template(
        "overview/page.html",
        rows=rows,
        sentence=_sentence(rows),
        may_start=roles.may_start_business(person.user_id),
    )


def _sentence(rows: list[Row]) -> str:
    """The answer to "is anything wrong?" for all of them."""
    troubled = [row for row in rows if row.tone in ("warn", "bad")]
    if troubled:
        return f"{count(len(troubled), 'business', 'businesses')} of {len(rows)} needs you."
    if all(row.tone in ("ok", "wait") for row in rows):
        return "Everything is in order."
    return "Nothing needs you now."
