"""Runs: asked for, queued, taken by a worker, shown while they go on and long after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.services.connections import books_connection, provider_connection
from app.services.outside import Outside
from app.services.refusals import Refusal
from app.store import businesses, runs
from app.store.businesses import Business
from app.store.db import read, write
from app.store.leases import ABSURD, Lease
from app.store.runs import Run
from app.store.settings import is_open, versions

MANUAL_EVERY = timedelta(hours=1)

STOPPED = "The program was stopped during this sync. The next one takes up where it ended."

ENABLE_FIRST = "Tick Enable sync in Settings first."
"""The last step before a sync can do anything."""

TRIGGERS = {"manual": "by hand", "command": "by command", "look_up": "look-up", "daily": "daily", "sweep": "hourly",
            "repair": "after a repair", "reconnected": "after reconnecting", "webhook": "by webhook"}  # fmt: skip


@dataclass(frozen=True)
class RunView:
    """One run as pages need it. `percent` and `seconds_left` are None until they are known."""

    id: int
    state: str
    trigger: str
    outcome: str
    sentence: str
    detail: str
    step: str
    done: int
    total: int
    percent: int | None
    seconds_left: int | None
    requested_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    seconds: int | None
    calls: int
    plan_hash: str
    counts: dict[str, int]
    note: str = ""

    @property
    def live(self) -> bool:
        return self.state != "ended"


def request_manual(outside: Outside, business_id: int, user_id: int) -> int:
    """Queue a run by hand, at most one an hour; the id of the run. Refusal says when the next is possible."""
    check_ready(outside, business_id)
    try:
        with write() as session:
            return _queue_manual(session, business_id, outside.clock.now(), user_id)
    except IntegrityError:
        return _faster_one(business_id)


def _queue_manual(session: Session, business_id: int, now: datetime, user_id: int) -> int:
    running = _unless_lesser(runs.unfinished(session, business_id))
    if running is None and businesses.take_manual_sync(session, business_id, now, now - MANUAL_EVERY):
        return queue(session, business_id, "manual", now, user_id)
    # Whoever took the hour at this very instant has a run by now.
    running = running or runs.unfinished(session, business_id)
    if running is None:
        taken = session.get_one(Business, business_id).manual_sync_at or now
        raise TooSoon(taken + MANUAL_EVERY)
    return running.id


class TooSoon(Refusal):
    """The hour isn't over; `possible_at` says when it is (aware UTC)."""

    def __init__(self, possible_at: datetime) -> None:
        super().__init__("Sync Now works once an hour.")
        self.possible_at = possible_at


def request(outside: Outside, business_id: int, trigger: str) -> int:
    """Queue a run for a command or the clock; the id of the run, an unfinished one's if there is one."""
    try:
        with write() as session:
            running = runs.unfinished(session, business_id)
            running = running if trigger == "webhook" else _unless_lesser(running)
            return running.id if running else queue(session, business_id, trigger, outside.clock.now())
    except IntegrityError:
        return _faster_one(business_id)


def _faster_one(business_id: int) -> int:
    """The run that somebody else queued at the same instant: a business has one unfinished run at most."""
    with read() as session:
        (newest,) = runs.latest(session, business_id, 1)
        return newest.id


def _unless_lesser(run: Run | None) -> Run | None:
    """The run, unless it is a queued one after webhooks: a whole one takes its place."""
    return None if run is not None and run.trigger == "webhook" and run.state == "queued" else run


def queue(
    session: Session, business_id: int, trigger: str, now: datetime, user_id: int | None = None, *, note: str = ""
) -> int:
    """Queue a run within the caller's transaction; its id. IntegrityError if there is an unfinished one."""
    lesser = runs.unfinished(session, business_id)
    if lesser is not None and _unless_lesser(lesser) is None:
        lesser.trigger, lesser.requested_by, lesser.requested_at = trigger, user_id, now
        lesser.note = note or None
        return lesser.id
    run = Run(
        business_id=business_id,
        trigger=trigger,
        requested_by=user_id,
        requested_at=now,
        state="queued",
        note=note or None,
        step="Waiting for its turn",
    )
    session.add(run)
    session.flush()
    return run.id


def check_ready(outside: Outside, business_id: int) -> None:
    """Refusal with the next step, if a run could do nothing."""
    why = why_not_ready(outside, business_id)
    if why:
        raise Refusal(why)


def why_not_ready(outside: Outside, business_id: int) -> str:
    """The next step before a sync can do anything, "" if it can."""
    provider = provider_connection.view(outside, business_id)
    books = books_connection.view(outside, business_id)
    with read() as session:
        saved = bool(versions(session, business_id, books.organization_id))
        is_on = is_open(session, business_id)
    if provider.status not in ("connected", "failed"):
        return "Connect HitPay first."
    if books.status == "choose_organization":
        return "Choose the Zoho Books organization first."
    if books.status not in ("connected", "failed"):
        return "Connect Zoho Books first."
    if not saved:
        return "Choose the accounts in Settings first."
    return "" if is_on else ENABLE_FIRST


