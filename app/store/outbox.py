"""The outbox: every effect, to be done, being done and done; intention and record in one row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.domain.effects import State
from app.domain.proof import Entry
from app.store import proof
from app.store.columns import JSONText, UTCDateTime
from app.store.db import Base, table_of
from app.store.leases import Lease
from app.store.prepared import Prepared, Rows

_CLEARING = ("clearing_account", "action", "clearing_minor", "difference_minor")
"""What a sum over all that was ever written needs: in the index, so that no document is touched for it."""

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


class Effect(Base):
    """One write to an outside system.

    `target` is the account written to (`zoho_books:<organization>`), `action` what is done (`create_invoice`),
    `reference` the key made of provider facts: the three are unique, so planning twice is harmless. `group_key`
    joins the effects of one document set; `position` orders them within it. Amounts in minor units; the difference,
    in the home currency, is what the rounding of an exchange rate brought more (or less) than the provider credited.
    `held_by` says why it is held: `locked`, `differs`, `double` or `unsettled`; `settled_by` how a person settled it:
    `adopted`, `by_hand` or `left_out`. `clearing_minor` is what the document
    adds to its clearing account, in that account's currency; both are NULL for one that doesn't touch any.
    """

    __tablename__ = "effects"
    __table_args__ = (
        sa.UniqueConstraint("target", "action", "reference"),
        sa.Index("ix_effects_open", "business_id", "state", *_CLEARING),
        sa.Index("ix_effects_group", "business_id", "group_key"),
        sa.Index("ix_effects_listing", "business_id", "document_date", "id"),
        sa.Index("ix_effects_reference", "business_id", "reference"),
    )

    id: Mapped[int] = mapped_column(_BIG, primary_key=True)
    business_id: Mapped[int] = mapped_column(sa.ForeignKey("businesses.id", ondelete="CASCADE"))
    planned_by: Mapped[int] = mapped_column(sa.ForeignKey("runs.id"))
    target: Mapped[str] = mapped_column(sa.String(120))
    action: Mapped[str] = mapped_column(sa.String(40))
    reference: Mapped[str] = mapped_column(sa.String(50))
    group_key: Mapped[str] = mapped_column(sa.String(60))
    position: Mapped[int]
    document_date: Mapped[date] = mapped_column(sa.Date)
    currency: Mapped[str] = mapped_column(sa.String(3))
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    clearing_account: Mapped[str | None] = mapped_column(sa.String(60))
    clearing_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONText)
    payload_hash: Mapped[str] = mapped_column(sa.String(64))
    depends_on: Mapped[int | None] = mapped_column(_BIG, sa.ForeignKey("effects.id"))
    undoes: Mapped[int | None] = mapped_column(_BIG, sa.ForeignKey("effects.id"))
    state: Mapped[str] = mapped_column(sa.String(12))
    planned_at: Mapped[datetime] = mapped_column(UTCDateTime)
    not_before: Mapped[datetime | None] = mapped_column(UTCDateTime)
    claimed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    fence: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(default=0)
    empty_lookups: Mapped[int] = mapped_column(default=0)
    doubted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    books_id: Mapped[str | None] = mapped_column(sa.String(40))
    books_number: Mapped[str | None] = mapped_column(sa.String(100))
    customer_id: Mapped[str | None] = mapped_column(sa.String(40))
    difference_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    held_by: Mapped[str | None] = mapped_column(sa.String(10))
    settled_by: Mapped[str | None] = mapped_column(sa.String(10))
    trouble: Mapped[str | None] = mapped_column(sa.Text)
    trouble_detail: Mapped[str | None] = mapped_column(sa.Text)


class EffectMovement(Base):
    """Which movements an effect was made from."""

    __tablename__ = "effect_movements"

    effect_id: Mapped[int] = mapped_column(_BIG, sa.ForeignKey("effects.id", ondelete="CASCADE"), primary_key=True)
    movement_id: Mapped[int] = mapped_column(
        _BIG, sa.ForeignKey("movements.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Attempt(Base):
    """One claim, send, look-up or repair and what came of it; rows are only ever added.

    They are the business's proof log: `number` counts them, `hash` chains each to the one before (domain/proof.py).
    A row is about an effect, or about a movement without one. `person` is who did it, "" for Tieout itself.
    """

    __tablename__ = "attempts"
    __table_args__ = (
        sa.UniqueConstraint("business_id", "number"),
        sa.Index(
            "ix_attempts_record",
            "movement_id",
            sqlite_where=sa.text("movement_id IS NOT NULL"),
            postgresql_where=sa.text("movement_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(_BIG, primary_key=True)
    business_id: Mapped[int] = mapped_column(sa.ForeignKey("businesses.id", ondelete="CASCADE"))
    number: Mapped[int]
    effect_id: Mapped[int | None] = mapped_column(_BIG, sa.ForeignKey("effects.id", ondelete="CASCADE"), index=True)
    movement_id: Mapped[int | None] = mapped_column(_BIG, sa.ForeignKey("movements.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    fence: Mapped[int | None]
    what: Mapped[str] = mapped_column(sa.String(20))
    outcome: Mapped[str] = mapped_column(sa.String(20))
    detail: Mapped[str] = mapped_column(sa.Text, default="")
    person: Mapped[str] = mapped_column(sa.String(254), default="", server_default="")
    hash: Mapped[str] = mapped_column(sa.String(64))


def known_references(session: Session, target: str, action: str, references: list[str]) -> dict[str, Effect]:
    """Effects of one action that exist already among `references`, by reference."""
    found: dict[str, Effect] = {}
    for start in range(0, len(references), 500):
        rows = session.scalars(
            sa.select(Effect).where(
                Effect.target == target,
                Effect.action == action,
                Effect.reference.in_(references[start : start + 500]),
            )
        )
        found |= {row.reference: row for row in rows}
    return found


def references_like(session: Session, business_id: int, pattern: str) -> list[str]:
    """References of a business's document sets that match a LIKE pattern."""
    wanted = sa.select(Effect.reference).where(Effect.business_id == business_id, Effect.position == 0)
    return list(session.scalars(wanted.where(Effect.reference.like(pattern))))


