"""Plans: what a run would write, made from stored movements (or, for a preview, from what was just read)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.orm import Session

from app.domain.charges import Charge
from app.domain.fates import REDECIDED, WITH_DOCUMENTS, fate_of, sentence_for
from app.domain.planning import Plan, PlanFacts, plan
from app.domain.references import DAY_PATTERN, day_named
from app.domain.rules import Rules, RulesVersion
from app.domain.windows import Window, reading_span
from app.domain.zones import zone_of
from app.ports import BooksChoices, PaymentProvider
from app.services import books_connection, provider_connection
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
        zone = zone_of(session.get_one(Business, business_id).time_zone)
        return PlanFacts(
            versions=tuple(
                RulesVersion(row.valid_from, msgspec.convert(row.rules, Rules))
                for row in versions(session, business_id)
            ),
            windows=tuple(Window(row.opened_at, row.closed_at) for row in windows(session, business_id)),
            zone=zone,
            now=outside.clock.now(),
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


def undecided(business_id: int) -> dict[str, tuple[int, Charge]]:
    """Stored charges on which nothing final was decided: row id and charge by charge id."""
    with read() as session:
        rows = movement_table.undecided(session, business_id, REDECIDED)
        return {row.provider_id: (row.id, charge_of(row)) for row in rows}


def make(charges: Sequence[Charge], facts: PlanFacts, choices: BooksChoices) -> Plan:
    """The plan; the lock date is only asked for when there is something to write."""
    first = plan(charges, facts)
    if not first.sets:
        return first
    locked = choices.lock_date()
    return plan(charges, msgspec.structs.replace(facts, locked_until=locked)) if locked else first


@dataclass(frozen=True)
class Preview:
    """What a run would do now. Rows are plain data, ready for JSON."""

    plan_hash: str
    documents: list[dict[str, Any]]
    movements: list[dict[str, Any]]


def preview(outside: Outside, business_id: int) -> Preview:
    """Read the provider and plan, and write nothing, neither outside nor here."""
    facts = facts_of(outside, business_id)
    provider = provider_connection.adapter(outside, business_id)
    fresh = {charge.id: charge for charge in read_provider(outside, business_id, provider, facts)}
    with read() as session:
        known = movement_table.by_provider_ids(session, business_id, "charge", list(fresh))
    waiting = undecided(business_id)
    candidates = {key: charge for key, (_row, charge) in waiting.items()}
    candidates |= {key: charge for key, charge in fresh.items() if key not in known or key in waiting}
    books = books_connection.books_of(outside, business_id)
    made = make(list(candidates.values()), facts, books.choices)
    return Preview(made.hash, _documents(made), _movements(made, candidates, facts.zone))


def _documents(made: Plan) -> list[dict[str, Any]]:
    return [{"set": one.key, **msgspec.to_builtins(document)} for one in made.sets for document in one.documents]


def _movements(made: Plan, charges: dict[str, Charge], zone: ZoneInfo) -> list[dict[str, Any]]:
    return [
        {
            "id": one.charge_id,
            "amount": str(charges[one.charge_id].gross.amount),
            "currency": charges[one.charge_id].gross.currency,
            "paid_at": charges[one.charge_id].paid_at.astimezone(zone).isoformat(),
            "rule": one.rule,
            "fate": "planned" if one.rule in WITH_DOCUMENTS else fate_of(one.rule, []).value,
            "says": "Would go to Zoho Books." if one.rule in WITH_DOCUMENTS else sentence_for(one.rule, one.detail, []),
        }
        for one in made.decisions
    ]
