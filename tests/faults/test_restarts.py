"""Real servers on a clock that leaps: each local date has one finished daily run, whoever is killed in between."""

from __future__ import annotations

import random
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest

from app.clock import FileClock
from tests import postgres
from tests.faults import restarts
from tests.faults.harness import ACCOUNT
from tests.faults.restarts import Figures


def test_server_killed_and_started_again_does_each_day_once(tmp_path: Path) -> None:
    with restarts.on_sqlite(tmp_path) as made:
        figures = restarts.live(made, 6, random.Random(7))  # noqa: S311 - repeatable, not secret
        restarts.judge(made, figures)
        assert figures.kills + figures.stops >= 2
        assert figures.expected


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_two_servers_on_one_database_do_each_day_once(database: str, tmp_path: Path) -> None:
    if database == "sqlite":
        _two_servers(tmp_path, f"sqlite:///{tmp_path / 'tieout.sqlite3'}")
        return
    with postgres.server() as url:
        _two_servers(tmp_path, url)


def _two_servers(folder: Path, url: str) -> None:
    with restarts.on_database(folder, url) as made:
        figures, running = Figures(), [restarts.serve(made) for _server in range(2)]
        try:
            made.advance(timedelta(hours=24))
            made.control("charge", account=ACCOUNT, amount="12.34")
            figures.expected.add(FileClock(made.clock_file).now().astimezone(restarts.ZONE).date())
            restarts.await_daily(made, figures)
            time.sleep(6)  # both have ticked again: neither may find the day undone
            restarts.await_quiet(made)
            restarts.count(made, figures)
            restarts.judge(made, figures)
        finally:
            for process in running:
                restarts.end_group(process, signal.SIGKILL)