def sale_reference(session: Session, movement_id: int) -> str:
    """The reference of the set in which a charge was posted, "" if it is in none."""
    found = session.scalar(
        sa.select(Effect.reference)
        .join(EffectMovement, EffectMovement.effect_id == Effect.id)
        .where(EffectMovement.movement_id == movement_id, Effect.action == "create_invoice")
    )
    return found or ""


def states_of(session: Session, movement_ids: list[int]) -> dict[int, list[State]]:
    """The states of the effects made from each movement."""
    found: dict[int, list[State]] = {row: [] for row in movement_ids}
    for start in range(0, len(movement_ids), 500):
        rows = session.execute(
            sa.select(EffectMovement.movement_id, Effect.state)
            .join(Effect, Effect.id == EffectMovement.effect_id)
            .where(EffectMovement.movement_id.in_(movement_ids[start : start + 500]))
        )
        for movement_id, state in rows:
            found[movement_id].append(State(state))
    return found


def in_states(session: Session, business_id: int, target: str, states: list[str]) -> list[Effect]:
    """Effects on a target in any of `states`, in the order in which they may be sent."""
    return list(
        session.scalars(
            sa.select(Effect)
            .where(Effect.business_id == business_id, Effect.target == target, Effect.state.in_(states))
            .order_by(Effect.document_date, Effect.group_key, Effect.position)
        )
    )


def state_of(session: Session, effect_id: int) -> str:
    """The state of one effect as stored."""
    return session.get_one(Effect, effect_id).state


def planned_ids(session: Session, business_id: int, target: str) -> frozenset[int]:
    """Every effect on a target that is planned now."""
    wanted = sa.select(Effect.id).where(
        Effect.business_id == business_id, Effect.target == target, Effect.state == "planned"
    )
    return frozenset(session.scalars(wanted))


def planned_groups(session: Session, business_id: int, target: str) -> list[str]:
    """Keys of the groups that hold a planned effect, oldest documents first, those tried in vain before last."""
    tried = sa.func.max(sa.case((Effect.trouble.is_not(None), 1), else_=0))
    found = session.execute(
        sa.select(Effect.group_key, sa.func.min(Effect.document_date), tried)
        .where(Effect.business_id == business_id, Effect.target == target, Effect.state == "planned")
        .group_by(Effect.group_key)
    )
    # Sorted here, because databases sort text by different rules, and a refund's key must come after its sale's.
    return [key for _tried, _day, key in sorted((tried, day, key) for key, day, tried in found)]


