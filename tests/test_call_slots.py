"""How many calls are under way at once: halved on a complaint, one more a minute afterwards."""

from __future__ import annotations

import threading
from datetime import timedelta

from app.call_slots import MOST, CallSlots
from app.clock import ManualClock
from tests.conftest import START


def test_complaint_halves_and_time_heals() -> None:
    clock = ManualClock(START)
    slots = CallSlots(clock)
    assert slots.limit("org") == MOST == 4
    slots.ease_off("org")
    assert (slots.limit("org"), slots.limit("other")) == (2, 4)
    slots.ease_off("org")
    slots.ease_off("org")
    assert slots.limit("org") == 1
    clock.advance(timedelta(seconds=61))
    assert slots.limit("org") == 2
    clock.advance(timedelta(hours=1))
    assert slots.limit("org") == 4


def test_call_beyond_the_limit_waits_until_one_has_ended() -> None:
    slots = CallSlots(ManualClock(START))
    for _complaint in range(3):
        slots.ease_off("org")
    inside, waiting = threading.Event(), threading.Event()

    def second() -> None:
        waiting.set()
        with slots.one("org"):
            inside.set()

    with slots.one("org"):
        thread = threading.Thread(target=second)
        thread.start()
        waiting.wait()
        assert not inside.is_set()
        with slots.one("another"), slots.one(""):
            pass
    assert inside.wait(10)
    thread.join()
