"""Sums of a span of days, straight off ix_movements_listing: no record is touched for them."""

from __future__ import annotations

from datetime import date

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.store.movements import Movement


class DaySum(msgspec.Struct, frozen=True, kw_only=True):
    """Records of one local day, kind, decision and currency.

    `home_minor` is their worth in `home_currency`, `fee_minor` the fees on them in the same currency.
    """

    day: date
    kind: str
    decision: str | None
    currency: str
    home_currency: str
    count: int
    gross_minor: int
    home_minor: int
    fee_minor: int


def day_sums(session: Session, business_id: int, first: date, last: date) -> list[DaySum]:
    """What happened from `first` to `last`, both inclusive, oldest first. A home amount nobody named counts as zero."""
    groups = (
        Movement.accounting_date, Movement.kind, Movement.decision, Movement.currency, Movement.home_currency,
    )  # fmt: skip
    own = sa.case((Movement.currency == Movement.home_currency, Movement.gross_minor), else_=0)
    home = sa.func.coalesce(Movement.home_minor, own)
    sums = (sa.func.count(), *(sa.func.sum(one) for one in (Movement.gross_minor, home, Movement.fee_minor)))
    rows = session.execute(
        sa.select(*groups, *sums)
        .where(Movement.business_id == business_id, Movement.accounting_date.between(first, last))
        .group_by(*groups)
        .order_by(Movement.accounting_date)
    )
    names = DaySum.__struct_fields__
    return [DaySum(**dict(zip(names, (*row[:5], *(int(one) for one in row[5:])), strict=True))) for row in rows]


def any_record(session: Session, business_id: int, first: date, last: date) -> bool:
    """Whether anything at all happened from `first` to `last`."""
    wanted = sa.select(Movement.id).where(
        Movement.business_id == business_id, Movement.accounting_date.between(first, last)
    )
    return session.scalar(wanted.limit(1)) is not None
