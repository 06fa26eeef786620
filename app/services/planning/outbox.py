"""The plan committed: decisions onto movements, document sets as planned effects, all in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.clearing import moved_by
from app.domain.documents import Document, kind_of
from app.domain.effects import State
from app.domain.fates import REDECIDED
from app.domain.planning import Decision, DocumentSet, Plan
from app.services.planning import corrections
from app.services.writing.lease import HeldLease
from app.store.db import table_of, write
from app.store.movements import Movement
from app.store.outbox import Effect, EffectMovement, known_references

PAYMENT = "create_customer_payment"

# On the tables themselves: for this many rows a mapper's bookkeeping costs more than the database does.
_effects, _movements = table_of(Effect), table_of(Movement)
_NEW_EFFECTS = sa.insert(_effects).returning(_effects.c.id, sort_by_parameter_order=True)
_NEW_LINKS = sa.insert(table_of(EffectMovement))
_DECISION = (
    sa.update(_movements)
    .where(_movements.c.id == sa.bindparam("row"))
    .values(
        decision=sa.bindparam("new_decision"),
        decision_detail=sa.bindparam("new_detail"),
        decided_at=sa.bindparam("now"),
    )
)


def action_for(document: Document) -> str:
    """The name of the effect that makes a document."""
    return f"create_{kind_of(document).value}"


def commit_plan(
    lease: HeldLease,
    run_id: int,
    target: str,
    plan: Plan,
    rows: Mapping[str, int],
    now: datetime,
    found: Collection[tuple[str, str]] = (),
) -> int:
    """Write the plan; how many effects are new. Planning the same set twice changes nothing.

    `rows` maps the provider's ids to movements; what is `found` in the books, by action and reference, is born in
    doubt, so that it is never sent. LostLease if another worker took over meanwhile; what was decided for
    good since the plan was made is left as it is, and with it every set that holds it.
    """
    with write() as session:
        lease.guard(session)
        decided = _decided(session, rows)
        sets = [one for one in plan.sets if one.corrects or not decided.intersection(one.movement_ids)]
        fresh = _unplanned(session, target, sets, rows)
        shared = {"business_id": lease.business_id, "planned_by": run_id, "target": target, "planned_at": now}
        # Sets that wait for another one come second, when that one's effects have their ids.
        count = sum(
            _insert_effects(session, shared, [one for one in fresh if bool(one.after) is waits], rows, found)
            for waits in (False, True)
        )
        _decide(session, [one for one in plan.decisions if one.movement_id not in decided], rows, now)
        corrections.note_fees(session, lease.business_id)
        corrections.note_planned(session, fresh, rows, now)
    return count


def write_set(session: Session, shared: dict[str, Any], one: DocumentSet, rule: str, movement_id: int) -> list[Effect]:
    """Decide on one record and put its documents down, within the caller's transaction; the effects, still planned.

    `shared` holds business, run, target and instant as columns of an effect. No effect of the set's key may exist.
    """
    rows = dict.fromkeys(one.movement_ids, movement_id)
    _insert_effects(session, shared, [one], rows, ())
    _decide(session, [Decision(key, rule) for key in rows], rows, shared["planned_at"])
    corrections.note_fees(session, shared["business_id"])
    wanted = sa.select(Effect).where(Effect.business_id == shared["business_id"], Effect.group_key == one.key)
    return list(session.scalars(wanted.order_by(Effect.position)))


def _decided(session: Session, rows: Mapping[str, int]) -> set[str]:
    """Those of the movements on which something final was decided."""
    by_row = {row: key for key, row in rows.items()}
    final = sa.select(Movement.id).where(Movement.decision.is_not(None), Movement.decision.not_in(REDECIDED))
    found: set[str] = set()
    ids = list(by_row)
    for start in range(0, len(ids), 500):
        found |= {by_row[row] for row in session.scalars(final.where(Movement.id.in_(ids[start : start + 500])))}
    return found


def _unplanned(
    session: Session, target: str, sets: Sequence[DocumentSet], movement_ids: Mapping[str, int]
) -> list[DocumentSet]:
    """Sets whose effects don't exist; for the others only the link to the movement is made sure of."""
    firsts = {one.key: action_for(one.documents[0]) for one in sets}
    known: dict[str, Effect] = {}
    for action in set(firsts.values()):
        known |= known_references(session, target, action, [key for key, own in firsts.items() if own == action])
    for one in sets:
        if one.key in known:
            _link(session, [known[one.key].id], one, movement_ids)
    return [one for one in sets if one.key not in known]


def _insert_effects(
    session: Session,
    shared: dict[str, Any],
    sets: Sequence[DocumentSet],
    movement_ids: Mapping[str, int],
    found: Collection[tuple[str, str]],
) -> int:
    """Insert position by position, so that each effect can name the one it depends on."""
    payments = known_references(session, shared["target"], PAYMENT, [one.after for one in sets if one.after])
    previous = {one.key: payments[one.after].id for one in sets if one.after}
    links: list[dict[str, int]] = []
    count = 0
    for position in range(max((len(one.documents) for one in sets), default=0)):
        members = [one for one in sets if len(one.documents) > position]
        rows = [
            shared
            | _values(one, position)
            | {"depends_on": previous.get(one.key)}
            | _state(one, position, found, shared)
            for one in members
        ]
        inserted = session.connection().scalars(_NEW_EFFECTS, rows)
        previous = dict(zip((one.key for one in members), inserted, strict=True))
        count += len(rows)
        for one in members:
            links += [
                {"effect_id": previous[one.key], "movement_id": movement_ids[charge]} for charge in one.movement_ids
            ]
    if links:
        session.connection().execute(_NEW_LINKS, links)
    return count


def _state(
    one: DocumentSet, position: int, found: Collection[tuple[str, str]], shared: dict[str, Any]
) -> dict[str, Any]:
    """Planned, or in doubt and due for a look at once where the books hold the document already."""
    document = one.documents[position]
    if (action_for(document), document.reference) in found:
        return {"state": State.IN_DOUBT.value, "doubted_at": shared["planned_at"], "not_before": shared["planned_at"]}
    return {"state": State.PLANNED.value, "doubted_at": None, "not_before": None}


def _values(one: DocumentSet, position: int) -> dict[str, Any]:
    document = one.documents[position]
    payload = msgspec.json.encode(document)
    account, moved = moved_by(document) or (None, None)
    return {
        "action": action_for(document),
        "reference": document.reference,
        "group_key": one.key,
        "position": position,
        "document_date": document.date,
        "currency": document.total.currency,
        "amount_minor": document.total.minor,
        "clearing_account": account,
        "clearing_minor": moved.minor if moved else None,
        "payload": msgspec.json.decode(payload),
        "payload_hash": hashlib.sha256(payload).hexdigest(),
    }


def _link(session: Session, effect_ids: list[int], one: DocumentSet, movement_ids: Mapping[str, int]) -> None:
    for effect_id in effect_ids:
        for charge in one.movement_ids:
            session.merge(EffectMovement(effect_id=effect_id, movement_id=movement_ids[charge]))


def _decide(session: Session, decisions: Sequence[Decision], rows: Mapping[str, int], now: datetime) -> None:
    values = [
        {
            "row": rows[one.movement_id],
            "new_decision": one.rule,
            "new_detail": one.detail or None,
            "now": now,
        }
        for one in decisions
    ]
    if values:
        session.connection().execute(_DECISION, values)
