"""Tallies: how many records met which fate, and what they are worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.fates import DOCUMENTS, RULES, SUMMARY, Fate
from app.domain.money import Money
from app.store import record_search
from app.store.db import read
from app.store.movements import Movement

_BY_DECISION = {DOCUMENTS: Fate.POSTED, SUMMARY: Fate.IN_SUMMARY}
_BY_RANK = {0: Fate.FAILED, 1: Fate.HELD}


@dataclass(frozen=True)
class Tally:
    """How many records share a fate, and their value per currency."""

    count: int
    values: tuple[Money, ...]


@dataclass(frozen=True)
class LeftOut:
    """How many sales and refunds a rule left out; `says` is why, as the end of a sentence."""

    rule: str
    says: str
    count: int


@dataclass(frozen=True)
class Tallies:
    """By fate: sales and their refunds, and payouts apart, which would count the same money twice."""

    sales: dict[str, Tally]
    payouts: dict[str, Tally]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True)
class _Sum:
    kind: str
    decision: str | None
    fate: Fate
    currency: str
    count: int
    minor: int


def of_business(business_id: int) -> Tallies:
    """The tallies of all records of a business."""
    with read() as session:
        decided, undone = _by_decision(session, business_id), _undone(session, business_id)
    rows = [*decided, *undone]
    sales = [row for row in rows if row.kind != "payout"]
    return Tallies(
        sales=_tallies(sales),
        payouts=_tallies([row for row in rows if row.kind == "payout"]),
        left_out=left_out([(row.decision or "", row.count) for row in sales]),
    )


def left_out(counted: Sequence[tuple[str, int]]) -> tuple[LeftOut, ...]:
    """What rules left out, from decisions and how many records each was taken on."""
    counts: dict[str, int] = {}
    for decision, count in counted:
        if decision in RULES and RULES[decision].fate is Fate.EXCLUDED:
            counts[decision] = counts.get(decision, 0) + count
    return tuple(LeftOut(rule, RULES[rule].reason, count) for rule, count in sorted(counts.items()) if count)


def _tallies(rows: Sequence[_Sum]) -> dict[str, Tally]:
    found: dict[str, dict[str, tuple[int, int]]] = {fate: {} for fate in Fate}
    for row in rows:
        count, minor = found[row.fate].get(row.currency, (0, 0))
        worth = -row.minor if row.kind == "refund" else row.minor
        found[row.fate][row.currency] = (count + row.count, minor + worth)
    return {
        fate: Tally(
            sum(count for count, _value in sums.values()),
            tuple(Money.from_minor(value, currency) for currency, (count, value) in sorted(sums.items()) if count),
        )
        for fate, sums in found.items()
    }


def _by_decision(session: Session, business_id: int) -> list[_Sum]:
    """Straight off ix_movements_tally, so that not one record is touched. What has documents counts as through."""
    groups = (Movement.kind, Movement.decision, Movement.currency)
    rows = session.execute(
        sa.select(*groups, sa.func.count(), sa.func.sum(Movement.gross_minor))
        .where(Movement.business_id == business_id)
        .group_by(*groups)
    )
    return [
        _Sum(kind, decision, _fate_of(decision), currency, count, int(minor))
        for kind, decision, currency, count, minor in rows
    ]


def _fate_of(decision: str | None) -> Fate:
    return _BY_DECISION.get(decision or "") or RULES[decision or "not_planned"].fate


def _undone(session: Session, business_id: int) -> list[_Sum]:
    """Records with documents that aren't all done, by the worst state among their effects, and taken off again from
    what counted as through."""
    undone = record_search.undone(business_id)
    groups = (undone.c.rank, Movement.kind, Movement.decision, Movement.currency)
    rows = session.execute(
        sa.select(*groups, sa.func.count(), sa.func.sum(Movement.gross_minor))
        .join(Movement, Movement.id == undone.c.id)
        .group_by(*groups)
    ).all()
    return [
        moved
        for rank, kind, decision, currency, count, minor in rows
        for moved in (
            _Sum(kind, decision, _BY_RANK.get(rank, Fate.WAITING), currency, count, int(minor)),
            _Sum(kind, decision, _fate_of(decision), currency, -count, -int(minor)),
        )
    ]
