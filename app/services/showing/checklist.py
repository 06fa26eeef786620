"""The checklist of an unfinished business, and what happens by itself once it is finished."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.domain import days
from app.domain.first_steps import Situation, Step, steps
from app.domain.zones import zone_of
from app.services.business import settings
from app.services.business.businesses import BusinessView
from app.services.connections import books_connection, provider_connection
from app.services.outside import Outside
from app.services.syncing import clockwork, runs


@dataclass(frozen=True)
class Checklist:
    """The steps; `next` is the one to do now. The times (aware UTC) are of what follows once sync is on.

    `day_closes` is when Bulk may write the sales of the present local day, None while the grouping is Individual.
    """

    steps: tuple[Step, ...]
    next: Step
    next_daily: datetime | None
    day_closes: datetime | None


def view(outside: Outside, business: BusinessView) -> Checklist | None:
    """The checklist of a business, None when every step is done."""
    current = settings.current_input(business.id)
    found = steps(
        Situation(
            provider_status=provider_connection.view(outside, business.id).status,
            books_status=books_connection.view(outside, business.id).status,
            saved=settings.current_rules(business.id) is not None,
            sync_on=current.sync_enabled,
            ever_synced=runs.last_success(business.id) is not None,
        )
    )
    first = next((step for step in found if step.state == "now"), None)
    if first is None:
        return None
    now, zone = outside.clock.now(), zone_of(business.time_zone)
    return Checklist(
        steps=found,
        next=first,
        next_daily=clockwork.next_daily(business.id, now),
        day_closes=days.closes(now.astimezone(zone).date(), zone) if current.grouping == "bulk" else None,
    )


def next_step(outside: Outside, business: BusinessView) -> Step | None:
    """The step to do now, None when every step is done."""
    found = view(outside, business)
    return found.next if found else None
