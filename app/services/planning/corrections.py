"""Corrections: charges that changed after their documents were planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.charges import Charge, ChargeStatus
from app.domain.corrections import PostedSale
from app.domain.fates import WITH_DOCUMENTS
from app.domain.money import Money
from app.domain.planning import DocumentSet
from app.services.planning.ingest import charge_of, refund_of
from app.store import movements, outbox
from app.store.movements import Movement


def changed_sales(session: Session, business_id: int) -> list[tuple[int, PostedSale]]:
    """Row id and sale of every posted charge that is void by now, or whose fee is another one."""
    rows = session.scalars(
        sa.select(Movement)
        .where(Movement.business_id == business_id, Movement.kind == "charge", Movement.reversed_at.is_(None))
        .where(Movement.decision.in_(WITH_DOCUMENTS))
        .where(sa.or_(Movement.status == ChargeStatus.VOID.value, Movement.fee_minor != Movement.posted_fee_minor))
        .order_by(Movement.updated_at, Movement.provider_id)
    )
    return [(row.id, _sale(session, row)) for row in rows]


def changed_by(session: Session, business_id: int, fresh: Mapping[str, Charge]) -> dict[str, PostedSale]:
    """The posted charges among `fresh` that are void, or have another fee, as the provider tells them now."""
    rows = movements.by_provider_ids(session, business_id, "charge", list(fresh))
    posted = [row for row in rows.values() if row.decision in WITH_DOCUMENTS and row.reversed_at is None]
    sales = [msgspec.structs.replace(_sale(session, row), charge=fresh[row.provider_id]) for row in posted
             if _differs(row, fresh[row.provider_id])]  # fmt: skip
    return {sale.charge.id: sale for sale in sales}


def _differs(row: Movement, charge: Charge) -> bool:
    return charge.status is ChargeStatus.VOID or charge.fee.minor != row.posted_fee_minor


def _sale(session: Session, row: Movement) -> PostedSale:
    return PostedSale(
        charge=charge_of(row),
        reference=outbox.sale_reference(session, row.id),
        fee_posted=Money.from_minor(row.posted_fee_minor or 0, row.home_currency),
        fee_number=row.fee_corrections,
        reversed=row.reversed_at is not None,
        refunds=tuple(map(refund_of, movements.refunds_of(session, [row.id]).get(row.id, []))),
    )


def note_planned(session: Session, sets: Sequence[DocumentSet], rows: Mapping[str, int], now: datetime) -> None:
    """Remember what the plan corrects, so that it is corrected once."""
    for one in sets:
        if one.corrects:
            movement = session.get_one(Movement, rows[one.movement_ids[0]])
            if one.corrects == "sale":
                movement.reversed_at = now
            else:
                movement.posted_fee_minor = movement.fee_minor
                movement.fee_corrections += 1


def note_fees(session: Session, business_id: int) -> None:
    """Remember of each charge just planned which fee its documents hold."""
    session.execute(
        sa.update(Movement)
        .where(Movement.business_id == business_id, Movement.kind == "charge")
        .where(Movement.decision.in_(WITH_DOCUMENTS), Movement.posted_fee_minor.is_(None))
        .values(posted_fee_minor=Movement.fee_minor)
    )
