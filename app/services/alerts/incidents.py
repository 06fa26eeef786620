"""Incidents: opened, reopened, reminded of and healed, each with its mails in the caller's one transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain import incidents as rules
from app.domain.incidents import Case, Cause, Group
from app.logs import scrubbed
from app.services.alerts import queueing
from app.services.alerts.watching import is_mailed
from app.services.outside import Outside
from app.store import incidents as table
from app.store import mails
from app.store.health import of_side
from app.store.incidents import Incident
from app.store.mails import TELLING


def raise_alarm(
    session: Session, outside: Outside, business_id: int, side: str, cause: Cause, began_at: datetime,
    sentence: str, detail: str = "",
) -> None:  # fmt: skip
    """A trouble of a watched business: open its incident, or reopen the one that healed within a day.

    Nothing happens if it is open already, or if a graver incident explains it. Those it explains are closed.
    """
    group, now = rules.group_of(cause), outside.clock.now()
    standing = table.open_ones(session, business_id)
    if any(rules.hides(_kind(one), (side, group)) for one in standing):
        return
    incident = table.newest(session, business_id, side, group.value)
    what = rules.on_trouble(case_of(session, incident) if incident else None, now)
    if what == "reopen" and incident is not None:
        _reopen(session, incident, cause, began_at, now)
    elif what == "open":
        incident = _open(session, business_id, side, cause, began_at, now)
    if incident is None:
        return  # somebody else opened it at this instant
    incident.cause, incident.sentence, incident.detail = cause.value, scrubbed(sentence), scrubbed(detail)[:500]
    if what:
        for one in standing:
            if rules.hides((side, group), _kind(one)):
                close(session, outside, one, "explained", "Closed: a graver trouble explains it.")
        tell(session, outside, incident)


def _kind(incident: Incident) -> tuple[str, Group]:
    return incident.side, Group(incident.cause_group)


def _open(
    session: Session, business_id: int | None, side: str, cause: Cause, began_at: datetime, now: datetime
) -> Incident | None:
    made = Incident(
        business_id=business_id, side=side, cause=cause.value, cause_group=rules.group_of(cause).value,
        opened_at=now, began_at=began_at,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(made)
            session.flush()
    except IntegrityError:
        return None
    table.add_event(session, made, now, "opened", "Opened.")
    return made


def _reopen(session: Session, incident: Incident, cause: Cause, began_at: datetime, now: datetime) -> None:
    incident.healed_at, incident.acknowledged_at, incident.acknowledged_by = None, None, None
    incident.reopened, incident.reminders, incident.good_runs = incident.reopened + 1, 0, 0
    incident.began_at = began_at
    loud = incident.reopened <= rules.UNSTABLE_AT
    table.add_event(session, incident, now, "reopened", "It came back.", for_digest=not loud)


def case_of(session: Session, incident: Incident) -> Case:
    """An incident as the rules take it; what was told is read off the mails themselves."""
    kept = [mail.kind for mail in mails.of_incident(session, incident.id) if mail.state != "dropped"]
    return Case(
        opened_at=incident.opened_at,
        began_at=incident.began_at,
        healed_at=incident.healed_at,
        reopened=incident.reopened,
        reminders=incident.reminders,
        told="opening" in kept,
        unstable_told="unstable" in kept,
        acknowledged=incident.acknowledged_at is not None,
    )


def tell(session: Session, outside: Outside, incident: Incident) -> None:
    """Queue the mail an open incident calls for now, if any. The install's own incidents never mail."""
    business_id, now = incident.business_id, outside.clock.now()
    kind = rules.mail_due(case_of(session, incident), now)
    if not kind or business_id is None or not is_mailed(session, business_id):
        return
    steps = rules.steps_passed(incident.began_at, now)  # several that were missed while nobody ran are one
    incident.reminders = max(incident.reminders, steps)
    queued = queueing.queue(session, outside, incident, kind)
    if queued or kind == "reminder":
        return
    said = "No mail: no mail server is set up." if not outside.mailer.configured else "No mail: nobody to write to."
    if said not in [event.says for event in table.events_of(session, [incident.id])[incident.id]]:
        table.add_event(session, incident, now, "silent", said)


def good_run(session: Session, outside: Outside, business_id: int) -> None:
    """A sync of the business went well: heal what it proves to be over."""
    for incident in table.open_ones(session, business_id):
        health = of_side(session, business_id, incident.side)
        troubled = health is not None and health.state != "ok"
        if incident.cause_group == Group.BOOKS.value or (troubled and incident.side != "sync"):
            continue  # what was found in the books must be gone, and a side must answer again
        incident.good_runs += 1
        by_hand = health is not None and health.reconnected_at is not None and health.reconnected_at > incident.began_at
        at_once = incident.cause_group == Group.CLOCK.value
        if rules.heals(incident.good_runs, reconnected=by_hand or at_once):
            heal(session, outside, incident)


def bad_run(session: Session, business_id: int) -> None:
    """A sync of the business didn't go well: good ones are counted from the beginning."""
    for incident in table.open_ones(session, business_id):
        incident.good_runs = 0


def heal(session: Session, outside: Outside, incident: Incident) -> None:
    """It is over. Tell so, if anybody was told of it; if that mail hasn't gone yet, neither goes."""
    now = outside.clock.now()
    incident.healed_at, incident.good_runs = now, 0
    sent = [mail for mail in mails.of_incident(session, incident.id) if mail.state != "dropped"]
    since = [mail for mail in sent if mail.id > max((one.id for one in sent if one.kind == "recovery"), default=0)]
    telling = [mail for mail in since if mail.kind in TELLING]
    queueing.drop(session, [mail for mail in telling if mail.state == "queued"])
    gone = [mail for mail in telling if mail.state in ("sending", "sent")]
    by_mail = bool(gone) and gone[-1].kind != "unstable"
    quiet = incident.business_id is None or not telling
    says = "Over." if gone or quiet else "It happened and healed before a mail about it went out."
    table.add_event(session, incident, now, "healed", says, for_digest=not by_mail and not quiet)
    if by_mail and incident.business_id is not None and is_mailed(session, incident.business_id):
        queueing.queue(session, outside, incident, "recovery")


def close(session: Session, outside: Outside, incident: Incident, what: str, says: str) -> None:
    """End an incident without any mail: it is explained by another, or its side was disconnected."""
    now = outside.clock.now()
    incident.healed_at = now
    table.add_event(session, incident, now, what, says)
    queueing.drop(session, [mail for mail in mails.of_incident(session, incident.id) if mail.state == "queued"])


def raise_own(session: Session, outside: Outside, sentence: str, detail: str) -> None:
    """The mail server is down: an incident of the install that never mails."""
    now = outside.clock.now()
    incident = table.newest(session, None, "mail", Group.MAIL.value)
    what = rules.on_trouble(case_of(session, incident) if incident else None, now)
    if what == "reopen" and incident is not None:
        _reopen(session, incident, Cause.MAIL, now, now)
    elif what == "open":
        incident = _open(session, None, "mail", Cause.MAIL, now, now)
    if incident is not None:
        incident.sentence, incident.detail = scrubbed(sentence), scrubbed(detail)[:500]
