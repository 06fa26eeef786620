"""Repairs of records without documents: left out for good, or entered in the books by a person."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.domain.documents import Transfer
from app.domain.fates import DOCUMENTS
from app.domain.individual import documents_for
from app.domain.money import Money
from app.domain.planning import DocumentSet, PlanFacts
from app.domain.references import for_payout
from app.domain.repairs import LEFT_OUT, Offer, Repair, record_offers
from app.domain.zones import accounting_date
from app.services.connections import books_connection
from app.services.outside import Outside
from app.services.planning import outbox as planning
from app.services.planning import plans
from app.services.planning.ingest import charge_of
from app.services.refusals import Refusal
from app.services.repairing.at_hand import CHANGED, go_on, in_hand
from app.services.repairing.repairs import checked_note, settle
from app.services.writing.lease import HeldLease
from app.store import outbox
from app.store.db import read, write
from app.store.movements import Movement
from app.store.runs import latest


def offers(outside: Outside, business_id: int, movement_id: int) -> tuple[Offer, ...]:
    """The repairs of a record now; none for one with documents, which are repaired themselves."""
    with read() as session:
        movement = session.get(Movement, movement_id)
    if movement is None or movement.business_id != business_id:
        return ()
    return _offers(movement, plans.facts_of(outside, business_id))


def mark_of(outside: Outside, business_id: int, movement_id: int) -> str:
    """What a page notes of a record, to tell later whether it is still the same."""
    with read() as session:
        movement = session.get(Movement, movement_id)
        return _mark(movement) if movement and movement.business_id == business_id else ""


def leave_out(outside: Outside, business_id: int, movement_id: int, seen: str, note: str, person: str) -> None:
    """Leave a record out for good; its refunds stay out with it."""
    told, facts = checked_note(note), plans.facts_of(outside, business_id)
    with in_hand(outside, business_id) as held, write() as session:
        movement = _as_seen(held, session, movement_id, seen, facts, Repair.LEAVE_OUT)
        _decide(session, movement, LEFT_OUT, f": {told}", facts)
        now = outside.clock.now()
        outbox.note_record(
            session.connection(), business_id, movement.id, now, "repair", Repair.LEAVE_OUT.value, told, person
        )
    go_on(outside, business_id)


def by_hand(outside: Outside, business_id: int, movement_id: int, seen: str, note: str, person: str,
            *, on_clearing: bool) -> None:  # fmt: skip
    """A person entered a record in the books: its documents are noted as done, and so they are counted."""
    told, facts = checked_note(note), plans.facts_of(outside, business_id)
    target = books_connection.books_of(outside, business_id).target
    with in_hand(outside, business_id) as held, write() as session:
        movement = _as_seen(held, session, movement_id, seen, facts, Repair.BY_HAND)
        now, run_id = outside.clock.now(), latest(session, business_id, 1)[0].id
        shared = {"business_id": business_id, "planned_by": run_id, "target": target, "planned_at": now}
        for effect in planning.write_set(session, shared, _documents(movement, facts), DOCUMENTS, movement.id):
            settle(effect, "by_hand", outside)
            if not on_clearing:
                effect.clearing_account = effect.clearing_minor = None
            session.flush()
            outbox.note(session.connection(), effect.id, held.fence, now, "repair", Repair.BY_HAND.value, told, person)
    go_on(outside, business_id)


def _offers(movement: Movement, facts: PlanFacts) -> tuple[Offer, ...]:
    if not facts.versions:
        return ()
    return record_offers(movement.decision, movement.kind, known_home=_is_known(movement, facts))


def _is_known(movement: Movement, facts: PlanFacts) -> bool:
    """Whether it is known what the record moves on the Bank Account, and on which side it lies."""
    if movement.kind == "payout":
        return bool(facts.rules.payout_account) and movement.currency == facts.rules.clearing_currency
    if movement.kind != "charge":
        return False
    charge = charge_of(movement)
    return bool(charge.home) and charge.home_currency == facts.rules.clearing_currency


def _as_seen(
    held: HeldLease, session: Session, movement_id: int, seen: str, facts: PlanFacts, repair: Repair
) -> Movement:
    held.guard(session)
    movement = session.get(Movement, movement_id, with_for_update=True)
    if movement is None or movement.business_id != held.business_id or _mark(movement) != seen:
        raise Refusal(CHANGED)
    offer = next((one for one in _offers(movement, facts) if one.repair is repair), None)
    if offer is None or not offer.offered:
        raise Refusal(offer.why_not if offer else "There is nothing to repair about this record.")
    return movement


def _mark(movement: Movement) -> str:
    return f"{movement.decision or ''}.{movement.updated_at.timestamp():.0f}"


def _decide(session: Session, movement: Movement, rule: str, detail: str, facts: PlanFacts) -> None:
    movement.decision, movement.decision_detail, movement.decided_at = rule, detail, facts.now
    session.flush()


def _documents(movement: Movement, facts: PlanFacts) -> DocumentSet:
    """The documents of one record as Tieout would have written them."""
    if movement.kind == "charge":
        documents = documents_for(charge_of(movement), facts.rules, facts.zone)
        return DocumentSet(documents[0].reference, documents, (movement.provider_id,))
    transfer = Transfer(
        reference=for_payout(movement.provider_id),
        date=accounting_date(movement.closed_at or movement.created_at, facts.zone),
        amount=Money.from_minor(movement.gross_minor, movement.currency),
        from_account_id=facts.rules.bank_account,
        to_account_id=facts.rules.payout_account,
        description="HitPay payout, entered by hand",
    )
    return DocumentSet(transfer.reference, (transfer,), (movement.provider_id,))
