"""One install and its world in this process, on one clock, put back to a kept moment in a millisecond or two."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from app import create_app, wiring
from app.clock import ManualClock
from app.ports import OutsideError
from app.services import crash
from app.services.connections import books_connection
from app.services.syncing import runs, worker
from app.services.writing import doubt, guards, lease, offers, posting, spill
from app.services.writing.customers import Customers
from app.services.writing.work import Stop, Work
from app.simulator.demo_world import build_demo_world
from app.simulator.server import create_simulator
from app.simulator.zoho_books import gate
from app.simulator.zoho_books import limits as zoho_limits
from app.simulator.zoho_books.custom_fields import create_custom_field
from app.simulator.zoho_books.organizations import book_of, set_switches
from app.store.db import Base, db
from tests.conftest import START, config_for
from tests.expected_books import ExpectedBooks
from tests.faults.inside.disk import Disk, Killed
from tests.faults.inside.memory import Kept, MemoryState
from tests.faults.inside.wire import Wire
from tests.ninety_days.zoho_side import ZohoSide, accounts_of
from tests.shop import SIMULATOR_URL, Shop
from tests.transport import transport

UNIQUE_KINDS = ("invoices", "customer_payments", "expenses", "credit_notes")
ZONE = ZoneInfo("Asia/Singapore")

NO_DATABASE = (sqlite3.OperationalError, sa.exc.OperationalError)

Told = Callable[[str, str], None]
"""Hears where the work has come to: the name of a place and what it is busy with."""


Files = dict[str, bytes]
"""What lies in the data folder, by name."""


@dataclass(frozen=True)
class Moment:
    """All there is: the app's database and data folder, both platforms and the time."""

    disk: bytes
    world: Kept
    now: datetime
    elapsed: float
    folder: Files


@dataclass
class Stage:
    """`act` is told of every place a process can die at: a named point, a call, its reply, a commit and its end."""

    shop: Shop
    disk: Disk
    state: MemoryState
    wire: Wire
    limits: zoho_limits.Limits
    folder: Path
    act: Told | None = None
    places: list[tuple[str, str]] = field(default_factory=list)
    found: bytes = b""
    began: bytes = b""
    left: Files = field(default_factory=dict)

    def keep(self) -> Moment:
        clock = self.shop.clock
        return Moment(self.disk.keep(), self.state.keep(), clock._now, clock._elapsed, self.files())

    def files(self) -> Files:
        """The data folder now."""
        return {path.name: path.read_bytes() for path in sorted(self.folder.iterdir()) if path.is_file()}

    def put_files_back(self, files: Files) -> None:
        """Let the data folder hold these; a file that is there is written over, so that it stays the same file."""
        for path in self.folder.iterdir():
            if path.is_file() and path.name not in files:
                path.unlink()
        for name, content in files.items():
            path = self.folder / name
            if not path.exists() or path.read_bytes() != content:
                with path.open("r+b" if path.exists() else "xb") as opened:
                    opened.write(content)
                    opened.truncate()

    def put_back(self, moment: Moment) -> None:
        clock = self.shop.clock
        self.disk.put_back(moment.disk)
        self.put_files_back(moment.folder)
        self.state.put_back(moment.world)
        clock._now, clock._elapsed = moment.now, moment.elapsed
        self.disk.locked = self.disk.full = 0
        self.limits.__init__()  # type: ignore[misc]  # as if just made
        self.act, self.places, self.wire.calls = None, [], []

    def tell(self, place: str, detail: str = "") -> None:
        """The work has come to `place`."""
        if self.act:
            self.places.append((place, detail))
            self.act(place, detail)

    def die(self) -> None:
        """Kill the process now: what is committed is what the next one finds."""
        self.found, self.left = self.disk.keep(), self.files()
        raise Killed

    def work(self, act: Told | None = None, job: Callable[[Stage], None] | None = None) -> bool:
        """One process that does `job` (a whole run), told of to `act`; False if it was killed on the way."""
        self.act, self.began = act, self.disk.keep()
        try:
            (job or whole_run)(self)
        except Killed:
            self.disk.put_back(self.found)
            self.put_files_back(self.left)
            return False
        except NO_DATABASE:
            self.disk.close()  # a worker whose database fails it ends with that error; the next tick is another
        finally:
            self.act = None
            self.disk.locked = self.disk.full = 0
        return True

    def restore(self, old: bytes) -> None:
        """Put an older database in the place of this one; the data folder stays."""
        self.disk.put_back(old)

    def as_copy(self, copy: Moment, job: Callable[[Stage], None]) -> Moment:
        """Let another install, which began as `copy`, do `job` at this same moment; how it is afterwards."""
        own, files = self.disk.keep(), self.files()
        try:
            self.disk.put_back(copy.disk)
            for path in self.folder.iterdir():
                path.unlink()  # a copied file is another file
            self.put_files_back(copy.folder)
            self.meanwhile(job)
            return replace(copy, disk=self.disk.keep(), folder=self.files())
        finally:
            self.disk.put_back(own)
            self.put_files_back(files)

    def lose_power(self) -> None:
        """Kill the machine: only what was synced to the disk is there afterwards."""
        self.found, self.left = self.disk.keep() if self.disk.is_durable() else self.began, self.files()
        raise Killed

    def meanwhile(self, job: Callable[[Stage], None]) -> None:
        """Let another process do `job` on the same database while the one that was told of stands still."""
        act, self.act = self.act, None
        try:
            job(self)
        finally:
            self.act = act

    def advance(self, **span: float) -> None:
        self.shop.clock.advance(timedelta(**span))

    @property
    def books(self) -> ZohoSide:
        return ZohoSide(book_of(self.shop.simulator, self.shop.organization))

    def switch(self, **switches: Any) -> None:
        set_switches(self.shop.simulator, self.shop.organization, **switches)


