"""Finding records: every filter of the list as a condition that an index answers.

The list runs along ix_movements_listing, which holds all that filters ask for, so that no record is touched before it
is known to be shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from iso4217 import Currency
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.domain.channels import channel_of
from app.domain.effects import State
from app.domain.fates import DOCUMENTS, RULES, SUMMARY, WITH_DOCUMENTS, Fate
from app.domain.record_filter import NO_CHANNEL, Amount, RecordFilter, amount_in
from app.store.movements import Movement
from app.store.outbox import Effect, EffectMovement

Condition = sa.ColumnElement[bool]
Totals = list[tuple[str, str, int, int]]

_WORST = (State.REFUSED, State.HELD, State.IN_DOUBT, State.SENDING, State.PLANNED)
_RANK_OF = {Fate.FAILED: (0,), Fate.HELD: (1,), Fate.WAITING: (2, 3, 4)}
_PREFIXES = ("HP-", "HPR-", "HPP-", "HPV-")


def undone(business_id: int) -> sa.Subquery:
    """Records with documents that aren't all done: `id`, and `rank` of the worst state (0 refused, 1 held, else open).

    "+ 0" keeps SQLite from walking all links ever made in the order of the group, instead of the few open effects.
    """
    rank = sa.case({state.value: number for number, state in enumerate(_WORST)}, value=Effect.state, else_=99)
    record = EffectMovement.movement_id + 0
    return (
        sa.select(record.label("id"), sa.func.min(rank).label("rank"))
        .join(Effect, Effect.id == EffectMovement.effect_id)
        .where(Effect.business_id == business_id, Effect.state.in_([state.value for state in _WORST]))
        .group_by(record)
        .subquery()
    )


def page_of(
    session: Session,
    business_id: int,
    wanted: RecordFilter,
    count: int,
    *,
    older_than: tuple[date, int] | None = None,
    newer_than: tuple[date, int] | None = None,
) -> list[Movement]:
    """At most `count` records, newest first; with `newer_than` those just above that mark, oldest first."""
    place = sa.tuple_(Movement.accounting_date, Movement.id)
    ids = sa.select(Movement.id).where(*_conditions(session, business_id, wanted)).limit(count)
    if newer_than:
        ids = ids.where(place > newer_than).order_by(Movement.accounting_date, Movement.id)
    else:
        ids = ids.where(place < older_than) if older_than else ids
        ids = ids.order_by(Movement.accounting_date.desc(), Movement.id.desc())
    keys = list(session.scalars(ids))
    rows = {row.id: row for row in session.scalars(sa.select(Movement).where(Movement.id.in_(keys)))}
    return [rows[key] for key in keys]


def totals_of(session: Session, business_id: int, wanted: RecordFilter) -> Totals:
    """Kind, currency, number and value in minor units of all records that a filter lets through."""
    # "+ ''" keeps SQLite from reading the whole table in the order of the groups, instead of an index that has all.
    groups = (Movement.kind + "", Movement.currency + "")
    found = session.execute(
        sa.select(*groups, sa.func.count(), sa.func.sum(Movement.gross_minor))
        .where(*_conditions(session, business_id, wanted))
        .group_by(*groups)
    )
    return [(kind, currency, count, int(minor)) for kind, currency, count, minor in found]


def channels_of(session: Session, business_id: int) -> list[str]:
    """The provider's channel codes that occur, found by leaping through ix_movements_channel."""
    mine = sa.select(sa.func.min(Movement.channel)).where(Movement.business_id == business_id)
    leap = mine.cte("codes", recursive=True)
    code = leap.c[0]
    beyond = mine.where(Movement.channel > code).scalar_subquery()
    leap = leap.union_all(sa.select(beyond).where(code.is_not(None)))
    return [str(found) for found in session.scalars(sa.select(leap.c[0])) if found is not None]


def _conditions(session: Session, business_id: int, wanted: RecordFilter) -> list[Condition]:
    found: list[Condition] = [Movement.business_id == business_id]
    if wanted.fate:
        found.append(_of_fate(business_id, Fate(wanted.fate)))
    if wanted.rule:
        found.append(_decided(RULES[wanted.rule].fate, [wanted.rule]))
    if wanted.kind:
        found.append(Movement.kind == wanted.kind)
    if wanted.channel:
        found.append(_of_channel(session, business_id, wanted.channel))
    if wanted.first:
        found.append(Movement.accounting_date >= wanted.first)
    if wanted.last:
        found.append(Movement.accounting_date <= wanted.last)
    if wanted.words:
        found.append(Movement.id.in_(_named(session, business_id, wanted.words)))
    return found


