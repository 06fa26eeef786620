"""The inbox: deliveries become runs that read what was hinted at. Polling reads the same things sooner or later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.domain.charges import Charge
from app.domain.hints import Hint, HintKind
from app.ports import NotConnected, OutsideError, PaymentProvider, Refused
from app.services.alerts import noting
from app.services.connections import provider_connection, webhooks
from app.services.connections.webhook_gate import gate
from app.services.outside import Outside
from app.services.planning import payouts, plans, refunds
from app.services.planning.ingest import ingest
from app.services.syncing import runs
from app.services.writing import lease
from app.store import webhooks as deliveries
from app.store.businesses import Business
from app.store.connections import of_business
from app.store.db import read, write
from app.store.runs import Run
from app.store.settings import is_open

TRIGGER = "webhook"
A_RUN = 200
"""Deliveries that one run works off."""

PAUSE = timedelta(seconds=20)
"""Between the beginnings of two such runs of a business: a burst needs few of them."""

TRIES = 8
_SHARED_PAUSE = timedelta(minutes=1)


def on_arrival(outside: Outside) -> None:
    """The same as `run_due`, but only if something has just arrived; what has to pause yet rings again."""
    if gate.was_rung() and run_due(outside):
        gate.ring()


def run_due(outside: Outside) -> bool:
    """Queue a run for every business with deliveries; whether some have to wait a moment for theirs."""
    webhooks.store_refused(outside)
    now = outside.clock.now()
    with read() as session:
        found = deliveries.businesses_waiting(session, now)
    pausing = [_request(outside, business_id, now) for business_id in found]
    return any(pausing)


def _request(outside: Outside, business_id: int, now: datetime) -> bool:
    why = _why_without_effect(business_id)
    if why:
        _keep_all(business_id, why, now)
        return False
    with read() as session:
        begun = sa.select(sa.func.max(Run.requested_at)).where(Run.business_id == business_id, Run.trigger == TRIGGER)
        last = session.scalar(begun)
    if last is not None and last <= now < last + PAUSE:
        return True
    if runs.why_not_ready(outside, business_id):
        return False  # nothing can be written yet; what waits is read by the first sync at the latest
    runs.request(outside, business_id, TRIGGER)
    return False


def _why_without_effect(business_id: int) -> str:
    with read() as session:
        row = of_business(session, business_id, provider_connection.SIDE)
        if row is None or not row.secret:
            return "HitPay was disconnected."
        return "" if is_open(session, business_id) else "Sync was off."


def _keep_all(business_id: int, why: str, now: datetime) -> None:
    while True:
        with write() as session:
            some = [one.id for one in deliveries.waiting(session, business_id, now, A_RUN)]
            deliveries.settle(session, some, "kept", why, now)
        if len(some) < A_RUN:
            return


@dataclass
class _Sorted:
    """Deliveries by what they hint at; the same charge named twice is read once."""

    charges: dict[str, list[int]] = field(default_factory=dict)
    payouts: list[int] = field(default_factory=list)
    nothing: dict[str, list[int]] = field(default_factory=dict)
    tries: dict[int, int] = field(default_factory=dict)


def read_hinted(outside: Outside, held: lease.HeldLease) -> int:
    """Read from the provider what the waiting deliveries hint at, and take it in; how many movements are new.

    A delivery is closed only once what it hints at is stored. OutsideError: the rest waits, and is tried again.
    """
    business_id, now = held.business_id, outside.clock.now()
    facts = plans.facts_of(outside, business_id)
    provider = provider_connection.adapter(outside, business_id)
    waiting = _sorted(outside, business_id, now)
    for why, ids in waiting.nothing.items():
        _settle(ids, "kept", why, now)
    new = 0
    try:
        new += _take_in_charges(outside, held, provider, waiting)
        new += refunds.read_details(business_id, provider, facts, held.beat)
        if waiting.payouts:
            new += _take_in_payouts(outside, held, provider, waiting.payouts)
    except OutsideError as error:
        _postpone(waiting, error, now)
        raise
    if waiting.charges or waiting.payouts:
        noting.working(outside, business_id, provider_connection.SIDE)
    return new


def _sorted(outside: Outside, business_id: int, now: datetime) -> _Sorted:
    with read() as session:
        reader = outside.webhook_reader(session.get_one(Business, business_id).provider)
        rows = deliveries.waiting(session, business_id, now, A_RUN)
    found = _Sorted()
    for row in rows:
        found.tries[row.id] = row.tries
        hint = reader.hint(row.event, (row.body or "").encode("latin-1"))
        _lay(found, hint, row.id)
    return found


def _lay(found: _Sorted, hint: Hint, delivery: int) -> None:
    match hint.kind:
        case HintKind.CHARGE:
            found.charges.setdefault(hint.id, []).append(delivery)
        case HintKind.PAYOUTS:
            found.payouts.append(delivery)
        case HintKind.NOTHING:
            found.nothing.setdefault(hint.why, []).append(delivery)


def _take_in_charges(outside: Outside, held: lease.HeldLease, provider: PaymentProvider, waiting: _Sorted) -> int:
    business_id, now, new = held.business_id, outside.clock.now(), 0
    zone = plans.facts_of(outside, business_id).zone
    for charge_id, ids in waiting.charges.items():
        held.beat()
        try:
            charge: Charge = provider.charge(charge_id)
        except Refused as error:
            if error.cause not in ("missing", "unreadable"):
                raise
            _settle(ids, "kept", str(error), now)
            continue
        new += ingest(business_id, [charge], zone, now, None)
        _settle(ids, "done", "", now)
    return new


def _take_in_payouts(outside: Outside, held: lease.HeldLease, provider: PaymentProvider, waiting: Sequence[int]) -> int:
    """A key may lack the right to read payouts: then a hint at one has no effect."""
    now = outside.clock.now()
    try:
        new = payouts.read_new(held.business_id, provider, plans.facts_of(outside, held.business_id), held.beat)
    except Refused as error:
        _settle(waiting, "kept", str(error), now)
        return 0
    _settle(waiting, "done", "", now)
    return new


def _settle(ids: Sequence[int], state: str, why: str, now: datetime) -> None:
    with write() as session:
        deliveries.settle(session, ids, state, why, now)


def _postpone(waiting: _Sorted, error: OutsideError, now: datetime) -> None:
    """Later, at growing intervals; after some tries it is left to polling, which needs no hint."""
    ids = [one for some in waiting.charges.values() for one in some] + waiting.payouts
    last = [one for one in ids if waiting.tries[one] + 1 >= TRIES and not isinstance(error, NotConnected)]
    with write() as session:
        deliveries.settle(session, last, "kept", f"Left to the next sync: {error}", now)
        for one in set(ids) - set(last):
            pause = _SHARED_PAUSE * 2 ** min(waiting.tries[one], 6)
            deliveries.postpone(session, [one], now + pause, str(error))
