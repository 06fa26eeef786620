"""Plans: what a run would write, made from stored movements (or, for a preview, from what was just read)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.orm import Session

from app.domain.charges import Charge, Payout, Refund
from app.domain.corrections import PostedSale, plan_corrections
from app.domain.documents import Document
from app.domain.fates import REDECIDED, WITH_DOCUMENTS, fate_of, sentence_for
from app.domain.money import Money
from app.domain.options import with_options
from app.domain.payouts import Settled, plan_payouts
from app.domain.planning import Carried, Decision, DocumentSet, Plan, PlanFacts, plan
from app.domain.references import DAY_PATTERN, day_named
from app.domain.refunds import Sale, plan_refunds
from app.domain.rules import LockedPeriod, Rules, RulesVersion
from app.domain.windows import Window, reading_span
from app.domain.zones import zone_of
from app.ports import OutsideError, PaymentProvider
from app.services.connections import books_connection, provider_connection
from app.services.connections.books_connection import Books
from app.services.outside import Outside
from app.services.planning import corrections, payouts, refunds
from app.services.planning.ingest import charge_of, fingerprint_of
from app.services.planning.locks import Locked
from app.services.writing import offers
from app.store import movements as movement_table
from app.store import outbox as outbox_table
from app.store import written
from app.store.businesses import Business
from app.store.connections import of_business
from app.store.db import read
from app.store.outbox import Effect
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
    """What a plan is made from: charges, refunds and payouts on which nothing final was decided, and sales that
    changed since. `settled` tells of the charges in the payouts, `taxes` what invoices bear that were planned earlier.

    `rows` maps the provider's ids to rows; what isn't stored yet has none.
    """

    charges: Mapping[str, Charge]
    refunds: tuple[Refund, ...]
    sales: Mapping[str, Sale]
    sets_before: Mapping[str, int]
    changed: tuple[PostedSale, ...]
    rows: Mapping[str, int]
    payouts: tuple[Payout, ...] = ()
    settled: Mapping[str, Settled] = field(default_factory=dict)
    taxes: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.charges or self.refunds or self.changed or self.payouts)


def candidates(business_id: int) -> Candidates:
    """Everything stored that isn't decided for good."""
    with read() as session:
        rows = movement_table.undecided(session, business_id, "charge", REDECIDED)
        changed = corrections.changed_sales(session, business_id)
    waiting, paid_out = refunds.undecided(business_id), payouts.undecided(business_id)
    return Candidates(
        charges={row.provider_id: charge_of(row) for row in rows},
        refunds=waiting.refunds,
        sales=waiting.sales,
        sets_before=waiting.sets_before,
        changed=tuple(sale for _row, sale in changed),
        rows={row.provider_id: row.id for row in rows}
        | {sale.charge.id: row for row, sale in changed}
        | dict(waiting.rows)
        | dict(paid_out.rows),
        payouts=paid_out.payouts,
        settled=payouts.settled_by(business_id, paid_out.payouts),
        taxes=_taxes(business_id, waiting.sales, (sale for _row, sale in changed)),
    )


def _taxes(business_id: int, sales: Mapping[str, Sale], changed: Iterable[PostedSale]) -> dict[str, str]:
    """What the invoices bear to which a refund or a reversal may belong, by reference."""
    references = {sale.reference for sale in sales.values()} | {sale.reference for sale in changed}
    with read() as session:
        return written.invoice_taxes(session, business_id, sorted(references - {""}))


def make(given: Candidates, facts: PlanFacts, choices: Locked, carried: tuple[Carried, ...] = ()) -> Plan:
    """The plan; the lock date is only asked for when there is something new to write."""
    made = _plan(given, facts)
    if made.sets and (locked := choices.lock_date()):
        made = _plan(given, msgspec.structs.replace(facts, locked_until=locked))
    return msgspec.structs.replace(made, carried=carried)


def with_carried(made: Plan, rows: Sequence[tuple[Effect, Mapping[str, Any]]]) -> Plan:
    """The plan with what earlier ones hold."""
    return msgspec.structs.replace(made, carried=carried(rows))


def open_day(business_id: int, facts: PlanFacts, books: Books) -> date | None:
    """The day on which documents that a lock stopped go into the books instead; None if none do.

    The lock date is only asked for where it matters.
    """
    if not facts.versions or facts.rules.locked_period is LockedPeriod.WAIT:
        return None
    if not offers.locked_ones(business_id, books.target):
        return None
    return msgspec.structs.replace(facts, locked_until=books.choices.lock_date()).first_open_day


