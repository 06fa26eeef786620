"""Plans: what a run would write, made from stored movements (or, for a preview, from what was just read)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.orm import Session

from app.domain.charges import Charge, Refund
from app.domain.corrections import PostedSale, plan_corrections
from app.domain.fates import REDECIDED, WITH_DOCUMENTS, fate_of, sentence_for
from app.domain.money import Money
from app.domain.planning import Decision, Plan, PlanFacts, plan
from app.domain.references import DAY_PATTERN, day_named
from app.domain.refunds import Sale, plan_refunds
from app.domain.rules import Rules, RulesVersion
from app.domain.windows import Window, reading_span
from app.domain.zones import zone_of
from app.ports import BooksChoices, PaymentProvider
from app.services import books_connection, corrections, provider_connection, refunds
from app.services.ingest import charge_of
from app.services.outside import Outside
from app.store import movements as movement_table
from app.store import outbox as outbox_table
from app.store.businesses import Business
from app.store.connections import of_business
from app.store.db import read
from app.store.settings import versions, windows


def facts_of(outside: Outside, business_id: int) -> PlanFacts:
    """Rules, windows, zone and summarised days of a business as stored; nothing is known of locks yet."""
    with read() as session:
        books = of_business(session, business_id, books_connection.SIDE)
        business, now = session.get_one(Business, business_id), outside.clock.now()
        zone = zone_of(business.time_zone)
        return PlanFacts(
            versions=tuple(
                RulesVersion(row.valid_from, msgspec.convert(row.rules, Rules))
                for row in versions(session, business_id, (books.account_id if books else None) or "")
            ),
            windows=tuple(Window(row.opened_at, row.closed_at) for row in windows(session, business_id)),
            zone=zone,
            now=now,
            read_through=min(business.read_through or business.created_at, now),
            base_currency=(books.currency if books else None) or "",
            days_planned=_days_planned(session, business_id),
        )


def _days_planned(session: Session, business_id: int) -> tuple[tuple[date, str, int], ...]:
    """The highest number among the sets of each day and currency."""
    numbers: dict[tuple[date, str], int] = {}
    for reference in outbox_table.references_like(session, business_id, DAY_PATTERN):
        named = day_named(reference)
        if named:
            day, currency, number = named
            numbers[day, currency] = max(number, numbers.get((day, currency), 0))
    return tuple((day, currency, number) for (day, currency), number in sorted(numbers.items()))


def read_provider(outside: Outside, business_id: int, provider: PaymentProvider, facts: PlanFacts) -> Iterator[Charge]:
    """Every charge the provider tells of the span that has to be read again."""
    with read() as session:
        read_through = session.get_one(Business, business_id).read_through
    span = reading_span(facts.windows, read_through, outside.clock.now(), facts.zone)
    return provider.charges(*span) if span else iter(())


@dataclass(frozen=True)
class Candidates:
    """What a plan is made from: charges and refunds on which nothing final was decided, and sales that changed since.

    `rows` maps the provider's ids to rows; what isn't stored yet has none.
    """

    charges: Mapping[str, Charge]
    refunds: tuple[Refund, ...]
    sales: Mapping[str, Sale]
    sets_before: Mapping[str, int]
    changed: tuple[PostedSale, ...]
    rows: Mapping[str, int]

    def __bool__(self) -> bool:
        return bool(self.charges or self.refunds or self.changed)


def candidates(business_id: int) -> Candidates:
    """Everything stored that isn't decided for good."""
    with read() as session:
        rows = movement_table.undecided(session, business_id, "charge", REDECIDED)
        changed = corrections.changed_sales(session, business_id)
    waiting = refunds.undecided(business_id)
    return Candidates(
        charges={row.provider_id: charge_of(row) for row in rows},
        refunds=waiting.refunds,
        sales=waiting.sales,
        sets_before=waiting.sets_before,
        changed=tuple(sale for _row, sale in changed),
        rows={row.provider_id: row.id for row in rows}
        | {sale.charge.id: row for row, sale in changed}
        | dict(waiting.rows),
    )


def make(given: Candidates, facts: PlanFacts, choices: BooksChoices) -> Plan:
    """The plan; the lock date is only asked for when there is something to write."""
    first = _plan(given, facts)
    if not first.sets:
        return first
    locked = choices.lock_date()
    return _plan(given, msgspec.structs.replace(facts, locked_until=locked)) if locked else first


