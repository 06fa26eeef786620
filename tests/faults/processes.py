"""Kills nobody aimed: real processes, real sockets, and SIGKILL or SIGSTOP at any instant."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

from flask_migrate import upgrade

from app import create_app, wiring
from app.clock import ManualClock
from app.services.syncing import runs, worker
from app.store.db import db
from tests.conftest import START, config_for, outside_of
from tests.faults.books import books_are_right
from tests.faults.harness import ACCOUNT, Install, fork, install, wait_for

EVERY = 6
"""After so many storms everything has to settle, and the books are held against the sales."""


@dataclass
class Storms:
    """What happened to the processes: how many were really killed, and how many ended before."""

    tried: int = 0
    killed: int = 0
    paused: int = 0
    settled: int = 0
    wrong: list[str] = field(default_factory=list)


def storm(made: Install, seed: int, kills: int) -> Storms:
    """At least `kills` real SIGKILLs at seeded instants of runs that have sales to post; then the books are right."""
    dice, told = Random(seed), Storms()  # noqa: S311 - a story to tell, not a secret
    span = _seconds_of_a_run(made)
    while told.killed < kills:
        _sell(made, dice)
        told.tried += 1
        _one(made, dice, span, told)
        made.advance(timedelta(minutes=dice.choice((0, 1, 2, 6))))
        if told.tried % EVERY == 0:
            _settle(made, seed, told)
    _settle(made, seed, told)
    return told


def _sell(made: Install, dice: Random) -> None:
    made.advance(timedelta(seconds=30))
    made.control("charge", account=ACCOUNT, amount=f"{dice.randrange(100, 90000) / 100:.2f}")
    made.advance(timedelta(seconds=1))


def _one(made: Install, dice: Random, span: float, told: Storms) -> None:
    child = fork(lambda: _run(made))
    time.sleep(dice.random() * span)
    if dice.random() < 0.1:
        _stop_and_go(made, child, told)
        return
    os.kill(child, signal.SIGKILL)
    told.killed += wait_for(child) == -signal.SIGKILL


def _stop_and_go(made: Install, child: int, told: Storms) -> None:
    """Freeze it, let five minutes go by and another worker take over, and let it go on."""
    os.kill(child, signal.SIGSTOP)
    made.advance(timedelta(minutes=5))
    made.sync()
    os.kill(child, signal.SIGCONT)
    wait_for(child)
    told.paused += 1


def _run(made: Install) -> None:
    with made.open().app_context():
        outside = wiring.build(made.config)
        worker.tend(outside)
        runs.request(outside, made.business, "command")
        worker.run_due(outside)


def _seconds_of_a_run(made: Install) -> float:
    """How long a run with a sale takes here now: instants are drawn from a little more than that."""
    _sell(made, Random(0))  # noqa: S311
    began = time.monotonic()
    wait_for(fork(lambda: _run(made)))
    return (time.monotonic() - began) * 1.1


def _settle(made: Install, seed: int, told: Storms) -> None:
    try:
        made.settle(rounds=12)
        books_are_right(made)
    except AssertionError as error:
        told.wrong.append(f"--kills --seed {seed}, after {told.tried} processes: {error}")
        raise
    told.settled += 1


@contextmanager
def fresh_install(folder: Path) -> Iterator[Install]:
    """An install in a folder of its own, for whoever isn't a test."""
    database = folder / "tieout.sqlite3"
    app = create_app(config_for(database), outside_of(ManualClock(START)))
    with app.app_context():
        upgrade()
        db.engine.dispose()
    with install(folder, database) as made:
        yield made
