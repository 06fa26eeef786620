"""Letters: what the mails say, from facts. Pure; how they look is the mail room's concern."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from app.domain.incidents import Cause
from app.domain.money import Money
from app.domain.zones import zone_of


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail says: sentences, a list if there is one, at most one button, and the quiet lines at its end."""

    subject: str
    says: list[str]
    items: list[str] = []
    button: str = ""
    address: str = ""
    lines: list[str] = []


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """How many sales wait (or need somebody), and their value per currency."""

    count: int
    values: list[Money] = []


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """One business's part in a letter. `home` is the address of its pages, with a slash at the end."""

    name: str
    home: str
    time_zone: str
    cause: Cause
    side: str
    began_at: datetime
    last_success: datetime | None
    wait: Wait


_SIDES = {"books": "Zoho Books", "provider": "HitPay"}
_ASKS = {
    Cause.RECONNECT: "sign in to Zoho Books again",
    Cause.PROVIDER: "enter the HitPay API key again",
    Cause.ACCESS: "{side} no longer lets Tieout in",
    Cause.UNREACHABLE: "{side} can't be reached",
    Cause.QUOTA: "sales wait for tomorrow's calls to Zoho Books",
    Cause.ATTENTION: "look at a document in Zoho Books",
    Cause.HANGING: "a sync is stuck",
    Cause.MISSED: "the daily sync didn't go through",
}
_STOPPED = {
    Cause.RECONNECT: "Zoho doesn't accept the sign-in of {name} any more, so nothing is posted since {since}.",
    Cause.PROVIDER: "HitPay doesn't accept the API key of {name} any more, so no sale is read since {since}.",
    Cause.ACCESS: "{side} answers {name}, but no longer allows what Tieout needs. It stopped {since}.",
    Cause.UNREACHABLE: "{side} has not answered {name} since {since}.",
    Cause.QUOTA: "The calls to Zoho Books that {name} has a day are used up again and again, since {since}.",
    Cause.ATTENTION: "Tieout found something in the books of {name} that a person must look at, {since}.",
    Cause.HANGING: "A sync of {name} has not moved on since {since}.",
    Cause.MISSED: "The daily sync of {name} should have gone through by now and didn't, since {since}.",
}
_BUTTONS = {
    Cause.RECONNECT: ("Reconnect", "zoho"),
    Cause.PROVIDER: ("Reconnect", "provider"),
    Cause.ATTENTION: ("Show the documents", "documents"),
    Cause.HANGING: ("Show the status", ""),
    Cause.MISSED: ("Show the status", ""),
    Cause.UNREACHABLE: ("Show the status", ""),
    Cause.QUOTA: ("Show the status", ""),
}
_NEXT = {
    Cause.RECONNECT: "After you reconnect, everything that waited is posted in order, and nothing twice.",
    Cause.PROVIDER: "After you reconnect, everything that waited is posted in order, and nothing twice.",
    Cause.ACCESS: "Once it is allowed again, everything that waited is posted in order, and nothing twice.",
    Cause.UNREACHABLE: "There is nothing you must do: Tieout keeps trying and posts what waited once it gets through.",
    Cause.QUOTA: "It goes on tomorrow. Bulk grouping, or another plan at Zoho, needs fewer calls or gives more.",
    Cause.ATTENTION: "Tieout changes nothing there by itself. The page says what it found and what to do.",
    Cause.HANGING: "Restarting Tieout is safe: the next sync takes up where this one ended.",
    Cause.MISSED: "See on the page why. Sync Now makes up for it.",
}


def spoken(instant: datetime, time_zone: str) -> str:
    """`22 Nov 2026, 14:05 (Singapore time)`."""
    local = instant.astimezone(zone_of(time_zone))
    place = time_zone.rpartition("/")[2].replace("_", " ")
    return f"{local.day} {local:%b} {local.year}, {local:%H:%M} ({place} time)"


def sums(wait: Wait, one: str = "sale", many: str = "sales") -> str:
    """`18 sales, SGD 1,830.20`."""
    worth = " + ".join(str(value) for value in wait.values)
    said = f"{wait.count:,} {one if wait.count == 1 else many}"
    return f"{said}, {worth}" if worth else said


def ask(subject: Subject) -> str:
    """What a business's trouble is called in a mail's subject line."""
    return _ASKS[subject.cause].format(side=_SIDES.get(subject.side, "Zoho Books"))


def told(subjects: Sequence[Subject], *, kind: str, now: datetime) -> Letter:
    """The mail that tells of a trouble: `kind` opening, unstable or reminder; one business or several."""
    first = subjects[0]
    if len(subjects) > 1:
        return _several(subjects, kind, now)
    return Letter(
        subject=f"{first.name}: {_marked(first, kind, now)}",
        says=[_stopped(first), *_again(first, kind), _waits(first), *_last(first)],
        button=_button(first)[0],
        address=_button(first)[1],
        lines=[_NEXT[first.cause], _how_often(kind), _how_to_stop(first)],
    )


