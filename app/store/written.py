"""What was written: sums and facts of the effects that are done, or may be, read in bulk."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.store.outbox import Effect, EffectMovement


class ClearingSum(msgspec.Struct, frozen=True, kw_only=True):
    """What the effects of one action and state add to a clearing account, and what their rates' rounding missed."""

    action: str
    state: str
    held_by: str | None
    minor: int
    rounding_minor: int


def clearing_sums(session: Session, business_id: int, account_id: str, states: Sequence[str]) -> list[ClearingSum]:
    """What everything in `states` adds to a clearing account; read off ix_effects_open but for the few held ones."""
    groups = (Effect.action, Effect.state, sa.case((Effect.state == "held", Effect.held_by)))
    rows = session.execute(
        sa.select(*groups, sa.func.sum(Effect.clearing_minor), sa.func.sum(Effect.difference_minor))
        .where(Effect.business_id == business_id, Effect.state.in_(states), Effect.clearing_account == account_id)
        .group_by(*groups)
    )
    return [
        ClearingSum(action=action, state=state, held_by=held, minor=int(minor or 0), rounding_minor=int(missed or 0))
        for action, state, held, minor, missed in rows
    ]


def clearing_accounts(session: Session, movement_ids: list[int]) -> dict[int, str]:
    """The clearing account on which each of these charges was paid in, by movement."""
    found: dict[int, str] = {}
    for start in range(0, len(movement_ids), 500):
        wanted = (
            sa.select(EffectMovement.movement_id, Effect.clearing_account)
            .join(Effect, Effect.id == EffectMovement.effect_id)
            .where(EffectMovement.movement_id.in_(movement_ids[start : start + 500]))
            .where(Effect.action == "create_customer_payment")
        )
        found |= {movement: account or "" for movement, account in session.execute(wanted)}
    return found


def invoice_taxes(session: Session, business_id: int, references: list[str]) -> dict[str, str]:
    """The tax that invoices bear, by reference; those that name none are missing."""
    taxes: dict[str, str] = {}
    for start in range(0, len(references), 500):
        wanted = sa.select(Effect.reference, Effect.payload).where(
            Effect.business_id == business_id,
            Effect.action == "create_invoice",
            Effect.reference.in_(references[start : start + 500]),
        )
        taxes |= {reference: payload.get("tax", "") for reference, payload in session.execute(wanted)}
    return {reference: tax for reference, tax in taxes.items() if tax}
