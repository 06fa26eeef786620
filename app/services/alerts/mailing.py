"""Mailing: the outbox worked off, one mail at a time, with what failed tried again and what is late told at once."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import structlog
from sqlalchemy.orm import Session

from app.domain import letters, mail_queue
from app.domain.letters import Letter
from app.ports import OutsideError, Refused
from app.services import crash
from app.services.alerts import incidents, queueing
from app.services.alerts.watching import subject_of
from app.services.outside import Outside
from app.store import incidents as incidents_table
from app.store import mails
from app.store.db import read, write
from app.store.incidents import Incident
from app.store.mails import Mail

log = structlog.get_logger()

GONE_AFTER = timedelta(minutes=3)
"""A mail that is being sent for this long lost its sender: each step of SMTP takes 15 seconds at most."""

_CAP_PAUSE = timedelta(minutes=5)
_GROUPED = ("opening", "unstable", "reminder", "recovery")


class _Envelope(msgspec.Struct, frozen=True):
    mail_id: int
    recipient: str
    message_id: str
    letter: Letter


def send_due(outside: Outside) -> int:
    """Send what is due, until the server can't take one; how many it took."""
    if not outside.mailer.configured:
        return 0
    _take_up_abandoned(outside)
    sent = 0
    with read() as session:
        due = [mail.id for mail in mails.due(session, outside.clock.now())]
    for mail_id in due:
        envelope = _take(outside, mail_id)
        if envelope is None:
            continue
        if not _send(outside, envelope):
            break
        sent += 1
    return sent


def _take_up_abandoned(outside: Outside) -> None:
    """What a dead process was sending goes once more under the same Message-ID, and not a third time."""
    now = outside.clock.now()
    with write() as session:
        for mail in mails.stuck(session, now - GONE_AFTER):
            again = mail.crashes < mail_queue.CRASHES
            said = "The program stopped while sending this; nobody can say whether it arrived."
            values = {"crashes": mail.crashes + 1, "answer": said, "next_try": now}
            mails.settle(session, mail.id, values | {"state": "queued" if again else "failed"})


def _take(outside: Outside, mail_id: int) -> _Envelope | None:
    """The mail with all that goes within it, ours to send now; None if it isn't to go now, or not by itself."""
    now = outside.clock.now()
    with write() as session:
        mails.hold(session, mail_id)
        mail = session.get_one(Mail, mail_id)
        if mail.state != "queued" or mail.next_try > now or mail.into_id is not None:
            return None
        if mail.kind != "test" and mails.sent_since(session, now - mail_queue.CAP_SPAN) >= mail_queue.CAP:
            mail.next_try = now + _CAP_PAUSE
            return None
        if mail.kind != "test" and not mail.crashes:
            mail = _summed_up(session, outside, mail)
        letter = _written(session, outside, mail)
        mail.subject, mail.content = letter.subject[:300], queueing.content_of(letter)
        session.flush()
        if not mails.claim(session, mail.id, now):
            return None
        return _Envelope(mail.id, mail.recipient, mail.message_id, letter)


def _summed_up(session: Session, outside: Outside, mail: Mail) -> Mail:
    """The mail itself, or one summary of all for this person that couldn't go out in time."""
    now = outside.clock.now()
    late = [
        one
        for one in mails.waiting(session, mail.recipient)
        if one.kind != "test" and not one.crashes and mail_queue.is_stale(one.queued_at, now)
    ]
    if len(late) < 2 or mail.id not in [one.id for one in late]:
        return mail
    told = [line for one in late for line in _lines_of(session, outside, one)]
    letter = letters.summary(told, outside.public_url.rstrip("/") + "/")
    made = queueing.queue_letter(session, outside, None, mail.recipient, "summary", letter)
    made.queued_at = min(one.queued_at for one in late)
    for one in late:
        mails.settle(session, one.id, {"into_id": made.id})
    return made


def _lines_of(session: Session, outside: Outside, mail: Mail) -> list[str]:
    letter = _written(session, outside, mail)
    return letter.items if mail.kind == "summary" else [letter.subject]


def _written(session: Session, outside: Outside, mail: Mail) -> Letter:
    """What the mail says: as it was when first sent, else as things are now, together with its like."""
    if mail.content is not None:
        return msgspec.convert(mail.content, Letter)
    alike = _alike(session, mail)
    found = [session.get_one(Incident, one.incident_id) for one in (mail, *alike) if one.incident_id]
    subjects = [subject_of(session, outside, one) for one in found]
    for one in alike:
        one.into_id = mail.id
    now = outside.clock.now()
    if mail.kind == "recovery":
        return letters.healed(subjects, found[0].healed_at or now)
    return letters.told(subjects, kind=mail.kind, now=now)


def _alike(session: Session, mail: Mail) -> list[Mail]:
    """Other mails to the same person, of the same kind and cause, that nobody has tried to send yet."""
    if mail.kind not in _GROUPED:
        return []
    return [
        one
        for one in mails.waiting(session, mail.recipient)
        if one.id != mail.id and (one.kind, one.cause) == (mail.kind, mail.cause) and one.content is None
        and one.incident_id != mail.incident_id
    ]  # fmt: skip


def _send(outside: Outside, envelope: _Envelope) -> bool:
    """Hand it over and write down what came of it; False if the server can't be used now."""
    crash.at("mail_claimed")
    try:
        answer = outside.mailer.send(envelope.recipient, envelope.message_id, envelope.letter)
    except OutsideError as error:
        log.info("mail not delivered", mail=envelope.mail_id, why=str(error))
        return _failed(outside, envelope.mail_id, error)
    crash.at("mail_sent")
    now = outside.clock.now()
    with write() as session:
        mails.settle(session, envelope.mail_id, {"state": "sent", "sent_at": now, "answer": answer})
        for incident in incidents_table.open_ones(session, None):
            incidents.heal(session, outside, incident)
            _hasten(session, outside)
    return True


def _hasten(session: Session, outside: Outside) -> None:
    """The server is back: what waited for its next try needn't."""
    now = outside.clock.now()
    for mail in mails.retrying(session):
        mail.next_try = now


def _failed(outside: Outside, mail_id: int, error: OutsideError) -> bool:
    now, said = outside.clock.now(), f"{error} {error.detail}".strip()
    with write() as session:
        mail = session.get_one(Mail, mail_id)
        again = None if isinstance(error, Refused) else mail_queue.next_try(mail.queued_at, mail.attempts, now)
        state = "failed" if again is None else "queued"
        mails.settle(session, mail_id, {"state": state, "answer": said, "next_try": again or now})
        if isinstance(error, Refused):
            return True
        if mail.attempts >= mail_queue.DOWN_AFTER:
            incidents.raise_own(session, outside, str(error), error.detail)
        return False
