"""Queueing: the rows of the mail outbox, one a person, written with what they tell of."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain import incidents as rules
from app.domain.incidents import Cause
from app.domain.letters import Letter
from app.services.outside import Outside
from app.store import alerting, incidents
from app.store.incidents import Incident
from app.store.mails import Mail

_WORDS = {
    "opening": "Mail about it for {who}.",
    "reminder": "Reminder for {who}.",
    "unstable": "Mail that it comes and goes for {who}.",
    "recovery": "Mail that it is over for {who}.",
}


def queue(session: Session, outside: Outside, incident: Incident, kind: str) -> int:
    """Queue one mail a recipient of an incident's business; how many. An opening waits a little for its like."""
    if not outside.mailer.configured or incident.business_id is None:
        return 0
    now, people = outside.clock.now(), alerting.recipients(session, incident.business_id)
    gathering = kind in ("opening", "recovery")
    for person in people:
        mail = fresh(outside, person, kind, now)
        mail.business_id, mail.incident_id, mail.cause = incident.business_id, incident.id, incident.cause
        mail.next_try = now + rules.gather(Cause(incident.cause)) if gathering else now
        session.add(mail)
    if people:
        incidents.add_event(session, incident, now, kind, _WORDS[kind].format(who=", ".join(people)))
    session.flush()
    return len(people)


def queue_letter(
    session: Session, outside: Outside, business_id: int | None, person: str, kind: str, letter: Letter
) -> Mail:
    """Queue a mail whose words are known already: a digest, a summary, a test."""
    mail = fresh(outside, person, kind, outside.clock.now())
    mail.business_id, mail.subject = business_id, letter.subject[:300]
    mail.content = content_of(letter)
    session.add(mail)
    session.flush()
    return mail


def fresh(outside: Outside, person: str, kind: str, now: datetime) -> Mail:
    """A new row, queued for now, under a Message-ID of its own that it keeps for good."""
    return Mail(
        recipient=person,
        kind=kind,
        state="queued",
        queued_at=now,
        next_try=now,
        message_id=f"<{secrets.token_hex(16)}@{outside.mailer.domain}>",
        attempts=0,
        crashes=0,
    )


def content_of(letter: Letter) -> dict[str, object]:
    """A letter as it is stored with its mail."""
    return {name: getattr(letter, name) for name in letter.__struct_fields__}


def drop(session: Session, queued: Sequence[Mail]) -> None:
    """Don't send these after all; what was to go within one of them goes by itself."""
    session.execute(
        sa.update(Mail)
        .where(Mail.into_id.in_([mail.id for mail in queued]), Mail.state == "queued")
        .values(into_id=None)
        .execution_options(synchronize_session=False)
    )
    for mail in queued:
        mail.state, mail.answer = "dropped", "Not sent: it was over before it went out, or mails were paused."
    session.flush()
