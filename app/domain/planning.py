"""Planning: from charges, rules and facts to the documents to write and a decision on every charge. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from app.domain import bulk, individual, references
from app.domain.channels import is_selected, label_of
from app.domain.charges import LISTED_STATUSES, SALE_STATUSES, Charge, ChargeStatus
from app.domain.days import is_closed
from app.domain.documents import Document
from app.domain.fates import DOCUMENTS, SUMMARY
from app.domain.rules import Grouping, LockedPeriod, Rules, RulesVersion, in_force_at
from app.domain.windows import Window, why_outside
from app.domain.zones import accounting_date


class PlanFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All that planning needs to know besides the charges.

    `versions` oldest first, never empty. `now` is aware UTC, and so is `read_through`, up to when the provider was
    read: a day nobody read to its end is not closed. `days_planned` holds, for each day and currency that has
    a summary, the number of its last set. `base_currency` is the organization's. `locked_until` is the last locked
    day of the books, None if none is. `singles` are charges that the books hold by themselves though nobody here
    remembers, `summaries` the numbers of such summaries by day and currency: they decide over the mode.
    """

    versions: tuple[RulesVersion, ...]
    windows: tuple[Window, ...]
    zone: ZoneInfo
    now: datetime
    read_through: datetime
    base_currency: str
    days_planned: tuple[tuple[date, str, int], ...] = ()
    locked_until: date | None = None
    singles: frozenset[str] = frozenset()
    summaries: tuple[tuple[date, str, tuple[int, ...]], ...] = ()

    @property
    def rules(self) -> Rules:
        """The rules in force now."""
        return self.versions[-1].rules

    @property
    def first_open_day(self) -> date | None:
        """The day on which documents of a locked period are posted instead; None if none is, or it is yet to come."""
        if self.locked_until is None or self.rules.locked_period is LockedPeriod.WAIT:
            return None
        first = self.locked_until + timedelta(days=1)
        return first if first <= accounting_date(self.now, self.zone) else None

    def is_held(self, day: date) -> bool:
        """Whether a document of `day` has to wait for its period to be opened."""
        return self.locked_until is not None and day <= self.locked_until and self.first_open_day is None

    def locked_words(self) -> str:
        """The last locked day, for a decision's detail."""
        return f"{self.locked_until:%-d %b %Y}" if self.locked_until else ""

    @property
    def bulk(self) -> bool:
        """Whether what isn't planned yet goes into summaries."""
        return self.rules.grouping is Grouping.BULK

    def summarised(self, charge: Charge) -> tuple[int, ...]:
        """The numbers of the summaries of a charge's day that the books hold and nobody here remembers."""
        own = (accounting_date(charge.paid_at, self.zone), charge.gross.currency)
        return next((numbers for day, currency, numbers in self.summaries if (day, currency) == own), ())

    def in_summary(self, charge: Charge) -> bool:
        """Whether a charge goes into the summary of its day: as the books hold it, else by the mode."""
        return charge.id not in self.singles and (self.bulk or bool(self.summarised(charge)))


class Decision(msgspec.Struct, frozen=True):
    """What was decided on one movement: `documents`, `summary`, or a rule's name with what fills its sentence."""

    movement_id: str
    rule: str
    detail: str = ""


class DocumentSet(msgspec.Struct, frozen=True):
    """Documents that belong together, in the order in which they depend on each other.

    `movement_ids` are the provider's ids of its members. `after` names the set whose customer payment must be in the
    books first, "" if none must. `corrects` names what of a posted sale the set puts right, "" for a set of its own.
    """

    key: str
    documents: tuple[Document, ...]
    movement_ids: tuple[str, ...]
    after: str = ""
    corrects: Literal["", "sale", "fee"] = ""


class Carried(msgspec.Struct, frozen=True):
    """A document that an earlier plan holds and that wasn't written yet; `fingerprint` of all its fields."""

    kind: str
    reference: str
    fingerprint: str