def _several(subjects: Sequence[Subject], kind: str, now: datetime) -> Letter:
    first = subjects[0]
    return Letter(
        subject=f"{len(subjects)} businesses: {_marked(first, kind, now)}",
        says=["The same trouble stops several of your businesses."],
        items=[f"{one.name}: {_stopped(one)} {_waits(one)} {_button(one)[1]}" for one in subjects],
        lines=[_NEXT[first.cause], _how_often(kind), "To stop these mails, open a business and choose Alerts."],
    )


def _marked(subject: Subject, kind: str, now: datetime) -> str:
    if kind == "unstable":
        return f"{_SIDES.get(subject.side, 'its sync')} comes and goes"
    return f"{ask(subject)} (open for {_age(now - subject.began_at)})" if kind == "reminder" else ask(subject)


def _age(span: timedelta) -> str:
    hours = int(span.total_seconds() // 3600)
    return f"{hours // 24} days" if hours >= 48 else f"{max(hours, 1)} hours"


def _stopped(subject: Subject) -> str:
    since = spoken(subject.began_at, subject.time_zone)
    return _STOPPED[subject.cause].format(name=subject.name, side=_SIDES.get(subject.side, "Zoho Books"), since=since)


def _again(subject: Subject, kind: str) -> list[str]:
    return (
        ["It has come back three times within a day, so it is not over when it seems so."] if kind == "unstable" else []
    )


def _waits(subject: Subject) -> str:
    if not subject.wait.count:
        return "No sale waits yet."
    return f"{sums(subject.wait)}, {'waits' if subject.wait.count == 1 else 'wait'}."


def _last(subject: Subject) -> list[str]:
    if subject.last_success is None:
        return []
    return [f"The last sync that went through ended {spoken(subject.last_success, subject.time_zone)}."]


def _button(subject: Subject) -> tuple[str, str]:
    if subject.cause is Cause.ACCESS:
        label, page = "Reconnect", "provider" if subject.side == "provider" else "zoho"
    else:
        label, page = _BUTTONS[subject.cause]
    return label, subject.home + page


def _how_often(kind: str) -> str:
    if kind == "unstable":
        return "From now on its ups and downs stand in the daily digest only."
    return "While it lasts, you are reminded after 24 hours, after 3 days, then weekly."


def _how_to_stop(subject: Subject) -> str:
    return f"To stop these mails, acknowledge or pause them under Alerts: {subject.home}alerts"


def healed(subjects: Sequence[Subject], healed_at: datetime) -> Letter:
    """The mail that says it is over."""
    first = subjects[0]
    over = [
        f"{one.name}: {_works(one)} since {spoken(healed_at, one.time_zone)}. {_waits_now(one)}" for one in subjects
    ]
    who = first.name if len(subjects) == 1 else f"{len(subjects)} businesses"
    return Letter(
        subject=f"{who}: {_works(first)}",
        says=over if len(subjects) == 1 else ["It is over for all of these."],
        items=[] if len(subjects) == 1 else over,
        button="Show the status" if len(subjects) == 1 else "",
        address=first.home if len(subjects) == 1 else "",
        lines=[
            f"It had lasted since {spoken(first.began_at, first.time_zone)}.",
            "What waited is posted in order, and nothing twice.",
            "There is nothing you must do.",
        ],
    )


def _works(subject: Subject) -> str:
    if subject.cause is Cause.ATTENTION:
        return "the books are in order again"
    side = _SIDES.get(subject.side)
    return f"{side} works again" if side else "it syncs again"


def _waits_now(subject: Subject) -> str:
    return f"{sums(subject.wait)}, still to go." if subject.wait.count else "Nothing waits any more."


def digest(name: str, home: str, held: Wait, lines: Sequence[str]) -> Letter:
    """The daily mail of one business: what is held, and what came and went by itself."""
    says = [f"{sums(held, 'record', 'records')}, {'needs' if held.count == 1 else 'need'} you."] if held.count else []
    count = f"{held.count:,} {'record needs' if held.count == 1 else 'records need'} you"
    return Letter(
        subject=f"{name}: {count if held.count else 'what came and went'}",
        says=says or ["Nothing needs you. This came and went by itself:"],
        items=list(lines),
        button="Show the records" if held.count else "Show the status",
        address=f"{home}records" if held.count else home,
        lines=[
            "A held record is posted once what holds it is mended; nothing of it is lost.",
            "The digest comes at most once a day, and again only when something is new or a week has passed.",
            f"To stop it, untick Daily digest under Alerts: {home}alerts",
        ],
    )


def summary(subjects: Sequence[str], address: str) -> Letter:
    """One mail for several that couldn't go out in their time."""
    return Letter(
        subject=f"{len(subjects)} messages that couldn't be sent in time",
        says=["The mail server could not be reached for a while, or too many mails were due. This is what waited:"],
        items=list(subjects),
        button="Open Tieout",
        address=address,
        lines=["The pages show how things stand now.", "Each of these comes no second time."],
    )


def test(name: str, home: str) -> Letter:
    """The mail a person sends to see whether mails arrive."""
    return Letter(
        subject=f"{name}: this is a test",
        says=[f"Mails of {name} arrive at this address."],
        button="Show the alerts",
        address=f"{home}alerts",
        lines=["Somebody pressed Send test mail on the Alerts page.", "There is nothing you must do."],
    )
