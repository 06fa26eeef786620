"""Rules of the demo, played for real: its own processes, real sockets, and the simulator's books as the judge."""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from app.clock import write_clock
from app.demo import hands
from app.demo.folder import Folder, Seeded
from app.demo.problems import DemoProblem
from app.demo.processes import HOST, free_ports
from tests.postgres import missing

ROOT = Path(__file__).parents[1]
DAYS = 5
"""The demo itself tells of fourteen; the suite has less time."""


class Played:
    """A demo that is up, with what it printed."""

    def __init__(self, process: subprocess.Popen[str], text: str) -> None:
        self.process = process
        self.text = text

    def address(self, label: str) -> str:
        found = re.search(rf"^  {label} +(\S+)$", self.text, re.MULTILINE)
        assert found, self.text
        return found[1]

    def truth(self, path: str) -> Any:
        return requests.get(f"{self.address('The simulator.s page')}/__truth/{path}", timeout=10).json()

    def books(self, name: str) -> Any:
        page = requests.get(self.address("The simulator.s page"), timeout=10).text
        found = re.search(rf'<a href="/books/app/(\d+)">{name}</a>', page)
        assert found
        return self.truth(f"zoho/{found[1]}")

    def sign_in(self, link: str) -> tuple[int, str]:
        """Follow a sign-in link and press its button; the status and the page on which that ends."""
        with requests.Session() as browser:
            page = browser.get(link, timeout=10)
            token = re.search(r'name="csrf_token"\s+value="([^"]+)"', page.text)
            if page.status_code != 200 or token is None:
                return page.status_code, page.text
            entered = browser.post(link, data={"csrf_token": token[1]}, timeout=10)
            return entered.status_code, entered.text

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=30)


@contextmanager
def played(folder: Path) -> Iterator[Played]:
    """The demo on free ports, up; ended at the latest when the test is."""
    words = [sys.executable, "-m", "app.demo", "--port", "0", "--data-dir", str(folder), "--days", str(DAYS)]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        text = ""
        for line in process.stdout:
            text += line
            if "Ctrl-C ends the demo" in line:
                break
        else:
            pytest.fail(f"the demo did not come up: {text}")
        yield Played(process, text)
    finally:
        process.terminate()
        process.communicate(timeout=30)


def processes_of(folder: Path) -> set[int]:
    """The processes that were started for this data folder, whoever their parent is by now."""
    mark = f"TIEOUT_DATA_DIR={folder}".encode()
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                found.add(int(entry.name))
        except OSError:
            continue
    return found


def sales_until(played: Played, instant: datetime) -> dict[str, tuple[Decimal, Decimal]]:
    """Gross and fee of what the simulated HitPay holds as paid by `instant`, by reference."""
    return {
        f"HP-{row['id']}": (Decimal(row["amount"]), Decimal(row["fixed_fee"]) + Decimal(row["discount_fee"]))
        for row in played.truth("hitpay/lumen")["charges"]
        if row["status"] == "succeeded" and datetime.fromisoformat(row["closed_at"]) <= instant
    }


def by_reference(rows: list[dict[str, Any]]) -> dict[str, Decimal]:
    assert len({row["reference_number"] for row in rows}) == len(rows), "a document exists twice"
    return {row["reference_number"]: Decimal(row["total"]) for row in rows}


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_the_demo_comes_up_with_true_books_ends_clean_and_goes_on_where_it_ended(tmp_path: Path) -> None:
    begun = time.monotonic()
    with played(tmp_path) as demo:
        link = demo.address(r"Sign in \(works once\)")
        status, page = demo.sign_in(link)
        assert (status, "Lumen Home Goods" in page, "Harbour Books and Coffee" in page) == (200, True, True)
        assert time.monotonic() - begun < 60

        sales = sales_until(demo, hands.midnight(hands.today()) + hands.ARRIVAL)
        books = demo.books("Lumen Home Goods")
        documents = books["documents"]
        assert len(sales) >= DAYS * 12
        assert by_reference(documents["invoices"]) == {name: gross for name, (gross, _fee) in sales.items()}
        assert by_reference(documents["customerpayments"]) == by_reference(documents["invoices"])
        assert by_reference(documents["expenses"]) == {name: fee for name, (_gross, fee) in sales.items() if fee}
        cleared = sum(gross - fee for gross, fee in sales.values())
        assert Decimal(books["accounts"]["HitPay Clearing"]["balance"]) == cleared
        assert (books["trial_balance"], books["violations"]) == ("0.00", [])
        assert demo.books("Harbour Books and Coffee")["documents"]["invoices"] == []

        assert len(processes_of(tmp_path)) == 3, "the simulator, gunicorn and its worker"
        before = hands.now(Folder(tmp_path).clock)
        assert demo.interrupt() == 0
        assert processes_of(tmp_path) == set()

    with played(tmp_path) as again:
        assert "Seeding" not in again.text
        assert hands.now(Folder(tmp_path).clock) >= before
        assert again.books("Lumen Home Goods")["documents"] == documents
        fresh = again.address(r"Sign in \(works once\)")
        used = again.address("Tieout") + link[link.index("/login/") :]
        assert (again.sign_in(used)[0], again.sign_in(fresh)[0]) == (404, 200)
        assert again.interrupt() == 0
    assert processes_of(tmp_path) == set()


