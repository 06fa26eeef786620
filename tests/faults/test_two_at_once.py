"""Two real processes on one database: whoever is faster, there is one document of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask_migrate import upgrade

from app import wiring
from app.clock import write_clock
from app.services.syncing import runs, worker
from app.store.db import db
from tests import postgres
from tests.conftest import START, config_for
from tests.faults.books import books_are_right
from tests.faults.harness import ACCOUNT, Install, fork, install, simulator, wait_for


@pytest.fixture(params=["sqlite", "postgresql"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Install]:
    """An install with sync on, on either database."""
    if request.param == "sqlite":
        with install(tmp_path, request.getfixturevalue("database")) as opened:
            yield opened
        return
    clock_file = tmp_path / "clock"
    write_clock(clock_file, datetime.fromtimestamp(START.timestamp(), UTC), 0)
    with postgres.server() as url, simulator(clock_file) as address:
        config = config_for(tmp_path / "unused", database_url=url, simulator_url=address, clock_file=str(clock_file))
        opened = Install(config, address, clock_file)
        with opened.open().app_context():
            upgrade()
            db.engine.dispose()
        opened.set_up()
        yield opened


def test_two_processes_on_one_database_write_each_sale_once(made: Install) -> None:
    for number in range(6):
        made.advance(timedelta(minutes=1))
        made.control("charge", account=ACCOUNT, amount=f"{10 + number}.00")
    made.advance(timedelta(minutes=1))

    def work() -> None:
        with made.open().app_context():
            outside = wiring.build(made.config)
            for _run in range(3):
                runs.request(outside, made.business, "command")
                worker.run_due(outside)

    children = [fork(work) for _process in range(2)]
    assert [wait_for(child) for child in children] == [0, 0]
    made.settle()
    books_are_right(made)
