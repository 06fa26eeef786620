"""Status: what a person wants to know of a business, as one row of ready figures and sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.effects import State
from app.domain.fates import RULES, WITH_DOCUMENTS, Fate
from app.domain.headline import Situation, headline
from app.domain.money import Money
from app.services import books_connection, provider_connection, runs, settings
from app.services.books_connection import BooksView
from app.services.businesses import BusinessView
from app.services.outside import Outside
from app.services.provider_connection import ProviderView
from app.services.runs import RunView
from app.store.db import read
from app.store.movements import Movement
from app.store.outbox import Effect, EffectMovement


@dataclass(frozen=True)
class Tally:
    """How many records share a fate, and their value per currency."""

    count: int
    values: tuple[Money, ...]


@dataclass(frozen=True)
class StatusView:
    """The status page. `headline` answers "is everything in?" in one sentence; `next_step` is "" when set up."""

    headline: str
    tone: str
    next_step: str
    provider: ProviderView
    books: BooksView
    sync_enabled: bool
    grouping: str
    last_sync: datetime | None
    current: RunView | None
    latest: list[RunView]
    next_manual: datetime | None
    tallies: dict[str, Tally]


def view(outside: Outside, business: BusinessView, run_count: int = 5) -> StatusView:
    """The status of a business now."""
    provider = provider_connection.view(outside, business.id)
    books = books_connection.view(outside, business.id)
    next_step = runs.why_not_ready(outside, business.id)
    possible = runs.next_manual(business.id)
    tallies = tallies_of(business.id)
    last = runs.last_success(business.id)
    latest = runs.latest(outside, business.id, run_count)
    current = settings.current_input(business.id)
    first = headline(
        Situation(
            next_step="" if next_step == runs.ENABLE_FIRST else next_step,
            sync_on=current.sync_enabled,
            provider_status=provider.status,
            books_status=books.status,
            waiting=tallies[Fate.WAITING].count,
            needs_person=tallies[Fate.HELD].count + tallies[Fate.FAILED].count,
            left_out=tallies[Fate.EXCLUDED].count,
            records=sum(tally.count for tally in tallies.values()),
            last_outcome=next((run.outcome for run in latest if not run.live), ""),
            last_sentence=next((run.sentence for run in latest if not run.live), ""),
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
        latest=latest,
        next_manual=possible if possible and possible > outside.clock.now() else None,
        tallies=tallies,
    )


_VALUE = sa.case((Movement.kind == "refund", -Movement.gross_minor), else_=Movement.gross_minor)
"""What a record is worth: a refund takes away."""


def tallies_of(business_id: int) -> dict[str, Tally]:
    """Count and value of the records of each fate."""
    found: dict[str, dict[str, tuple[int, int]]] = {fate: {} for fate in Fate}
    with read() as session:
        for fate, currency, count, minor in [*_by_rule(session, business_id), *_by_state(session, business_id)]:
            had = found[fate].get(currency, (0, 0))
            found[fate][currency] = (had[0] + count, had[1] + minor)
    return {
        fate: Tally(
            sum(count for count, _minor in sums.values()),
            tuple(Money.from_minor(minor, currency) for currency, (_count, minor) in sorted(sums.items())),
        )
        for fate, sums in found.items()
    }


def _by_rule(session: Session, business_id: int) -> list[tuple[Fate, str, int, int]]:
    rows = session.execute(
        sa.select(Movement.decision, Movement.currency, sa.func.count(), sa.func.sum(_VALUE))
        .where(Movement.business_id == business_id)
        .where(sa.or_(Movement.decision.is_(None), Movement.decision.not_in(WITH_DOCUMENTS)))
        .group_by(Movement.decision, Movement.currency)
    )
    return [(RULES[rule or "not_planned"].fate, currency, count, int(minor)) for rule, currency, count, minor in rows]


_UNDONE = (State.REFUSED, State.HELD, State.IN_DOUBT, State.SENDING, State.PLANNED)


def _by_state(session: Session, business_id: int) -> list[tuple[Fate, str, int, int]]:
    """Records with documents, by the worst state among their effects."""
    rank = sa.case({state.value: number for number, state in enumerate(_UNDONE)}, value=Effect.state, else_=99)
    undone = (
        sa.select(EffectMovement.movement_id.label("id"), sa.func.min(rank).label("rank"))
        .join(Effect, Effect.id == EffectMovement.effect_id)
        .where(Effect.business_id == business_id, Effect.state != State.DONE.value)
        .group_by(EffectMovement.movement_id)
        .subquery()
    )
    rows = session.execute(
        sa.select(undone.c.rank, Movement.currency, sa.func.count(), sa.func.sum(_VALUE))
        .join(Movement, Movement.id == undone.c.id)
        .group_by(undone.c.rank, Movement.currency)
    ).all()
    fates = {0: Fate.FAILED, 1: Fate.HELD}
    result = [(fates.get(rank, Fate.WAITING), currency, count, int(minor)) for rank, currency, count, minor in rows]
    all_rows = session.execute(
        sa.select(Movement.currency, sa.func.count(), sa.func.sum(_VALUE))
        .where(Movement.business_id == business_id, Movement.decision.in_(WITH_DOCUMENTS))
        .group_by(Movement.currency)
    )
    for currency, count, minor in all_rows:
        open_count = sum(one[2] for one in result if one[1] == currency)
        open_minor = sum(one[3] for one in result if one[1] == currency)
        if count > open_count:
            result.append((Fate.POSTED, currency, count - open_count, int(minor) - open_minor))
    return result
