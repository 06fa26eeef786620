"""Moving the simulator's time, and with it the time of every process that reads the same clock file."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from app.simulator.clock import Clock, FileClock, ManualClock
from app.simulator.world import World, start_of_day

if TYPE_CHECKING:
    from app.simulator.simulated import Simulator

_HOUR_OF_ARRIVAL = timedelta(hours=1)


class RealTimeError(Exception):
    """The simulator runs on the machine's own time."""

    def __init__(self) -> None:
        super().__init__(
            "The simulator runs on the machine's own time, which it can't move. Start it with a clock file to have a "
            "virtual one."
        )


def movable(clock: Clock) -> bool:
    return isinstance(clock, FileClock | ManualClock)


def move(clock: Clock, instant: datetime, rate: float | None = None) -> None:
    """Set the time to `instant`; `rate` in virtual seconds a second, None keeps it. RealTimeError if it can't be."""
    if isinstance(clock, FileClock):
        clock.write(instant, rate_of(clock) if rate is None else rate)
    elif isinstance(clock, ManualClock):
        clock.move_to(instant)
    else:
        raise RealTimeError


def rate_of(clock: Clock) -> float:
    """Virtual seconds a real second; 0 for a clock that stands still."""
    if isinstance(clock, FileClock):
        return clock._read()[1]
    return 0.0 if isinstance(clock, ManualClock) else 1.0


def next_day(simulator: Simulator) -> datetime:
    """Let every account trade until 01:00 of the next local day and move the time there. Answers the new time."""
    world = World(simulator.state, simulator.clock)
    now = simulator.clock.now()
    if not movable(simulator.clock):
        raise RealTimeError
    target = now
    for account in world.accounts():
        today = world.local_day(account, now)
        tomorrow = today + timedelta(days=1)
        arrival = start_of_day(tomorrow, ZoneInfo(account["time_zone"])) + _HOUR_OF_ARRIVAL
        world.catch_up(account["id"])
        world.trade(account["id"], today, tomorrow, account["seed"], account["count"], until=arrival)
        target = max(target, arrival)
    if target == now:
        target = now + timedelta(days=1)
    move(simulator.clock, target)
    return target