def carried(rows: Sequence[tuple[Effect, Mapping[str, Any]]]) -> tuple[Carried, ...]:
    """What earlier plans hold, from effects and the payloads they will be sent with, in an order of no database."""
    found = (
        Carried(effect.action.removeprefix("create_"), effect.reference, fingerprint_of(payload))
        for effect, payload in rows
    )
    return tuple(sorted(found, key=lambda one: (one.reference, one.kind)))


def _plan(given: Candidates, facts: PlanFacts) -> Plan:
    """Sales first, then refunds, which follow what has just been decided on their sales; payouts wait for both."""
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
    paid_out = plan_payouts(given.payouts, given.settled, facts)
    sets = sold.sets + refunded.sets + corrected + paid_out.sets
    return with_options(Plan(sets, sold.decisions + refunded.decisions + paid_out.decisions), facts, given.taxes)


@dataclass(frozen=True)
class Preview:
    """What a run would do now. Rows are plain data, ready for JSON.

    `carried` are the documents that earlier plans hold, `sets` the new ones.
    """

    plan_hash: str
    documents: list[dict[str, Any]]
    movements: list[dict[str, Any]]
    carried: tuple[tuple[str, Document], ...]
    sets: tuple[DocumentSet, ...]

    @property
    def in_order(self) -> list[tuple[str, Document]]:
        """Every document that would be sent, with the key of its set."""
        return [*self.carried, *((one.key, document) for one in self.sets for document in one.documents)]


def preview(outside: Outside, business_id: int) -> Preview:
    """Read the provider and plan as Sync Now does, and write nothing, neither outside nor here."""
    facts = facts_of(outside, business_id)
    given = _with_fresh(outside, business_id, facts)
    facts = msgspec.structs.replace(facts, read_through=facts.now)
    books = books_connection.books_of(outside, business_id)
    first_open = open_day(business_id, facts, books)
    with read() as session:
        waiting = offers.sendable(session, business_id, books.target, first_open)
    older_taxes = {one.reference: told.get("tax", "") for one, told in waiting if one.action == "create_invoice"}
    given = replace(given, taxes={**given.taxes, **older_taxes})
    made = make(given, facts, books.choices, carried(waiting))
    older = tuple((effect.group_key, msgspec.convert(payload, Document, strict=False)) for effect, payload in waiting)
    return Preview(
        plan_hash=made.hash,
        documents=[{"set": key, **msgspec.to_builtins(document)} for key, document in older] + _documents(made),
        movements=_movements(made, given, facts.zone),
        carried=older,
        sets=made.sets,
    )


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
    sales = dict(stored.sales) | refunds.sales_of(business_id, {one.charge_id: fresh[one.charge_id] for one in new})
    return Candidates(
        charges=charges,
        refunds=stored.refunds + new,
        sales=sales,
        sets_before=stored.sets_before,
        changed=tuple(sorted(changed.values(), key=lambda sale: (sale.charge.updated_at, sale.charge.id))),
        rows=stored.rows,
        payouts=(paid_out := _fresh_payouts(business_id, provider, facts, stored.payouts)),
        settled=payouts.settled_by(business_id, paid_out, fresh, new),
        taxes=_taxes(business_id, sales, changed.values()),
    )


def _fresh_payouts(
    business_id: int, provider: PaymentProvider, facts: PlanFacts, stored: tuple[Payout, ...]
) -> tuple[Payout, ...]:
    """The stored ones and what of the others can be read: as in a run, trouble with payouts stops nothing else."""
    found = {payout.id: payout for payout in stored}
    with suppress(OutsideError):
        for payout in payouts.freshly_read(business_id, provider, facts):
            found[payout.id] = payout
    return tuple(found.values())


def _documents(made: Plan) -> list[dict[str, Any]]:
    return [{"set": one.key, **msgspec.to_builtins(document)} for one in made.sets for document in one.documents]


def _movements(made: Plan, given: Candidates, zone: ZoneInfo) -> list[dict[str, Any]]:
    amounts = {key: (charge.gross, charge.paid_at) for key, charge in given.charges.items()}
    amounts |= {one.id: (-one.amount, one.refunded_at) for one in given.refunds}
    amounts |= {one.id: (one.amount, one.paid_at) for one in given.payouts}
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
