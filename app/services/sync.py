"""Sync: one run of one business: settle doubts, read, ingest, plan, post, and say how it went."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import sqlalchemy as sa
import structlog

from app.domain.charges import Charge
from app.domain.effects import OPEN_STATES, State
from app.domain.fates import RULES, WITH_DOCUMENTS, Fate
from app.ports import NotConnected, OutsideError, Refused, Temporary
from app.services import (
    books_connection,
    connection_health,
    crash,
    doubt,
    lease,
    offers,
    outbox,
    payouts,
    plans,
    posting,
    provider_connection,
    refunds,
    runs,
    settings,
)
from app.services.books_connection import Books
from app.services.customers import Customers
from app.services.ingest import ingest
from app.services.outside import Outside
from app.services.work import Stop, Work
from app.store.db import read, write
from app.store.movements import Movement
from app.store.outbox import Effect
from app.store.runs import Run

log = structlog.get_logger()


@dataclass
class _Ending:
    """How a run ends, unless something worse comes. `note` is said besides."""

    outcome: str = "fine"
    sentence: str = ""
    detail: str = ""
    note: str = ""
    read_nothing: bool = True
    counts: dict[str, int] = field(default_factory=dict)

    def worsen(self, outcome: str, sentence: str, detail: str = "") -> None:
        if not self.sentence:
            self.outcome, self.sentence, self.detail = outcome, sentence, detail


def execute(outside: Outside, run_id: int) -> None:
    """Work one queued run off, whatever happens. Does nothing if another worker has it."""
    if not runs.take(run_id, outside.clock.now()):
        return
    with read() as session:
        run = session.get_one(Run, run_id)
        business_id, by_hand = run.business_id, run.trigger in ("manual", "command")
    held = lease.take(outside, business_id)
    if held is None:
        _put_back(run_id)
        return
    ending = _Ending()
    calls_before, organization = 0, ""
    try:
        books = books_connection.books_of(outside, business_id)
        organization = books.organization_id
        calls_before = outside.calls(organization)
        _run(outside, run_id, held, books, ending, by_hand=by_hand)
        if outside.calls(organization) > calls_before:  # a run that called nobody proves nothing
            connection_health.mark_working(outside, business_id, books_connection.SIDE)
    except NotConnected as error:
        connection_health.mark_failed(outside, business_id, books_connection.SIDE, error)
        ending.worsen("stopped", str(error), error.detail)
    except Stop as stop:
        ending.worsen(stop.outcome, str(stop), stop.detail)
    except OutsideError as error:
        ending.worsen(
            "delayed" if isinstance(error, Temporary) and error.daily else "stopped", str(error), error.detail
        )
    except lease.LostLease:
        ending.worsen("interrupted", "Another worker took this business over, so this one stopped.")
    except Exception as error:  # a run must end in words, whatever went wrong
        log.exception("run failed", run=run_id)
        ending.worsen("failed", "Tieout met an error of its own and stopped. The log says more.", type(error).__name__)
    except BaseException:
        ending.worsen("interrupted", runs.STOPPED)
        raise
    finally:
        _end(outside, run_id, business_id, ending, outside.calls(organization) - calls_before if organization else 0)
        held.release()


def _run(outside: Outside, run_id: int, held: lease.HeldLease, books: Books, ending: _Ending, *, by_hand: bool) -> None:
    work = Work(outside, run_id, books.target, held, books.posting, Customers(books.target, books.posting))
    doubt.recover(work)
    if not settings.sync_enabled(held.business_id):
        doubt.resolve(work)
        ending.sentence = "Sync is off: nothing was read or written. Tick Enable sync in Settings."
        return
    if by_hand:
        offers.offer_again(work)
    doubt.resolve(work)
    runs.step(run_id, "Reading HitPay")
    try:
        ending.counts["new"] = _read(outside, held)
        ending.read_nothing = False
        ending.counts["new"] += _read_payouts(outside, held, ending)
    except OutsideError as error:
        # What is planned already doesn't need the provider: it is posted all the same.
        _note_provider(outside, held.business_id, error)
        ending.worsen("stopped", f"HitPay could not be read. {error}", error.detail)
    held.beat(now=True)
    crash.at("before_plan")
    _plan(outside, run_id, held, books)
    crash.at("after_plan")
    runs.step(run_id, "Writing to Zoho Books", total=_to_post(held.business_id))
    posting.post_open(work)
    _pay_out(work, books)


def _read(outside: Outside, held: lease.HeldLease) -> int:
    """Take in what the provider tells. What could be read is kept; the cursor moves only if all of it could."""
    business_id = held.business_id
    facts = plans.facts_of(outside, business_id)
    now = outside.clock.now()
    provider = provider_connection.adapter(outside, business_id)
    charges: list[Charge] = []
    try:
        fresh = plans.read_provider(outside, business_id, provider, facts)
        for charge in chain(fresh, refunds.old_charges(provider, facts)):
            held.beat()
            charges.append(charge)
    except Refused:
        ingest(business_id, charges, facts.zone, now, None)
        raise
    connection_health.mark_working(outside, business_id, provider_connection.SIDE)
    new = ingest(business_id, charges, facts.zone, now, now)
    return new + refunds.read_details(business_id, provider, facts, held.beat)


def _read_payouts(outside: Outside, held: lease.HeldLease, ending: _Ending) -> int:
    """Take in what was paid out. Sales are posted even if it can't be read: a key may lack that right.

    That it can't is only worth a word where payouts are to be written.
    """
    facts = plans.facts_of(outside, held.business_id)
    provider = provider_connection.adapter(outside, held.business_id)
    try:
        return payouts.read_new(held.business_id, provider, facts, held.beat)
    except OutsideError as error:
        log.info("payouts not read", business=held.business_id, trouble=str(error))
        if facts.rules.payout_account:
            ending.note, ending.detail = f"HitPay's payouts could not be read. {error}", error.detail
        return 0


def _pay_out(work: Work, books: Books) -> None:
    """Plan the payouts once more that waited for what this run has just posted, so that they needn't wait a day."""
    business_id, run_id = work.lease.business_id, work.run_id
    with read() as session:
        posted = session.get_one(Run, run_id).done
    waiting = plans.waiting_payouts(business_id) if posted else None
    if not waiting:
        return
    work.lease.beat(now=True)
    made = plans.make(waiting, plans.facts_of(work.outside, business_id), books.choices)
    outbox.commit_plan(work.lease, run_id, books.target, made, waiting.rows, work.outside.clock.now())
    if made.sets:
        runs.step(run_id, "Writing to Zoho Books", total=posted + _to_post(business_id))
        posting.post_open(work)


