"""Refunds: found through their charges, stored as movements, and laid beside their sales for planning."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.charges import REFUNDED_STATUSES, Charge, Refund
from app.domain.fates import REDECIDED, WITH_DOCUMENTS
from app.domain.planning import PlanFacts
from app.domain.references import REFUND_DAY_PATTERN, refund_day_number
from app.domain.refunds import Sale
from app.domain.zones import accounting_date
from app.ports import PaymentProvider
from app.services.planning.ingest import charge_of, fingerprint_of, refund_of
from app.store import movements, outbox
from app.store.db import read, write
from app.store.movements import Movement

_DAY = timedelta(days=1)
"""At both ends of a span, because nobody says in which zone the provider cuts its days (HitPay FACTS 2)."""

_SETTLED = timedelta(minutes=1)
"""HitPay tells whole seconds: another refund in the same second as the last one would leave `updated_at` as it is, so
what changed just now is read once more by the next run."""


def old_charges(provider: PaymentProvider, facts: PlanFacts) -> Iterator[Charge]:
    """Charges since sync was first enabled that were refunded or voided, however long ago they were made.

    A refund doesn't move a charge's creation, so a window over days would miss it (HitPay FACTS 2).
    """
    if not facts.windows:
        return iter(())
    first, last = min(window.opened_at for window in facts.windows) - _DAY, facts.now + _DAY
    return provider.undone_charges(first.astimezone(facts.zone).date(), last.astimezone(facts.zone).date())


def read_details(
    business_id: int, provider: PaymentProvider, facts: PlanFacts, before_each: Callable[[], None] = lambda: None
) -> int:
    """Read the refunds of every charge that changed since they were last read, and store them; how many are new.

    `before_each` is called before each reading: a long one must not let the lease run out.
    """
    with read() as session:
        charges = movements.with_unread_refunds(session, business_id, sorted(REFUNDED_STATUSES))
    new = 0
    for row in charges:
        before_each()
        found = provider.refunds(row.provider_id)
        with write() as session:
            new += _store(session, row, found, facts)
            if facts.now - row.updated_at > _SETTLED:
                session.get_one(Movement, row.id).refunds_read_at = row.updated_at
    return new


def _store(session: Session, charge: Movement, refunds: Sequence[Refund], facts: PlanFacts) -> int:
    """Insert those not known. A known one is never changed: its documents may be in the books."""
    known = movements.by_provider_ids(session, charge.business_id, "refund", [refund.id for refund in refunds])
    fresh = [_values(charge, refund, facts) for refund in refunds if refund.id not in known]
    if fresh:
        session.execute(sa.insert(Movement), fresh)
    return len(fresh)


def _values(charge: Movement, refund: Refund, facts: PlanFacts) -> dict[str, Any]:
    stored = msgspec.to_builtins(refund)
    return {
        "business_id": charge.business_id,
        "kind": "refund",
        "provider_id": refund.id,
        "parent_id": charge.id,
        "status": "succeeded",
        "channel": charge.channel,
        "currency": refund.amount.currency,
        "gross_minor": refund.amount.minor,
        "home_currency": charge.home_currency,
        "fee_minor": 0,
        "created_at": refund.refunded_at,
        "closed_at": refund.refunded_at,
        "updated_at": refund.refunded_at,
        "accounting_date": accounting_date(refund.refunded_at, facts.zone),
        "order_reference": charge.order_reference,
        "method": charge.method,
        "facts": stored,
        "fingerprint": fingerprint_of(stored),
        "first_seen_at": facts.now,
    }


@dataclass(frozen=True)
class Undecided:
    """Refunds on which nothing final was decided, with their rows' ids, their sales and the sets that exist."""

    refunds: tuple[Refund, ...]
    rows: Mapping[str, int]
    sales: Mapping[str, Sale]
    sets_before: Mapping[str, int]


def undecided(business_id: int) -> Undecided:
    """What planning needs to know of refunds."""
    with read() as session:
        rows = movements.undecided(session, business_id, "refund", REDECIDED)
        parents = {row.parent_id for row in rows if row.parent_id}
        sales = _sales(session, parents)
        references = outbox.references_like(session, business_id, REFUND_DAY_PATTERN)
    return Undecided(
        refunds=tuple(refund_of(row) for row in rows),
        rows={row.provider_id: row.id for row in rows},
        sales={sale.charge_id: sale for sale in sales},
        sets_before=_highest(references),
    )


def _sales(session: Session, charge_rows: Iterable[int]) -> list[Sale]:
    sales = []
    for row_id in charge_rows:
        row = session.get_one(Movement, row_id)
        charge = charge_of(row)
        sales.append(
            Sale(
                charge_id=row.provider_id,
                decision=row.decision,
                reference=outbox.sale_reference(session, row_id),
                gross=charge.gross,
                home=charge.home or charge.gross,
                order=row.order_reference or "",
                refunds_before=_planned_before(session, row_id),
            )
        )
    return sales


def sales_of(business_id: int, charges: Mapping[str, Charge]) -> dict[str, Sale]:
    """The sales of these charges, stored or not."""
    with read() as session:
        known = movements.by_provider_ids(session, business_id, "charge", list(charges))
        stored = {sale.charge_id: sale for sale in _sales(session, [row.id for row in known.values()])}
    fresh = {
        key: Sale(
            charge_id=key,
            decision=None,
            reference="",
            gross=charge.gross,
            home=charge.home or charge.gross,
            order=charge.order_reference or "",
        )
        for key, charge in charges.items()
    }
    return fresh | stored


def _planned_before(session: Session, charge_row: int) -> tuple[Refund, ...]:
    rows = movements.refunds_of(session, [charge_row]).get(charge_row, [])
    return tuple(refund_of(row) for row in rows if row.decision in WITH_DOCUMENTS)


def _highest(references: Iterable[str]) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for reference in references:
        base, number = refund_day_number(reference)
        numbers[base] = max(number, numbers.get(base, 0))
    return numbers


def freshly_read(
    provider: PaymentProvider, charges: Mapping[str, Charge], known: Mapping[str, datetime]
) -> list[Refund]:
    """The refunds of charges that changed since `known` says they were read; for a preview, nothing is stored."""
    changed = [
        charge
        for charge in charges.values()
        if charge.status in REFUNDED_STATUSES and known.get(charge.id) != charge.updated_at
    ]
    return [refund for charge in changed for refund in provider.refunds(charge.id)]
