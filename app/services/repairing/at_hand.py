"""A stuck document taken in hand: nobody else works on its business meanwhile, and it is still as the person saw it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.effects import QUARANTINE, SEND_DEADLINE, State
from app.domain.repairs import Offer, Repair, Stuck, is_absent, offers_for
from app.services.outside import Outside
from app.services.refusals import Refusal
from app.services.syncing import runs
from app.services.writing import lease
from app.services.writing.lease import HeldLease
from app.store.db import write
from app.store.outbox import Attempt, Effect

BUSY = "A sync is at work on this business. Try again once it has ended; nothing was done."
CHANGED = "This has changed since the page was drawn, so nothing was done. Look at it as it is now."


@contextmanager
def in_hand(outside: Outside, business_id: int) -> Iterator[HeldLease]:
    """Hold the business; Refusal while a sync holds it."""
    held = lease.take(outside, business_id)
    if held is None:
        raise Refusal(BUSY)
    try:
        yield held
    finally:
        held.release()


@contextmanager
def changing(
    outside: Outside, held: HeldLease, effect_id: int, seen: str, repair: Repair
) -> Iterator[tuple[Session, Effect]]:
    """A writing transaction on a document that is as `seen`, and for which the repair is offered; else Refusal."""
    with write() as session:
        held.guard(session)
        effect = session.get(Effect, effect_id, with_for_update=True)
        if effect is None or effect.business_id != held.business_id or mark_of(effect) != seen:
            raise Refusal(CHANGED)
        check_offered(outside, session, effect, repair)
        yield session, effect


def check_offered(outside: Outside, session: Session, effect: Effect, repair: Repair) -> None:
    """Refusal with the reason if a repair isn't offered for a document."""
    offer = next((one for one in offers(outside, session, effect) if one.repair is repair), None)
    if offer is None:
        raise Refusal("There is nothing to repair about this document.")
    if not offer.offered:
        raise Refusal(offer.why_not)


def offers(outside: Outside, session: Session, effect: Effect) -> tuple[Offer, ...]:
    """The repairs of a document now."""
    return offers_for(_stuck(session, effect), outside.clock.now())


def mark_of(effect: Effect) -> str:
    """What a page notes of a document, to tell later whether it is still the same."""
    return f"{effect.state}.{effect.attempts}.{effect.empty_lookups}.{effect.held_by or ''}"


def group_of(session: Session, effect: Effect) -> list[Effect]:
    """The documents of a set, in sending order."""
    wanted = sa.select(Effect).where(Effect.business_id == effect.business_id, Effect.group_key == effect.group_key)
    return list(session.scalars(wanted.order_by(Effect.position)))


def set_and_followers(session: Session, effect: Effect) -> list[Effect]:
    """The documents of a set and of every other set that waits for one of them: refunds of a sale, its corrections."""
    found = {one.id: one for one in group_of(session, effect)}
    fresh = list(found)
    while fresh:
        waiting = session.scalars(sa.select(Effect).where(Effect.depends_on.in_(fresh))).all()
        fresh = []
        for one in waiting:
            for member in group_of(session, one):
                if member.id not in found:
                    found[member.id] = member
                    fresh.append(member.id)
    return list(found.values())


def go_on(outside: Outside, business_id: int) -> None:
    """Let the worker take up what was repaired, if a sync can do anything now."""
    if not runs.why_not_ready(outside, business_id):
        runs.request(outside, business_id, "repair")


def _stuck(session: Session, effect: Effect) -> Stuck:
    others = [one for one in set_and_followers(session, effect) if one.id != effect.id]
    return _alone(session, effect, all(is_absent(_alone(session, one)) for one in others))


def _alone(session: Session, effect: Effect, others_absent: bool = True) -> Stuck:
    looked = sa.select(sa.func.max(Attempt.at)).where(Attempt.effect_id == effect.id, Attempt.what == "look_up")
    in_doubt = effect.state == State.IN_DOUBT
    landed = QUARANTINE + timedelta(seconds=SEND_DEADLINE)
    return Stuck(
        state=State(effect.state),
        held_by=effect.held_by or "",
        lookups=effect.empty_lookups,
        looked_at=session.scalar(looked) if in_doubt else None,
        quarantine_until=effect.doubted_at + landed if in_doubt and effect.doubted_at else None,
        others_absent=others_absent,
    )