class Plan(msgspec.Struct, frozen=True):
    """Everything a run may write, and why the rest isn't written."""

    sets: tuple[DocumentSet, ...]
    decisions: tuple[Decision, ...]
    carried: tuple[Carried, ...] = ()

    @property
    def hash(self) -> str:
        """A fingerprint of the whole plan, the same for the same plan on every machine."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()

    @property
    def documents(self) -> tuple[Document, ...]:
        return tuple(document for one in self.sets for document in one.documents)


def plan(charges: Sequence[Charge], facts: PlanFacts) -> Plan:
    """One decision per listed charge and the document sets of those that get any, in order of payment."""
    decisions: list[Decision] = []
    ready: list[Charge] = []
    listed = (charge for charge in charges if charge.status in LISTED_STATUSES)
    for charge in sorted(listed, key=lambda one: (one.paid_at, one.id)):
        not_now = _left_out(charge, facts) or _not_yet(charge, facts)
        if not_now:
            decisions.append(not_now)
        else:
            ready.append(charge)
            decisions.append(Decision(charge.id, SUMMARY if facts.in_summary(charge) else DOCUMENTS))
    days = _day_sets([one for one in ready if facts.in_summary(one)], facts)
    return Plan(days + _charge_sets([one for one in ready if not facts.in_summary(one)], facts), tuple(decisions))


def _charge_sets(charges: Sequence[Charge], facts: PlanFacts) -> tuple[DocumentSet, ...]:
    made = ((charge.id, individual.documents_for(charge, facts.rules, facts.zone)) for charge in charges)
    return tuple(DocumentSet(documents[0].reference, documents, (charge_id,)) for charge_id, documents in made)


def _day_sets(charges: Sequence[Charge], facts: PlanFacts) -> tuple[DocumentSet, ...]:
    posted = {(day, currency): number for day, currency, number in facts.days_planned}
    sets = []
    for day, members in bulk.days_of(charges, facts.zone):
        documents = bulk.documents_for(day, bulk.number_for(day, posted), members, facts.rules)
        sets.append(DocumentSet(documents[0].reference, documents, tuple(charge.id for charge in members)))
    return tuple(sets)


def _left_out(charge: Charge, facts: PlanFacts) -> Decision | None:
    """The rule that leaves a charge out for good, or None."""
    if charge.status is ChargeStatus.SUCCEEDED_MANUALLY:
        return Decision(charge.id, "not_through_provider")
    if charge.status not in SALE_STATUSES:
        return Decision(charge.id, "void")
    outside = why_outside(facts.windows, charge.created_at)
    if outside:
        return Decision(charge.id, outside)
    if not is_selected(charge.channel, in_force_at(facts.versions, charge.created_at).channels):
        return Decision(charge.id, "channel_not_selected", label_of(charge.channel))
    return None if charge.gross else Decision(charge.id, "zero_amount")


def _not_yet(charge: Charge, facts: PlanFacts) -> Decision | None:
    """The rule that makes a charge wait or holds it for a person, or None."""
    if not charge.captured:
        return Decision(charge.id, "not_captured")
    return _unclear_money(charge, facts) or _unclear_summary(charge, facts) or _day_not_ready(charge, facts)


def _unclear_summary(charge: Charge, facts: PlanFacts) -> Decision | None:
    """Who is in which of several summaries was frozen when they were planned, and that is forgotten."""
    found = facts.summarised(charge)
    if not found or charge.id in facts.singles:
        return None
    day, currency = accounting_date(charge.paid_at, facts.zone), charge.gross.currency
    known = {(one, code): number for one, code, number in facts.days_planned}
    if found == (bulk.number_for((day, currency), known),):
        return None
    named = ", ".join(references.for_day(day, currency, number) for number in found)
    return Decision(charge.id, "summary_forgotten", named)


def _unclear_money(charge: Charge, facts: PlanFacts) -> Decision | None:
    if charge.home_currency != facts.rules.clearing_currency:
        return Decision(charge.id, "clearing_currency", charge.home_currency)
    if charge.gross.currency != charge.home_currency != facts.base_currency:
        return Decision(charge.id, "foreign_currency", charge.gross.currency)
    # Nought is no amount either: no rate leads from a sale to it.
    return None if charge.home else Decision(charge.id, "home_amount_missing")


def _day_not_ready(charge: Charge, facts: PlanFacts) -> Decision | None:
    day = accounting_date(charge.paid_at, facts.zone)
    in_books = charge.id in facts.singles or facts.summarised(charge)
    if facts.bulk and not in_books and not is_closed(day, facts.zone, facts.read_through):
        return Decision(charge.id, "day_open", f"after 00:30 on {day + timedelta(days=1):%-d %b %Y}")
    return Decision(charge.id, "locked_period", facts.locked_words()) if facts.is_held(day) else None
