"""Status: what a person wants to know of a business, as one row of ready figures and sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.effects import State
from app.domain.fates import RULES, WITH_DOCUMENTS, Fate
from app.domain.headline import Situation, headline
from app.domain.money import Money
from app.services.business import settings
from app.services.business.businesses import BusinessView
from app.services.connections import books_connection, provider_connection
from app.services.connections.books_connection import BooksView
from app.services.connections.provider_connection import ProviderView
from app.services.outside import Outside
from app.services.showing import forecast
from app.services.showing.forecast import LimitsView
from app.services.syncing import balances, clockwork, runs
from app.services.syncing.balances import ProofView
from app.services.syncing.runs import RunView
from app.store.db import read
from app.store.movements import Movement
from app.store.outbox import Effect, EffectMovement

Sum = tuple[str, Fate, str, int, int]
"""Kind of record, fate, currency, how many records, and their value in minor units."""


@dataclass(frozen=True)
class Tally:
    """How many records share a fate, and their value per currency."""

    count: int
    values: tuple[Money, ...]


@dataclass(frozen=True)
class StatusView:
    """The status page. `headline` answers "is everything in?" in one sentence; `next_step` is "" when set up.

    `tallies` are of sales and their refunds, `payouts` of payouts: they would count the same money twice.
    """

    headline: str
    tone: str
    next_step: str
    provider: ProviderView
    books: BooksView
    sync_enabled: bool
    grouping: str
    last_sync: datetime | None
    current: RunView | None
    newest: RunView | None
    latest: list[RunView]
    next_manual: datetime | None
    next_daily: datetime | None
    tallies: dict[str, Tally]
    proof: ProofView | None
    payouts: dict[str, Tally]
    limits: LimitsView | None


def view(outside: Outside, business: BusinessView, run_count: int = 5) -> StatusView:
    """The status of a business now."""
    provider = provider_connection.view(outside, business.id)
    books = books_connection.view(outside, business.id)
    next_step = runs.why_not_ready(outside, business.id)
    possible = runs.next_manual(business.id)
    tallies, payouts = tallies_of(business.id)
    last = runs.last_success(business.id)
    newest = runs.latest(outside, business.id, 2)
    current = settings.current_input(business.id)
    first = headline(
        Situation(
            next_step="" if next_step == runs.ENABLE_FIRST else next_step,
            sync_on=current.sync_enabled,
            provider_status=provider.status,
            books_status=books.status,
            waiting=tallies[Fate.WAITING].count,
            needs_person=tallies[Fate.HELD].count + tallies[Fate.FAILED].count,
            payouts_needing=payouts[Fate.HELD].count + payouts[Fate.FAILED].count,
            left_out=tallies[Fate.EXCLUDED].count,
            records=sum(tally.count for tally in tallies.values()),
            last_outcome=next((run.outcome for run in newest if not run.live), ""),
            last_sentence=next((run.sentence for run in newest if not run.live), ""),
            ever_synced=last is not None,
        )
    )
    return StatusView(
        headline=first.sentence,
        tone=first.tone,
        next_step=next_step,
        provider=provider,
        books=books,
        sync_enabled=current.sync_enabled,
        grouping=current.grouping,
        last_sync=last,
        current=runs.current(outside, business.id),
        newest=newest[0] if newest else None,
        latest=runs.eventful(outside, business.id, run_count),
        next_manual=possible if possible and possible > outside.clock.now() else None,
        next_daily=clockwork.next_daily(business.id, outside.clock.now()),
        tallies=tallies,
        proof=balances.view(business.id),
        payouts=payouts,
        limits=forecast.of_status(outside, business.id),
    )


def tallies_of(business_id: int) -> tuple[dict[str, Tally], dict[str, Tally]]:
    """Count and value of the records of each fate: of sales and their refunds, and of payouts."""
    with read() as session:
        decided, undone = _by_decision(session, business_id), _undone(session, business_id)
    # What has documents counts as posted by its decision; what of it isn't through is told apart here.
    moved = [(kind, Fate.POSTED, currency, -count, -value) for kind, _fate, currency, count, value in undone]
    rows = [*decided, *undone, *moved]
    return _tallies([row for row in rows if row[0] != "payout"]), _tallies([row for row in rows if row[0] == "payout"])


def _tallies(rows: Sequence[Sum]) -> dict[str, Tally]:
    found: dict[str, dict[str, tuple[int, int]]] = {fate: {} for fate in Fate}
    for _kind, fate, currency, count, value in rows:
        had = found[fate].get(currency, (0, 0))
        found[fate][currency] = (had[0] + count, had[1] + value)
    return {
        fate: Tally(
            sum(count for count, _value in sums.values()),
            tuple(Money.from_minor(value, currency) for currency, (count, value) in sorted(sums.items()) if count),
        )
        for fate, sums in found.items()
    }


def _fate_of(decision: str | None) -> Fate:
    return Fate.POSTED if decision in WITH_DOCUMENTS else RULES[decision or "not_planned"].fate


def _worth(kind: str, minor: int) -> int:
    """A refund takes away."""
    return -minor if kind == "refund" else minor


def _by_decision(session: Session, business_id: int) -> list[Sum]:
    """Straight off ix_movements_tally, so that not one record is touched."""
    groups = (Movement.decision, Movement.currency, Movement.kind)
    rows = session.execute(
        sa.select(*groups, sa.func.count(), sa.func.sum(Movement.gross_minor))
        .where(Movement.business_id == business_id)
        .group_by(*groups)
    )
    return [
        (kind, _fate_of(decision), currency, count, _worth(kind, int(minor)))
        for decision, currency, kind, count, minor in rows
    ]


_UNDONE = (State.REFUSED, State.HELD, State.IN_DOUBT, State.SENDING, State.PLANNED)


def _undone(session: Session, business_id: int) -> list[Sum]:
    """Records with documents that aren't all done, by the worst state among their effects."""
    rank = sa.case({state.value: number for number, state in enumerate(_UNDONE)}, value=Effect.state, else_=99)
    # "+ 0" keeps SQLite from walking all links ever made in the order of the group, instead of the few open effects.
    record = EffectMovement.movement_id + 0
    undone = (
        sa.select(record.label("id"), sa.func.min(rank).label("rank"))
        .join(Effect, Effect.id == EffectMovement.effect_id)
        .where(Effect.business_id == business_id, Effect.state.in_([state.value for state in _UNDONE]))
        .group_by(record)
        .subquery()
    )
    groups = (undone.c.rank, Movement.currency, Movement.kind)
    rows = session.execute(
        sa.select(*groups, sa.func.count(), sa.func.sum(Movement.gross_minor))
        .join(Movement, Movement.id == undone.c.id)
        .group_by(*groups)
    )
    fates = {0: Fate.FAILED, 1: Fate.HELD}
    return [
        (kind, fates.get(rank, Fate.WAITING), currency, count, _worth(kind, int(minor)))
        for rank, currency, kind, count, minor in rows
    ]
