"""The alerts of a business as a person sees and sets them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.domain import incidents as rules
from app.domain import letters
from app.domain.incidents import Case, Cause
from app.services.alerts import incidents, queueing
from app.services.alerts.watching import home_of, is_watched
from app.services.outside import Outside
from app.services.people.people import plain_email
from app.services.refusals import Refusal
from app.store import alerting, mails
from app.store import incidents as table
from app.store.alerting import AlertSettings
from app.store.businesses import Business
from app.store.db import read, write
from app.store.incidents import Incident, IncidentEvent
from app.store.mails import Mail

MOST_RECIPIENTS = 10
TEST_EVERY = timedelta(minutes=1)
PAST = 50
MAILS = 50


@dataclass(frozen=True)
class Line:
    """One line of a timeline."""

    at: datetime
    says: str


@dataclass(frozen=True)
class MailView:
    """One mail and whether the server took it. `within` if it went out within another."""

    queued_at: datetime
    sent_at: datetime | None
    recipient: str
    kind: str
    subject: str
    state: str
    within: bool
    answer: str


@dataclass(frozen=True)
class IncidentView:
    """One incident with its timeline."""

    id: int
    title: str
    sentence: str
    detail: str
    opened_at: datetime
    healed_at: datetime | None
    acknowledged_at: datetime | None
    next_reminder: datetime | None
    timeline: list[Line]


@dataclass(frozen=True)
class AlertsView:
    """The alerts page. `recipients` are those told now; `entered` those that were entered, none for the owners."""

    headline: str
    tone: str
    open: list[IncidentView]
    past: list[IncidentView]
    mails: list[MailView]
    recipients: list[str]
    entered: list[str]
    digest: bool
    paused_at: datetime | None
    ping_ends: str
    mail_configured: bool
    watched: bool


def view(outside: Outside, business_id: int) -> AlertsView:
    """Everything the page shows."""
    with read() as session:
        wanted = alerting.settings_of(session, business_id)
        standing, over = table.open_ones(session, business_id), table.past(session, business_id, PAST)
        ids = [one.id for one in (*standing, *over)]
        events, told = table.events_of(session, ids), mails.of_incidents(session, ids)
        watched = is_watched(session, business_id)
        subjects = {mail.id: mail.subject for mail in mails.latest(session, business_id, MAILS)}
        headline, tone = _headline(standing, watched, wanted)
        return AlertsView(
            headline=headline,
            tone=tone,
            open=[_view(session, one, events[one.id], told[one.id]) for one in standing],
            past=[_view(session, one, events[one.id], told[one.id]) for one in over],
            mails=[_mail(one, subjects) for one in mails.latest(session, business_id, MAILS)],
            recipients=alerting.recipients(session, business_id),
            entered=alerting.entered(session, business_id),
            digest=wanted.digest,
            paused_at=wanted.paused_at,
            ping_ends=(wanted.ping_url or "")[-4:],
            mail_configured=outside.mailer.configured,
            watched=watched,
        )


def _headline(standing: list[Incident], watched: bool, wanted: AlertSettings) -> tuple[str, str]:
    if standing:
        return f"{title_of(standing[0])}." if len(standing) == 1 else f"{len(standing)} troubles are open.", "bad"
    if wanted.paused_at is not None:
        return "No trouble is open. Mails are paused.", "warn"
    return ("Nothing is wrong.", "good") if watched else ("Nothing is watched: sync is off or not set up.", "idle")


def _view(session: Session, incident: Incident, events: list[IncidentEvent], told: list[Mail]) -> IncidentView:
    case = incidents.case_of(session, incident)
    lines = [Line(one.at, one.says) for one in events]
    lines += [Line(one.sent_at, f"The mail server took the mail for {one.recipient}.") for one in told if one.sent_at]
    return IncidentView(
        id=incident.id,
        title=title_of(incident),
        sentence=incident.sentence,
        detail=incident.detail,
        opened_at=incident.opened_at,
        healed_at=incident.healed_at,
        acknowledged_at=incident.acknowledged_at,
        next_reminder=_next_reminder(case),
        timeline=sorted(lines, key=lambda line: line.at),
    )


_TITLES = {
    Cause.RECONNECT: "Zoho Books asks you to sign in again",
    Cause.PROVIDER: "HitPay doesn't accept the stored key",
    Cause.ACCESS: "{side} no longer lets Tieout in",
    Cause.UNREACHABLE: "{side} can't be reached",
    Cause.QUOTA: "The day's calls to Zoho Books are used up again and again",
    Cause.ATTENTION: "Something in Zoho Books needs you",
    Cause.HANGING: "A sync is stuck",
    Cause.MISSED: "The daily sync didn't go through",
    Cause.MAIL: "The mail server can't be used",
}


def title_of(incident: Incident) -> str:
    """What an incident is called on pages."""
    return _TITLES[Cause(incident.cause)].format(side="HitPay" if incident.side == "provider" else "Zoho Books")


def _next_reminder(case: Case) -> datetime | None:
    if case.healed_at is not None or case.acknowledged or not case.told:
        return None
    return rules.step_at(case.began_at, case.reminders)


def _mail(mail: Mail, subjects: dict[int, str]) -> MailView:
    within = mail.into_id is not None
    subject = mail.subject or subjects.get(mail.into_id or 0, "")
    return MailView(mail.queued_at, mail.sent_at, mail.recipient, mail.kind, subject, mail.state, within, mail.answer)


def acknowledge(outside: Outside, business_id: int, incident_id: int, user_id: int) -> None:
    """A person knows: no more reminders of this incident. Refusal if it isn't open."""
    now = outside.clock.now()
    with write() as session:
        incident = session.get(Incident, incident_id)
        if incident is None or incident.business_id != business_id or incident.healed_at is not None:
            raise Refusal("This trouble is over already, so there is nothing to acknowledge.")
        if incident.acknowledged_at is None:
            incident.acknowledged_at, incident.acknowledged_by = now, user_id
            table.add_event(session, incident, now, "acknowledged", "Acknowledged: no more reminders.")
        waiting = [one for one in mails.of_incident(session, incident.id) if one.state == "queued"]
        queueing.drop(session, [one for one in waiting if one.kind == "reminder"])


