"""Real processes, real sockets, a real SQLite file: what kill -9 is tried on."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from app import create_app, wiring
from app.clock import FileClock, write_clock
from app.config import Config
from app.services import crash
from app.services.business import businesses, default_item, settings
from app.services.business.settings import SettingsInput
from app.services.connections import books_connection, consent, provider_connection
from app.services.people import people
from app.services.syncing import runs, worker
from app.simulator.clock import FileClock as SimulatorClock
from app.simulator.demo_world import build_demo_world
from app.simulator.server import create_simulator
from app.simulator.state import State
from app.store.db import db, read
from app.store.outbox import Effect
from tests.conftest import PASSWORD, START, config_for

ACCOUNT = "lumen"
ORGANIZATION = "Lumen Home Goods"


def fork(act: Callable[[], None]) -> int:
    """Run `act` in a child process of its own; its process id."""
    child = os.fork()
    if child:
        return child
    try:
        act()
    except BaseException:  # the child must never return into the test runner
        traceback.print_exc(file=sys.stderr)
        os._exit(1)
    os._exit(0)


def wait_for(child: int) -> int:
    """The exit status of a child, negative for the signal that killed it."""
    _pid, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections open, as the vendors do

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def simulator(clock_file: Path) -> Iterator[str]:
    """The simulator as a process; the address it listens on."""
    reading, writing = os.pipe()

    def serve() -> None:
        server = make_server("127.0.0.1", 0, _unready, threaded=True, request_handler=_Quiet)
        address = f"http://127.0.0.1:{server.port}"
        made = create_simulator(State(None), SimulatorClock(clock_file), address)
        server.app = made
        build_demo_world(made.extensions["simulator"], "http://127.0.0.1:8000/oauth/zoho/callback")
        os.write(writing, address.encode())
        os.close(writing)
        server.serve_forever()

    child = fork(serve)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        address = pipe.read()
    try:
        yield address
    finally:
        os.kill(child, signal.SIGKILL)
        wait_for(child)


def _unready(_environ: Any, _start: Any) -> Any:
    raise AssertionError("asked before it was ready")


@dataclass
class Install:
    """One install in this test's folder, reached only through its database and sockets."""

    config: Config
    address: str
    clock_file: Path
    business: int = 0
    organization: str = ""
    _app: Flask | None = None

    def open(self) -> Flask:
        """The app, made once for this process and those forked from it; who opened it leaves no connection open."""
        if self._app is None:
            self._app = create_app(self.config)
        return self._app

    def set_up(self) -> None:
        """Connect and switch sync on, as a person does."""
        with self.open().app_context():
            outside = wiring.build(self.config)
            clock = FileClock(self.clock_file)
            user = people.create_user(clock, "owner@example.com", PASSWORD, "owner", "").id
            self.business = businesses.create(outside, "Lumen", "Asia/Singapore", user).id
            world = self.control("world", redirect_uri=books_connection.redirect_uri(outside))
            provider_connection.connect(outside, self.business, "simulator", world["hitpay"][ACCOUNT])
            zoho = world["zoho"]
            url = consent.begin(outside, self.business, "me", "simulator", zoho["client_id"], zoho["client_secret"])
            consent.finish(outside, "me", **self._decide(url, zoho["user_id"]))
            self.organization = zoho["organizations"][ORGANIZATION]
            books_connection.confirm(outside, self.business, self.organization)
            accounts = {name: row["account_id"] for name, row in self.truth()["accounts"].items()}
            item = default_item.create(outside, self.business, accounts["Sales"])
            wanted = SettingsInput(
                accounts["Sales"], accounts["HitPay Fees"], accounts["Refunds payable"], accounts["HitPay Clearing"],
                item.id, "individual", (), True, accounts["DBS Current Account"],
            )  # fmt: skip
            settings.save(outside, self.business, user, wanted)
            db.engine.dispose()

    def _decide(self, url: str, user_id: str) -> dict[str, str]:
        asked = dict(parse_qsl(urlsplit(url).query))
        answer = requests.post(
            url.split("?", maxsplit=1)[0],
            data=asked | {"user_id": user_id, "decision": "accept"},
            allow_redirects=False,
            timeout=10,
        )
        given = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
        return {
            "state": given["state"],
            "code": given["code"],
            "error": "",
            "accounts_server": given["accounts-server"],
        }

    def control(self, what: str, **body: Any) -> Any:
        answer = requests.post(f"{self.address}/__control/{what}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def truth(self) -> Any:
        return requests.get(f"{self.address}/__truth/zoho/{self.organization}", timeout=10).json()

    def sales(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = requests.get(f"{self.address}/__truth/hitpay/{ACCOUNT}", timeout=10).json()[
            "charges"
        ]
        return found

    def advance(self, span: timedelta) -> None:
        """Move the time of every process; it stands still in between."""
        write_clock(self.clock_file, FileClock(self.clock_file).now() + span, 0)

    def sync(self, act: Callable[[str, str], None] | None = None) -> int:
        """One run in a new process, with `act` armed; that process's exit status."""

        def work() -> None:
            if act:
                crash.arm(act)
            with self.open().app_context():
                outside = wiring.build(self.config)
                worker.tend(outside)
                runs.request(outside, self.business, "command")
                worker.run_due(outside)

        return wait_for(fork(work))

    def unsettled(self) -> dict[str, str]:
        """Effects that are not done, by what they do."""
        with self.open().app_context():
            with read() as session:
                left = {row.action: row.state for row in session.query(Effect).where(Effect.state != "done")}
            db.engine.dispose()
        return left

    def settle(self, rounds: int = 6) -> int:
        """Run again in new processes, eleven minutes apart, until nothing is open; how many rounds that took."""
        for number in range(1, rounds + 1):
            self.advance(timedelta(minutes=11))
            assert self.sync() == 0
            if not self.unsettled():
                return number
        raise AssertionError(f"still open after {rounds} rounds: {self.unsettled()}")


@contextmanager
def install(folder: Path, database: Path) -> Iterator[Install]:
    """An install with sync on, and its simulator beside it."""
    clock_file = folder / "clock"
    write_clock(clock_file, datetime.fromtimestamp(START.timestamp(), UTC), 0)
    with simulator(clock_file) as address:
        config = config_for(database, simulator_url=address, clock_file=str(clock_file))
        made = Install(config, address, clock_file)
        made.set_up()
        yield made
