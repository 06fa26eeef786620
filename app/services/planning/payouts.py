"""Payouts: read newest first, stored as movements with what they are made of, and laid beside their charges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.charges import LISTED_STATUSES, Charge, Payout, Refund, member_of
from app.domain.fates import REDECIDED, Fate, fate_of
from app.domain.money import Money
from app.domain.payouts import Settled, SettledRefund, is_wanted
from app.domain.planning import PlanFacts
from app.domain.refunds import home_shares
from app.domain.zones import accounting_date
from app.ports import PaymentProvider, Refused
from app.services.planning.ingest import charge_of, fingerprint_of, refund_of
from app.store import movements, outbox, written
from app.store.db import read, write
from app.store.movements import Movement, MovementVersion

LOOK_BACK = timedelta(days=35)
"""How far each reading reaches back over the newest payout known: one may be paid, or be readable, weeks later."""

COMPARED_AGAIN = "payout_differs"
"""The decision on a known payout with which its charges are read anew: HitPay may have told other ones at first."""


def read_new(
    business_id: int, provider: PaymentProvider, facts: PlanFacts, before_each: Callable[[], None] = lambda: None
) -> int:
    """Read the payouts since sync was first enabled that aren't known or don't add up, and store them; how many are
    new. `before_each` is called before each further reading.

    What could be read is kept; Refused comes at the end if something couldn't.
    """
    new = 0
    for payout in freshly_read(business_id, provider, facts, before_each):
        with write() as session:
            new += _store(session, business_id, payout, facts)
    return new


def freshly_read(
    business_id: int, provider: PaymentProvider, facts: PlanFacts, before_each: Callable[[], None] = lambda: None
) -> Iterator[Payout]:
    """The same payouts with their charges; nothing is stored here."""
    broken: list[Refused] = []
    for payout in _unread(business_id, _told(business_id, provider, facts, broken)):
        before_each()
        try:
            charges = provider.payout_charges(payout.id) if is_wanted(payout, facts) else []
        except Refused as error:
            broken.append(error)
            continue
        yield msgspec.structs.replace(payout, members=tuple(member_of(charge) for charge in charges))
    if broken:
        raise broken[0]


def _told(business_id: int, provider: PaymentProvider, facts: PlanFacts, broken: list[Refused]) -> list[Payout]:
    """What the list of payouts holds since it was last read; the trouble with rows that can't be goes to `broken`."""
    if not facts.windows or not facts.versions:
        return []
    with read() as session:
        latest = movements.latest_payout_at(session, business_id)
    first = min(window.opened_at for window in facts.windows)
    told: list[Payout] = []
    try:
        for payout in provider.payouts(max(first, latest - LOOK_BACK) if latest else first):
            told.append(payout)
    except Refused as error:
        broken.append(error)
    return told


def _unread(business_id: int, told: list[Payout]) -> list[Payout]:
    """Those whose charges must be asked for; once a payout is decided on, it costs nothing any more."""
    with read() as session:
        known = movements.by_provider_ids(session, business_id, "payout", [payout.id for payout in told])
    decisions = {key: row.decision for key, row in known.items()}
    return [payout for payout in told if payout.id not in decisions or decisions[payout.id] == COMPARED_AGAIN]


def _store(session: Session, business_id: int, payout: Payout, facts: PlanFacts) -> int:
    """Insert a payout, or keep the older version of one that changed; whether it is new."""
    stored = msgspec.to_builtins(payout)
    told = {"facts": stored, "fingerprint": fingerprint_of(stored), "gross_minor": payout.amount.minor}
    row = movements.by_provider_ids(session, business_id, "payout", [payout.id]).get(payout.id)
    if row is None:
        session.execute(sa.insert(Movement), [_values(business_id, payout, facts) | told])
        return 1
    if row.fingerprint != told["fingerprint"]:
        session.add(MovementVersion(movement_id=row.id, seen_at=facts.now, facts=row.facts))
        for name, value in told.items():
            setattr(row, name, value)
    return 0


