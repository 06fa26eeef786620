"""Records: every charge, refund and payout with its fate, and one record's story down to each document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.channels import LABELS, channel_of, label_of
from app.domain.effects import State
from app.domain.fates import Fate, fate_of, remedy_for, sentence_for
from app.domain.money import Money
from app.domain.record_filter import NO_CHANNEL, RecordFilter
from app.services.outside import Outside
from app.services.showing import documents, tallies
from app.services.showing.documents import DocumentView
from app.store import movements, outbox, record_search
from app.store.db import read
from app.store.movements import Movement
from app.store.outbox import Effect, EffectMovement

PAGE = 50
EVERY = RecordFilter()


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
class Found:
    """How many records a filter lets through, and their value per currency; a refund takes away."""

    count: int
    values: tuple[Money, ...]


@dataclass(frozen=True)
class RecordPage:
    """Some records, newest first, and where the neighbouring pages begin (None: there is none)."""

    rows: list[RecordView]
    older: str | None
    newer: str | None
    found: Found


def page(business_id: int, wanted: RecordFilter = EVERY, before: str = "", after: str = "") -> RecordPage:
    """One page of records. `before` and `after` are marks of another page; a mark that can't be read is ignored."""
    backwards, forwards = _mark(after), _mark(before)
    with read() as session:
        rows = record_search.page_of(session, business_id, wanted, PAGE + 1, older_than=forwards, newer_than=backwards)
        more, rows = len(rows) > PAGE, rows[:PAGE]
        if backwards:
            rows.reverse()
        views = _views(session, rows)
    found_all = found(business_id, wanted)
    older = more if not backwards else True
    newer = more if backwards else bool(forwards)
    return RecordPage(
        views,
        _mark_of(rows[-1]) if rows and older else None,
        _mark_of(rows[0]) if rows and newer else None,
        found_all,
    )


def found(business_id: int, wanted: RecordFilter) -> Found:
    """How many records a filter lets through, and what they are worth. Of whole fates the tallies know it already."""
    if wanted == RecordFilter(fate=wanted.fate):
        return _of_fates(business_id, [Fate(wanted.fate)] if wanted.fate else list(Fate))
    with read() as session:
        return _found(record_search.totals_of(session, business_id, wanted))


def _of_fates(business_id: int, fates: Sequence[Fate]) -> Found:
    counted = tallies.of_business(business_id)
    sales = [counted.sales[fate] for fate in fates]
    values: dict[str, Money] = {}
    for money in (one for tally in sales for one in tally.values):
        values[money.currency] = values[money.currency] + money if money.currency in values else money
    number = sum(tally.count for tally in (*sales, *(counted.payouts[fate] for fate in fates)))
    return Found(number, tuple(values[currency] for currency in sorted(values) if values[currency]))


def _found(totals: record_search.Totals) -> Found:
    """Payouts are counted; their value would be that of their sales once more."""
    values: dict[str, int] = {}
    for kind, currency, _count, minor in totals:
        sign = {"refund": -1, "payout": 0}.get(kind, 1)
        values[currency] = values.get(currency, 0) + sign * minor
    money = tuple(Money.from_minor(minor, currency) for currency, minor in sorted(values.items()) if minor)
    return Found(sum(count for _kind, _currency, count, _minor in totals), money)


def channels(business_id: int) -> list[tuple[str, str]]:
    """The channels that occur, as code of the filter and label, by label."""
    with read() as session:
        seen = {channel_of(code) for code in record_search.channels_of(session, business_id)}
    known = sorted((LABELS[code], code) for code in seen if code)
    return [(code, label) for label, code in known] + ([(NO_CHANNEL, "Others")] if None in seen else [])


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
