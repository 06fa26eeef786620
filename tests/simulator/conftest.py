"""A simulated Zoho in this process, reached through `requests` as if over a socket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
import requests
from flask import Flask

from app.simulator.clock import ManualClock
from app.simulator.server import create_simulator
from app.simulator.simulated import Simulator
from app.simulator.state import State
from app.simulator.zoho_accounts import register_client
from app.simulator.zoho_books.accounts import account_id
from app.simulator.zoho_books.operations import act
from app.simulator.zoho_books.organizations import book_of, create_organization, create_user
from app.simulator.zoho_books.truth import truth
from tests.transport import transport

BASE_URL = "http://127.0.0.1:8890"
REDIRECT_URI = "http://127.0.0.1:8000/oauth/zoho/callback"
NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # 12:00 in Singapore
_ENCODE = msgspec.json.Encoder(decimal_format="number")


@dataclass
class Zoho:
    """One merchant's Zoho: an organization, a signed-in client, and the truth."""

    simulator: Simulator
    session: requests.Session
    user_id: str
    organization_id: str
    token: str = ""
    scopes: str = "ZohoBooks.fullaccess.all"
    query: dict[str, str] = field(default_factory=dict)

    @property
    def clock(self) -> ManualClock:
        assert isinstance(self.simulator.clock, ManualClock)
        return self.simulator.clock

    def send(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        return self.session.request(
            method,
            f"{BASE_URL}/zohoapis/books/v3{path}",
            params={"organization_id": self.organization_id, **query},
            data=None if body is None else _ENCODE.encode(body),
            headers={"Authorization": f"Zoho-oauthtoken {self.token}", "Content-Type": "application/json"},
        )

    def get(self, path: str, **query: Any) -> Any:
        return accepted(self.send("GET", path, **query))

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        return accepted(self.send("POST", path, body, **query))

    def delete(self, path: str, **query: Any) -> Any:
        return accepted(self.send("DELETE", path, **query))

    def refused(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, int]:
        """The HTTP status and Zoho's code of a refusal."""
        answer = self.send(method, path, body, **query)
        content = answer.json()
        assert content["code"] != 0, content
        return answer.status_code, content["code"]

    def act(self, operation: str, body: Any = None, query: Any = None, **path: str) -> Any:
        return act(self.simulator, self.organization_id, operation, body, query, **path)

    def account(self, name: str) -> str:
        return account_id(book_of(self.simulator, self.organization_id), name)

    def truth(self) -> dict[str, Any]:
        return truth(self.simulator, self.organization_id)

    def balance(self, name: str) -> str:
        return str(self.truth()["accounts"][name]["balance"])

    def customer(self, name: str = "HitPay Sales (SGD)", currency: str = "SGD") -> str:
        currency_id = book_of(self.simulator, self.organization_id).currency(code=currency)["id"]
        made = self.act("create_contact", {"contact_name": name, "currency_id": currency_id})
        return str(made["contact"]["contact_id"])

    def item(self, name: str = "HitPay sales", account: str = "Sales", **more: Any) -> str:
        body = {"name": name, "rate": 0, "account_id": self.account(account), **more}
        return str(self.act("create_item", body)["item"]["item_id"])

    def invoice(self, total: str = "100.00", **more: Any) -> Any:
        """An invoice made over the wire for a fresh or given customer and item."""
        lines = [{"item_id": more.pop("item_id", None) or self.item(), "rate": Decimal(total), "quantity": 1}]
        customer_id = more.pop("customer_id", None) or self.customer()
        return self.post("/invoices", {"customer_id": customer_id, "line_items": lines, "date": "2026-11-20", **more})[
            "invoice"
        ]

    def pay(self, invoice: Any, amount: str = "100.00", **more: Any) -> Any:
        """A payment made over the wire into HitPay Clearing."""
        body = self.payment_body(invoice, amount, **more)
        return self.post("/customerpayments", body)["payment"]

    def payment_body(self, invoice: Any, amount: str = "100.00", **more: Any) -> Any:
        applied = {"invoice_id": invoice["invoice_id"], "amount_applied": Decimal(amount)}
        return {
            "customer_id": invoice["customer_id"],
            "payment_mode": "others",
            "amount": Decimal(amount),
            "date": "2026-11-20",
            "account_id": self.account("HitPay Clearing"),
            "invoices": [applied],
            **more,
        }


def accepted(answer: requests.Response) -> Any:
    content = answer.json(parse_float=Decimal)
    assert answer.ok, content
    assert content["code"] == 0, content
    return content


def consent(session: requests.Session, user_id: str, decision: str = "accept", **asked: str) -> dict[str, str]:
    """What the callback gets when a person decides on the consent page."""
    form = {
        "response_type": "code",
        "client_id": "client-1",
        "redirect_uri": REDIRECT_URI,
        "scope": "ZohoBooks.fullaccess.all",
        "access_type": "offline",
        "prompt": "consent",
        "state": "state-1",
        **asked,
    }
    page = session.get(f"{BASE_URL}/accounts/oauth/v2/auth", params=form)
    assert page.status_code == 200, page.text
    answer = session.post(
        f"{BASE_URL}/accounts/oauth/v2/auth",
        data={**form, "user_id": user_id, "decision": decision},
        allow_redirects=False,
    )
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def token_call(session: requests.Session, **form: str) -> Any:
    given = {"client_id": "client-1", "client_secret": "secret-1", **form}
    return session.post(f"{BASE_URL}/accounts/oauth/v2/token", data=given).json()


def exchange(session: requests.Session, code: str) -> Any:
    return token_call(session, grant_type="authorization_code", code=code, redirect_uri=REDIRECT_URI)


@pytest.fixture
def server() -> Flask:
    """The whole simulator on an empty world that stands still."""
    return create_simulator(State(), ManualClock(NOON), BASE_URL)


@pytest.fixture
def session(server: Flask) -> Iterator[requests.Session]:
    """A session whose requests to the simulator stay in this process; any other host is refused by the adapter map."""
    with requests.Session() as opened:
        opened.trust_env = False
        opened.adapters.clear()
        opened.mount(BASE_URL, transport(server))
        yield opened


@pytest.fixture
def zoho(server: Flask, session: requests.Session) -> Zoho:
    """A Singapore organization without call limits, and a token that may do everything."""
    simulator: Simulator = server.extensions["simulator"]
    register_client(simulator, "client-1", "secret-1", [REDIRECT_URI])
    user_id = create_user(simulator, "owner@shop.example", "Owner")
    no_limits: dict[str, Any] = {"calls_per_minute": 0, "calls_per_day": 0, "calls_at_once": 0}
    organization_id = create_organization(simulator, user_id, "Shop", **no_limits)
    tokens = exchange(session, consent(session, user_id)["code"])
    return Zoho(simulator, session, user_id, organization_id, tokens["access_token"])
