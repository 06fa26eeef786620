"""What tests share: an install on its own database, a browser without JavaScript, and a clock that obeys."""

from __future__ import annotations

import re
import shutil
import signal
from collections.abc import Callable, Iterator
from contextvars import Context
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import sync_playwright

from app import create_app
from app.clock import ManualClock
from app.config import Config
from app.mail.smtp import SmtpMailer
from app.services.outside import Outside, Place
from app.services.people import people
from app.store.db import db
from tests.postgres import missing

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that starts the tests in the background lets them ignore Ctrl-C, and with them all that they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)

START = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
PASSWORD = "seven quiet copper kettles"
KEY = Fernet.generate_key().decode()


def _unreachable(*_given: object) -> NoReturn:
    raise AssertionError("this test reached for the world outside")


def config_for(database: Path, **values: Any) -> Config:
    """A configuration that needs nothing of the environment."""
    given: dict[str, Any] = {
        "database_url": f"sqlite:///{database}",
        "data_dir": str(database.parent),
        "secret_key": "for tests",
        "encryption_keys": KEY,
        "scheduler": "off",
        "calls_per_minute": 0,
    }
    return Config(**(given | values))


def outside_of(clock: ManualClock, **values: Any) -> Outside:
    """An outside world in which nothing answers, except what `values` puts there."""
    given: dict[str, Any] = dict.fromkeys(Outside.__dataclass_fields__, _unreachable)
    given |= {
        "clock": clock,
        "public_url": "http://127.0.0.1:8000",
        "environments": (Place("production", "Production"), Place("sandbox", "Sandbox")),
        "datacenters": (Place("us", "United States", "zoho.com"), Place("eu", "Europe", "zoho.eu")),
        "scopes": ("ZohoBooks.settings.READ",),
        "folder": None,
    }
    given["mailer"] = SmtpMailer("", "", "127.0.0.1")
    return Outside(**(given | values))


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with every migration applied, copied by each test."""
    path = tmp_path_factory.mktemp("database") / "migrated.sqlite3"
    app = create_app(config_for(path), outside_of(ManualClock(START)))
    with app.app_context():
        upgrade()
        db.engine.dispose()
    return path


def without_waiting_for_the_disk() -> None:
    """Let the current app's SQLite answer before its bytes lie on the disk: for long stories that nobody kills."""

    def loosen(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA synchronous=OFF")

    sa.event.listen(db.engine, "connect", loosen)
    db.engine.dispose()


@pytest.fixture
def database(migrated: Path, tmp_path: Path) -> Path:
    """This test's own database."""
    return Path(shutil.copy(migrated, tmp_path / "tieout.sqlite3"))


@pytest.fixture
def clock() -> ManualClock:
    """Stands at 22 Nov 2026, 12:00 in Singapore, until told."""
    return ManualClock(START)


@pytest.fixture
def outside(clock: ManualClock) -> Outside:
    """Nothing outside answers; tests that need it override this fixture."""
    return outside_of(clock)


@pytest.fixture
def make_app(database: Path, outside: Outside) -> Iterator[Callable[..., Flask]]:
    """Builds applications on this test's database, as several processes would."""
    made: list[Flask] = []

    def make(**values: Any) -> Flask:
        app = create_app(config_for(database, **values), outside)
        app.testing = True
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """One install, empty."""
    return make_app()


@pytest.fixture
def context(app: Flask) -> Iterator[Flask]:
    """The application context, for tests that call services directly."""
    with app.app_context():
        yield app


class Browser:
    """A person's browser without JavaScript: reads the CSRF token off a page and sends it along."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def send(self, method: str, path: str, **values: Any) -> Any:
        """One request, begun from nothing as a server's are, even while the test holds an application context."""
        return Context().run(self.client.open, path, method=method, buffered=True, **values)

    def get(self, path: str, **values: Any) -> Any:
        return self.send("GET", path, **values)

    def htmx(self, path: str, **values: Any) -> Any:
        return self.get(path, headers={"HX-Request": "true"}, **values)

    def post(self, path: str, data: dict[str, Any] | None = None, *, htmx: bool = False, **values: Any) -> Any:
        headers = {"X-CSRFToken": self.token(), **({"HX-Request": "true"} if htmx else {})}
        return self.send("POST", path, data=data or {}, headers=headers | values.pop("headers", {}), **values)

    def token(self) -> str:
        """The CSRF token of this browser's session."""
        for page in ("/", "/login", "/setup"):
            found = re.search(r'name="csrf_token"\s+value="([^"]+)"', self.get(page).text)
            if found:
                return found[1]
        raise AssertionError("no page showed a CSRF token")


@pytest.fixture
def client(app: Flask) -> Browser:
    """A browser in which nobody is signed in."""
    return Browser(app.test_client())


@pytest.fixture
def sign_in(app: Flask, clock: ManualClock) -> Callable[..., Browser]:
    """Signs a person in, made first if unknown, through a one-time link."""
    known: dict[str, int] = {}

    def enter(email: str = "owner@example.com", role: str = "owner", business: str = "") -> Browser:
        with app.app_context():
            if email not in known:
                known[email] = people.create_user(clock, email, PASSWORD, role, business).id
            path = people.create_sign_in_link(clock, known[email])
        browser = Browser(app.test_client())
        answer = browser.post(path)
        assert answer.status_code == 303
        return browser

    return enter


@pytest.fixture
def signed_in(sign_in: Callable[..., Browser]) -> Browser:
    """The owner's browser."""
    return sign_in()


@pytest.fixture
def everything(app: Flask) -> Callable[[], dict[str, list[Any]]]:
    """Reads every table, to show that nothing changed. Sign-ins are left out: looking around is remembered there."""

    def read_all() -> dict[str, list[Any]]:
        with app.app_context(), db.engine.connect() as connection:
            names = sorted(set(sa.inspect(connection).get_table_names()) - {"sign_ins"})
            return {name: [tuple(row) for row in connection.execute(sa.text(f'SELECT * FROM "{name}"'))]  # noqa: S608
                    for name in names}  # fmt: skip

    return read_all


@pytest.fixture(scope="session")
def browser() -> Iterator[Chromium]:
    """One Chromium a test process."""
    program = shutil.which("chromium")
    if program is None:
        missing("Chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield running
        running.close()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many requests to the simulator were held against its contract, over all worker processes."""
    ended = [report for report in terminalreporter.getreports("") if report.when == "teardown"]
    counts = [value for report in ended for name, value in report.user_properties if name == "requests_validated"]
    if counts:
        terminalreporter.write_line(f"contract: {sum(counts)} requests validated in {len(counts)} tests")
