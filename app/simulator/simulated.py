"""What every simulated platform shares: the state, the time, and the address they are reached at."""

from __future__ import annotations

from dataclasses import dataclass

from app.simulator.clock import Clock
from app.simulator.state import State


@dataclass(frozen=True)
class Simulator:
    """One simulated world. `base_url` has no trailing slash."""

    state: State
    clock: Clock
    base_url: str
