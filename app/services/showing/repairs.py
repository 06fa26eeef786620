"""What the pages of a document and of a record say about repairs."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.repairs import Repair
from app.services.outside import Outside
from app.services.repairing import at_hand, record_repairs, repairs
from app.services.showing import documents
from app.services.showing.documents import DocumentView
from app.store.db import read
from app.store.movements import Movement
from app.store.outbox import Effect, EffectMovement

LABELS = {
    Repair.CHECK: "Check again",
    Repair.SEND: "Send again",
    Repair.ADOPT: "This is it",
    Repair.BY_HAND: "Done by hand",
    Repair.LEAVE_OUT: "Leave out",
}


@dataclass(frozen=True)
class OfferView:
    """One repair with its label; it is offered if `why_not` is ""."""

    word: str
    label: str
    why_not: str


@dataclass(frozen=True)
class RepairsView:
    """The repairs of a document or a record, and how it stood when they were drawn."""

    seen: str
    offers: list[OfferView]


@dataclass(frozen=True)
class Concerned:
    """What a repair of a document settles with it: other documents, and records."""

    documents: list[DocumentView]
    records: int


def of_document(outside: Outside, business_id: int, document_id: int) -> RepairsView | None:
    """The repairs of a document, None where there is none such."""
    with read() as session:
        effect = session.get(Effect, document_id)
        if effect is None or effect.business_id != business_id:
            return None
        offered = at_hand.offers(outside, session, effect)
        return RepairsView(at_hand.mark_of(effect), [_view(one.repair, one.why_not) for one in offered])


def of_record(outside: Outside, business_id: int, record_id: int) -> RepairsView | None:
    """The repairs of a record without documents, None where there is none such."""
    with read() as session:
        movement = session.get(Movement, record_id)
    if movement is None or movement.business_id != business_id:
        return None
    offered = record_repairs.offers(outside, business_id, record_id)
    seen = record_repairs.mark_of(outside, business_id, record_id)
    return RepairsView(seen, [_view(one.repair, one.why_not) for one in offered])


def concerned(outside: Outside, business_id: int, document_id: int, repair: Repair) -> Concerned:
    """What is settled with a document by one repair, itself included."""
    with read() as session:
        effect = session.get_one(Effect, document_id)
        together = {
            Repair.BY_HAND: repairs.by_hand_together,
            Repair.LEAVE_OUT: at_hand.set_and_followers,
        }.get(repair)
        rows = together(session, effect) if together else [effect]
        linked = session.query(EffectMovement.movement_id).where(EffectMovement.effect_id.in_([one.id for one in rows]))
        records = linked.distinct().count()
    return Concerned(documents.views(outside, business_id, rows), records)


def _view(repair: Repair, why_not: str) -> OfferView:
    return OfferView(repair.value, LABELS[repair], why_not)
