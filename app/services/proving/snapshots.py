"""Snapshots: what HitPay and the clearing account hold, read once a day and kept beside what was written by then."""

from __future__ import annotations

from datetime import date, datetime

import structlog
from sqlalchemy.orm import Session

from app.domain.clearing import Moved, roll_forward
from app.domain.documents import DocumentKind
from app.domain.effects import State
from app.domain.money import Money
from app.domain.zones import accounting_date, zone_of
from app.ports import BooksChoices, NotConnected, OutsideError, PaymentProvider
from app.services.outside import Outside
from app.services.writing.lease import HeldLease
from app.store import snapshots, written
from app.store.businesses import Business
from app.store.db import read, write
from app.store.snapshots import Snapshot, SnapshotSum

log = structlog.get_logger()

_DONE = State.DONE.value
_UNSURE = (State.SENDING.value, State.IN_DOUBT.value, State.HELD.value)


def open_account(session: Session, business_id: int, account_id: str, balance: Money, now: datetime) -> None:
    """Note what a clearing account held before anything was written to it; the first time stands."""
    if snapshots.opening_of(session, business_id, account_id) is not None:
        return
    moved = [moved_of(one) for one in _sums(session, business_id, account_id)]
    nothing = Money.of(0, balance.currency)
    written = roll_forward(nothing, moved, nothing).expected.minor
    opening = _snapshot(session, business_id, account_id, balance, now)
    opening.opening, opening.books_minor = True, balance.minor - written
    snapshots.keep(session, opening, [])


def take(
    outside: Outside,
    held: HeldLease,
    account_id: str,
    choices: BooksChoices,
    provider: PaymentProvider,
    *,
    again: bool,
) -> None:
    """Read both balances and keep them: once a local day, and once more if `again`.

    `account_id` is the clearing account. A balance that can't be read is left for the next run; NotConnected of the
    books goes through.
    """
    if not (again or is_due(outside, held.business_id, account_id)):
        return
    books = _of_books(choices, account_id)
    if books is None:
        return
    told = _of_provider(provider, books.currency)
    with write() as session:
        held.guard(session)
        now = outside.clock.now()
        open_account(session, held.business_id, account_id, books, now)
        fresh = _snapshot(session, held.business_id, account_id, books, now)
        fresh.provider_minor = told.minor if told else None
        snapshots.keep(session, fresh, _sums(session, held.business_id, account_id))


def moved_of(one: SnapshotSum) -> Moved:
    """A stored sum as the roll-forward takes it."""
    return Moved(kind=DocumentKind(one.kind), minor=one.minor, rounding=one.rounding_minor, sure=one.sure)


def is_due(outside: Outside, business_id: int, account_id: str) -> bool:
    """Whether today's balance of an account is yet to be read."""
    with read() as session:
        latest = snapshots.latest_of(session, business_id, account_id)
        return latest is None or latest.day != _today(session, business_id, outside.clock.now())


def _snapshot(session: Session, business_id: int, account_id: str, books: Money, now: datetime) -> Snapshot:
    return Snapshot(
        business_id=business_id,
        account_id=account_id,
        day=_today(session, business_id, now),
        opening=False,
        currency=books.currency,
        books_minor=books.minor,
        taken_at=now,
    )


def _today(session: Session, business_id: int, now: datetime) -> date:
    return accounting_date(now, zone_of(session.get_one(Business, business_id).time_zone))


def _sums(session: Session, business_id: int, account_id: str) -> list[SnapshotSum]:
    """What was written to an account, by kind; what is only locked was never sent and counts as nothing."""
    sums: dict[tuple[str, bool], SnapshotSum] = {}
    for one in written.clearing_sums(session, business_id, account_id, (_DONE, *_UNSURE)):
        if one.held_by == "locked":
            continue
        key = (one.action.removeprefix("create_"), one.state == _DONE)
        had = sums.setdefault(key, SnapshotSum(kind=key[0], sure=key[1], minor=0, rounding_minor=0))
        had.minor += one.minor
        had.rounding_minor += one.rounding_minor
    return list(sums.values())


def _of_books(choices: BooksChoices, account_id: str) -> Money | None:
    try:
        return choices.balance(account_id)
    except NotConnected:
        raise
    except OutsideError as error:
        log.info("the clearing account's balance could not be read", why=str(error))
        return None


def _of_provider(provider: PaymentProvider, currency: str) -> Money | None:
    """Not every key may read balances: that is no trouble of the connection."""
    try:
        return provider.balance(currency)
    except OutsideError as error:
        log.info("the provider's balance could not be read", why=str(error))
        return None
