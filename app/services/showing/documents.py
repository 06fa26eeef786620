"""Documents: what was written or is to be written, in which state, with a link into Zoho Books."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from app.domain.documents import KIND_LABELS, DocumentKind
from app.domain.effects import State
from app.domain.money import Money
from app.services.connections import books_connection
from app.services.outside import Outside
from app.services.showing import audits
from app.services.showing.audits import FindingView
from app.store.db import read
from app.store.outbox import Attempt, Effect, EffectMovement

PAGE = 50

STATE_WORDS = {
    State.PLANNED: ("waiting", "Waiting to be sent."),
    State.SENDING: ("waiting", "Being sent now."),
    State.IN_DOUBT: ("waiting", "In doubt: Zoho Books did not answer. It is looked up before anything is sent again."),
    State.REFUSED: ("failed", "Refused by Zoho Books."),
    State.HELD: ("held", "Held: it needs a person."),
    State.DONE: ("posted", "In Zoho Books."),
    State.LEFT_OUT: ("excluded", "Left out by hand: nothing was written."),
}


_SETTLED_WORDS = {
    "adopted": "In Zoho Books, as the record that a person named.",
    "by_hand": "Entered in Zoho Books by hand.",
}


@dataclass(frozen=True)
class DocumentView:
    """One document. `fate` colours its badge; `trouble` is a sentence, `trouble_detail` Zoho's own words.

    `rounding` is what the exchange rate's rounding brought more (or less) than HitPay credited, None if nothing.
    """

    id: int
    kind: str
    reference: str
    day: date
    amount: Money
    fate: str
    says: str
    number: str
    books_id: str
    link: str
    trouble: str
    trouble_detail: str
    planned_at: datetime
    done_at: datetime | None
    next_try_at: datetime | None
    attempts: int
    run_id: int
    rounding: Money | None


@dataclass(frozen=True)
class AttemptView:
    """One thing that was tried on a document, and what came of it. `says` is for a shop owner, `detail` verbatim.

    `number` is its place in the proof log, `hash` the link there; `person` is "" for Tieout itself.
    """

    at: datetime
    what: str
    outcome: str
    detail: str
    says: str
    person: str
    number: int
    hash: str


@dataclass(frozen=True)
class DocumentStory:
    """One document with all that was tried, and the records it was made from."""

    document: DocumentView
    attempts: list[AttemptView]
    record_ids: list[int]
    fields: dict[str, object]
    findings: list[FindingView]


def page(
    outside: Outside, business_id: int, before: str = "", fate: str = "", kind: str = "", words: str = ""
) -> tuple[list[DocumentView], str | None]:
    """Documents, newest planned first, and the mark of the next older page.

    `fate` is a badge's word, `kind` a document kind's value, `words` a reference or the record's id within it.
    """
    wanted = sa.select(Effect).where(Effect.business_id == business_id).order_by(Effect.id.desc()).limit(PAGE + 1)
    if fate:
        states = [state.value for state, (word, _says) in STATE_WORDS.items() if word == fate]
        wanted = wanted.where(Effect.state.in_(states))
    if kind:
        wanted = wanted.where(Effect.action == f"create_{kind}")
    if words:
        wanted = wanted.where(sa.or_(*(Effect.reference == one for one in _references(words))))
    if before.isdecimal():
        wanted = wanted.where(Effect.id < int(before))
    with read() as session:
        rows = list(session.scalars(wanted))
    older = str(rows[PAGE - 1].id) if len(rows) > PAGE else None
    return views(outside, business_id, rows[:PAGE]), older


def _references(words: str) -> list[str]:
    """What may be meant: the reference itself, or the id or day it is made of."""
    return [words, *(f"{prefix}{words}" for prefix in ("HP-", "HPR-", "HPP-", "HPV-"))]


def of_run(outside: Outside, business_id: int, run_id: int, limit: int = 500) -> list[DocumentView]:
    """The documents a run planned, in posting order, at most `limit`."""
    with read() as session:
        rows = list(
            session.scalars(
                sa.select(Effect)
                .where(Effect.business_id == business_id, Effect.planned_by == run_id)
                .order_by(Effect.document_date, Effect.group_key, Effect.position)
                .limit(limit)
            )
        )
    return views(outside, business_id, rows)


def story(outside: Outside, business_id: int, document_id: int) -> DocumentStory | None:
    """One document of this business with all that was tried, or None."""
    with read() as session:
        row = session.get(Effect, document_id)
        if row is None or row.business_id != business_id:
            return None
        attempts = [
            _attempt(one)
            for one in session.scalars(sa.select(Attempt).where(Attempt.effect_id == document_id).order_by(Attempt.id))
        ]
        records = list(
            session.scalars(sa.select(EffectMovement.movement_id).where(EffectMovement.effect_id == document_id))
        )
    return DocumentStory(
        views(outside, business_id, [row])[0], attempts, records, row.payload, audits.of_document(document_id)
    )


_SAYS = {
    ("claim", "sending"): "Taken up for sending.",
    ("send", "done"): "Sent. Zoho Books took it.",
    ("send", "in_doubt"): "Sent, but no clear answer came. It is looked up before anything is sent again.",
    ("send", "refused"): "Sent. Zoho Books refused it, so nothing was written.",
    ("send", "not_sent"): "Not written: it had to wait.",
    ("recover", "in_doubt"): "The program had been stopped in the middle, so nobody knew whether it was sent.",
    ("look_up", "none"): "Looked up in Zoho Books: it wasn't there.",
    ("look_up", "failed"): "Zoho Books could not be asked for it.",
    ("look_up", "adopted"): "Looked up in Zoho Books: it was there, so it is done.",
    ("look_up", "differs"): "Looked up in Zoho Books: it was there, but not as it should be.",
    ("look_up", "double"): "Looked up in Zoho Books: it was there more than once.",
    ("look_up", "unsettled"): "Looked up in vain for a week.",
    ("repair", "check"): "Asked to look for it again.",
    ("repair", "send"): "Asked to send it again.",
    ("repair", "adopt"): "Named the record in Zoho Books that stands for it.",
    ("repair", "by_hand"): "Noted as done by hand.",
    ("repair", "leave_out"): "Left out.",
}
"""What an entry of the proof log means to a shop owner."""


def _attempt(row: Attempt) -> AttemptView:
    plain = f"{row.what} {row.outcome}".replace("_", " ").capitalize()
    detail = "" if row.what == "claim" else row.detail  # a fingerprint, which says nothing to a person
    says = _SAYS.get((row.what, row.outcome), f"{plain}.")
    return AttemptView(row.at, row.what, row.outcome, detail, says, row.person, row.number, row.hash)


def views(outside: Outside, business_id: int, rows: Sequence[Effect]) -> list[DocumentView]:
    """Effect rows as pages need them."""
    place = books_connection.view(outside, business_id).datacenter
    return [_view(outside, place, row) for row in rows]


def _view(outside: Outside, place: str, row: Effect) -> DocumentView:
    kind = DocumentKind(row.action.removeprefix("create_"))
    fate, says = STATE_WORDS[State(row.state)]
    says = _SETTLED_WORDS.get(row.settled_by or "", says)
    organization = row.target.rpartition(":")[2]
    link = outside.web_link(place, organization, kind.value, row.books_id) if row.books_id and place else ""
    return DocumentView(
        id=row.id,
        kind=KIND_LABELS[kind],
        reference=row.reference,
        day=row.document_date,
        amount=Money.from_minor(row.amount_minor, row.currency),
        fate=fate,
        says=says,
        number=row.books_number or "",
        books_id=row.books_id or "",
        link=link,
        trouble=row.trouble or "",
        trouble_detail=row.trouble_detail or "",
        planned_at=row.planned_at,
        done_at=row.done_at,
        next_try_at=row.not_before,
        attempts=row.attempts,
        run_id=row.planned_by,
        rounding=_rounding(row),
    )


def _rounding(row: Effect) -> Money | None:
    home = row.payload.get("home")
    return Money.from_minor(row.difference_minor, home["currency"]) if row.difference_minor and home else None
