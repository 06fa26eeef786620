"""Mutants: the app with one promise broken, by name and for tests alone. Each has to be found by the harness.

Nothing of this is in the app: a mutant replaces a function or a field of a module for as long as it is switched on.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, timedelta
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa

from app.domain.effects import State
from app.domain.money import Money
from app.http_client import HttpClient
from app.ports import InDoubt, OutsideError
from app.services.planning import ingest, outbox
from app.services.writing import doubt, posting
from app.store import outbox as table
from app.store.db import db, write

Patches = list[Any]


def error_is_none() -> Patches:
    """A look-up that failed is taken for "none"."""

    def failed(work: Any, effect: Any, _error: OutsideError, now: Any) -> None:
        doubt._empty(work, effect, now)

    return [patch.object(doubt, "_failed", failed)]


def no_claim() -> Patches:
    """The document is sent first; the claim is only noted together with the answer."""
    record = posting._record

    def claim_late(work: Any, effect: Any, said: str, outcome: Any) -> None:
        posting_claim(work, effect)
        record(work, effect, said, outcome)

    posting_claim = posting._claim
    return [patch.object(posting, "_claim", lambda *_given: None), patch.object(posting, "_record", claim_late)]


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
    now = timedelta(seconds=-posting.SEND_DEADLINE)
    return [
        patch.object(posting, "QUARANTINE", now),
        patch.object(doubt, "QUARANTINE", now),
        patch.object(doubt, "EMPTY_LOOKUPS_NEEDED", 1),
    ]


def no_fence() -> Patches:
    """A claim and a record ask neither for the lease nor for the fence."""
    plain = table._effects

    def claim(_rows: Any, effect_id: int, _business: int, _owner: str, fence: int, now: Any) -> bool:
        _rows.cursor.execute(
            f"UPDATE {plain.name} SET state='sending', fence=?, claimed_at=?, attempts=attempts+1 WHERE id=?",  # noqa: S608
            (fence, now.replace(tzinfo=None).isoformat(" "), effect_id),
        )
        return True

    return [
        patch.object(table, "claim", claim),
        patch.object(posting, "SEND_DEADLINE", 1e9),
        patch("app.services.writing.lease.HeldLease.beat", lambda *_given, **_named: None),
        patch("app.services.writing.lease.HeldLease.guard", lambda *_given: None),
    ]


@contextmanager
def _loose() -> Iterator[None]:
    def loosen(connection: Any, _record: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA synchronous=OFF")

    sa.event.listen(sa.Engine, "connect", loosen)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "connect", loosen)
        db.engine.dispose()


def no_sync() -> Patches:
    """Commits don't wait for the disk."""
    return [_loose()]


def float_money() -> Patches:
    """Amounts pass through floats, three digits too short."""

    def lossy(self: Money) -> str:
        return str(float(f"{float(self.amount):.3g}"))

    return [patch.object(Money, "__str__", lossy), *_lossy_bodies()]


def _lossy_bodies() -> Patches:
    from app.books.zoho import bodies

    found = [name for name in vars(bodies) if name.endswith("_amount") or name in ("amount", "figure", "number_of")]
    return [patch.object(bodies, name, lambda value, *_rest: float(f"{float(value.amount):.3g}")) for name in found]


def utc_days() -> Patches:
    """The business day is the day in UTC."""
    return [patch.object(ingest, "local_date", lambda instant, _zone: instant.astimezone(UTC).date())]


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
    from app.services.syncing import sync
    from app.store.businesses import Business

    plain = sync.ingest

    def moved(business_id: int, charges: Any, zone: Any, now: Any, cursor: Any) -> int:
        if cursor is not None:
            with write() as session:
                session.get_one(Business, business_id).cursor = cursor
        return plain(business_id, charges, zone, now, cursor)

    return [patch.object(sync, "ingest", moved)]


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
}
"""M12, an e-mail sent outside its outbox, is switched on beside the tests of mails."""


@contextmanager
def switched_on(name: str) -> Iterator[None]:
    """The app as mutant `name`, until the end. KeyError for a name nobody knows."""
    with ExitStack() as stack:
        for one in MUTANTS[name]():
            stack.enter_context(one)
        yield


_ = (secrets, outbox, State)
