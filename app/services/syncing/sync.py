"""Sync: one run of one business: settle doubts, read, ingest, plan, post, and say how it went."""

from __future__ import annotations

from itertools import chain

import sqlalchemy as sa
import structlog

from app.domain.charges import Charge
from app.domain.effects import State
from app.ports import NotConnected, OutsideError, Refused, Temporary
from app.services import crash, stopping
from app.services.alerts import noting
from app.services.business import settings
from app.services.connections import books_connection, call_budget, provider_connection
from app.services.connections.books_connection import Books
from app.services.outside import Outside
from app.services.planning import locks, outbox, payouts, plans, recollection, refunds
from app.services.planning.ingest import ingest
from app.services.proving import audit, snapshots
from app.services.syncing import balances, inbox, runs
from app.services.syncing.ending import Ending, close
from app.services.writing import doubt, epoch, guards, lease, offers, posting, spill
from app.services.writing.customers import Customers
from app.services.writing.work import Stop, Work
from app.store import outbox as outbox_table
from app.store.db import read, write
from app.store.outbox import Effect
from app.store.runs import Run

log = structlog.get_logger()

MOST_SKEW = 120.0
"""Seconds by which this machine's clock may differ from that of the platforms."""


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
    ending = Ending()
    try:
        stopping.check()
        noting.run_began(outside, business_id)
        _with_books(outside, run_id, held, ending, trigger)
    except stopping.Stopping:
        ending.worsen("interrupted", runs.STOPPED)
    except Exception as error:  # a run must end in words, whatever went wrong
        _worsen(outside, business_id, ending, error)
    except BaseException:
        ending.worsen("interrupted", runs.STOPPED)
        raise
    finally:
        close(outside, run_id, business_id, ending)
        noting.run_ended(outside, run_id)
        held.release()
        if stopping.is_asked():
            with write() as session:
                runs.take_up(session, run_id, outside.clock.now())


def _with_books(outside: Outside, run_id: int, held: lease.HeldLease, ending: Ending, trigger: str) -> None:
    books = books_connection.books_of(outside, held.business_id)
    calls_before = outside.calls(books.organization_id)
    try:
        _run(outside, run_id, held, books, ending, trigger)
        if not ending.sentence and trigger != inbox.TRIGGER:
            _take_balances(outside, run_id, held, books, trigger)
            audit.take(outside, held, books.target, books.posting, daily=trigger == "daily")
    except OutsideError as error:
        if isinstance(error, Temporary) and error.daily:
            call_budget.note_refusal(outside, books.target, error.detail)
        raise
    except Stop as stop:
        if stop.outcome == "delayed" and stop.detail:
            call_budget.note_refusal(outside, books.target, stop.detail)
        raise
    else:
        if outside.calls(books.organization_id) > calls_before:
            call_budget.note_going_on(outside, books.target)
    finally:
        ending.calls = outside.calls(books.organization_id) - calls_before
        call_budget.keep(outside, books.target)
    if ending.calls:  # a run that called nobody proves nothing
        noting.working(outside, held.business_id, books_connection.SIDE)


def _worsen(outside: Outside, business_id: int, ending: Ending, error: Exception) -> None:
    """Say in words what stopped the run."""
    match error:
        case NotConnected():
            noting.failed(outside, business_id, books_connection.SIDE, error)
            ending.worsen("stopped", str(error), error.detail)
        case Stop():
            if isinstance(error.__context__, OutsideError):  # what was being handled when the run was stopped
                noting.failed(outside, business_id, books_connection.SIDE, error.__context__)
            ending.worsen(error.outcome, str(error), error.detail)
        case OutsideError():
            noting.failed(outside, business_id, books_connection.SIDE, error)
            daily = isinstance(error, Temporary) and error.daily
            ending.worsen("delayed" if daily else "stopped", str(error), error.detail)
        case lease.LostLease():
            ending.worsen("interrupted", "Another worker took this business over, so this one stopped.")
        case _:
            log.error("run failed", business=business_id, exc_info=error)
            sentence = "Tieout met an error of its own and stopped. The log says more."
            ending.worsen("failed", sentence, type(error).__name__)


