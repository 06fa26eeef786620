"""The lease and the end of a run from outside: nothing is written twice, nothing is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.services import crash
from app.services.connections import books_connection
from app.services.syncing import runs, worker
from app.store import leases
from app.store.db import read, write
from app.store.leases import Lease
from app.store.runs import Run
from tests.shop import ACCOUNT, Shop


def sell(shop: Shop, count: int = 1, **changes: Any) -> None:
    for _sale in range(count):
        shop.clock.advance(timedelta(minutes=1))
        shop.world.add_charge(ACCOUNT, **changes)


def test_limit_longer_than_a_lease_keeps_the_lease(sold: Shop) -> None:
    sold.line.spoil("POST", "/invoices", '{"code": 44, "message": "blocked"}', status=429, times=1)
    held: list[bool] = []
    asleep = sold.clock.sleep

    def sleep(seconds: float) -> None:
        asleep(seconds)
        with read() as session:
            held.append(session.get_one(Lease, sold.business).expires_at > sold.clock.now())
        assert runs.end_abandoned(sold.clock.now()) == []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sold.clock, "sleep", sleep)
        patch.setattr("app.books.zoho.refusals._WAITS", {"44": 115.0})
        assert sold.sync().outcome == "fine"
    assert len(held) >= 2
    assert all(held)
    assert sold.counts() == (1, 1, 1)


def test_reading_longer_than_a_lease_keeps_the_lease(ready: Shop) -> None:
    sell(ready, 120)  # three pages, fifty seconds each

    def slow(_method: str, path: str) -> None:
        if path == "/hitpay/v1/charges":
            ready.clock.advance(timedelta(seconds=50))
            assert runs.end_abandoned(ready.clock.now()) == []

    ready.line.before = slow
    ready.fault("create_invoice", "refused", code=45)
    assert ready.sync().counts["new"] == 120


def another_worker_takes_over(shop: Shop) -> None:
    """Our worker was paused for longer than a lease lives, and another one took the business."""
    shop.clock.advance(timedelta(seconds=91))
    now = shop.clock.now()
    with write() as session:
        assert leases.take(session, shop.business, "another worker", now, now + timedelta(seconds=90))


def let_go(shop: Shop) -> None:
    with write() as session:
        session.execute(sa.update(Lease).values(owner=""))


@pytest.mark.parametrize(
    ("point", "written"),
    [
        ("before_claim", (0, 0, 0)),
        ("after_claim", (0, 0, 0)),
        ("after_reply", (1, 0, 0)),
        ("after_record", (1, 0, 0)),
        ("between_effects", (0, 0, 0)),
        ("after_plan", (0, 0, 0)),
    ],
)
def test_nothing_more_is_written_once_the_lease_is_lost(
    sold: Shop, armed: None, point: str, written: tuple[int, ...]
) -> None:
    def act_once(at: str, _detail: str) -> None:
        if at == point:
            crash.disarm()
            another_worker_takes_over(sold)

    crash.arm(act_once)
    run = sold.sync()
    assert (run.outcome, run.sentence) == (
        "interrupted",
        "Another worker took this business over, so this one stopped.",
    )
    assert sold.counts() == written

    let_go(sold)
    for _round in range(3):
        sold.clock.advance(timedelta(minutes=11))
        sold.sync()
    assert sold.counts() == (1, 1, 1)
    assert sold.truth()["trial_balance"] == "0.00"


def test_worker_paused_between_claim_and_send_does_not_send_on_the_old_claim(sold: Shop, armed: None) -> None:
    """By now another one may have looked the document up and sent it."""
    sent: list[int] = []

    def pause(at: str, _detail: str) -> None:
        if at == "after_claim":
            sent.append(sold.line.count("POST", "/invoices"))
            if len(sent) == 1:
                sold.clock.advance(timedelta(seconds=20))

    crash.arm(pause)
    assert sold.sync().outcome == "fine"
    assert sent[:3] == [0, 0, 1]  # claimed twice, sent once
    assert sold.counts() == (1, 1, 1)


def test_run_is_queued_again_while_another_worker_holds_the_business(sold: Shop) -> None:
    another_worker_takes_over(sold)
    before = sold.hashes()
    run = runs.request(sold.outside, sold.business, "command")
    worker.run_due(sold.outside)
    view = runs.one(sold.outside, sold.business, run)
    assert view
    assert (view.state, view.step, view.started_at) == ("queued", "Waiting for another worker to let go", None)
    assert sold.hashes() == before

    let_go(sold)
    worker.run_due(sold.outside)
    assert sold.counts() == (1, 1, 1)


@pytest.mark.parametrize("point", [*crash.ONCE_A_RUN, *crash.EACH_EFFECT])
def test_run_ended_from_outside_is_called_interrupted_and_taken_up(sold: Shop, armed: None, point: str) -> None:
    """A person presses Control-C in the middle of a command."""

    def stop(at: str, _detail: str) -> None:
        if at == point:
            crash.disarm()
            raise KeyboardInterrupt

    crash.arm(stop)
    with pytest.raises(KeyboardInterrupt):
        sold.sync()
    with read() as session:
        (run,) = session.scalars(sa.select(Run)).all()
    assert (run.state, run.outcome) == ("ended", "interrupted")
    assert "The program was stopped during this sync." in (run.sentence or "")
    for _round in range(3):
        sold.clock.advance(timedelta(minutes=11))
        sold.sync()
    assert sold.counts() == (1, 1, 1)


def test_error_of_our_own_ends_the_run_in_words_and_loses_nothing(sold: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: object) -> None:
        raise RuntimeError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr("app.services.planning.outbox.commit_plan", broken)
        run = sold.sync()
    assert (run.outcome, run.sentence) == (
        "failed",
        "Tieout met an error of its own and stopped. The log says more.",
    )
    assert books_connection.view(sold.outside, sold.business).connected
    assert sold.sync().outcome == "fine"
    assert sold.counts() == (1, 1, 1)
