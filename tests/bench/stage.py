"""What the figures are measured on: an install and the simulator beside it, as processes of their own."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from cryptography.fernet import Fernet
from flask_migrate import upgrade

from app import create_app, wiring
from app.clock import FileClock, write_clock
from app.config import PREFIX, load
from app.demo.processes import HOST, Process, free_ports
from app.services.syncing import runs
from app.services.syncing.runs import RunView
from app.store.db import db, read
from app.store.movements import Movement
from tests.conftest import START
from tests.faults.harness import ACCOUNT, Install

UNPACED = 1_000_000
"""Calls a minute: so many that nobody waits, yet each call still passes the governor."""

_LONGEST_RUN = 1_800.0


@dataclass
class Stage(Install):
    """An install in a folder of its own. Services are called within `self.open().app_context()`."""

    folder: Path = Path()
    environment: dict[str, str] = field(default_factory=dict)
    simulator: Process | None = None

    @property
    def database(self) -> Path:
        """The install's SQLite file."""
        return self.folder / "tieout.sqlite3"

    def stop_simulator(self) -> None:
        """End the simulator, so that its address is free."""
        if self.simulator:
            self.simulator.stop()
            self.simulator = None

    def trade(self, count: int) -> date:
        """Let the next local day happen with `count` paid sales, and stand after its end; that day."""
        self.advance(timedelta(days=1))
        day = (FileClock(self.clock_file).now() + timedelta(hours=8)).date()
        self.advance(timedelta(days=1))
        self.control("trade", account=ACCOUNT, **{"from": day.isoformat(), "to": day.isoformat()}, count=count)
        return day

    def request(self, trigger: str = "command") -> int:
        """Queue a run; its id."""
        return runs.request(wiring.build(self.config), self.business, trigger)

    def run(self, run_id: int) -> RunView:
        """A run as it stands."""
        found = runs.one(wiring.build(self.config), self.business, run_id)
        if found is None:
            raise LookupError(f"no run {run_id}")
        return found

    def await_end(self, run_id: int) -> RunView:
        """The run once it has ended well; TimeoutError or RuntimeError if it doesn't."""
        until = time.monotonic() + _LONGEST_RUN
        while time.monotonic() < until:
            view = self.run(run_id)
            if not view.live:
                break
            time.sleep(0.2)
        else:
            raise TimeoutError("the sync did not end")
        if view.outcome != "fine":
            raise RuntimeError(f"the sync went wrong: {view.sentence} {view.detail}")
        return view

    def records(self) -> int:
        """How many movements are stored."""
        with read() as session:
            return session.scalar(sa.select(sa.func.count()).select_from(Movement)) or 0

    @contextmanager
    def serving(self) -> Iterator[int]:
        """The app under gunicorn with its clockwork, as in production; the process id of its master."""
        pid_file = self.folder / "gunicorn.pid"
        words = ("gunicorn", "--pid", str(pid_file), "wsgi:app")
        server = Process("Tieout", words, self.environment, self.folder / "tieout.log")
        try:
            server.await_answer(f"{self.config.public_url}/healthz")
            yield int(pid_file.read_text())
        finally:
            server.stop()


@contextmanager
def stage(calls_per_minute: int = UNPACED) -> Iterator[Stage]:
    """A connected install with sync on since the evening before, its simulator running; an app context is open."""
    with TemporaryDirectory(prefix="tieout-bench-") as place:
        folder = Path(place)
        made = _stage(folder, calls_per_minute)
        made.simulator = Process("The simulator", _simulator_words(made), made.environment, folder / "simulator.log")
        try:
            made.simulator.await_answer(f"{made.address}/__truth/faults")
            with create_app(made.config).app_context():
                upgrade()
                made.set_up()
                for name in ("calls_per_minute", "calls_per_day"):
                    made.control("switch", organization_id=made.organization, name=name, value=0)
                yield made
                db.engine.dispose()
        finally:
            made.stop_simulator()


def _stage(folder: Path, calls_per_minute: int) -> Stage:
    port, backstage = free_ports(0, 2)
    clock_file = folder / "clock"
    write_clock(clock_file, START, 0)
    given = {
        "DATA_DIR": str(folder),
        "HOST": HOST,
        "PORT": str(port),
        "PUBLIC_URL": f"http://{HOST}:{port}",
        "SIMULATOR_URL": f"http://{HOST}:{backstage}",
        "CLOCK_FILE": str(clock_file),
        "CALLS_PER_MINUTE": str(calls_per_minute),
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "LOG_LEVEL": "WARNING",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment = kept | {PREFIX + name: value for name, value in given.items()}
    config = load(environment)
    return Stage(config, config.simulator_url, clock_file, folder=folder, environment=environment)


def _simulator_words(made: Stage) -> tuple[str, ...]:
    told = ", ".join(
        repr(text) for text in (str(made.clock_file), made.address, f"{made.config.public_url}/oauth/zoho/callback")
    )
    bind = made.address.removeprefix("http://")
    words = ("gunicorn", "--config", os.devnull, "--worker-class", "gthread", "--threads", "8", "--keep-alive", "60")
    return (
        *words,
        "--no-control-socket",
        "--log-level",
        "warning",
        "--bind",
        bind,
        f"tests.bench.simulated:create({told})",
    )