def _plan(given: Candidates, facts: PlanFacts) -> Plan:
    """Sales first, then refunds, which follow what has just been decided on their sales."""
    sold = plan(list(given.charges.values()), facts)
    decided = {one.movement_id: one.rule for one in sold.decisions}
    posted_in = {charge_id: one.key for one in sold.sets for charge_id in one.movement_ids}
    sales = {
        key: msgspec.structs.replace(
            sale, decision=decided.get(key, sale.decision), reference=posted_in.get(key, sale.reference)
        )
        for key, sale in given.sales.items()
    }
    refunded = plan_refunds(given.refunds, sales, facts, given.sets_before)
    corrected = plan_corrections(given.changed, facts)
    return Plan(sold.sets + refunded.sets + corrected, sold.decisions + refunded.decisions)


@dataclass(frozen=True)
class Preview:
    """What a run would do now. Rows are plain data, ready for JSON."""

    plan_hash: str
    documents: list[dict[str, Any]]
    movements: list[dict[str, Any]]


def preview(outside: Outside, business_id: int) -> Preview:
    """Read the provider and plan, and write nothing, neither outside nor here."""
    facts = facts_of(outside, business_id)
    given = _with_fresh(outside, business_id, facts)
    facts = msgspec.structs.replace(facts, read_through=facts.now)
    books = books_connection.books_of(outside, business_id)
    made = make(given, facts, books.choices)
    return Preview(made.hash, _documents(made), _movements(made, given, facts.zone))


def _with_fresh(outside: Outside, business_id: int, facts: PlanFacts) -> Candidates:
    """The stored candidates and those that a run would store first."""
    provider = provider_connection.adapter(outside, business_id)
    stored = candidates(business_id)
    fresh = {charge.id: charge for charge in read_provider(outside, business_id, provider, facts)}
    fresh |= {charge.id: charge for charge in refunds.old_charges(provider, facts)}
    with read() as session:
        known = movement_table.by_provider_ids(session, business_id, "charge", list(fresh))
        read_at = {key: row.refunds_read_at for key, row in known.items() if row.refunds_read_at}
    told = refunds.freshly_read(provider, fresh, read_at)
    with read() as session:
        seen = movement_table.by_provider_ids(session, business_id, "refund", [one.id for one in told])
        changed = corrections.changed_by(session, business_id, fresh)
    changed = {sale.charge.id: sale for sale in stored.changed if sale.charge.id not in fresh} | changed
    new = tuple(one for one in told if one.id not in seen)
    charges = dict(stored.charges) | {k: one for k, one in fresh.items() if k not in known or k in stored.charges}
    return Candidates(
        charges=charges,
        refunds=stored.refunds + new,
        sales=dict(stored.sales) | refunds.sales_of(business_id, {one.charge_id: fresh[one.charge_id] for one in new}),
        sets_before=stored.sets_before,
        changed=tuple(sorted(changed.values(), key=lambda sale: (sale.charge.updated_at, sale.charge.id))),
        rows=stored.rows,
    )


def _documents(made: Plan) -> list[dict[str, Any]]:
    return [{"set": one.key, **msgspec.to_builtins(document)} for one in made.sets for document in one.documents]


def _movements(made: Plan, given: Candidates, zone: ZoneInfo) -> list[dict[str, Any]]:
    amounts = {key: (charge.gross, charge.paid_at) for key, charge in given.charges.items()}
    amounts |= {one.id: (-one.amount, one.refunded_at) for one in given.refunds}
    return [_movement(one, *amounts[one.movement_id], zone) for one in made.decisions]


def _movement(one: Decision, amount: Money, paid_at: datetime, zone: ZoneInfo) -> dict[str, Any]:
    written = one.rule in WITH_DOCUMENTS
    return {
        "id": one.movement_id,
        "amount": str(amount.amount),
        "currency": amount.currency,
        "paid_at": paid_at.astimezone(zone).isoformat(),
        "rule": one.rule,
        "fate": "planned" if written else fate_of(one.rule, []).value,
        "says": "Would go to Zoho Books." if written else sentence_for(one.rule, one.detail, []),
    }