def _run(outside: Outside, run_id: int, held: lease.HeldLease, books: Books, ending: Ending, trigger: str) -> None:
    by_hand = trigger in ("manual", "command")
    work = Work(outside, run_id, books.target, held, books.posting, Customers(books.target, books.posting))
    work.allowance = call_budget.Allowance(outside, books.target, insist=by_hand)
    work.unique_fields = guards.fields_of(books.target)
    epoch.begin(outside)
    _take_up(work, ending)
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
        noting.failed(outside, held.business_id, provider_connection.SIDE, error)
        ending.worsen("stopped", f"HitPay could not be read. {error}", error.detail)
    _require_clock(outside)
    held.beat(now=True)
    crash.at("before_plan")
    _plan(work, books, ending)
    epoch.mark(outside)
    crash.at("after_plan")
    left = _to_post(held.business_id)
    runs.step(run_id, "Writing to Zoho Books", total=left)
    if left:
        work.check_allowance()
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


def _read_by(trigger: str, outside: Outside, held: lease.HeldLease, ending: Ending) -> int:
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
    noting.working(outside, business_id, provider_connection.SIDE)
    new = ingest(business_id, charges, facts.zone, now, now)
    return new + refunds.read_details(business_id, provider, facts, held.beat)


def _read_payouts(outside: Outside, held: lease.HeldLease, ending: Ending) -> int:
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
            ending.tell(f"HitPay's payouts could not be read. {error}", heed=True)
            ending.detail = error.detail
        return 0


def _require_clock(outside: Outside) -> None:
    """Stop while this machine's clock is wrong: days, windows and leases would be."""
    skew = outside.skew()
    if abs(skew) > MOST_SKEW:
        way = "fast" if skew > 0 else "slow"
        raise Stop("stopped", f"This computer's clock is {abs(skew) / 60:,.0f} minutes {way}. Let it be set by the "
                   "network, then sync again; nothing was planned or written.")  # fmt: skip


def _take_up(work: Work, ending: Ending) -> None:
    """What an earlier run left behind: answers that could not be recorded, then what was half sent."""
    spilled = spill.replay(work)
    crash.at("spill_replayed")
    half_sent = doubt.recover(work)
    if spilled:
        ending.tell(f"{_documents(spilled)} of an earlier sync could be recorded now.")
    if half_sent:
        ending.tell(f"Tieout was stopped while {_documents(half_sent)} was being sent; it is looked up first.")


def _documents(count: int) -> str:
    return f"{count} document{'s' * (count > 1)}"


def _plan(work: Work, books: Books, ending: Ending) -> None:
    outside, held = work.outside, work.lease
    business_id = held.business_id
    waiting = plans.candidates(business_id)
    facts = recollection.facts_with(work, plans.facts_of(outside, business_id))
    with read() as session:
        older = outbox_table.in_states(session, business_id, books.target, [State.PLANNED])
    if not facts.versions or not (waiting or older):
        return
    runs.step(work.run_id, "Planning")
    lock = locks.Remembered(books.choices, books.target)
    made = plans.make(waiting, facts, lock)
    told = recollection.look(work, waiting, made, facts)
    if told:
        crash.at("books_listed")
        recollection.remember(work, told)
        if told.found or told.summaries:
            made = plans.make(waiting, told.shape(recollection.facts_with(work, facts)), lock)
        ending.tell(told.note, heed=told.first)
    with read() as session:
        older = outbox_table.in_states(session, business_id, books.target, [State.PLANNED])
    made = plans.with_carried(made, [(one, one.payload) for one in older])
    crash.at("planned")
    held.beat(now=True)
    found = told.found if told else ()
    outbox.commit_plan(held, work.run_id, books.target, made, waiting.rows, outside.clock.now(), found)
    if told:
        crash.at("found_planned")
        recollection.adopt(work, told)
    runs.step(work.run_id, "Planned", plan_hash=made.hash)


def _to_post(business_id: int) -> int:
    with read() as session:
        return session.scalar(
            sa.select(sa.func.count()).where(Effect.business_id == business_id, Effect.state == State.PLANNED.value)
        ) or 0  # fmt: skip


def _put_back(run_id: int) -> None:
    with write() as session:
        session.execute(
            sa.update(Run)
            .where(Run.id == run_id)
            .values(state="queued", started_at=None, step="Waiting for another worker to let go")
        )
