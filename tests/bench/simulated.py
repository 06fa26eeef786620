"""The simulator under gunicorn, which keeps connections open between calls, as the vendors do."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from app.simulator.clock import FileClock
from app.simulator.demo_world import build_demo_world
from app.simulator.server import create_simulator
from app.simulator.state import State


def create(clock_file: str, address: str, redirect_uri: str) -> Flask:
    """The simulated platforms at `address`, on the clock of `clock_file`, their truth in memory."""
    server = create_simulator(State(None), FileClock(Path(clock_file)), address)
    build_demo_world(server.extensions["simulator"], redirect_uri)
    return server