def _of_fate(business_id: int, fate: Fate) -> Condition:
    if fate in (Fate.POSTED, Fate.IN_SUMMARY):
        open_ones = sa.select(undone(business_id).c.id)
        return sa.and_(
            Movement.decision == (DOCUMENTS if fate is Fate.POSTED else SUMMARY), Movement.id.not_in(open_ones)
        )
    ruled = _decided(fate, [name for name, rule in RULES.items() if rule.fate is fate])
    if fate not in _RANK_OF:
        return ruled
    worst = undone(business_id)
    stuck = Movement.id.in_(sa.select(worst.c.id).where(worst.c.rank.in_(_RANK_OF[fate])))
    return sa.or_(ruled, sa.and_(Movement.decision.in_(WITH_DOCUMENTS), stuck))


def _decided(fate: Fate, rules: Sequence[str]) -> Condition:
    """By rules of one fate; what nothing was decided about yet waits."""
    named = Movement.decision.in_(rules)
    undecided = fate is Fate.WAITING and "not_planned" in rules
    return sa.or_(named, Movement.decision.is_(None)) if undecided else named


def _of_channel(session: Session, business_id: int, channel: str) -> Condition:
    meant = None if channel == NO_CHANNEL else channel
    codes = [code for code in channels_of(session, business_id) if channel_of(code) == meant]
    with_codes = Movement.channel.in_(codes)
    sales = Movement.kind != "payout"
    return sa.and_(sales, sa.or_(with_codes, Movement.channel.is_(None)) if meant is None else with_codes)


def _named(session: Session, business_id: int, words: str) -> sa.CompoundSelect[tuple[int]]:
    """Ids of the records that `words` may mean, each way of reading them answered by an index of its own."""
    mine = sa.select(Movement.id).where(Movement.business_id == business_id)
    plain = next((words[len(one) :] for one in _PREFIXES if words.startswith(one)), words)
    spelled = dict.fromkeys((words, words.upper(), words.lower()))
    ways = [mine.where(Movement.kind == kind, _begins(session, Movement.provider_id, plain)) for kind in _KINDS]
    ways += [mine.where(_begins(session, Movement.order_reference, one)) for one in spelled]
    if amount := amount_in(words):
        ways.append(mine.where(_of_amount(amount)))
    ways.append(
        sa.select(EffectMovement.movement_id)
        .join(Effect, Effect.id == EffectMovement.effect_id)
        .where(Effect.business_id == business_id, Effect.reference == words)
    )
    return sa.union(*ways)


_KINDS = ("charge", "refund", "payout")


def _begins(session: Session, column: InstrumentedAttribute[Any], words: str) -> Condition:
    """Text that begins with `words`. SQLite answers only a range from its index, PostgreSQL sorts by the language."""
    if session.get_bind().dialect.name == "sqlite":
        return sa.and_(column >= words, column < words + "\U0010ffff")
    return column.startswith(words, autoescape=True)


def _of_amount(amount: Amount) -> Condition:
    """The amount in minor units, which are other ones for yen and dinars than for cents."""
    ways: list[Condition] = []
    for digits, currencies in _BY_DIGITS.items():
        minor = amount.value.scaleb(digits)
        if minor == minor.to_integral_value() and minor < _LARGEST:
            of_these = Movement.currency.in_(currencies) if digits != 2 else Movement.currency.not_in(_NOT_CENTS)
            ways.append(sa.and_(Movement.gross_minor == int(minor), of_these))
    if amount.currency:
        return sa.and_(Movement.currency == amount.currency, sa.or_(sa.false(), *ways))
    return sa.or_(sa.false(), *ways)


_LARGEST = 2**63
_BY_DIGITS: dict[int, list[str]] = {
    digits: sorted(one.code for one in Currency if (one.exponent or 0) == digits) for digits in (0, 2, 3, 4)
}
_NOT_CENTS = [code for digits, codes in _BY_DIGITS.items() if digits != 2 for code in codes]
