"""A clock that is set: nothing is written twice, and nothing waits for the time it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.services import crash
from app.services.syncing import worker
from app.services.writing import lease
from tests.shop import Shop


class Killed(BaseException):
    """Stands for SIGKILL: nobody catches it."""


def die_after_the_claim(point: str, _detail: str) -> None:
    if point == "after_reply":
        raise Killed


@pytest.mark.parametrize("step", [timedelta(hours=1), timedelta(hours=-1)], ids=["forward", "back"])
def test_clock_set_while_a_worker_is_dead_makes_no_double(sold: Shop, step: timedelta, armed: None) -> None:
    crash.arm(die_after_the_claim)
    with pytest.raises(Killed):
        sold.sync()
    crash.disarm()
    sold.clock.set_to(sold.clock.now() + step)
    for _round in range(4):
        sold.clock.advance(timedelta(minutes=11))
        worker.tend(sold.outside)
        worker.run_due(sold.outside)
    assert sold.counts() == (1, 1, 1)
    assert set(sold.effects().values()) == {"done"}


def test_lease_taken_before_the_clock_was_set_back_is_no_obstacle(ready: Shop) -> None:
    first = lease.take(ready.outside, ready.business)
    assert first is not None
    ready.clock.set_to(ready.clock.now() - timedelta(hours=1))
    second = lease.take(ready.outside, ready.business)
    assert second is not None
    with pytest.raises(lease.LostLease):
        first.beat(now=True)


def test_clock_that_differs_from_the_platforms_stops_the_run_before_it_plans(sold: Shop) -> None:
    sold.outside = replace(sold.outside, skew=lambda: -600.0)
    run = sold.sync()
    assert (run.outcome, sold.counts()) == ("stopped", (0, 0, 0))
    assert "clock is 10 minutes slow" in run.sentence
    sold.outside = replace(sold.outside, skew=lambda: 100.0)
    assert sold.sync().outcome == "fine"
    assert sold.counts() == (1, 1, 1)
