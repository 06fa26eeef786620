"""How many sales of a business wait or are held, and what they are worth: straight off the tables."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.effects import OPEN_STATES, State
from app.domain.fates import RULES, WITH_DOCUMENTS, Fate
from app.domain.letters import Wait
from app.domain.money import Money
from app.store.movements import Movement
from app.store.outbox import Effect, EffectMovement

_WAITING = [name for name, rule in RULES.items() if rule.fate is Fate.WAITING]
_HELD = [name for name, rule in RULES.items() if rule.fate is Fate.HELD]
_NEEDS_PERSON = (State.HELD.value, State.REFUSED.value)


def waiting(session: Session, business_id: int) -> Wait:
    """Sales that aren't in the books yet and will be."""
    undecided = sa.or_(Movement.decision.is_(None), Movement.decision.in_(_WAITING))
    return _wait(session, business_id, sa.or_(undecided, _has_effect([one.value for one in OPEN_STATES])), "charge")


def held(session: Session, business_id: int) -> Wait:
    """Records of any kind that need a person."""
    return _wait(session, business_id, sa.or_(Movement.decision.in_(_HELD), _has_effect(_NEEDS_PERSON)))


def oldest_waiting(session: Session, business_id: int | None = None) -> datetime | None:
    """When the oldest sale was made that still waits; of the whole install without a business."""
    undecided = sa.or_(Movement.decision.is_(None), Movement.decision.in_(_WAITING))
    wanted = sa.select(sa.func.min(Movement.created_at)).where(
        Movement.kind == "charge", sa.or_(undecided, _has_effect([one.value for one in OPEN_STATES]))
    )
    return session.scalar(wanted if business_id is None else wanted.where(Movement.business_id == business_id))


def _has_effect(states: list[str] | tuple[str, ...]) -> sa.ColumnElement[bool]:
    """Whether a document of the record is in one of `states`: only the few open effects are walked."""
    linked = (
        sa.select(EffectMovement.movement_id)
        .join(Effect, Effect.id == EffectMovement.effect_id)
        .where(Effect.state.in_(states))
    )
    return sa.and_(Movement.decision.in_(WITH_DOCUMENTS), Movement.id.in_(linked))


def _wait(session: Session, business_id: int, which: sa.ColumnElement[bool], kind: str = "") -> Wait:
    wanted = (
        sa.select(Movement.currency, sa.func.count(), sa.func.sum(Movement.gross_minor))
        .where(Movement.business_id == business_id, which)
        .group_by(Movement.currency)
        .order_by(Movement.currency)
    )
    rows = session.execute(wanted.where(Movement.kind == kind) if kind else wanted).all()
    return Wait(
        count=sum(number for _currency, number, _minor in rows),
        values=[Money.from_minor(int(minor), currency) for currency, _number, minor in rows],
    )
