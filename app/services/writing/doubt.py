"""Doubt: writes nobody answered are looked up by reference, then adopted, sent again, or held for a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from app.domain.comparing import rounding
from app.domain.documents import Document, kind_of
from app.domain.effects import GIVE_UP_AFTER, QUARANTINE, SEND_DEADLINE, State, lookups_needed, next_lookup
from app.ports import NotConnected, OutsideError, Posted
from app.services import crash
from app.services.writing import guards
from app.services.writing.customers import expected_customer
from app.services.writing.lease import LostLease
from app.services.writing.work import Work
from app.store import outbox
from app.store.db import read, write
from app.store.outbox import Effect

_document = msgspec.json.Decoder(Document)


def recover(work: Work) -> int:
    """Put what a dead worker left half sent in doubt; how many effects that were.

    The quarantine counts from the claim: the last byte left at most the send deadline later.
    """
    with write() as session:
        work.lease.guard(session)
        left = outbox.in_states(session, work.lease.business_id, work.target, [State.SENDING])
        for effect in left:
            now = work.outside.clock.now()
            claimed = min(effect.claimed_at or now, now)  # the clock may have been set back
            effect.state, effect.fence, effect.doubted_at = State.IN_DOUBT.value, work.lease.fence, claimed
            effect.not_before = claimed + QUARANTINE + timedelta(seconds=SEND_DEADLINE)
            effect.trouble = "The program was stopped while this was being sent."
            _note(session, effect.id, work, "recover", "in_doubt")
    return len(left)


def resolve(work: Work) -> None:
    """Look up every doubtful effect whose quarantine is over."""
    now = work.outside.clock.now()
    with read() as session:
        doubtful = outbox.in_states(session, work.lease.business_id, work.target, [State.IN_DOUBT])
    for effect in doubtful:
        if effect.not_before is None or effect.not_before <= now:
            work.lease.beat()
            _resolve_one(work, effect, now)


def look_up(work: Work, effect: Effect) -> None:
    """Look one doubtful effect up now, for a person who asks. Not within ten minutes of the last look."""
    _resolve_one(work, effect, work.outside.clock.now())


def _resolve_one(work: Work, effect: Effect, now: datetime) -> None:
    document = _document.decode(msgspec.json.encode(effect.payload))
    try:
        work.posting.await_turn()
        found = work.posting.find(kind_of(document), effect.reference, document)
    except NotConnected:
        raise
    except OutsideError as error:
        # A look-up that failed says nothing: it is never taken for "none".
        _failed(work, effect, error, now)
        return
    crash.at("looked_up", effect.action)
    if found:
        settle_found(work, effect, found)
    else:
        _empty(work, effect, now)


def settle_found(work: Work, effect: Effect, found: Sequence[Posted], *, forgotten: bool = False) -> None:
    """Adopt the one document that was found, or hold the effect: there are several, or it isn't the one sent.

    `forgotten` if it was found because the database was put back. LostLease if it isn't ours to settle any more.
    """
    document = _document.decode(msgspec.json.encode(effect.payload))
    first = min(found, key=lambda one: (len(one.id), one.id))
    if len(found) > 1:
        numbers = ", ".join(one.number or one.id for one in found)
        _hold(
            work,
            effect,
            "double",
            _DOUBLE.format(numbers=numbers),
            books_id=first.id,
            books_number=first.number or None,
        )
    elif difference := _difference(work, effect, document, first):
        _hold(work, effect, "differs", f"{difference} {_FORGOTTEN if forgotten else _CHANGED}")
    else:
        _adopt(work, effect, document, first, work.outside.clock.now())


def put_in_doubt(session: sa.orm.Session, work: Work, effect: Effect) -> None:
    """Let an effect that was to be sent be looked up first: the books seem to hold it."""
    now = work.outside.clock.now()
    effect.state, effect.doubted_at, effect.empty_lookups = State.IN_DOUBT.value, now, 0
    effect.not_before, effect.held_by = now, None
    _note(session, effect.id, work, "recollect", "in_doubt")


_DOUBLE = (
    "Zoho Books holds more than one document with this reference: {numbers}. "
    "Delete the ones too many there and press Sync Now; nothing else is sent for it until then."
)


_CHANGED = "Somebody may have changed it; correct it there and press Sync Now."
_FORGOTTEN = (
    "It was written before this database was put back, perhaps for other sales or with another fee. Compare the two, "
    "enter what is missing by hand, or correct it there and press Sync Now."
)


def _failed(work: Work, effect: Effect, error: OutsideError, now: datetime) -> None:
    if effect.doubted_at and now - effect.doubted_at > GIVE_UP_AFTER:
        _hold(work, effect, "unsettled", f"It could not be looked up for a week. {error} Sync Now looks once more.")
    else:
        _settle(work, effect, "failed", not_before=next_lookup(effect.doubted_at or now, now), trouble=str(error))


def _empty(work: Work, effect: Effect, now: datetime) -> None:
    lookups = effect.empty_lookups + 1
    if lookups >= lookups_needed(guarded=guards.refuses_doubles(work, effect)):
        _settle(work, effect, "none", state=State.PLANNED.value, empty_lookups=0, not_before=None, trouble=None)
    else:
        _settle(work, effect, "none", empty_lookups=lookups, not_before=next_lookup(effect.doubted_at or now, now))


def _hold(work: Work, effect: Effect, held_by: str, sentence: str, **values: object) -> None:
    _settle(work, effect, held_by, state=State.HELD.value, held_by=held_by, trouble=sentence, **values)


def _difference(work: Work, effect: Effect, document: Document, found: Posted) -> str:
    """What of a found document isn't as it was sent, "" if nothing."""
    if found.status == "void":
        return (
            f"Zoho Books holds it, but void. {document.total} of {document.date:%-d %b %Y} is missing in the books: "
            "delete the void one there and press Sync Now, or enter it by hand."
        )
    if found.total != document.total or found.date != document.date:
        return (
            f"Zoho Books holds a document with this reference over {found.total} of {found.date:%-d %b %Y}, but it "
            f"should be {document.total} of {document.date:%-d %b %Y}."
        )
    customer = expected_customer(work.target, effect, document)
    if customer and found.customer_id and found.customer_id != customer:
        return "Zoho Books holds a document with this reference on another customer."
    return ""


def _adopt(work: Work, effect: Effect, document: Document, found: Posted, now: datetime) -> None:
    _settle(
        work,
        effect,
        "adopted",
        state=State.DONE.value,
        books_id=found.id,
        books_number=found.number or None,
        customer_id=found.customer_id or None,
        difference_minor=rounding(document, found.home),
        done_at=now,
        not_before=None,
        trouble=None,
    )


def _settle(work: Work, effect: Effect, outcome: str, **values: object) -> None:
    """Write what a look-up showed, if the lease is ours and nobody has sent or settled the effect since."""
    with write() as session:
        work.lease.guard(session)
        moved = session.execute(
            sa.update(Effect)
            .where(Effect.id == effect.id, Effect.state == State.IN_DOUBT.value, Effect.attempts == effect.attempts)
            .values(**values)
        )
        if moved.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE answers a CursorResult
            raise LostLease
        _note(session, effect.id, work, "look_up", outcome, " ".join(str(values[k]) for k in _FOUND if values.get(k)))


_FOUND = ("books_id", "books_number", "trouble")
"""What of a look-up's outcome is told in the proof log."""


def _note(session: sa.orm.Session, effect_id: int, work: Work, what: str, outcome: str, detail: str = "") -> None:
    outbox.note(session.connection(), effect_id, work.lease.fence, work.outside.clock.now(), what, outcome, detail)
