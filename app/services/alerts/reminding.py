"""Reminding: what open incidents call for as time passes, and the daily digest of what is held."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from app.domain import letters
from app.domain.letters import Wait
from app.domain.zones import zone_of
from app.services.alerts import incidents, queueing, waiting
from app.services.alerts.watching import home_of, is_mailed
from app.services.connections.connection_health import LOGGED_IN
from app.services.outside import Outside
from app.store import alerting
from app.store import incidents as table
from app.store.alerting import AlertSettings
from app.store.businesses import Business, all_businesses
from app.store.connections import of_business
from app.store.db import read, write
from app.store.incidents import Incident, IncidentEvent

DIGEST_HOUR = 8
DIGEST_REPEATS = timedelta(days=7)
"""What is held and unchanged is told again after this long."""


_ANOTHER = timedelta(minutes=10)
"""A look this fresh is another process's."""


def run_due(outside: Outside) -> None:
    """Queue the mails that are due by now: reminders of open incidents, and digests."""
    with read() as session:
        troubled = table.businesses_with_open(session)
        every = [(one.id, one.time_zone) for one in all_businesses(session)]
    for business_id in troubled:
        with write() as session:
            for incident in table.hold_open(session, business_id):
                _look_at(session, outside, business_id, incident)
    for business_id, time_zone in every:
        if _is_digest_hour(outside, business_id, time_zone):
            with write() as session:
                _digest(session, outside, business_id)


def _look_at(session: Session, outside: Outside, business_id: int, incident: Incident) -> None:
    sides = ("provider", "books") if incident.side == "sync" else (incident.side,)
    rows = [of_business(session, business_id, side) for side in sides]
    if any(row is None or row.status not in LOGGED_IN for row in rows):
        incidents.close(session, outside, incident, "ended", "Ended: it was disconnected.")
        return
    incidents.tell(session, outside, incident)


def _is_digest_hour(outside: Outside, business_id: int, time_zone: str) -> bool:
    local = outside.clock.now().astimezone(zone_of(time_zone))
    if local.hour < DIGEST_HOUR:
        return False
    with read() as session:
        wanted = alerting.settings_of(session, business_id)
        looked = wanted.digest_at.astimezone(zone_of(time_zone)).date() if wanted.digest_at else None
        return wanted.digest and looked != local.date()


def _digest(session: Session, outside: Outside, business_id: int) -> None:
    """Look once a day; tell if something is new, or if what is held was told a week ago."""
    business, now = session.get_one(Business, business_id), outside.clock.now()
    wanted = alerting.hold_settings(session, business_id)
    if wanted.digest_at is not None and now - wanted.digest_at < _ANOTHER:
        return
    wanted.digest_at = now
    if not outside.mailer.configured or not is_mailed(session, business_id):
        return
    held, events = waiting.held(session, business_id), table.digest_lines(session, business_id)
    if not events and not _worth_telling(wanted, held, now):
        return
    home = home_of(outside, business.slug)
    lines = [f"{letters.spoken(one.at, business.time_zone)}: {_line(session, one)}" for one in events]
    letter = letters.digest(business.name, home, held, lines)
    for person in alerting.recipients(session, business_id):
        queueing.queue_letter(session, outside, business_id, person, "digest", letter)
    wanted.digest_mark = _mark(held, now.date())
    for one in events:
        one.for_digest = False


def _line(session: Session, event: IncidentEvent) -> str:
    incident = session.get_one(Incident, event.incident_id)
    return f"{incident.sentence} {event.says}".strip()


def _mark(held: Wait, day: date) -> str:
    return f"{day.isoformat()} {letters.sums(held)}"[:300]


def _worth_telling(wanted: AlertSettings, held: Wait, now: datetime) -> bool:
    if not held.count:
        return False
    day, _blank, said = wanted.digest_mark.partition(" ")
    if said != letters.sums(held)[:289]:
        return True
    return now.date() - date.fromisoformat(day) >= DIGEST_REPEATS
