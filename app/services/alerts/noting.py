"""Noting: what a run or a health check has learned, its state and its incident in one transaction."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain import health as rules
from app.domain.health import Health
from app.domain.incidents import Cause, Group, cause_of
from app.ports import OutsideError
from app.services.alerts import incidents, pings, waiting
from app.services.alerts.watching import WENT_THROUGH, is_watched
from app.services.connections import connection_health
from app.services.outside import Outside
from app.store import audits
from app.store import incidents as table
from app.store.connections import of_business
from app.store.db import write
from app.store.health import of_side
from app.store.outbox import Effect
from app.store.runs import Run


def working(outside: Outside, business_id: int, side: str) -> None:
    """A call to one side went through."""
    with write() as session:
        connection_health.note_working(session, business_id, side, outside.clock.now())


def failed(
    outside: Outside, business_id: int, side: str, error: OutsideError, asked_at: datetime | None = None
) -> None:
    """A call to one side failed: how it stands now, and the incident if that is one.

    A login stored after `asked_at` isn't the one that failed, so nothing is learned of it.
    """
    with write() as session:
        row = of_business(session, business_id, side)
        if row is None or (asked_at is not None and row.since > asked_at):
            return
        learned = connection_health.note_failure(session, business_id, side, error, outside.clock.now())
        if learned is not None:
            judge(session, outside, business_id, side, learned)


def judge(session: Session, outside: Outside, business_id: int, side: str, health: Health) -> None:
    """Raise the alarm if the health of a side calls for it and the business is watched."""
    cause, now = cause_of(health.state), outside.clock.now()
    oldest = waiting.oldest_waiting(session, business_id) if cause is Cause.QUOTA else None
    if cause is None or not rules.alarms(health, now, oldest) or not is_watched(session, business_id):
        return
    row = of_side(session, business_id, side)
    sentence, detail = (row.sentence, row.detail) if row else ("", "")
    began = health.first_failure or health.since
    incidents.raise_alarm(session, outside, business_id, side, cause, began, sentence, detail)


def run_began(outside: Outside, business_id: int) -> None:
    """A sync begins: tell the dead man's switch."""
    with write() as session:
        pings.queue(session, outside, business_id, "start")


def run_ended(outside: Outside, run_id: int) -> None:
    """A sync has ended: count it for the incidents, tell the switch, and look for what it found in the books."""
    with write() as session:
        run = session.get_one(Run, run_id)
        went_through = run.outcome in WENT_THROUGH
        if run.outcome != "interrupted":
            pings.queue(session, outside, run.business_id, "success" if went_through else "fail")
        if went_through and not _did_nothing(run):
            incidents.good_run(session, outside, run.business_id)
        elif run.outcome in ("stopped", "failed"):
            incidents.bad_run(session, run.business_id)
        _look_at_the_books(session, outside, run.business_id)


def _did_nothing(run: Run) -> bool:
    """A run while sync is off neither read nor wrote, so it proves nothing."""
    return "new" not in (run.counts or {})


def _look_at_the_books(session: Session, outside: Outside, business_id: int) -> None:
    """What is in the books twice, as far as runs met it, and what the daily audit found to differ."""
    doubles = session.scalar(
        sa.select(sa.func.count())
        .select_from(Effect)
        .where(Effect.business_id == business_id, Effect.state == "held", Effect.held_by == "double")
    )
    differing = len(audits.open_findings(session, business_id))
    told = [_many(doubles or 0, "in Zoho Books more than once. See Documents for which.")] if doubles else []
    if differing:
        told.append(_many(differing, "not as Tieout wrote it in Zoho Books. The status page names each."))
    if told:
        found(session, outside, business_id, " ".join(told))
    else:
        settled(session, outside, business_id)


def _many(count: int, what: str) -> str:
    return f"{count} documents are {what}" if count > 1 else f"1 document is {what}"


def found(session: Session, outside: Outside, business_id: int, sentence: str, detail: str = "") -> None:
    """Something in the books needs a person: a double or a difference that an audit met."""
    if is_watched(session, business_id):
        now = outside.clock.now()
        incidents.raise_alarm(session, outside, business_id, "books", Cause.ATTENTION, now, sentence, detail)


def settled(session: Session, outside: Outside, business_id: int) -> None:
    """Nothing in the books needs a person any more."""
    for incident in table.open_ones(session, business_id):
        if incident.cause_group == Group.BOOKS.value:
            incidents.heal(session, outside, incident)