def pause(outside: Outside, business_id: int, *, paused: bool) -> None:
    """Send no mail of this business until a person resumes; incidents are still recorded."""
    now = outside.clock.now()
    with write() as session:
        wanted = _settings(session, business_id)
        if paused == (wanted.paused_at is not None):
            return
        wanted.paused_at = now if paused else None
        if paused:
            queueing.drop(session, mails.queued_of(session, business_id))


def save(outside: Outside, business_id: int, recipients: str, ping_url: str, *, digest: bool) -> None:
    """Store whom to tell, the digest switch and the ping address (blank keeps it). Refusal: nothing was stored."""
    emails, problems = _emails(recipients)
    ping_url = ping_url.strip()
    why = outside.pinger.check(ping_url) if ping_url else ""
    if why:
        problems["ping_url"] = why
    if problems:
        raise Refusal("Not saved. The reasons stand at the fields.", problems=problems)
    with write() as session:
        wanted = _settings(session, business_id)
        wanted.digest = digest
        wanted.ping_url = ping_url or wanted.ping_url
        alerting.replace_recipients(session, business_id, emails)


def forget_ping(business_id: int) -> None:
    """Send no more pings; the address is forgotten."""
    with write() as session:
        _settings(session, business_id).ping_url = None


def _emails(given: str) -> tuple[list[str], dict[str, str]]:
    found: list[str] = []
    for line in given.replace(",", "\n").splitlines():
        if not line.strip():
            continue
        try:
            found.append(plain_email(line))
        except Refusal:
            shown = " ".join(line.split())[:60]
            return [], {"recipients": f"“{shown}” isn't an email address. Write one address a line."}
    if any(not one.isascii() for one in found):
        return [], {"recipients": "Use addresses of plain letters: many mail servers take no others."}
    if len(set(found)) > MOST_RECIPIENTS:
        return [], {"recipients": f"Enter at most {MOST_RECIPIENTS} addresses."}
    return sorted(set(found)), {}


def send_test(outside: Outside, business_id: int, email: str) -> None:
    """Queue a test mail to the person who asks. Refusal without a mail server, or a minute after the last one."""
    if not outside.mailer.configured:
        raise Refusal("No mail server is set up, so no mail can be sent. Set TIEOUT_SMTP_URL and TIEOUT_MAIL_FROM.")
    now = outside.clock.now()
    with write() as session:
        newest = next((one for one in mails.latest(session, business_id, 50) if one.kind == "test"), None)
        if newest is not None and now - newest.queued_at < TEST_EVERY:
            raise Refusal("A test mail was sent within the last minute. Wait a minute, then press again.")
        business = session.get_one(Business, business_id)
        letter = letters.test(business.name, home_of(outside, business.slug))
        queueing.queue_letter(session, outside, business_id, email, "test", letter)


def mail_trouble() -> str:
    """What is wrong with the mail server, "" if nothing is known to be."""
    with read() as session:
        standing = table.open_ones(session, None)
        return standing[0].sentence if standing else ""


def _settings(session: Session, business_id: int) -> AlertSettings:
    return alerting.hold_settings(session, business_id)
