"""Mutants: the app with one promise broken, by name and for tests alone. Each has to be found by the harness.

Nothing of this is in the app: a mutant replaces a function or a field of a module for as long as it is switched on.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import msgspec
import sqlalchemy as sa

from app.books.zoho import posting as zoho_posting
from app.domain import letters
from app.domain.effects import SEND_DEADLINE
from app.http_client import HttpClient
from app.ports import InDoubt, OutsideError
from app.services.alerts import queueing
from app.services.alerts.watching import subject_of
from app.services.planning import ingest
from app.services.syncing import sync
from app.services.writing import doubt, lease, posting, recording
from app.store import alerting, outbox
from app.store.businesses import Business
from app.store.db import db, write

Patches = list[Any]


def error_is_none() -> Patches:
    """A look-up that failed is taken for "none"."""

    def failed(work: Any, effect: Any, _error: OutsideError, now: Any) -> None:
        doubt._empty(work, effect, now)

    return [patch.object(doubt, "_failed", failed)]


def no_claim() -> Patches:
    """The document is sent first; that it was taken for sending is only noted together with the answer."""
    claim, record = recording.claim, recording.record

    def claim_late(work: Any, effect: Any, said: str, outcome: Any) -> None:
        claim(work, effect)
        record(work, effect, said, outcome)

    return [patch.object(recording, "claim", lambda *_given: None), patch.object(recording, "record", claim_late)]


def post_twice() -> Patches:
    """The client sends a write again when nobody answered."""
    once = HttpClient.write

    def again(self: HttpClient, call: Any) -> Any:
        try:
            return once(self, call)
        except InDoubt:
            return once(self, call)

    return [patch.object(HttpClient, "write", again)]


def no_quarantine() -> Patches:
    """A doubtful write is looked up at once, and one empty look-up is enough."""
    none = timedelta(seconds=-SEND_DEADLINE)
    return [
        patch.object(recording, "QUARANTINE", none),
        patch.object(doubt, "QUARANTINE", none),
        patch.object(doubt, "lookups_needed", lambda **_named: 1),
    ]


def no_fence() -> Patches:
    """A claim asks neither for the lease nor for the fence, and is made as often as somebody likes."""

    def claim(work: Any, effect: Any) -> None:
        with write() as session:
            session.execute(
                sa.update(outbox.Effect)
                .where(outbox.Effect.id == effect.id)
                .values(state="sending", fence=work.lease.fence, claimed_at=work.outside.clock.now())
            )

    return [
        patch.object(recording, "claim", claim),
        patch.object(posting, "SEND_DEADLINE", 1e9),
        patch.object(lease.HeldLease, "beat", lambda *_given, **_named: None),
        patch.object(lease.HeldLease, "guard", lambda *_given: None),
    ]


@contextmanager
def _loose() -> Iterator[None]:
    def loosen(connection: Any, _record: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA synchronous=OFF")

    sa.event.listen(sa.Engine, "connect", loosen)
    db.engine.dispose()
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "connect", loosen)
        db.engine.dispose()


def no_sync() -> Patches:
    """Commits don't wait for the disk."""
    return [_loose()]


def float_money() -> Patches:
    """Amounts pass through floats and are cut at the cent."""
    plain = zoho_posting._request

    def lossy(*given: Any) -> Any:
        asked = plain(*given)
        return msgspec.structs.replace(asked, body=_cut(asked.body))

    return [patch.object(zoho_posting, "_request", lossy)]


def _cut(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: entry if name == "exchange_rate" else _cut(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_cut(entry) for entry in value]
    return Decimal(int(float(value) * 100)) / 100 if isinstance(value, Decimal) else value


def utc_days() -> Patches:
    """The business day is the day in UTC."""
    users = [
        module for name, module in sys.modules.items() if name.startswith("app.") and "accounting_date" in vars(module)
    ]
    return [
        patch.object(one, "accounting_date", lambda instant, _zone: instant.astimezone(UTC).date()) for one in users
    ]


def reference_of_attempt() -> Patches:
    """Every attempt has a reference of its own."""
    return [_renamed(lambda effect: f"{effect.reference}-{effect.attempts}")]


def reference_of_row() -> Patches:
    """The reference is made of the row's number here, which the next install gives to something else."""
    return [_renamed(lambda effect: f"HP-{effect.id}")]


def _renamed(name: Callable[[Any], str]) -> Any:
    attempt = posting._attempt

    def renamed(work: Any, group: Any, effect: Any) -> bool:
        effect.payload = {**effect.payload, "reference": name(effect)}
        return attempt(work, group, effect)

    return patch.object(posting, "_attempt", renamed)


def cursor_first() -> Patches:
    """The cursor moves in a transaction of its own, before the rows are there."""
    plain = ingest.ingest

    def moved(business_id: int, charges: Any, zone: Any, now: Any, read_through: Any) -> int:
        if read_through is not None:
            with write() as session:
                session.get_one(Business, business_id).read_through = read_through
        return plain(business_id, charges, zone, now, read_through)

    return [patch.object(sync, "ingest", moved)]


def mail_at_once() -> Patches:
    """An e-mail is sent outside its outbox."""

    def sent(session: Any, outside: Any, incident: Any, kind: str) -> int:
        people = alerting.recipients(session, incident.business_id)
        for person in people:
            mail = queueing.fresh(outside, person, kind, outside.clock.now())
            letter = letters.told([subject_of(session, outside, incident)], kind=kind, now=outside.clock.now())
            with suppress(OutsideError):
                outside.mailer.send(person, mail.message_id, letter)
        return len(people)

    return [patch.object(queueing, "queue", sent)]


MUTANTS: dict[str, Callable[[], Patches]] = {
    "M1": error_is_none,
    "M2": no_claim,
    "M3": post_twice,
    "M4": no_quarantine,
    "M5": no_fence,
    "M6": no_sync,
    "M7": float_money,
    "M8": utc_days,
    "M9": reference_of_attempt,
    "M10": reference_of_row,
    "M11": cursor_first,
    "M12": mail_at_once,
}
"""By name."""


@contextmanager
def switched_on(name: str) -> Iterator[None]:
    """The app as mutant `name`, until the end. KeyError for a name nobody knows."""
    with ExitStack() as stack:
        for one in MUTANTS[name]():
            stack.enter_context(one)
        yield


ALL = {name: " ".join((make.__doc__ or "").split()) for name, make in MUTANTS.items()}
"""What each one breaks."""