def test_two_demos_never_share_their_data(tmp_path: Path) -> None:
    with (
        Folder(tmp_path).locked(),
        pytest.raises(DemoProblem, match="Another demo is running"),
        Folder(tmp_path).locked(),
    ):
        pass


def test_a_start_that_was_broken_off_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    (tmp_path / "tieout.sqlite3").write_text("half of it")
    (tmp_path / "notes.txt").write_text("somebody else's")
    assert folder.seeded() is None
    folder.clear()
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    folder.keep(Seeded(7))
    assert folder.seeded() == Seeded(7)


def test_a_taken_port_is_left_alone() -> None:
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        taken = other.getsockname()[1]
        assert all(port > taken for port in free_ports(taken, 2))


def test_a_stopped_clock_goes_on_where_it_stood(tmp_path: Path) -> None:
    clock, stood = tmp_path / "clock", datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
    hands.stand_at(clock, stood)
    os.utime(clock, (0, 0))
    assert hands.stood_at(clock) == stood


def test_a_clock_from_before_a_restart_of_the_machine_never_goes_back(tmp_path: Path) -> None:
    clock, start = tmp_path / "clock", datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
    write_clock(clock, start, 1)
    anchor = time.monotonic() + 900_000  # the machine had been up for longer than it is now
    clock.write_text(f"{start.isoformat()} 1 {anchor}\n")
    written = time.time() - 3600
    os.utime(clock, (written, written))
    assert timedelta(hours=1) <= hands.stood_at(clock) - start < timedelta(hours=1, minutes=5)


STARTED = """
import signal, sys, time
from app.demo import endings
starter = endings.Starter()
endings.listen()
try:
    print("up", flush=True)
    while True:
        starter.check()
        time.sleep(0.02)
except endings.Ended:
    print("ended", flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_to_make_alone_ends_the_demo_too(tmp_path: Path, number: signal.Signals) -> None:
    if shutil.which("make") is None:
        missing("make")
    (tmp_path / "started.py").write_text(STARTED)
    (tmp_path / "Makefile").write_text(f"demo:\n\t@{sys.executable} {tmp_path / 'started.py'}\n")
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        ["make", "--no-print-directory"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, start_new_session=True,
    ) as make:  # fmt: skip
        try:
            assert make.stdout is not None
            assert make.stdout.readline() == "up\n"
            make.send_signal(number)
            assert make.stdout.read() == "ended\n"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(make.pid, signal.SIGKILL)


ORPHAN = """
import os, sys
from pathlib import Path
from app.demo.processes import Process
child = Process("a server", ("http.server", "--bind", "127.0.0.1", "0"), dict(os.environ), Path(sys.argv[1]))
print(child._running.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel of Linux")
def test_a_demo_killed_without_a_word_takes_its_processes_along(tmp_path: Path) -> None:
    words = [sys.executable, "-c", textwrap.dedent(ORPHAN), str(tmp_path / "log")]
    demo = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert demo.stdout is not None
    child = os.pidfd_open(int(demo.stdout.readline()))
    try:
        demo.kill()
        demo.communicate(timeout=10)
        assert select.select([child], [], [], 10)[0], "the process outlived the demo"
    finally:
        os.close(child)
