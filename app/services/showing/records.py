"""Records: every charge, refund and payout with its fate, and one record's story down to each document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.channels import label_of
from app.domain.effects import State
from app.domain.fates import fate_of, remedy_for, sentence_for
from app.domain.money import Money
from app.services.outside import Outside
from app.services.showing import documents
from app.services.showing.documents import DocumentView
from app.store import movements, outbox
from app.store.db import read
from app.store.movements import Movement
from app.store.outbox import Effect, EffectMovement

PAGE = 50


@dataclass(frozen=True)
class RecordView:
    """One charge, refund or payout as the list shows it. `day` is the accounting date; instants are aware UTC.

    `gross` of a refund is below zero; `parent_id` is the record of its charge.
    """

    id: int
    kind: str
    parent_id: int | None
    provider_id: str
    day: date
    paid_at: datetime
    gross: Money
    fee: Money
    channel: str
    method: str
    order_reference: str
    fate: str
    says: str
    remedy: str


@dataclass(frozen=True)
class RecordPage:
    """Some records, newest first, and where the neighbouring pages begin (None: there is none)."""

    rows: list[RecordView]
    older: str | None
    newer: str | None
    total: int


def page(business_id: int, before: str = "", after: str = "", search: str = "") -> RecordPage:
    """One page of records. `before` and `after` are marks of another page; a mark that can't be read is ignored.

    `search` finds charges by their id or order reference, whole or its beginning.
    """
    wanted = sa.select(Movement).where(Movement.business_id == business_id)
    if search:
        wanted = wanted.where(
            sa.or_(
                Movement.provider_id.startswith(search, autoescape=True),
                Movement.order_reference.startswith(search, autoescape=True),
            )
        )
    place = sa.tuple_(Movement.accounting_date, Movement.id)
    backwards = _mark(after)
    forwards = _mark(before)
    if backwards:
        wanted = wanted.where(place > backwards).order_by(Movement.accounting_date, Movement.id)
    else:
        wanted = wanted.where(place < forwards) if forwards else wanted
        wanted = wanted.order_by(Movement.accounting_date.desc(), Movement.id.desc())
    with read() as session:
        rows = list(session.scalars(wanted.limit(PAGE + 1)))
        total = session.scalar(sa.select(sa.func.count()).where(Movement.business_id == business_id))
        more, rows = len(rows) > PAGE, rows[:PAGE]
        if backwards:
            rows.reverse()
        views = _views(session, rows)
    older = more if not backwards else True
    newer = more if backwards else bool(forwards)
    return RecordPage(
        views,
        _mark_of(rows[-1]) if rows and older else None,
        _mark_of(rows[0]) if rows and newer else None,
        total or 0,
    )


def _mark_of(row: Movement) -> str:
    return f"{row.accounting_date.isoformat()}.{row.id}"


def _mark(text: str) -> tuple[date, int] | None:
    day, _dot, number = text.partition(".")
    try:
        return date.fromisoformat(day), int(number)
    except ValueError:
        return None


def _views(session: Session, rows: Sequence[Movement]) -> list[RecordView]:
    states = outbox.states_of(session, [row.id for row in rows])
    return [_view(row, states[row.id]) for row in rows]


def _view(row: Movement, states: Sequence[State]) -> RecordView:
    gross = Money.from_minor(row.gross_minor, row.currency)
    return RecordView(
        id=row.id,
        kind=row.kind,
        parent_id=row.parent_id,
        provider_id=row.provider_id,
        day=row.accounting_date,
        paid_at=row.closed_at or row.created_at,
        gross=-gross if row.kind == "refund" else gross,
        fee=Money.from_minor(row.fee_minor, row.home_currency),
        channel="" if row.kind == "payout" else label_of(row.channel),
        method=row.method or "",
        order_reference=row.order_reference or "",
        fate=fate_of(row.decision, states).value,
        says=sentence_for(row.decision, row.decision_detail, states),
        remedy=remedy_for(row.decision),
    )


@dataclass(frozen=True)
class RecordStory:
    """One record with its documents, and when it was first seen and decided on.

    `member_ids` are the records of the charges in a payout, `members` how many HitPay names.
    """

    record: RecordView
    status: str
    created_at: datetime
    first_seen_at: datetime
    decided_at: datetime | None
    documents: list[DocumentView]
    members: int
    member_ids: list[int]


def story(outside: Outside, business_id: int, record_id: int) -> RecordStory | None:
    """The story of one record of this business, or None."""
    with read() as session:
        row = session.get(Movement, record_id)
        if row is None or row.business_id != business_id:
            return None
        effects = list(
            session.scalars(
                sa.select(Effect)
                .join(EffectMovement, EffectMovement.effect_id == Effect.id)
                .where(EffectMovement.movement_id == record_id)
                .order_by(Effect.position)
            )
        )
        record = _view(row, [State(effect.state) for effect in effects])
        named = [str(one["charge_id"]) for one in row.facts["members"]] if row.kind == "payout" else []
        held = movements.by_provider_ids(session, business_id, "charge", named)
        member_ids = sorted(one.id for one in held.values())
    views = documents.views(outside, business_id, effects)
    return RecordStory(
        record, row.status, row.created_at, row.first_seen_at, row.decided_at, views, len(named), member_ids
    )
