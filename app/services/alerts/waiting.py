"""How many sales of a business wait or are held, and what they are worth: straight off the tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.effects import OPEN_STATES, State
from app.domain.fates import RULES, Fate
from app.domain.letters import Wait
from app.domain.money import Money
from app.store.businesses import Business
from app.store.movements import Movement
from app.store.outbox import Effect, EffectMovement

_WAITING = [name for name, rule in RULES.items() if rule.fate is Fate.WAITING]
_HELD = [name for name, rule in RULES.items() if rule.fate is Fate.HELD]
_NEEDS_PERSON = (State.HELD.value, State.REFUSED.value)


def waiting(session: Session, business_id: int) -> Wait:
    """Sales that aren't in the books yet and will be."""
    return _wait(session, _waits_for(business_id), "charge")


def held(session: Session, business_id: int) -> Wait:
    """Records of any kind that need a person."""
    mine = Movement.business_id == business_id
    return _wait(session, [sa.and_(mine, Movement.decision.in_(_HELD)), _has_effect(business_id, _NEEDS_PERSON)])


def oldest_waiting(session: Session, business_id: int | None = None) -> datetime | None:
    """When the oldest sale was made that still waits; of the whole install without a business."""
    every = [business_id] if business_id is not None else list(session.scalars(sa.select(Business.id)))
    wanted = sa.select(sa.func.min(Movement.created_at)).where(Movement.kind == "charge")
    found = (session.scalar(wanted.where(which)) for one in every for which in _waits_for(one))
    return min((one for one in found if one is not None), default=None)


def _waits_for(business_id: int) -> list[sa.ColumnElement[bool]]:
    """Three sets without a record in common, each found by an index: joined by OR, all records would be walked."""
    mine = Movement.business_id == business_id
    return [
        sa.and_(mine, Movement.decision.is_(None)),
        sa.and_(mine, Movement.decision.in_(_WAITING)),
        _has_effect(business_id, [one.value for one in OPEN_STATES]),
    ]


def _has_effect(business_id: int, states: Sequence[str]) -> sa.ColumnElement[bool]:
    """Records of which a document is in one of `states`: only the few open effects are walked."""
    return Movement.id.in_(
        sa.select(EffectMovement.movement_id)
        .join(Effect, Effect.id == EffectMovement.effect_id)
        .where(Effect.business_id == business_id, Effect.state.in_(states))
    )


def _wait(session: Session, sets: list[sa.ColumnElement[bool]], kind: str = "") -> Wait:
    count, worth = 0, dict[str, int]()
    wanted = sa.select(Movement.currency, sa.func.count(), sa.func.sum(Movement.gross_minor))
    for which in sets:
        chosen = wanted.where(which).group_by(Movement.currency)
        for currency, number, minor in session.execute(chosen.where(Movement.kind == kind) if kind else chosen):
            count, worth[currency] = count + number, worth.get(currency, 0) + int(minor)
    return Wait(count=count, values=[Money.from_minor(minor, currency) for currency, minor in sorted(worth.items())])
