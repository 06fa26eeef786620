"""The audit: once a day what was written is laid beside what Zoho Books lists, kind by kind, 200 documents a call.

It finds what a person deleted, voided, changed or doubled there, and what bears our references without being ours. It
only tells: a confirmed document is never sent again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import msgspec
import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from app.domain.documents import KIND_LABELS, Document, DocumentKind
from app.domain.effects import State
from app.domain.zones import accounting_date, zone_of
from app.ports import BooksPosting, NotConnected, OutsideError, Posted
from app.services.outside import Outside
from app.services.writing import epoch
from app.services.writing.lease import HeldLease
from app.store import audits, outbox
from app.store.audits import Audit, AuditFinding
from app.store.businesses import Business
from app.store.db import read, write
from app.store.outbox import Effect

log = structlog.get_logger()

SHARE = 50
"""Calls a day at most: a twentieth of what the smallest plan of Zoho Books allows."""

_NEWEST = 33
"""Of these, so many for the newest days; the others go round the older ones, day after day."""

_PAGE = 200
_YOUNG = timedelta(minutes=10)
"""What was written just now may not be listed yet."""

_LOOKED_AT = 10
"""Missing documents that are looked up by reference in one sweep, as their date may be another one."""

_document = msgspec.json.Decoder(Document)

Span = tuple[date, date]


@dataclass(frozen=True)
class _Difference:
    effect: Effect | None
    kind: DocumentKind
    reference: str
    day: date
    what: str
    sentence: str


def take(outside: Outside, held: HeldLease, target: str, posting: BooksPosting, *, daily: bool) -> None:
    """Compare, if the day's sweep is due: after a daily run, and after the database was put back.

    What can't be listed is left for tomorrow; NotConnected goes through.
    """
    if not _is_due(outside, held.business_id, daily=daily):
        return
    with read() as session:
        counts = _counts(session, target)
        last = audits.latest(session, held.business_id)
    spans = spans_of(counts, last.older_first if last else None)
    if not spans:
        return
    try:
        compared, differences = _compare(outside, held, target, posting, spans)
    except NotConnected:
        raise
    except OutsideError as error:
        log.info("the audit could not be made", business=held.business_id, why=str(error))
        return
    with write() as session:
        held.guard(session)
        _keep(session, held.business_id, outside.clock.now(), spans, compared, sum(counts.values()))
        _settle(session, held.business_id, outside.clock.now(), spans, differences)


def _is_due(outside: Outside, business_id: int, *, daily: bool) -> bool:
    now, since = outside.clock.now(), epoch.current()
    with read() as session:
        last = audits.latest(session, business_id)
        zone = zone_of(session.get_one(Business, business_id).time_zone)
    if since is not None and (last is None or last.at < since.since):
        return True
    return daily and (last is None or accounting_date(last.at, zone) != accounting_date(now, zone))


def spans_of(counts: Mapping[tuple[date, str], int], older_before: date | None) -> list[Span]:
    """The days to compare, newest first: all if they fit into the share of calls, else the newest and some older.

    `counts` of documents by day and kind; `older_before` is how far the last sweep came among the older days.
    """
    days = sorted({day for day, _kind in counts}, reverse=True)
    if not days:
        return []
    newest = _as_many(days, counts, _NEWEST if _calls(days, counts) > SHARE else SHARE)
    spans = [(newest[-1], newest[0])]
    rest = [day for day in days if day < newest[-1]]
    turn = [day for day in rest if older_before is not None and day < older_before] or rest
    if turn:
        older = _as_many(turn, counts, SHARE - _NEWEST)
        spans.append((older[-1], older[0]))
    return spans


def _as_many(days: Sequence[date], counts: Mapping[tuple[date, str], int], calls: int) -> list[date]:
    """The first of `days` that fit into so many calls, one at least."""
    taken: list[date] = []
    for day in days:
        if taken and _calls([*taken, day], counts) > calls:
            break
        taken.append(day)
    return taken


def _calls(days: Iterable[date], counts: Mapping[tuple[date, str], int]) -> int:
    wanted = set(days)
    kinds: Counter[str] = Counter()
    for (day, kind), number in counts.items():
        if day in wanted:
            kinds[kind] += number
    return sum(-(-number // _PAGE) for number in kinds.values())


def _counts(session: Session, target: str) -> dict[tuple[date, str], int]:
    rows = session.execute(
        sa.select(Effect.document_date, Effect.action, sa.func.count())
        .where(Effect.target == target, Effect.state == State.DONE.value, Effect.settled_by.is_(None))
        .group_by(Effect.document_date, Effect.action)
    )
    return {(day, action): number for day, action, number in rows}


def _compare(
    outside: Outside, held: HeldLease, target: str, posting: BooksPosting, spans: Sequence[Span]
) -> tuple[int, list[_Difference]]:
    compared, differences = 0, []
    for first, last in spans:
        written = _written(target, first, last, outside.clock.now() - _YOUNG)
        for kind, effects in written.items():
            held.beat(now=True)
            asked = {one.reference: _document.decode(msgspec.json.encode(one.payload)) for one in effects}
            posting.await_turn()
            found = posting.listed(kind, first, last, asked)
            differences += _differences(target, kind, effects, asked, found)
            compared += len(effects)
    return compared, _dated_elsewhere(held, posting, differences)


def _written(target: str, first: date, last: date, until: datetime) -> dict[DocumentKind, list[Effect]]:
    """Confirmed documents dated in a span, by kind."""
    with read() as session:
        rows = session.scalars(
            sa.select(Effect)
            .where(Effect.target == target, Effect.state == State.DONE.value, Effect.settled_by.is_(None))
            .where(Effect.document_date >= first, Effect.document_date <= last, Effect.done_at <= until)
            .order_by(Effect.id)
        )
        by_kind: dict[DocumentKind, list[Effect]] = defaultdict(list)
        for row in rows:
            by_kind[DocumentKind(row.action.removeprefix("create_"))].append(row)
    return by_kind


def _differences(
    target: str,
    kind: DocumentKind,
    effects: Sequence[Effect],
    asked: Mapping[str, Document],
    found: Sequence[Posted],
) -> list[_Difference]:
    by_reference: dict[str, list[Posted]] = defaultdict(list)
    for one in found:
        by_reference[one.reference].append(one)
    differences = []
    for effect in effects:
        told = _difference(effect, asked[effect.reference], by_reference.pop(effect.reference, []))
        if told:
            what, sentence = told
            differences.append(_Difference(effect, kind, effect.reference, effect.document_date, what, sentence))
    with read() as session:
        known = outbox.known_references(session, target, f"create_{kind.value}", list(by_reference))
    for reference, others in by_reference.items():
        if reference not in known and any(one.status != "void" for one in others):
            sentence = (
                f"Zoho Books holds {_named(kind, others[0])} over {others[0].total} with a reference of Tieout's, but "
                "it wasn't written from here. Another install may write to this organization."
            )
            differences.append(_Difference(None, kind, reference, others[0].date, "unknown", sentence))
    return differences


def _difference(effect: Effect, document: Document, found: Sequence[Posted]) -> tuple[str, str] | None:
    """What became of one document in the books, and the sentence for it."""
    live = [one for one in found if one.status != "void"]
    if not live:
        if found:
            return "void", "It was made void in Zoho Books, so its amount is missing there."
        return "missing", "It isn't in Zoho Books any more: somebody may have deleted it."
    if len(live) > 1:
        numbers = ", ".join(one.number or one.id for one in live)
        return "double", f"Zoho Books holds it {len(live)} times: {numbers}. Delete the ones too many there."
    (one,) = live
    if one.total != document.total or one.date != document.date:
        return "changed", (
            f"In Zoho Books it is over {one.total} of {one.date:%-d %b %Y} now; it was written as {document.total} of "
            f"{document.date:%-d %b %Y}."
        )
    if effect.customer_id and one.customer_id and one.customer_id != effect.customer_id:
        return "changed", "In Zoho Books it belongs to another customer now."
    return None


def _dated_elsewhere(held: HeldLease, posting: BooksPosting, differences: Sequence[_Difference]) -> list[_Difference]:
    """The same, what is missing only because it has another date by now told as changed."""
    looked, told = 0, []
    for one in differences:
        again = one
        if one.what == "missing" and one.effect is not None and looked < _LOOKED_AT:
            looked += 1
            held.beat()
            posting.await_turn()
            document = _document.decode(msgspec.json.encode(one.effect.payload))
            found = posting.find(one.kind, one.reference, document)
            what, sentence = _difference(one.effect, document, found) or ("", "")
            again = _Difference(one.effect, one.kind, one.reference, one.day, what, sentence)
        if again.what:
            told.append(again)
    return told


def _named(kind: DocumentKind, one: Posted) -> str:
    return f"the {KIND_LABELS[kind].lower()} {one.number or one.reference}"


def _keep(session: Session, business_id: int, now: datetime, spans: Sequence[Span], compared: int, total: int) -> None:
    older = spans[1] if len(spans) > 1 else (None, None)
    session.add(
        Audit(
            business_id=business_id,
            at=now,
            first_day=spans[0][0],
            last_day=spans[0][1],
            older_first=older[0],
            older_last=older[1],
            compared=compared,
            total=total,
        )
    )


def _settle(
    session: Session, business_id: int, now: datetime, spans: Sequence[Span], differences: Sequence[_Difference]
) -> None:
    """Clear what is put right by now, keep what still differs, add what is new."""
    still = {(one.kind.value, one.reference, one.what): one for one in differences}
    for row in audits.open_findings(session, business_id):
        same = still.pop((row.kind, row.reference, row.what), None)
        if same:
            row.sentence = same.sentence
        elif any(first <= row.document_date <= last for first, last in spans):
            row.cleared_at = now
    for one in still.values():
        session.add(
            AuditFinding(
                business_id=business_id,
                effect_id=one.effect.id if one.effect else None,
                kind=one.kind.value,
                reference=one.reference,
                document_date=one.day,
                what=one.what,
                sentence=one.sentence,
                found_at=now,
            )
        )