def _plan(outside: Outside, run_id: int, held: lease.HeldLease, books: Books) -> None:
    business_id = held.business_id
    waiting = plans.candidates(business_id)
    facts = plans.facts_of(outside, business_id)
    if not waiting or not facts.versions:
        return
    runs.step(run_id, "Planning")
    made = plans.make(waiting, facts, books.choices)
    crash.at("planned")
    held.beat(now=True)
    outbox.commit_plan(held, run_id, books.target, made, waiting.rows, outside.clock.now())
    runs.step(run_id, "Planned", plan_hash=made.hash)


def _to_post(business_id: int) -> int:
    with read() as session:
        return session.scalar(
            sa.select(sa.func.count()).where(Effect.business_id == business_id, Effect.state == State.PLANNED.value)
        ) or 0  # fmt: skip


def _note_provider(outside: Outside, business_id: int, error: OutsideError) -> None:
    if isinstance(error, NotConnected):
        connection_health.mark_failed(outside, business_id, provider_connection.SIDE, error)


def _put_back(run_id: int) -> None:
    with write() as session:
        session.execute(
            sa.update(Run)
            .where(Run.id == run_id)
            .values(state="queued", started_at=None, step="Waiting for another worker to let go")
        )


def _end(outside: Outside, run_id: int, business_id: int, ending: _Ending, calls: int) -> None:
    counts = ending.counts | _counts(business_id)
    with read() as session:
        counts["posted"] = session.get_one(Run, run_id).done
    if ending.outcome == "fine" and (counts["held"] + counts["failed"] or ending.note):
        ending.outcome = "attention"
    sentence = f"{ending.sentence or _summary(counts)} {ending.note}".strip()
    runs.end(outside, run_id, ending.outcome, sentence, ending.detail, calls, counts, read_nothing=ending.read_nothing)


def _counts(business_id: int) -> dict[str, int]:
    """Effects that still need something, and charges that wait or are held by a rule."""
    by_state = _grouped(Effect.state, Effect.business_id == business_id)
    by_rule = _grouped(Movement.decision, Movement.business_id == business_id, Movement.decision.not_in(WITH_DOCUMENTS))
    fates = {fate: sum(number for rule, number in by_rule.items() if RULES[rule].fate == fate) for fate in Fate}
    return {
        "held": by_state.get(State.HELD.value, 0) + fates[Fate.HELD],
        "failed": by_state.get(State.REFUSED.value, 0),
        "waiting": sum(by_state.get(state.value, 0) for state in OPEN_STATES) + fates[Fate.WAITING],
        "excluded": fates[Fate.EXCLUDED],
    }


def _grouped(column: sa.ColumnElement[Any] | Any, *where: sa.ColumnElement[bool]) -> dict[str, int]:
    with read() as session:
        rows = session.execute(sa.select(column, sa.func.count()).where(*where).group_by(column))
        return {str(name): number for name, number in rows}


def _summary(counts: dict[str, int]) -> str:
    posted = counts["posted"]
    said = f"{posted} documents posted." if posted != 1 else "1 document posted."
    if not posted:
        said = "Nothing new to post."
    if counts["held"]:
        said += f" {counts['held']} held."
    if counts["failed"]:
        said += f" {counts['failed']} failed."
    return said
