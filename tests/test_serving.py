"""Rules of `gunicorn wsgi:app`: it greets, invites the first owner once, and stops when told to."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from app.demo.processes import HOST, free_ports

ROOT = Path(__file__).parents[1]


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[subprocess.Popen[str]]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TIEOUT_")}
    given = {f"TIEOUT_{name.upper()}": value for name, value in ({"data_dir": str(folder)} | settings).items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "wsgi:app"], cwd=ROOT, env=kept | given,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def greeting(process: subprocess.Popen[str]) -> str:
    """What is printed until it takes requests."""
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if "Ctrl-C" in line:
            return text
    raise AssertionError(text)


def test_it_greets_invites_the_first_owner_and_stops_when_told(database: Path) -> None:
    port = str(free_ports(0, 1)[0])
    address = f"http://{HOST}:{port}"
    with serving(database.parent, port=port, public_url=address) as process:
        said = greeting(process)
        assert f"Tieout is ready at {address}" in said
        link = re.search(rf"{address}/setup\?token=\S+", said)
        assert link, said
        assert requests.get(f"{address}/healthz", timeout=10).json()["ok"] is True
        assert link[0].partition("=")[2] in requests.get(link[0], timeout=10).text
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


def test_a_configured_setup_token_is_not_printed(database: Path) -> None:
    port = str(free_ports(0, 1)[0])
    with serving(database.parent, port=port, setup_token="nine-green-lanterns") as process:
        said = greeting(process)
    assert "TIEOUT_SETUP_TOKEN" in said
    assert "nine-green-lanterns" not in said


def test_a_setting_that_cannot_be_used_stops_the_start_with_one_sentence(tmp_path: Path) -> None:
    with serving(tmp_path, port="eight thousand") as process:
        said, _nothing = process.communicate(timeout=30)
    assert process.returncode == 2
    assert said.splitlines() == [
        "Tieout can't start. TIEOUT_PORT is 'eight thousand', which can't be used: Expected `int`, got `str`."
    ]


def test_a_command_says_the_same_of_a_bad_setting(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "TIEOUT_DATA_DIR": str(tmp_path), "TIEOUT_SCHEDULER": "maybe"}
    words = [sys.executable, "-m", "flask", "--app", "wsgi", "business", "list"]
    result = subprocess.run(words, check=False, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert result.returncode == 2
    assert result.stderr.startswith("Tieout can't start. TIEOUT_SCHEDULER is 'maybe'")
    assert result.stderr.count("\n") == 1


def test_commands_print_no_setup_token_and_start_no_clockwork(database: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "TIEOUT_DATA_DIR": str(database.parent)}
    words = [sys.executable, "-m", "flask", "--app", "wsgi", "business", "list", "--json"]
    result = subprocess.run(words, check=False, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout, result.stderr) == (0, "[]\n", "")
