"""Stopping in the middle: the effect in flight is recorded, the run says so, and the next start takes it up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from app.services import crash, stopping
from app.services.syncing import runs, worker
from tests.shop import ACCOUNT, Shop


@pytest.fixture(autouse=True)
def _nobody_stops() -> Iterator[None]:
    yield
    stopping.forget()


def test_run_told_to_stop_records_what_is_in_flight_and_is_taken_up_by_the_next_start(ready: Shop, armed: None) -> None:
    ready.clock.advance(timedelta(minutes=5))
    for _sale in range(3):
        ready.world.add_charge(ACCOUNT)
    crash.arm(lambda point, action: stopping.ask() if (point, action) == ("after_claim", "create_expense") else None)
    first = runs.request_manual(ready.outside, ready.business, ready.user)
    worker.run_due(ready.outside)

    stopped = runs.one(ready.outside, ready.business, first)
    assert stopped is not None
    assert (stopped.outcome, stopped.sentence) == ("interrupted", runs.STOPPED)
    assert ready.counts() == (1, 1, 1)
    assert set(ready.effects().values()) <= {"done", "planned"}
    [again, _first] = runs.latest(ready.outside, ready.business, 5)
    assert (again.state, again.trigger) == ("queued", "by hand")
    worker.run_due(ready.outside)
    assert runs.latest(ready.outside, ready.business, 1)[0].state == "queued"

    crash.disarm()
    stopping.forget()
    worker.run_due(ready.outside)
    ended = runs.one(ready.outside, ready.business, again.id)
    assert ended is not None
    assert ended.outcome == "fine"
    assert ready.counts() == (3, 3, 3)
