"""The simulator as a process: on loopback only, on a clock file, remembering, ending when told to."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from app.simulator.clock import FileClock
from app.simulator.serve import serve

ROOT = Path(__file__).parents[2]
SERVE = (
    "import sys; from pathlib import Path; from app.simulator.serve import serve; "
    "serve(0, Path(sys.argv[1]), Path(sys.argv[2]))"
)
REDIRECT = "http://127.0.0.1:5000/oauth/zoho/callback"


@contextmanager
def running(folder: Path, clock: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The simulator on a free port, with its address; killed at the latest when the test is over."""
    arguments = [sys.executable, "-c", SERVE, str(folder), str(clock)]
    process = subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().removeprefix("simulator: ").strip(), process
    finally:
        process.kill()
        process.communicate()


def call(address: str, path: str, **body: Any) -> Any:
    answer = requests.post(address + path, json=body, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    path = tmp_path / "clock"
    path.write_text("")
    FileClock(path).write(datetime(2026, 3, 10, 4, 0, tzinfo=UTC), rate=0)
    return path


def test_it_serves_virtual_time_and_remembers_after_a_restart(tmp_path: Path, clock: Path) -> None:
    with running(tmp_path / "data", clock) as (address, process):
        assert address.startswith("http://127.0.0.1:")
        key = call(address, "/__control/world", redirect_uri=REDIRECT)["hitpay"]["lumen"]
        charge = call(address, "/__control/charge", account="lumen", amount="12.34")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    with running(tmp_path / "data", clock) as (address, process):
        headers = {"X-BUSINESS-API-KEY": key, "Accept": "application/json"}
        listed = requests.get(f"{address}/hitpay/v1/charges", headers=headers, timeout=10).json()
        assert [row["id"] for row in listed["data"]] == [charge["id"]]
        assert listed["data"][0]["created_at"] == "2026-03-10T12:00:00+08:00"
        assert listed["meta"]["path"] == f"{address}/hitpay/v1/charges"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0


def test_a_lost_reply_is_a_closed_connection(tmp_path: Path, clock: Path) -> None:
    with running(tmp_path / "data", clock) as (address, _):
        call(address, "/__control/world", redirect_uri=REDIRECT)
        call(address, "/__control/fault", platform="hitpay", operation="list_charges", kind="lost_before_apply")
        headers = {"X-BUSINESS-API-KEY": "demo-key-lumen-4f7a"}
        with pytest.raises(requests.exceptions.ConnectionError):
            requests.get(f"{address}/hitpay/v1/charges", headers=headers, timeout=10)
        assert requests.get(f"{address}/hitpay/v1/charges", headers=headers, timeout=10).status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "example.com"])  # noqa: S104 - that it is refused is the point
def test_it_refuses_to_listen_to_others(host: str) -> None:
    with pytest.raises(ValueError, match="only listens on this machine itself"):
        serve(0, None, None, host=host)
