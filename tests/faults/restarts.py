"""Gunicorn with its clockwork on a clock that leaps, killed and started again at random: `main(minutes, seed)`.

Afterwards each business has one finished daily run for each local date that came to its hour, and the simulator's
ledger holds exactly what was sold.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
from flask_migrate import upgrade

from app import create_app
from app.clock import FileClock, write_clock
from app.config import Config
from app.demo.processes import free_ports
from app.store.db import db, read
from app.store.outbox import Effect
from app.store.runs import Run
from tests.conftest import START, config_for
from tests.faults.books import books_are_right
from tests.faults.harness import ACCOUNT, Install, simulator

ROOT = Path(__file__).parents[2]
ZONE = ZoneInfo("Asia/Singapore")
_QUIET_SECONDS = 60.0


@dataclass
class Figures:
    """What was done to the install, and what came of it."""

    kills: int = 0
    stops: int = 0
    leaps: int = 0
    sales: int = 0
    daily: Counter[date] = field(default_factory=Counter)
    unfinished: int = 0
    expected: set[date] = field(default_factory=set)

    def lines(self) -> str:
        dates = sum(1 for count in self.daily.values() if count == 1)
        return (
            f"{self.kills} kills, {self.stops} stops, {self.leaps} leaps of the clock, {self.sales} sales; "
            f"{len(self.expected)} local dates, {dates} with one finished daily run, {self.unfinished} runs broken off"
        )


def main(minutes: float, seed: int) -> int:
    """Live for so many minutes and print the figures; 0 if each date has one finished daily run and the books are
    right."""
    with TemporaryDirectory(prefix="tieout-restarts-") as name, on_sqlite(Path(name)) as made:
        figures = live(made, minutes * 60, random.Random(seed))  # noqa: S311 - repeatable, not secret
        sys.stdout.write(f"restarts, seed {seed}: {figures.lines()}\n")
        judge(made, figures)
    return 0


@contextmanager
def on_sqlite(folder: Path) -> Iterator[Install]:
    with on_database(folder, f"sqlite:///{folder / 'tieout.sqlite3'}") as made:
        yield made


@contextmanager
def on_database(folder: Path, url: str) -> Iterator[Install]:
    """An install with sync on, on an empty database, and its simulator beside it."""
    clock_file = folder / "clock"
    write_clock(clock_file, START, 0)
    with simulator(clock_file) as address:
        config = config_for(folder / "none", database_url=url, simulator_url=address, clock_file=str(clock_file))
        with create_app(config).app_context():
            upgrade()
            db.engine.dispose()
        made = Install(config, address, clock_file)
        made.set_up()
        made.control("drip", account=ACCOUNT, on=False)
        yield made


def live(made: Install, seconds: float, dice: random.Random, servers: int = 1) -> Figures:
    """Let time leap, sales come, and every server be killed or stopped now and then, for so long."""
    figures = Figures()
    running = [serve(made) for _server in range(servers)]
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            _leap(made, figures, dice)
            time.sleep(dice.uniform(0.2, 2.5))
            running[0] = _again(made, running[0], figures, dice)
            await_daily(made, figures)
        await_quiet(made)
        count(made, figures)
    finally:
        for process in running:
            end_group(process, signal.SIGKILL)
    return figures


def _leap(made: Install, figures: Figures, dice: random.Random) -> None:
    """Move on by some hours, never past a day's hour before the day's run was done, and sell something."""
    made.advance(timedelta(minutes=dice.randrange(180, 600)))
    figures.leaps += 1
    for _sale in range(dice.randrange(1, 4)):
        made.control("charge", account=ACCOUNT, amount=f"{dice.randrange(100, 90_000) / 100:.2f}")
        figures.sales += 1
    now = FileClock(made.clock_file).now().astimezone(ZONE)
    if now.hour >= 1 and now.date() > START.astimezone(ZONE).date():
        figures.expected.add(now.date())


def _again(
    made: Install, process: subprocess.Popen[bytes], figures: Figures, dice: random.Random
) -> subprocess.Popen[bytes]:
    """Kill or stop a server at this instant, and start it again."""
    gently = dice.random() < 0.3
    figures.stops += gently
    figures.kills += not gently
    end_group(process, signal.SIGTERM if gently else signal.SIGKILL)
    return serve(made)


def await_daily(made: Install, figures: Figures) -> None:
    """Wait until today's daily run is done. A lease that a killed one left behind runs out as time goes on."""
    until = time.monotonic() + _QUIET_SECONDS
    while time.monotonic() < until:
        count(made, figures)
        if figures.expected <= set(figures.daily):
            return
        made.advance(timedelta(minutes=1))
        time.sleep(0.25)
    raise AssertionError(f"no daily run on {sorted(figures.expected - set(figures.daily))}")


def await_quiet(made: Install) -> None:
    """Wait until nothing is open, with the clock going on as it does."""
    until = time.monotonic() + _QUIET_SECONDS
    while time.monotonic() < until:
        made.advance(timedelta(minutes=5))
        time.sleep(0.5)
        if not made.unsettled() and not _live_runs(made) and _posted(made) == 3 * len(made.sales()):
            return
    raise AssertionError(f"still open: {made.unsettled()}, {_live_runs(made)} runs")


def count(made: Install, figures: Figures) -> None:
    """Read off the finished daily runs by local date."""
    with made.open().app_context():
        with read() as session:
            ended = session.execute(
                sa.select(Run.requested_at, Run.outcome).where(Run.trigger == "daily", Run.outcome.is_not(None))
            ).all()
        db.engine.dispose()
    figures.daily = Counter(asked.astimezone(ZONE).date() for asked, outcome in ended if outcome != "interrupted")
    figures.unfinished = sum(1 for _asked, outcome in ended if outcome == "interrupted")


def judge(made: Install, figures: Figures) -> None:
    """One finished daily run a date, and the books as the ledger says."""
    assert figures.daily == Counter(figures.expected), figures.daily
    books_are_right(made)


def _live_runs(made: Install) -> int:
    with made.open().app_context():
        with read() as session:
            found = session.scalar(sa.select(sa.func.count()).select_from(Run).where(Run.state != "ended")) or 0
        db.engine.dispose()
    return found


def _posted(made: Install) -> int:
    with made.open().app_context():
        with read() as session:
            found = session.scalar(sa.select(sa.func.count()).select_from(Effect).where(Effect.state == "done")) or 0
        db.engine.dispose()
    return found


def serve(made: Install) -> subprocess.Popen[bytes]:
    """Gunicorn with its clockwork, as `make run` starts it, on a port of its own."""
    [port] = free_ports(0, 1)
    config = msgspec.structs.replace(made.config, scheduler="on", port=port)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TIEOUT_")}
    return subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "wsgi:app"],
        cwd=ROOT,
        env=kept | _variables(config),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _variables(config: Config) -> dict[str, str]:
    given = {name: str(getattr(config, name)) for name in Config.__struct_fields__}
    return {f"TIEOUT_{name.upper()}": value for name, value in given.items() if value}


def end_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to gunicorn (to all of it, if it is a kill) and wait for its end."""
    with suppress(ProcessLookupError):
        if number is signal.SIGKILL:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
    process.wait(40)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), int(sys.argv[2])))
