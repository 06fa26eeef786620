"""Recollection: what the books hold of us that this database doesn't know, looked up before anything old is planned.

After a backup was put back, or on a copy of an install, documents exist that no effect here tells of. Each kind is
listed once, 200 rows a call, and both shapes are recognised: a sale by itself and a day's summary. What is found is
adopted after comparison, what can't be told apart is held. A list that fails stops the run: it is never "none".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from app.domain.documents import Document, DocumentKind, kind_of
from app.domain.effects import State
from app.domain.planning import DocumentSet, Plan, PlanFacts
from app.domain.references import charge_named, day_named, for_day
from app.domain.zones import accounting_date
from app.ports import Posted
from app.services.planning.outbox import action_for
from app.services.planning.plans import Candidates
from app.services.writing import doubt, epoch
from app.services.writing.work import Stop, Work
from app.store import outbox as outbox_table
from app.store.connections import learn, learned
from app.store.db import read, write
from app.store.outbox import Effect

Key = tuple[str, str]
"""Action and reference of an effect."""

_MARGIN = timedelta(days=2)
"""Before the earliest day concerned: an organization's time zone may have been another one."""

_LONG_AGO = datetime(2010, 1, 1, tzinfo=UTC)
"""For a set whose members nobody knows: older than any epoch."""

_CHECKED, _STARTED, _SUMMARY = "epoch_checked", "first_look", "summary:"
_OPEN = [State.PLANNED, State.REFUSED, State.HELD]

_document = msgspec.json.Decoder(Document)


@dataclass(frozen=True)
class Recollection:
    """What was found, by action and reference. `first` is True for the first look of an install at an organization."""

    found: Mapping[Key, list[Posted]] = field(default_factory=dict)
    singles: frozenset[str] = frozenset()
    summaries: tuple[tuple[date, str, tuple[int, ...]], ...] = ()
    open_keys: frozenset[Key] = frozenset()
    checked: str = ""
    first: bool = False

    def shape(self, facts: PlanFacts) -> PlanFacts:
        """The facts with which the plan takes the shape that the books show."""
        return msgspec.structs.replace(facts, singles=self.singles)

    @property
    def note(self) -> str:
        """One sentence for the run, "" if nothing was found."""
        count = len(self.found)
        if not count:
            return ""
        these = (
            "1 document that this database doesn't" if count == 1 else f"{count} documents that this database doesn't"
        )
        why = " Another install may write to this organization: let only one of them sync." if self.first else ""
        return f"Zoho Books held {these} know of: compared, and not written again.{why}"


def facts_with(work: Work, facts: PlanFacts) -> PlanFacts:
    """The facts with the summaries that an earlier look found and that are still nobody's."""
    with read() as session:
        told = {name: value for name, value in learned(session, work.target).items() if name.startswith(_SUMMARY)}
        named = {_day_of(name): tuple(map(int, value.split(","))) for name, value in told.items()}
        wanted = [for_day(*day, number) for day, numbers in named.items() for number in numbers]
        known = outbox_table.known_references(session, work.target, "create_invoice", wanted)
    left = {day: tuple(one for one in numbers if for_day(*day, one) not in known) for day, numbers in named.items()}
    summaries = tuple((*day, numbers) for day, numbers in sorted(left.items()) if numbers)
    return msgspec.structs.replace(facts, summaries=summaries)


def look(work: Work, given: Candidates, made: Plan, facts: PlanFacts) -> Recollection | None:
    """List what may be in the books already; None if nothing planned may be from before the epoch that holds.

    The first look after an epoch began is for everything planned. Stop while a look can't be trusted yet. Errors of
    the books go through: nothing is planned then.
    """
    now = epoch.current()
    with read() as session:
        known = learned(session, work.target)
        left = outbox_table.in_states(session, work.lease.business_id, work.target, list(_OPEN))
    if now is None:
        return None if _STARTED in known or not made.sets else _first_look(work, given, made, facts)
    looked, until = _looked(known.get(_CHECKED, ""), now)
    # No instant decides what the first look is about: the clock may have been wrong before and after.
    left = [] if looked else [one for one in left if not _was_looked_up(one)]
    old = [one for one in made.sets if not looked or _instant(one, given) <= until]
    if not left and not old:
        return None
    if work.outside.clock.now() < now.look_from:
        raise Stop("stopped", f"{now.sentence} Tieout looks in Zoho Books first what is there, from "
                   f"{now.look_from:%H:%M} UTC on, when nothing sent before can arrive any more.")  # fmt: skip
    documents = [document for one in old for document in one.documents] + [_of(effect) for effect in left]
    days = [_day(one, given, facts.zone) for one in old] + [one.date for one in documents]
    found = _listed(work, documents, min(days) - _MARGIN)
    return _recollection(work, given, documents, found, left, _checked(now, given))


def _looked(told: str, now: epoch.Now) -> tuple[bool, datetime]:
    """Whether a look of this epoch was done, and up to when later sets are still looked for."""
    number, _at, newest = told.partition("@")
    if number != str(now.number):
        return False, now.since
    return True, max(now.since, datetime.fromisoformat(newest)) if newest else now.since


def _checked(now: epoch.Now, given: Candidates) -> str:
    """What is kept of a look: its epoch, and the newest instant that the provider had told of by then.

    The forgotten database knew no newer one, whatever this computer's clock said when the epoch began.
    """
    told = [
        *(one.paid_at for one in given.charges.values()),
        *(one.refunded_at for one in given.refunds),
        *(one.paid_at for one in given.payouts),
        *(sale.charge.updated_at for sale in given.changed),
    ]
    return f"{now.number}@{max((now.since, *told)).isoformat()}"


