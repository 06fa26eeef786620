"""Adopting: a record of Zoho Books that a person names becomes the document that was to be written."""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.clearing import moved_by
from app.domain.comparing import rounding
from app.domain.documents import CreditNote, CustomerPayment, Document, Invoice, kind_of
from app.domain.money import Money
from app.domain.repairs import Found, Repair, differences
from app.ports import BooksPosting, OutsideError, Posted
from app.services.connections import books_connection
from app.services.outside import Outside
from app.services.refusals import Refusal
from app.services.repairing.at_hand import CHANGED, changing, go_on, in_hand
from app.services.repairing.repairs import settle
from app.store import outbox
from app.store.connections import learned
from app.store.db import read
from app.store.outbox import Effect

_ID = re.compile(r"\d{6,30}")
_document = msgspec.json.Decoder(Document)


@dataclass(frozen=True)
class Candidate:
    """A record of the books beside the document it would stand for. `differences` are sentences, empty if none."""

    books_id: str
    number: str
    reference: str
    total: Money
    day: str
    status: str
    link: str
    differences: tuple[str, ...]


def candidates(outside: Outside, business_id: int, effect_id: int) -> list[Candidate]:
    """What the books hold under the document's own reference; Refusal if they can't be asked."""
    effect, document = _read(business_id, effect_id)
    posting = books_connection.books_of(outside, business_id).posting
    try:
        found = posting.find(kind_of(document), effect.reference, document)
    except OutsideError as error:
        raise Refusal(f"Zoho Books couldn't be asked. {error}", detail=error.detail) from error
    return [_candidate(outside, business_id, effect, document, one) for one in found]


def candidate(outside: Outside, business_id: int, effect_id: int, named: str) -> Candidate:
    """The record that a person names by its id or its address; Refusal says why it can't be taken."""
    effect, document = _read(business_id, effect_id)
    posting = books_connection.books_of(outside, business_id).posting
    return _candidate(outside, business_id, effect, document, _named(posting, effect, document, named))


def adopt(outside: Outside, business_id: int, effect_id: int, seen: str, named: str, agreed: str, note: str,
          person: str) -> None:  # fmt: skip
    """Take the record. `agreed` are the differences the person has seen and confirmed; others refuse it."""
    effect, document = _read(business_id, effect_id)
    posting = books_connection.books_of(outside, business_id).posting
    with in_hand(outside, business_id) as held:
        found = _named(posting, effect, document, named)
        with changing(outside, held, effect_id, seen, Repair.ADOPT) as (session, row):
            told = " ".join(_differences(session, row, document, found))
            if told != agreed:
                raise Refusal(f"{told or CHANGED} Confirm that it is the one all the same.", field="confirmed")
            _check_free(session, row, found)
            _take(outside, row, document, found)
            session.flush()
            said = " ".join(filter(None, (found.id, found.number, told, note)))
            now = outside.clock.now()
            outbox.note(session.connection(), row.id, held.fence, now, "repair", Repair.ADOPT.value, said, person)
    go_on(outside, business_id)


def _read(business_id: int, effect_id: int) -> tuple[Effect, Document]:
    with read() as session:
        effect = session.get(Effect, effect_id)
    if effect is None or effect.business_id != business_id:
        raise Refusal("There is no such document.")
    return effect, _document.decode(msgspec.json.encode(effect.payload))


def _named(posting: BooksPosting, effect: Effect, document: Document, named: str) -> Posted:
    ids = _ID.findall(named)
    if not ids:
        raise Refusal(
            "Paste the address of the record in Zoho Books, or its long number at the end of that address.",
            field="books_id",
        )
    try:
        found = posting.read_back(kind_of(document), ids[-1], document)
    except OutsideError as error:
        raise Refusal(f"Zoho Books couldn't be asked. {error}", detail=error.detail, field="books_id") from error
    if found is None:
        raise Refusal(f"Zoho Books has no such record of this kind: {ids[-1]}.", field="books_id")
    if found.status == "void":
        raise Refusal("That record is void in Zoho Books, so it can't stand for anything.", field="books_id")
    with read() as session:
        _check_free(session, effect, found)
    return found


def _check_free(session: Session, effect: Effect, found: Posted) -> None:
    """One record stands for one document."""
    taken = session.scalar(
        sa.select(Effect.reference).where(
            Effect.target == effect.target,
            Effect.action == effect.action,
            Effect.books_id == found.id,
            Effect.id != effect.id,
        )
    )
    if taken:
        raise Refusal(f"That record stands for {taken} already.", field="books_id")


def _candidate(outside: Outside, business_id: int, effect: Effect, document: Document, found: Posted) -> Candidate:
    with read() as session:
        told = _differences(session, effect, document, found)
    place, organization = books_connection.view(outside, business_id).datacenter, effect.target.rpartition(":")[2]
    return Candidate(
        books_id=found.id,
        number=found.number,
        reference=found.reference,
        total=found.total,
        day=f"{found.date:%-d %b %Y}",
        status=found.status,
        link=outside.web_link(place, organization, found.kind.value, found.id),
        differences=told,
    )


def _differences(session: Session, effect: Effect, document: Document, found: Posted) -> tuple[str, ...]:
    named = document.customer_name if isinstance(document, Invoice | CustomerPayment | CreditNote) else ""
    customer = learned(session, effect.target).get(f"customer:{named}", "") if named else ""
    touched = moved_by(document)
    should = Found(
        total=document.total,
        date=f"{document.date:%-d %b %Y}",
        customer_id=customer,
        account_id=touched[0] if touched else "",
    )
    told = Found(
        total=found.total,
        date=f"{found.date:%-d %b %Y}",
        customer_id=found.customer_id,
        account_id=found.account_id,
    )
    return differences(should, told)


def _take(outside: Outside, effect: Effect, document: Document, found: Posted) -> None:
    """The document is the record now, and what it moves is what the record moves."""
    settle(effect, "adopted", outside)
    effect.books_id, effect.books_number = found.id, found.number or None
    effect.customer_id = found.customer_id or None
    effect.difference_minor = rounding(document, found.home) if found.total == document.total else None
    touched = moved_by(document)
    if touched is None:
        return
    effect.clearing_account = found.account_id or touched[0]
    if found.total != document.total:
        effect.clearing_minor = _moved(touched[1], document, found)


def _moved(planned: Money, document: Document, found: Posted) -> int:
    """What a record over another amount moves: what it is worth where the books tell that, else its share."""
    sign = -1 if planned.minor < 0 else 1
    if planned.currency == found.total.currency:
        return sign * found.total.minor
    worth = found.home or Money.rounded(
        abs(planned.amount) * found.total.amount / document.total.amount, planned.currency
    )
    return sign * worth.minor
