"""The worker: takes what is queued, and takes up what dead ones left."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.services import crash
from app.services.syncing import runs, worker
from app.services.syncing.runs import RunView
from app.store import leases
from app.store.db import read, write
from app.store.leases import Lease
from app.store.runs import Run
from tests.shop import Shop


class Killed(BaseException):
    """A process that is gone: nothing of it runs any more, not even what would tidy up."""


def newest(shop: Shop) -> RunView:
    return runs.latest(shop.outside, shop.business, 1)[0]


def tick(shop: Shop, span: timedelta = timedelta()) -> None:
    """What the clock does every few seconds."""
    shop.clock.advance(span)
    worker.tend(shop.outside)
    worker.run_due(shop.outside)


def killed_at(shop: Shop, point: str) -> int:
    """A run whose process dies at `point`, as kill -9 leaves it: running, its lease not given back; the run's id."""

    def die(at: str, _detail: str) -> None:
        if at == point:
            crash.disarm()
            raise Killed

    crash.arm(die)
    run = runs.request(shop.outside, shop.business, "command")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.services.syncing.sync.close", lambda *_given: None)
        patch.setattr("app.services.writing.lease.HeldLease.release", lambda _self: None)
        with pytest.raises(Killed):
            worker.run_due(shop.outside)
    return run


@pytest.mark.parametrize("point", [*crash.ONCE_A_RUN, *crash.EACH_EFFECT])
def test_run_of_a_dead_worker_is_ended_when_its_lease_is_over_and_taken_up(sold: Shop, armed: None, point: str) -> None:
    run = killed_at(sold, point)
    tick(sold, timedelta(seconds=89))
    still = runs.one(sold.outside, sold.business, run)
    assert still
    assert still.state == "running"

    tick(sold, timedelta(seconds=1))
    ended = runs.one(sold.outside, sold.business, run)
    assert ended
    assert (ended.state, ended.outcome, ended.sentence) == ("ended", "interrupted", runs.STOPPED)
    assert (newest(sold).trigger, newest(sold).state) == ("look-up", "ended")

    for _round in range(3):
        tick(sold, timedelta(minutes=11))
    assert sold.counts() == (1, 1, 1)
    assert sold.truth()["trial_balance"] == "0.00"
    assert set(sold.effects().values()) == {"done"}


def test_run_taken_by_a_worker_that_died_before_it_had_the_lease_is_ended_after_a_minute(sold: Shop) -> None:
    run = runs.request(sold.outside, sold.business, "command")
    assert runs.take(run, sold.clock.now())
    tick(sold, timedelta(seconds=59))
    assert newest(sold).state == "running"
    tick(sold, timedelta(seconds=1))
    assert newest(sold).outcome == "fine"
    assert sold.counts() == (1, 1, 1)


def test_run_that_goes_on_is_left_alone(sold: Shop, armed: None) -> None:
    def tend(at: str, _detail: str) -> None:
        if at in crash.EACH_EFFECT:
            sold.clock.advance(timedelta(seconds=5))
            worker.tend(sold.outside)

    crash.arm(tend)
    assert sold.sync().outcome == "fine"
    assert len(runs.latest(sold.outside, sold.business, 10)) == 1


def test_look_up_is_queued_when_a_doubt_is_due_and_not_before(sold: Shop) -> None:
    sold.fault("create_invoice", "lost_after_apply")
    first = sold.sync()
    tick(sold, timedelta(minutes=5))
    assert newest(sold).id == first.id

    tick(sold, timedelta(minutes=1))
    assert (newest(sold).trigger, newest(sold).outcome) == ("look-up", "fine")
    assert sold.counts() == (1, 1, 1)
    tick(sold, timedelta(hours=1))
    assert len(runs.latest(sold.outside, sold.business, 10)) == 2


def test_tick_queues_nothing_when_nothing_is_open(sold: Shop) -> None:
    sold.sync()
    before = sold.hashes(), len(sold.line.calls)
    for _tick in range(5):
        tick(sold, timedelta(minutes=10))
    assert (sold.hashes(), len(sold.line.calls)) == before


def test_dead_login_does_not_make_the_clock_ask_zoho_again_and_again(sold: Shop) -> None:
    sold.fault("create_invoice", "lost_after_apply")
    sold.sync()
    sold.line.spoil("POST", "/oauth/v2/token", '{"error": "invalid_code"}')
    sold.clock.advance(timedelta(hours=2))
    for _tick in range(5):
        tick(sold, timedelta(minutes=10))
    assert sold.line.count("POST", "/oauth/v2/token") == 2  # the consent, and one refresh
    assert len(runs.latest(sold.outside, sold.business, 10)) == 2


def test_all_queued_runs_are_worked_off_even_if_one_cannot_be(sold: Shop) -> None:
    first = sold.business
    runs.request(sold.outside, first, "command")
    second = sold.open_business("Harbour")
    runs.request(sold.outside, second, "command")
    assert worker.run_due(sold.outside) == 2
    assert [runs.latest(sold.outside, one, 1)[0].outcome for one in (first, second)] == ["fine", "stopped"]


def test_run_waits_for_a_lease_and_does_not_lose_its_place(sold: Shop) -> None:
    now = sold.clock.now()
    with write() as session:
        leases.take(session, sold.business, "another worker", now, now + timedelta(seconds=90))
    run = runs.request(sold.outside, sold.business, "command")
    for _tick in range(3):
        worker.run_due(sold.outside)
    assert newest(sold).state == "queued"
    tick(sold, timedelta(seconds=91))
    assert (newest(sold).id, newest(sold).outcome) == (run, "fine")
    with read() as session:
        assert session.get_one(Lease, sold.business).owner == ""
        assert session.scalar(sa.select(sa.func.count()).select_from(Run)) == 1