def _first_look(work: Work, given: Candidates, made: Plan, facts: PlanFacts) -> Recollection:
    """One call, for an install that never wrote here: another one may have. All kinds only if it did."""
    documents = list(made.documents)
    first = min(_day(one, given, facts.zone) for one in made.sets) - _MARGIN
    invoices = work.posting.listed(DocumentKind.INVOICE, first, None, {})
    found = _listed(work, documents, first) if invoices else {}
    told = _recollection(work, given, documents, found, [], "")
    return Recollection(told.found, told.singles, told.summaries, first=True)


def _listed(work: Work, documents: Sequence[Document], first: date) -> dict[Key, list[Posted]]:
    """By action and reference, what the books hold from `first` on of the kinds that are to be written."""
    by_kind: dict[DocumentKind, dict[str, Document]] = {}
    for document in documents:
        by_kind.setdefault(kind_of(document), {})[document.reference] = document
    if DocumentKind.CUSTOMER_PAYMENT in by_kind or DocumentKind.EXPENSE in by_kind:
        by_kind.setdefault(DocumentKind.INVOICE, {})
    found: dict[Key, list[Posted]] = {}
    for kind, asked in by_kind.items():
        work.lease.beat(now=True)
        for one in work.posting.listed(kind, first, None, asked):
            found.setdefault((f"create_{kind.value}", one.reference), []).append(one)
    return found


def _recollection(
    work: Work,
    given: Candidates,
    documents: Sequence[Document],
    found: dict[Key, list[Posted]],
    left: Sequence[Effect],
    checked: str,
) -> Recollection:
    """What of the lists concerns us: not what effects here tell of already."""
    wanted = {(action_for(one), one.reference) for one in documents}
    invoices = [reference for action, reference in found if action == "create_invoice"]
    with read() as session:
        known = set(outbox_table.known_references(session, work.target, "create_invoice", invoices))
    unknown = [reference for reference in invoices if reference not in known]
    singles = frozenset(map(charge_named, unknown)) & set(given.charges)
    numbers: dict[tuple[date, str], list[int]] = {}
    for named in filter(None, map(day_named, unknown)):
        numbers.setdefault(named[:2], []).append(named[2])
    # Whatever shape they have: the plan made anew takes theirs.
    shaped = {one for one in unknown if charge_named(one) in singles or day_named(one)}
    return Recollection(
        found={key: value for key, value in found.items() if key in wanted or key[1] in shaped},
        singles=singles,
        summaries=tuple((*day, tuple(sorted(some))) for day, some in sorted(numbers.items())),
        open_keys=frozenset((one.action, one.reference) for one in left) & set(found),
        checked=checked,
    )


def remember(work: Work, told: Recollection) -> None:
    """Keep what the look showed, and put open effects that the books hold in doubt, so that nobody sends them.

    In one transaction, before anything is planned upon it.
    """
    with write() as session:
        work.lease.guard(session)
        for day, currency, numbers in told.summaries:
            learn(session, work.target, f"{_SUMMARY}{day.isoformat()}:{currency}", ",".join(map(str, numbers)))
        learn(session, work.target, *((_CHECKED, told.checked) if told.checked else (_STARTED, "done")))
        for effect in outbox_table.in_states(session, work.lease.business_id, work.target, list(_OPEN)):
            if (effect.action, effect.reference) in told.open_keys:
                doubt.put_in_doubt(session, work, effect)


def adopt(work: Work, told: Recollection) -> None:
    """Settle every effect that the books hold, by what the lists showed."""
    with read() as session:
        doubtful = outbox_table.in_states(session, work.lease.business_id, work.target, [State.IN_DOUBT])
    for effect in doubtful:
        found = told.found.get((effect.action, effect.reference))
        if found:
            work.lease.beat()
            doubt.settle_found(work, effect, found, forgotten=True)


def _was_looked_up(effect: Effect) -> bool:
    """What is held as different or double was seen in the books, so it is never just sent."""
    return effect.state == State.HELD.value and effect.held_by != "locked"


def _of(effect: Effect) -> Document:
    document: Document = _document.decode(msgspec.json.encode(effect.payload))
    return document


def _instants(one: DocumentSet, given: Candidates) -> Iterable[datetime]:
    refunds, payouts = {row.id: row for row in given.refunds}, {row.id: row for row in given.payouts}
    changed = {sale.charge.id: sale.charge for sale in given.changed}
    for movement in one.movement_ids:
        if one.corrects and movement in changed:
            yield changed[movement].updated_at
        elif movement in given.charges:
            yield given.charges[movement].paid_at
        elif movement in refunds:
            yield refunds[movement].refunded_at
        elif movement in payouts:
            yield payouts[movement].paid_at


def _instant(one: DocumentSet, given: Candidates) -> datetime:
    """When the oldest member of a set was made."""
    return min(_instants(one, given), default=_LONG_AGO)


def _day(one: DocumentSet, given: Candidates, zone: ZoneInfo) -> date:
    return accounting_date(_instant(one, given), zone)


def _day_of(name: str) -> tuple[date, str]:
    _word, day, currency = name.split(":")
    return date.fromisoformat(day), currency
