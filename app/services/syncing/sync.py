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
from app.services import crash, stopping
from app.services.business import settings
from app.services.connections import books_connection, connection_health, provider_connection
from app.services.connections.books_connection import Books
from app.services.outside import Outside
from app.services.planning import outbox, payouts, plans, refunds
from app.services.planning.ingest import ingest
from app.services.proving import snapshots
from app.services.syncing import balances, inbox, runs
from app.services.writing import doubt, lease, offers, posting
from app.services.writing.customers import Customers
from app.services.writing.work import Stop, Work
from app.store import outbox as outbox_table
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
    calls: int = 0
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
        business_id, trigger = run.business_id, run.trigger
    held = lease.take(outside, business_id)
    if held is None:
        _put_back(run_id)
        return
    ending = _Ending()
    try:
        stopping.check()
        _with_books(outside, run_id, held, ending, trigger)
    except stopping.Stopping:
        ending.worsen("interrupted", runs.STOPPED)
    except Exception as error:  # a run must end in words, whatever went wrong
        _worsen(outside, business_id, ending, error)
    except BaseException:
        ending.worsen("interrupted", runs.STOPPED)
        raise
    finally:
        _end(outside, run_id, business_id, ending)
        held.release()
        if stopping.is_asked():
            with write() as session:
                runs.take_up(session, run_id, outside.clock.now())


def _with_books(outside: Outside, run_id: int, held: lease.HeldLease, ending: _Ending, trigger: str) -> None:
    books = books_connection.books_of(outside, held.business_id)
    calls_before = outside.calls(books.organization_id)
    try:
        _run(outside, run_id, held, books, ending, trigger)
        if not ending.sentence and trigger != inbox.TRIGGER:
            _take_balances(outside, run_id, held, books, trigger)
    finally:
        ending.calls = outside.calls(books.organization_id) - calls_before
    if ending.calls:  # a run that called nobody proves nothing
        connection_health.mark_working(outside, held.business_id, books_connection.SIDE)


def _worsen(outside: Outside, business_id: int, ending: _Ending, error: Exception) -> None:
    """Say in words what stopped the run."""
    match error:
        case NotConnected():
            connection_health.mark_failed(outside, business_id, books_connection.SIDE, error)
            ending.worsen("stopped", str(error), error.detail)
        case Stop():
            ending.worsen(error.outcome, str(error), error.detail)
        case OutsideError():
            daily = isinstance(error, Temporary) and error.daily
            ending.worsen("delayed" if daily else "stopped", str(error), error.detail)
        case lease.LostLease():
            ending.worsen("interrupted", "Another worker took this business over, so this one stopped.")
        case _:
            log.error("run failed", business=business_id, exc_info=error)
            sentence = "Tieout met an error of its own and stopped. The log says more."
            ending.worsen("failed", sentence, type(error).__name__)


def _run(outside: Outside, run_id: int, held: lease.HeldLease, books: Books, ending: _Ending, trigger: str) -> None:
    work = Work(outside, run_id, books.target, held, books.posting, Customers(books.target, books.posting))
    doubt.recover(work)
    if not settings.sync_enabled(held.business_id):
        doubt.resolve(work)
        ending.sentence = "Sync is off: nothing was read or written. Tick Enable sync in Settings."
        return
    if trigger in ("manual", "command"):
        facts = plans.facts_of(outside, held.business_id)
        offers.offer_again(work, plans.open_day(held.business_id, facts, books))
    doubt.resolve(work)
    runs.step(run_id, "Reading HitPay")
    try:
        ending.counts["new"] = _read_by(trigger, outside, held, ending)
        ending.read_nothing = False
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


def _take_balances(outside: Outside, run_id: int, held: lease.HeldLease, books: Books, trigger: str) -> None:
    """Once a day, and again for a person who looks on, where something has changed or is to be mended."""
    business_id, rules = held.business_id, settings.current_rules(held.business_id)
    if rules is None:
        return
    runs.step(run_id, "Comparing balances")
    with read() as session:
        posted = session.get_one(Run, run_id).done
    again = trigger == "manual" and (posted > 0 or balances.differs(business_id))
    provider = provider_connection.adapter(outside, business_id)
    snapshots.take(outside, held, rules.bank_account, books.choices, provider, again=again)


def _read_by(trigger: str, outside: Outside, held: lease.HeldLease, ending: _Ending) -> int:
    """Everything the provider tells, or, after webhooks, only what they hint at; how many movements are new."""
    if trigger == inbox.TRIGGER:
        return inbox.read_hinted(outside, held)
    return _read(outside, held) + _read_payouts(outside, held, ending)


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


def _plan(outside: Outside, run_id: int, held: lease.HeldLease, books: Books) -> None:
    business_id = held.business_id
    waiting = plans.candidates(business_id)
    facts = plans.facts_of(outside, business_id)
    with read() as session:
        older = outbox_table.in_states(session, business_id, books.target, [State.PLANNED])
    if not facts.versions or not (waiting or older):
        return
    runs.step(run_id, "Planning")
    made = plans.make(waiting, facts, books.choices, plans.carried([(one, one.payload) for one in older]))
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


def _end(outside: Outside, run_id: int, business_id: int, ending: _Ending) -> None:
    counts = ending.counts | _counts(business_id)
    with read() as session:
        counts["posted"] = session.get_one(Run, run_id).done
    if ending.outcome == "fine" and (counts["held"] + counts["failed"] or ending.note):
        ending.outcome = "attention"
    sentence = f"{ending.sentence or _summary(counts)} {ending.note}".strip()
    detail, nothing = ending.detail, ending.read_nothing
    runs.end(outside, run_id, ending.outcome, sentence, detail, ending.calls, counts, read_nothing=nothing)


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
