"""A shop for tests: one install beside a simulated HitPay and Zoho, in one process and on one clock."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import sqlalchemy as sa
from flask import Flask
from requests.adapters import BaseAdapter
from wsgiadapter import WSGIAdapter

from app import create_app, wiring
from app.clock import ManualClock
from app.services.business import businesses, default_item, settings
from app.services.business.businesses import BusinessView
from app.services.business.settings import SettingsInput
from app.services.connections import books_connection, consent, provider_connection
from app.services.outside import Outside
from app.services.people import people
from app.services.syncing import runs, worker
from app.services.syncing.runs import RunView
from app.simulator.demo_world import build_demo_world
from app.simulator.faults import Fault, script
from app.simulator.server import create_simulator
from app.simulator.simulated import Simulator
from app.simulator.state import State
from app.simulator.world import World
from app.simulator.zoho_books.book import ORGANIZATIONS
from app.simulator.zoho_books.truth import truth
from app.store.db import db, read
from app.store.outbox import Effect
from tests.conftest import PASSWORD, config_for
from tests.line import Line
from tests.transport import transport

SIMULATOR_URL = "http://127.0.0.1:9"
ACCOUNT = "lumen"
SIGN_IN = "the sign-in of this test"
BUSINESS_TABLES = (
    "businesses", "settings_versions", "sync_windows", "connections", "movements", "movement_versions", "effects",
    "effect_movements", "attempts", "learned",
    "snapshots", "snapshot_sums",
)  # fmt: skip
"""What a refusal must leave as it was."""


@dataclass
class Shop:
    """The install and the world around it. `business` is 0 until `set_up` or `open_business`."""

    app: Flask
    outside: Outside
    clock: ManualClock
    simulator: Simulator
    keys: dict[str, Any]
    transport: WSGIAdapter
    business: int = 0
    user: int = 0
    accounts: dict[str, str] = field(default_factory=dict)
    line: Line = field(default_factory=lambda: Line(BaseAdapter(), ""))

    @property
    def world(self) -> World:
        return World(self.simulator.state, self.simulator.clock)

    @property
    def organization(self) -> str:
        """The Zoho organization that `set_up` picks."""
        return str(self.keys["zoho"]["organizations"]["Lumen Home Goods"])

    def open_business(self, name: str = "Lumen Home Goods") -> int:
        """A business without any connection."""
        if not self.user:
            self.user = people.create_user(self.clock, "owner@example.com", PASSWORD, "owner", "").id
        self.business = businesses.create(self.outside, name, "Asia/Singapore", self.user).id
        return self.business

    def connect_provider(self) -> None:
        provider_connection.connect(self.outside, self.business, "simulator", self.keys["hitpay"][ACCOUNT])

    def consent_url(self, sign_in: str = SIGN_IN) -> str:
        zoho = self.keys["zoho"]
        return consent.begin(
            self.outside, self.business, sign_in, "simulator", zoho["client_id"], zoho["client_secret"]
        )

    def decide(self, url: str, decision: str = "accept", user: str = "") -> dict[str, str]:
        """Answer Zoho's consent page as a person would (`user`: another one than the first that is offered).

        The query of the address it leads back to.
        """
        with requests.Session() as browser:
            browser.mount(SIMULATOR_URL, self.transport)
            page = browser.get(url)
            fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text)) | {"decision": decision}
            offered = re.search(r'name="user_id" value="([^"]+)"', page.text)
            fields["user_id"] = user or (offered[1] if offered else "")
            answer = browser.post(url, data={k: _plain(v) for k, v in fields.items()}, allow_redirects=False)
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
        return {name: values[0] for name, values in query.items()}

    def finish(self, answer: dict[str, str], sign_in: str = SIGN_IN) -> int:
        return consent.finish(
            self.outside,
            sign_in,
            state=answer.get("state", ""),
            code=answer.get("code", ""),
            error=answer.get("error", ""),
            accounts_server=answer.get("accounts-server", ""),
        )

    def connect_books(self) -> None:
        self.finish(self.decide(self.consent_url()))
        if books_connection.view(self.outside, self.business).status == "choose_organization":
            books_connection.confirm(self.outside, self.business, self.organization)

    def wanted(self, **changes: Any) -> SettingsInput:
        """Settings that fit the simulated organization: Individual, all channels, sync on."""
        self.accounts = {name: row["account_id"] for name, row in self.truth()["accounts"].items()}
        item = default_item.create(self.outside, self.business, self.accounts["Sales"])
        given: dict[str, Any] = {
            "sales_account": self.accounts["Sales"],
            "fee_account": self.accounts["HitPay Fees"],
            "refund_account": self.accounts["Refunds payable"],
            "bank_account": self.accounts["HitPay Clearing"],
            "default_item": item.id,
            "grouping": "individual",
            "sync_enabled": True,
        }
        return SettingsInput(**(given | changes))

    def save(self, **changes: Any) -> None:
        settings.save(self.outside, self.business, self.user, self.wanted(**changes))

    def set_up(self, **changes: Any) -> None:
        """Everything from an empty install to sync being on from now."""
        self.open_business()
        self.connect_provider()
        self.connect_books()
        self.save(**changes)

    def sync(self, trigger: str = "command") -> RunView:
        """One whole run, ended."""
        run = runs.request(self.outside, self.business, trigger)
        worker.run_due(self.outside)
        view = runs.one(self.outside, self.business, run)
        assert view is not None
        return view

    def sync_by_hand(self) -> RunView:
        """One whole run asked for by a person's press on Sync Now."""
        run = runs.request_manual(self.outside, self.business, self.user)
        worker.run_due(self.outside)
        view = runs.one(self.outside, self.business, run)
        assert view is not None
        return view

    def business_view(self) -> BusinessView:
        view = businesses.for_member(self.user, businesses.every()[0].slug)
        assert view is not None
        return view

    def truth(self) -> dict[str, Any]:
        return truth(self.simulator, self.organization)

    def documents(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.truth()["documents"][kind]
        return found

    def counts(self) -> tuple[int, ...]:
        """How many invoices, customer payments and expenses the books hold."""
        documents = self.truth()["documents"]
        return tuple(len(documents[kind]) for kind in ("invoices", "customerpayments", "expenses"))

    def set_organization(self, **changes: Any) -> None:
        """Let the picked organization tell other things of itself."""
        state = self.simulator.state
        with state.transaction():
            row = state.get(ORGANIZATIONS, self.organization)
            state.put(ORGANIZATIONS, self.organization, {**(row or {}), **changes})

    def fault(self, operation: str, kind: str, platform: str = "zoho_books", **values: Any) -> None:
        """Let the next call of an operation fail; `nth` counts from 1."""
        script(self.simulator.state, Fault(platform, operation, kind, **values))

    def effects(self) -> dict[str, str]:
        """The state of each effect by what it does; of several, the one that was planned last."""
        with read() as session:
            return {row.action: row.state for row in session.scalars(sa.select(Effect).order_by(Effect.id))}

    def hashes(self, *tables: str, without: tuple[str, ...] = ()) -> dict[str, str]:
        """A hash of every row of `tables` (those of a business by default), to show that nothing changed.

        `without` names columns to leave out, as `connections.last_success_at`.
        """
        return {name: _hash_of(name, without) for name in tables or BUSINESS_TABLES}

    def next_day(self) -> date:
        """Move to 01:00 of the next local day and answer the day that has just ended."""
        local = self.clock.now() + timedelta(hours=8)
        start = datetime(local.year, local.month, local.day, tzinfo=self.clock.now().tzinfo)
        self.clock.move_to(start + timedelta(days=1, hours=1) - timedelta(hours=8))
        return start.date()


def _hash_of(table: str, without: tuple[str, ...]) -> str:
    with db.engine.connect() as connection:
        names = [one["name"] for one in sa.inspect(connection).get_columns(table)]
        kept = [name for name in names if f"{table}.{name}" not in without]
        rows = connection.execute(sa.text(f"SELECT {', '.join(kept)} FROM {table} ORDER BY 1, 2")).all()  # noqa: S608
    return f"{len(rows)} rows, {hashlib.sha256(repr(rows).encode()).hexdigest()}"


def _plain(text: str) -> str:
    return text.replace("&amp;", "&").replace("&#39;", "'").replace("&#34;", '"')


@contextmanager
def open_shop(database: Path, clock: ManualClock, **config: Any) -> Iterator[Shop]:
    """A shop on an empty, migrated database; its application context is open."""
    server = create_simulator(State(None), clock, SIMULATOR_URL)
    simulator: Simulator = server.extensions["simulator"]
    channel = transport(server)
    settled = config_for(database, **({"simulator_url": SIMULATOR_URL} | config))
    line = Line(channel, SIMULATOR_URL)
    outside = wiring.build(settled, clock, {"https://": line, "http://": line, SIMULATOR_URL: line})
    keys = build_demo_world(simulator, books_connection.redirect_uri(outside))
    app = create_app(settled, outside)
    with app.app_context():
        yield Shop(app, outside, clock, simulator, keys, channel, line=line)
        db.engine.dispose()