def of_groups(session: Session, business_id: int, group_keys: Sequence[str]) -> dict[str, list[Effect]]:
    """All effects of some groups, by group in the order asked for, each in sending order."""
    groups: dict[str, list[Effect]] = {key: [] for key in group_keys}
    for effect in session.scalars(
        sa.select(Effect)
        .where(Effect.business_id == business_id, Effect.group_key.in_(group_keys))
        .order_by(Effect.position)
    ):
        groups[effect.group_key].append(effect)
    return groups


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one send: the effect's new state and all that comes with it."""

    state: str
    held_by: str | None = None
    trouble: str | None = None
    trouble_detail: str | None = None
    not_before: datetime | None = None
    doubted_at: datetime | None = None
    done_at: datetime | None = None
    books_id: str | None = None
    books_number: str | None = None
    customer_id: str | None = None
    difference_minor: int | None = None


_effects = table_of(Effect)
_leases = table_of(Lease)

_NEW = {f"new_{name}": name for name in Outcome.__struct_fields__}

# Prepared once: these two run for every document, and building a statement costs more than running it.
_CLAIM = Prepared(
    sa.update(_effects)
    .where(_effects.c.id == sa.bindparam("effect"), _effects.c.state == "planned")
    .where(
        sa.select(_leases.c.business_id)
        .where(_leases.c.business_id == sa.bindparam("business"), _leases.c.owner == sa.bindparam("owner"))
        .where(_leases.c.fence == sa.bindparam("held"), _leases.c.expires_at > sa.bindparam("now", type_=UTCDateTime))
        .exists()
    )
    .values(
        state="sending",
        claimed_at=sa.bindparam("now", type_=UTCDateTime),
        fence=sa.bindparam("held"),
        attempts=_effects.c.attempts + 1,
    )
)
_RECORD = Prepared(
    sa.update(_effects)
    .where(_effects.c.id == sa.bindparam("effect"), _effects.c.state == "sending")
    .where(_effects.c.fence == sa.bindparam("held"))
    .values({name: sa.bindparam(new, type_=_effects.c[name].type) for new, name in _NEW.items()})
)
_ATTEMPT = Prepared(
    sa.insert(table_of(Attempt)).values(
        {name: sa.bindparam(name, type_=table_of(Attempt).c[name].type) for name in (*Entry.__struct_fields__, "hash")}
    )
)


def claim(rows: Rows, effect_id: int, business_id: int, owner: str, fence: int, now: datetime,
          payload_hash: str = "") -> bool:  # fmt: skip
    """Take a planned effect for sending while the lease is ours: True for exactly one caller."""
    values = {"effect": effect_id, "business": business_id, "owner": owner, "held": fence, "now": now}
    if _CLAIM.run(rows, values) != 1:
        return False
    said = {"fence": fence, "person": "", "what": "claim", "outcome": "sending", "detail": payload_hash}
    _ATTEMPT.run(rows, proof.sealed(rows, {"effect_id": effect_id, "business_id": business_id}, now, said))
    return True


def record(rows: Rows, effect_id: int, fence: int, outcome: Outcome) -> bool:
    """Write what became of an effect that is still being sent under our fence: True if it was."""
    values = {new: getattr(outcome, name) for new, name in _NEW.items()}
    return _RECORD.run(rows, {"effect": effect_id, "held": fence} | values) == 1


def note(rows: Rows | sa.Connection, effect_id: int, fence: int | None, now: datetime, what: str, outcome: str,
         detail: str = "", by: str = "") -> None:  # fmt: skip
    """Add one entry about an effect to the proof log of its business."""
    said = {"fence": fence, "person": by, "what": what, "outcome": outcome, "detail": detail}
    _ATTEMPT.run(rows, proof.sealed(rows, {"effect_id": effect_id}, now, said))


def note_record(rows: Rows | sa.Connection, business_id: int, movement_id: int, now: datetime, what: str, outcome: str,
                detail: str, by: str) -> None:  # fmt: skip
    """Add one entry about a movement to the proof log of its business."""
    about = {"business_id": business_id, "movement_id": movement_id}
    said = {"fence": None, "person": by, "what": what, "outcome": outcome, "detail": detail}
    _ATTEMPT.run(rows, proof.sealed(rows, about, now, said))