def next_manual(business_id: int) -> datetime | None:
    """When Sync Now may be pressed again, None if it may be now or was never pressed."""
    with read() as session:
        taken = session.get_one(Business, business_id).manual_sync_at
        return taken + MANUAL_EVERY if taken else None


def take(run_id: int, now: datetime) -> bool:
    """Take a queued run for working on: True for exactly one caller."""
    with write() as session:
        taken = session.execute(
            sa.update(Run).where(Run.id == run_id, Run.state == "queued").values(state="running", started_at=now)
        )
        return bool(taken.rowcount == 1)  # type: ignore[attr-defined]  # an UPDATE answers a CursorResult


def queued_ids() -> list[int]:
    """Runs that wait for a worker, oldest first."""
    with read() as session:
        return [run.id for run in runs.queued(session)]


def end_abandoned(now: datetime) -> list[int]:
    """End runs whose worker died: nobody holds their business any more. The ids of their businesses."""
    with write() as session:
        dead = session.scalars(
            sa.select(Run)
            .join(Lease, Lease.business_id == Run.business_id)
            .where(Run.state == "running")
            .where(sa.or_(Lease.owner == "", Lease.expires_at <= now, Lease.expires_at > now + ABSURD))
            .where(sa.or_(Run.started_at <= now - timedelta(seconds=60), Run.started_at > now + ABSURD))
        ).all()
        for run in dead:
            run.state, run.outcome, run.ended_at = "ended", "interrupted", now
            run.sentence = STOPPED
            run.step = ""
        return [run.business_id for run in dead]


def step(run_id: int, words: str, **values: int | str) -> None:
    """Say what the run is doing now."""
    with write() as session:
        session.execute(sa.update(Run).where(Run.id == run_id).values(step=words, **values))


def end(outside: Outside, run_id: int, outcome: str, sentence: str, detail: str, calls: int, counts: dict[str, int],
        *, read_nothing: bool) -> None:  # fmt: skip
    """Close a run. One by hand that read nothing gives its hour back."""
    with write() as session:
        run = session.get_one(Run, run_id)
        if run.state == "ended":
            return  # it was given up for dead, and said so
        run.state, run.outcome, run.ended_at, run.step = "ended", outcome, outside.clock.now(), ""
        run.sentence, run.detail, run.calls, run.counts = sentence, detail or None, calls, counts
        if run.trigger == "manual" and read_nothing:
            session.get_one(Business, run.business_id).manual_sync_at = None


def take_up(session: Session, run_id: int, now: datetime) -> None:
    """Queue a run that a stop interrupted once more, for the next start: nobody has to ask for it again."""
    run = session.get_one(Run, run_id)
    if run.outcome == "interrupted" and runs.unfinished(session, run.business_id) is None:
        queue(session, run.business_id, run.trigger, now, run.requested_by, note=run.note or "")


def eventful(outside: Outside, business_id: int, count: int) -> list[RunView]:
    """The newest runs, without the hourly ones that went well and had nothing to write."""
    with read() as session:
        found = runs.latest(session, business_id, count, eventful=True)
        return [view_of(run, outside.clock.now()) for run in found]


def current(outside: Outside, business_id: int) -> RunView | None:
    """The unfinished run of a business, with progress."""
    with read() as session:
        run = runs.unfinished(session, business_id)
        return view_of(run, outside.clock.now()) if run else None


def one(outside: Outside, business_id: int, run_id: int) -> RunView | None:
    """A run of this business, or None."""
    with read() as session:
        run = session.get(Run, run_id)
        return view_of(run, outside.clock.now()) if run and run.business_id == business_id else None


def latest(outside: Outside, business_id: int, count: int, before: int | None = None) -> list[RunView]:
    """The newest runs, newest first; older than run `before` if given."""
    with read() as session:
        return [view_of(run, outside.clock.now()) for run in runs.latest(session, business_id, count, before)]


def view_of(run: Run, now: datetime) -> RunView:
    """A run row as pages need it."""
    began, until = run.started_at, run.ended_at or now
    seconds = int((until - began).total_seconds()) if began else None
    known = run.total > 0
    left = None
    if known and run.done and began and run.state == "running":
        left = int((now - began).total_seconds() / run.done * (run.total - run.done))
    return RunView(
        id=run.id,
        state=run.state,
        trigger=TRIGGERS.get(run.trigger, run.trigger),
        outcome=run.outcome or "",
        sentence=run.sentence or "",
        detail=run.detail or "",
        step=run.step,
        done=run.done,
        total=run.total,
        percent=min(100, run.done * 100 // run.total) if known else None,
        seconds_left=left,
        requested_at=run.requested_at,
        started_at=began,
        ended_at=run.ended_at,
        seconds=seconds,
        calls=run.calls,
        plan_hash=run.plan_hash or "",
        counts=run.counts or {},
        note=run.note or "",
    )


def last_success(business_id: int) -> datetime | None:
    """When the last run that went through ended; None if none ever did."""
    with read() as session:
        return session.scalar(
            sa.select(sa.func.max(Run.ended_at)).where(
                Run.business_id == business_id, Run.outcome.in_(("fine", "attention")), Run.trigger != "webhook"
            )
        )
