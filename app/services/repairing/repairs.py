"""Repairs of documents: check again, send again, done by hand, leave out. Adopting a record has a file of its own."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.documents import DocumentKind
from app.domain.effects import State
from app.domain.repairs import FOLLOWERS, LEFT_OUT, Repair
from app.services.connections import books_connection
from app.services.outside import Outside
from app.services.planning import plans
from app.services.refusals import Refusal
from app.services.repairing.at_hand import changing, go_on, group_of, in_hand, set_and_followers
from app.services.writing import doubt, offers
from app.services.writing.customers import Customers
from app.services.writing.work import Work
from app.store import outbox
from app.store.db import read
from app.store.movements import Movement
from app.store.outbox import Effect, EffectMovement
from app.store.runs import latest

LONGEST_NOTE = 500

_FOUND_WORDS = {
    State.DONE: "It was found in Zoho Books, and is done.",
    State.PLANNED: "It isn't in Zoho Books: two looks found nothing. It goes out again with the next sync.",
    State.IN_DOUBT: "It wasn't found. Tieout looks once more in ten minutes before anything is sent again.",
}


def check(outside: Outside, business_id: int, effect_id: int, seen: str, person: str) -> str:
    """Look a document up now; what came of it as a sentence. Refusal: nothing was done."""
    books = books_connection.books_of(outside, business_id)
    with in_hand(outside, business_id) as held:
        with changing(outside, held, effect_id, seen, Repair.CHECK) as (session, effect):
            now = outside.clock.now()
            if effect.state == State.HELD:
                effect.state, effect.held_by, effect.empty_lookups = State.IN_DOUBT.value, None, 0
                effect.doubted_at = effect.doubted_at or now
            _note(session, effect, held.fence, now, Repair.CHECK, "", person)
        with read() as session:
            run_id = latest(session, business_id, 1)[0].id
        customers = Customers(books.target, books.posting)
        doubt.look_up(Work(outside, run_id, books.target, held, books.posting, customers), effect)
        with read() as session:
            after = session.get_one(Effect, effect_id)
    go_on(outside, business_id)
    return _FOUND_WORDS.get(State(after.state), after.trouble or "") if not _failed(after) else str(after.trouble)


def _failed(after: Effect) -> bool:
    return after.state == State.IN_DOUBT and not after.empty_lookups


def send(outside: Outside, business_id: int, effect_id: int, seen: str, person: str) -> None:
    """Plan what was refused or stopped by a lock once more, and what of its set was, with the accounts chosen now."""
    open_day = plans.open_day(
        business_id, plans.facts_of(outside, business_id), books_connection.books_of(outside, business_id)
    )
    with (
        in_hand(outside, business_id) as held,
        changing(outside, held, effect_id, seen, Repair.SEND) as (session, effect),
    ):
        offers.offer_group(session, effect, open_day)
        _note(session, effect, held.fence, outside.clock.now(), Repair.SEND, "", person)
    go_on(outside, business_id)


def by_hand(outside: Outside, business_id: int, effect_id: int, seen: str, note: str, person: str,
            *, on_clearing: bool) -> None:  # fmt: skip
    """A person entered the document, and what can't be written without its number: it counts as done.

    `on_clearing`: its money passes through the Bank Account in the books, so it is counted there.
    """
    told = checked_note(note)
    with (
        in_hand(outside, business_id) as held,
        changing(outside, held, effect_id, seen, Repair.BY_HAND) as (session, effect),
    ):
        now = outside.clock.now()
        for one in by_hand_together(session, effect):
            settle(one, "by_hand", outside)
            if not on_clearing:
                one.clearing_account = one.clearing_minor = None
            _note(session, one, held.fence, now, Repair.BY_HAND, told, person)
    go_on(outside, business_id)


def by_hand_together(session: Session, effect: Effect) -> list[Effect]:
    """The document and those of its set that need its number, as far as they aren't done."""
    followers = FOLLOWERS.get(DocumentKind(effect.action.removeprefix("create_")), ())
    actions = {f"create_{kind.value}" for kind in followers}
    others = [one for one in group_of(session, effect) if one.action in actions and one.state != State.DONE]
    return [effect, *others]


def settle(effect: Effect, how: str, outside: Outside) -> None:
    """Mark a document as settled by a person."""
    effect.state, effect.settled_by, effect.done_at = State.DONE.value, how, outside.clock.now()
    effect.held_by = effect.not_before = effect.trouble = effect.trouble_detail = None


def leave_out(outside: Outside, business_id: int, effect_id: int, seen: str, note: str, person: str) -> None:
    """Leave the records of a set out for good: nothing of it is written, and nothing that waits for it."""
    told = checked_note(note)
    with (
        in_hand(outside, business_id) as held,
        changing(outside, held, effect_id, seen, Repair.LEAVE_OUT) as (session, effect),
    ):
        now = outside.clock.now()
        everything = set_and_followers(session, effect)
        _exclude(session, effect, everything, told, outside)
        for one in everything:
            one.state, one.settled_by, one.not_before = State.LEFT_OUT.value, "left_out", None
            one.held_by = one.trouble = one.trouble_detail = None
            _note(session, one, held.fence, now, Repair.LEAVE_OUT, told, person)
    go_on(outside, business_id)


def _exclude(session: Session, effect: Effect, everything: list[Effect], told: str, outside: Outside) -> None:
    """Decide on the records behind the documents: those of the set are left out, refunds follow their sales.

    A charge behind a correction alone stays as it is: its sale is in the books.
    """
    own = {one.id for one in everything if one.group_key == effect.group_key}
    sold = any(one.action == "create_invoice" for one in everything if one.id in own)
    links = session.execute(
        sa.select(EffectMovement.effect_id, Movement)
        .join(Movement, Movement.id == EffectMovement.movement_id)
        .where(EffectMovement.effect_id.in_([one.id for one in everything]))
    ).all()
    for effect_id, movement in links:
        if movement.kind == "charge" and not (sold and effect_id in own):
            continue
        rule = LEFT_OUT if effect_id in own else "refund_of_excluded"
        movement.decision, movement.decided_at = rule, outside.clock.now()
        movement.decision_detail = f": {told}" if rule == LEFT_OUT else None


def checked_note(note: str) -> str:
    """The note on one line; Refusal without one, or with too long a one."""
    told = " ".join(note.split())
    if not told:
        raise Refusal("Write a few words on why, for whoever reads this later.", field="note")
    if len(told) > LONGEST_NOTE:
        raise Refusal(f"A note has at most {LONGEST_NOTE} characters.", field="note")
    return told


def _note(session: Session, effect: Effect, fence: int, now: datetime, repair: Repair, told: str, person: str) -> None:
    session.flush()
    outbox.note(session.connection(), effect.id, fence, now, "repair", repair.value, told, person)
