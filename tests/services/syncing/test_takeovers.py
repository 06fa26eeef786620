"""A worker that was paused past its lease changes nothing any more, wherever it stood."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from app.services import crash
from app.services.syncing import runs, worker
from tests.shop import ACCOUNT, Shop


@pytest.fixture(autouse=True)
def unarmed() -> object:
    yield
    crash.disarm()


def once_at(point: str, act: Callable[[], None]) -> None:
    """Let `act` happen the first time a worker comes to `point`."""
    done: list[str] = []

    def arrived(here: str, _detail: str) -> None:
        if here == point and not done:
            done.append(here)
            act()

    crash.arm(arrived)


def taken_over(shop: Shop) -> None:
    """This worker stands still for longer than its lease; another one comes and finishes the work."""
    shop.clock.advance(timedelta(minutes=5))
    worker.tend(shop.outside)
    worker.run_due(shop.outside)


def test_plan_made_before_a_takeover_is_not_committed_after_it(shop: Shop) -> None:
    """Two modes at once would put a sale into two sets with different references, which no key could refuse."""
    shop.set_up(grouping="bulk")
    shop.clock.advance(timedelta(minutes=5))
    shop.world.add_charge(ACCOUNT, amount="10.00")
    shop.next_day()

    def meanwhile() -> None:
        shop.save(grouping="individual")
        taken_over(shop)

    once_at("planned", meanwhile)
    run = shop.sync()

    assert run.outcome == "interrupted"
    shop.sync()
    assert len(shop.documents("invoices")) == 1


def test_look_up_result_from_before_a_takeover_settles_nothing(ready: Shop) -> None:
    ready.clock.advance(timedelta(minutes=5))
    ready.world.add_charge(ACCOUNT, amount="10.00")
    ready.fault("create_invoice", "lost_before_apply")
    ready.sync()
    ready.clock.advance(timedelta(minutes=11))
    ready.sync()
    ready.clock.advance(timedelta(minutes=11))

    def meanwhile() -> None:
        ready.fault("create_invoice", "lost_after_apply")
        taken_over(ready)

    once_at("looked_up", meanwhile)
    ready.sync()
    for _round in range(4):
        ready.clock.advance(timedelta(minutes=11))
        ready.sync()

    assert len(ready.documents("invoices")) == 1
    assert len(ready.documents("customerpayments")) == 1
    assert runs.latest(ready.outside, ready.business, 1)[0].outcome == "fine"