def _values(business_id: int, payout: Payout, facts: PlanFacts) -> dict[str, Any]:
    return {
        "business_id": business_id,
        "kind": "payout",
        "provider_id": payout.id,
        "status": "paid",
        "currency": payout.amount.currency,
        "home_currency": payout.amount.currency,
        "fee_minor": 0,
        "created_at": payout.created_at,
        "closed_at": payout.paid_at,
        "updated_at": payout.paid_at,
        "accounting_date": accounting_date(payout.paid_at, facts.zone),
        "first_seen_at": facts.now,
    }


@dataclass(frozen=True)
class Undecided:
    """Payouts on which nothing final was decided, with their rows' ids."""

    payouts: tuple[Payout, ...]
    rows: Mapping[str, int]


def undecided(business_id: int) -> Undecided:
    """What planning needs to know of payouts; nothing is known of their charges yet."""
    with read() as session:
        rows = movements.undecided(session, business_id, "payout", REDECIDED)
    return Undecided(
        tuple(msgspec.convert(row.facts, Payout, strict=False) for row in rows),
        {row.provider_id: row.id for row in rows},
    )


def settled_by(
    business_id: int,
    payouts: tuple[Payout, ...],
    fresh: Mapping[str, Charge] = MappingProxyType({}),
    new_refunds: Sequence[Refund] = (),
) -> dict[str, Settled]:
    """What became of the charges in some payouts, by charge; those that aren't known are missing.

    A preview gives the charges (by id) and the refunds it has just read, which a run would have stored before this.
    """
    ids = list({member.charge_id for payout in payouts for member in payout.members})
    if not ids:
        return {}
    told: dict[str, list[tuple[Refund, Fate]]] = defaultdict(list)
    for refund in new_refunds:
        told[refund.charge_id].append((refund, Fate.WAITING))
    with read() as session:
        charges = movements.by_provider_ids(session, business_id, "charge", ids)
        refunds = movements.refunds_of(session, [row.id for row in charges.values()])
        rows = [row.id for row in charges.values()] + [row.id for some in refunds.values() for row in some]
        states = outbox.states_of(session, rows)
        accounts = written.clearing_accounts(session, [row.id for row in charges.values()])
    unread = {
        key: Settled(fate=Fate.WAITING, net=None, refunds=_refunds(fresh[key], told[key]))
        for key in ids
        if key in fresh and fresh[key].status in LISTED_STATUSES
    }
    return unread | {
        key: _settled(
            row,
            fresh.get(key) or charge_of(row),
            fate_of(row.decision, states[row.id]),
            [(refund_of(one), fate_of(one.decision, states[one.id])) for one in refunds.get(row.id, [])] + told[key],
            accounts.get(row.id, ""),
        )
        for key, row in charges.items()
    }


def _settled(row: Movement, charge: Charge, fate: Fate, refunds: list[tuple[Refund, Fate]], account: str) -> Settled:
    """What the books hold of a charge: all in all nothing once it was reversed, however much had been refunded."""
    if row.reversed_at is not None:
        return Settled(fate=fate, net=Money.of(0, row.home_currency))
    fee = charge.fee if row.posted_fee_minor is None else Money.from_minor(row.posted_fee_minor, row.home_currency)
    net = charge.home - fee if charge.home else None
    return Settled(fate=fate, net=net, refunds=_refunds(charge, refunds), account=account)


def _refunds(charge: Charge, refunds: list[tuple[Refund, Fate]]) -> tuple[SettledRefund, ...]:
    """Each refund with the part of the home amount that it takes, in the order in which they were made."""
    ordered = sorted(refunds, key=lambda one: (one[0].refunded_at, one[0].id))
    shares = home_shares(charge.gross, charge.home or charge.gross, [refund.amount for refund, _fate in ordered])
    return tuple(
        SettledRefund(refunded_at=refund.refunded_at, home=share, fate=fate)
        for (refund, fate), share in zip(ordered, shares, strict=True)
    )