def whole_run(stage: Stage, trigger: str = "sweep") -> None:
    """What the worker does every minute, with a run that is due."""
    outside, business = stage.shop.outside, stage.shop.business
    worker.tend(outside)
    runs.request(outside, business, trigger)
    worker.run_due(outside)


def press_sync_now(stage: Stage) -> None:
    """The same, asked for by a person."""
    whole_run(stage, "command")


def post(stage: Stage, *, pressed: bool = False) -> None:
    """Only the careful part of a run: settle doubts and send what is planned. Reads no provider and plans nothing."""
    outside, business = stage.shop.outside, stage.shop.business
    held = lease.take(outside, business)
    if held is None:
        return
    try:
        books = books_connection.books_of(outside, business)
        work = Work(outside, 1, books.target, held, books.posting, Customers(books.target, books.posting))
        spill.replay(work)
        doubt.recover(work)
        if pressed:
            offers.offer_again(work)
        doubt.resolve(work)
        posting.post_open(work)
    except (OutsideError, Stop, lease.LostLease, *NO_DATABASE):
        pass  # a run ends in words then; the next one goes on
    with suppress(*NO_DATABASE):  # it ends by itself
        held.release()


def post_pressed(stage: Stage) -> None:
    """The same, and a person has pressed Sync Now."""
    post(stage, pressed=True)


@contextmanager
def open_stage(start: datetime = START) -> Iterator[Stage]:
    """A stage with an empty install; its application context is open."""
    clock = ManualClock(start)
    state = MemoryState()
    with _caught_limits() as limits:
        server = create_simulator(state, clock, SIMULATOR_URL)
    simulator = server.extensions["simulator"]
    wire = Wire(server, SIMULATOR_URL)
    disk = sqlite_in_memory()
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        config = config_for(
            Path(folder) / "none", database_url="sqlite://", simulator_url=SIMULATOR_URL, log_level="CRITICAL"
        )
        outside = wiring.build(config, clock, {"https://": wire, "http://": wire, SIMULATOR_URL: wire})
        keys = build_demo_world(simulator, books_connection.redirect_uri(outside))
        app = create_app(config, outside)
        with app.app_context():
            sa.event.listen(db.engine, "do_connect", lambda *_given: disk)
            Base.metadata.create_all(db.engine)
            shop = Shop(app, outside, clock, simulator, keys, transport(server))
            made = Stage(shop, disk, state, wire, limits[0], Path(folder))
            disk.told = made.tell
            wire.told = made.tell
            crash.arm(made.tell)
            try:
                yield made
            finally:
                crash.disarm()
                db.engine.dispose()


@contextmanager
def _caught_limits() -> Iterator[list[zoho_limits.Limits]]:
    """The limits of the simulator that is made meanwhile: what was called lately must not outlive a moment."""
    made: list[zoho_limits.Limits] = []
    plain = zoho_limits.Limits

    def catch() -> zoho_limits.Limits:
        made.append(plain())
        return made[-1]

    setattr(gate, "Limits", catch)  # noqa: B010 - the type stays what it is
    try:
        yield made
    finally:
        setattr(gate, "Limits", plain)  # noqa: B010


def sqlite_in_memory() -> Disk:
    """A database that lives as long as this object."""
    made = sqlite3.connect(":memory:", factory=Disk, check_same_thread=False)
    assert isinstance(made, Disk)
    return made


def set_up(stage: Stage, grouping: str = "individual", guard: str = "G1") -> ExpectedBooks:
    """Connect everything, switch sync on with payouts; the second bookkeeper that knows of it."""
    shop = stage.shop
    payout_account = shop.truth()["accounts"]["DBS Current Account"]["account_id"]
    shop.set_up(grouping=grouping, payout_account=payout_account, own_numbers=guard != "G1")
    names = {name: row["account_id"] for name, row in shop.truth()["accounts"].items()}
    books = ExpectedBooks(ZONE, accounts_of(names), grouping)
    books.switch_on(shop.clock.now())
    books.channels.append((shop.clock.now(), ()))
    books.payout_accounts.append((shop.clock.now(), payout_account))
    stage.switch(calls_per_day=0)
    if guard == "G3":
        for kind in UNIQUE_KINDS:
            create_custom_field(stage.books.book, kind, guards.FIELD_LABEL, guards.FIELD_NAME, unique=True)
        assert guards.check(shop.outside, shop.business)
    return books
