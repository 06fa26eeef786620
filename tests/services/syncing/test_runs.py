"""Runs: asked for, shown while they go on, and what they leave behind."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.services import crash
from app.services.syncing import runs, worker
from app.services.syncing.runs import RunView
from tests.shop import ACCOUNT, Shop


def sell(shop: Shop, count: int = 1) -> None:
    for _sale in range(count):
        shop.clock.advance(timedelta(minutes=1))
        shop.world.add_charge(ACCOUNT)


def current(shop: Shop) -> RunView:
    view = runs.current(shop.outside, shop.business)
    assert view
    return view


def test_progress_grows_with_each_document_and_ends_whole(ready: Shop, armed: None) -> None:
    sell(ready, 4)
    seen: list[RunView] = []

    def look(at: str, _detail: str) -> None:
        if at == "after_record":
            ready.clock.advance(timedelta(seconds=2))
            seen.append(current(ready))

    crash.arm(look)
    run = ready.sync()

    assert [view.done for view in seen] == list(range(1, 13))
    assert {view.total for view in seen} == {12}
    assert [view.percent for view in seen] == [8, 16, 25, 33, 41, 50, 58, 66, 75, 83, 91, 100]
    assert {view.step for view in seen} == {"Writing to Zoho Books"}
    assert [view.seconds_left for view in seen if view.seconds is not None] == [
        24 - 2 * number for number in range(1, 13)
    ]
    assert (run.state, run.step, run.done, run.total, run.percent, run.seconds_left) == ("ended", "", 12, 12, 100, None)
    assert (run.seconds, run.counts["new"], run.counts["posted"]) == (24, 4, 12)
    assert run.plan_hash


def test_each_step_is_said_in_words(ready: Shop) -> None:
    sell(ready)
    said: list[str] = []
    ready.line.before = lambda _method, path: said.append(current(ready).step)
    run = runs.request(ready.outside, ready.business, "command")
    assert current(ready).step == "Waiting for its turn"
    worker.run_due(ready.outside)
    assert list(dict.fromkeys(said)) == ["Reading HitPay", "Planning", "Writing to Zoho Books", "Comparing balances"]
    view = runs.one(ready.outside, ready.business, run)
    assert view
    assert not view.live


def test_run_is_taken_by_exactly_one(ready: Shop) -> None:
    run = runs.request(ready.outside, ready.business, "command")
    assert [runs.take(run, ready.clock.now()) for _worker in range(3)] == [True, False, False]


def test_business_has_one_unfinished_run_whoever_asks(ready: Shop) -> None:
    first = runs.request(ready.outside, ready.business, "daily")
    assert {
        runs.request(ready.outside, ready.business, "command"),
        runs.request(ready.outside, ready.business, "look_up"),
        runs.request_manual(ready.outside, ready.business, ready.user),
    } == {first}
    worker.run_due(ready.outside)
    assert runs.next_manual(ready.business) is None  # joining a run spends no hour


def test_commands_and_the_clock_do_not_spend_the_hour(ready: Shop) -> None:
    for trigger in ("command", "daily", "look_up"):
        ready.sync(trigger)
    assert runs.next_manual(ready.business) is None
    assert ready.sync_by_hand().outcome == "fine"


def test_hour_is_spent_by_a_run_that_read_hitpay_even_if_zoho_then_failed(ready: Shop) -> None:
    sell(ready)
    ready.fault("create_invoice", "refused", code=45)
    run = ready.sync_by_hand()
    assert run.outcome == "delayed"
    assert runs.next_manual(ready.business) == run.requested_at + timedelta(hours=1)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"data": {}, "meta": {}}'])
def test_hour_is_given_back_by_a_run_that_could_not_read_hitpay(ready: Shop, body: bytes) -> None:
    ready.line.spoil("GET", "/hitpay/v1/charges", body)
    assert ready.sync_by_hand().outcome == "stopped"
    assert runs.next_manual(ready.business) is None


def test_run_of_another_business_is_not_shown(ready: Shop) -> None:
    run = ready.sync()
    first = ready.business
    ready.open_business("Harbour")
    assert runs.one(ready.outside, ready.business, run.id) is None
    assert runs.one(ready.outside, first, run.id)
    assert runs.latest(ready.outside, ready.business, 10) == []


def test_history_is_listed_newest_first_and_in_pages(ready: Shop) -> None:
    made = [ready.sync().id for _run in range(5)]
    newest = runs.latest(ready.outside, ready.business, 3)
    assert [view.id for view in newest] == made[:1:-1]
    assert [view.id for view in runs.latest(ready.outside, ready.business, 3, before=newest[-1].id)] == made[1::-1]


def test_last_success_is_that_of_a_run_that_went_through(ready: Shop) -> None:
    assert runs.last_success(ready.business) is None
    fine = ready.sync()
    ready.clock.advance(timedelta(hours=1))
    ready.line.spoil("GET", "/hitpay/v1/charges", b"", status=503)
    ready.sync()
    assert runs.last_success(ready.business) == fine.ended_at
