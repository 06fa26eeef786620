"""A real browser against a real server: gunicorn with its scheduler, the simulator beside it, Chromium in front."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from app.clock import parse_clock_line, write_clock
from tests.conftest import KEY, START
from tests.faults.harness import simulator

TOKEN = "the one-time token of this test"


@dataclass
class Site:
    """The running install, and what opens the simulated world."""

    url: str
    simulator: str
    world: dict[str, Any]
    clock_file: Path = Path()
    troubles: list[str] = field(default_factory=list)

    def control(self, what: str, **body: Any) -> Any:
        answer = requests.post(f"{self.simulator}/__control/{what}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def forward(self, **span: float) -> None:
        """Move the time of all processes at once."""
        start, rate, anchor = parse_clock_line(self.clock_file.read_text())
        now = start + timedelta(seconds=rate * (time.monotonic() - anchor))
        write_clock(self.clock_file, now + timedelta(**span), rate)

    def truth(self, organization: str) -> Any:
        key = self.world["zoho"]["organizations"][organization]
        return requests.get(f"{self.simulator}/__truth/zoho/{key}", timeout=10).json()

    def watch(self, page: Page) -> None:
        """Note every console error that comes from a page of ours."""
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))

    def _note(self, message: ConsoleMessage) -> None:
        # The browser itself reports each 422; the form in it is the answer meant.
        ours = message.location["url"].startswith(self.url) and "status of 422" not in message.text
        if ours and message.type in ("error", "warning"):
            self.troubles.append(f"{message.type}: {message.text} ({message.location['url']})")

    def check(self, page: Page) -> None:
        """No accessibility violation on this page, and no console error so far."""
        found = Axe().run(page).response["violations"]
        assert [f"{one['id']}: {one['nodes'][0]['html']}" for one in found] == [], page.url
        assert self.troubles == [], page.url


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@pytest.fixture
def more_settings() -> dict[str, str]:
    """What a journey's install is told besides, without the prefix; nothing unless a test says so."""
    return {}


@pytest.fixture
def site(tmp_path: Path, database: Path, more_settings: dict[str, str]) -> Iterator[Site]:
    """An empty install, served as in earnest."""
    clock_file = tmp_path / "clock"
    write_clock(clock_file, datetime.fromtimestamp(START.timestamp(), UTC), 1)
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    with simulator(clock_file) as address:
        site = Site(url, address, {}, clock_file)
        site.world = site.control("world", redirect_uri=f"{url}/oauth/zoho/callback")
        settings = {
            "DATABASE_URL": f"sqlite:///{database}", "DATA_DIR": str(tmp_path), "PUBLIC_URL": url, "PORT": str(port),
            "SIMULATOR_URL": address, "CLOCK_FILE": str(clock_file), "ENCRYPTION_KEYS": KEY, "SECRET_KEY": "for tests",
            "SETUP_TOKEN": TOKEN, "LOG_LEVEL": "WARNING", **more_settings,
        }  # fmt: skip
        environment = {**os.environ, **{f"TIEOUT_{name}": value for name, value in settings.items()}}
        with (tmp_path / "server.log").open("w") as log:
            server = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "wsgi:app"], env=environment, stdout=log, stderr=log
            )
        try:
            _wait_until_up(url, server)
            yield site
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(20)


def _wait_until_up(url: str, server: subprocess.Popen[bytes]) -> None:
    """Ask again and again, 0.2 s to 2 s apart, as long as nobody listens yet."""
    retries = Retry(total=40, backoff_factor=0.2, backoff_max=2)
    with requests.Session() as session:
        session.mount(url, HTTPAdapter(max_retries=retries))
        assert session.get(f"{url}/healthz", timeout=5).ok
    assert server.poll() is None


@pytest.fixture
def person(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    """A person's browser, everything it opens watched for console errors."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(15_000)
    context.on("page", site.watch)
    yield context
    context.close()
