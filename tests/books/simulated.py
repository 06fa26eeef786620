"""One organization of a simulated Zoho, our adapters connected to it, and one sale to post."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from app.books.zoho.choices import ZohoChoices
from app.books.zoho.client import ZohoClient
from app.books.zoho.datacenters import datacenter
from app.books.zoho.oauth import ZohoLogin
from app.books.zoho.posting import ZohoPosting
from app.clock import ManualClock
from app.domain.documents import CustomerPayment, Expense, Invoice, Line
from app.domain.money import Money
from app.http_client import HttpClient
from app.ports import ApiClient, Token
from app.simulator.contract import strict_log
from app.simulator.faults import Fault, script
from app.simulator.server import create_simulator
from app.simulator.simulated import Simulator
from app.simulator.state import State
from app.simulator.zoho_accounts import register_client
from app.simulator.zoho_books.accounts import account_id
from app.simulator.zoho_books.organizations import (
    book_of,
    create_organization,
    create_user,
)
from app.simulator.zoho_books.truth import truth
from tests.transport import transport

BASE = "http://127.0.0.1:8890"
CALLBACK = "http://127.0.0.1:8000/oauth/zoho/callback"
DAY = date(2026, 10, 31)
CUSTOMER = "HitPay Sales (SGD)"
GROSS, FEE = Money.of("70.56", "SGD"), Money.of("3.17", "SGD")


class Keeper:
    """Keeps one access token, refreshed through the login."""

    def __init__(self, login: ZohoLogin, token: Token) -> None:
        self.login, self.token, self.value, self.renewals = login, token, token.access_token, 0

    def current(self) -> str:
        return self.value

    def renew(self, rejected: str) -> str:
        self.renewals += 1
        self.value = self.login.refresh(self.token.refresh_token).value
        return self.value


@dataclass
class Zoho:
    """One organization of a simulated Zoho, and our adapters connected to it by a real consent."""

    simulator: Simulator
    session: requests.Session
    http: HttpClient
    login: ZohoLogin
    user_id: str
    organization_id: str
    keeper: Keeper

    @property
    def posting(self) -> ZohoPosting:
        return ZohoPosting(self.client(), "SGD")

    @property
    def choices(self) -> ZohoChoices:
        return ZohoChoices(self.client())

    def client(self) -> ZohoClient:
        return ZohoClient(self.http, datacenter("simulator", BASE), self.organization_id, self.keeper)

    def account(self, name: str) -> str:
        return account_id(book_of(self.simulator, self.organization_id), name)

    def fail(self, operation: str, kind: str, platform: str = "zoho_books", **values: Any) -> None:
        script(self.simulator.state, Fault(platform, operation, kind, **values))

    def truth(self) -> dict[str, Any]:
        return truth(self.simulator, self.organization_id)


def consent(session: requests.Session, login: ZohoLogin, user_id: str) -> dict[str, str]:
    """What the callback gets after a person opened our address and pressed Accept."""
    address = urlsplit(login.authorize_url("state-1"))
    asked = dict(parse_qsl(address.query))
    page = f"{BASE}{address.path}"
    assert session.get(page, params=asked).status_code == 200
    form = {**asked, "user_id": user_id, "decision": "accept"}
    answer = session.post(page, data=form, allow_redirects=False)
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


@pytest.fixture
def zoho(clock: ManualClock) -> Iterator[Zoho]:
    server = create_simulator(State(), clock, BASE)
    simulator: Simulator = server.extensions["simulator"]
    register_client(simulator, "client-1", "secret-1", [CALLBACK])
    user_id = create_user(simulator, "owner@shop.example", "Owner")
    organization_id = create_organization(simulator, user_id, "Shop")
    http = HttpClient(clock, in_transaction=lambda: False, mounts={BASE: transport(server)}, calls_per_minute=80)
    client = ApiClient(datacenter="simulator", client_id="client-1", client_secret="secret-1")
    login = ZohoLogin(http, clock, datacenter("simulator", BASE), client, CALLBACK)
    with requests.Session() as session:
        session.mount(BASE, transport(server))
        token = login.exchange(consent(session, login, user_id)["code"])
        keeper = Keeper(login, token)
        yield Zoho(simulator, session, http, login, user_id, organization_id, keeper)
    assert strict_log.violations(simulator.state, "zoho_books") == []
    assert strict_log.violations(simulator.state, "zoho_accounts") == []


@dataclass
class Sale:
    """What a charge becomes."""

    invoice: Invoice
    payment: CustomerPayment
    fee: Expense


def sale_of(zoho: Zoho, reference: str = "HP-1", day: date = DAY) -> Sale:
    item = zoho.choices.create_item(f"HitPay sales {reference}", zoho.account("Sales"))
    line = Line(item_id=item.id, description="Order 1007", amount=GROSS)
    clearing = zoho.account("HitPay Clearing")
    return Sale(
        Invoice(
            reference=reference, date=day, customer_name=CUSTOMER, currency="SGD", lines=(line,), notes="Paid by card"
        ),
        CustomerPayment(
            reference=reference,
            date=day,
            customer_name=CUSTOMER,
            amount=GROSS,
            account_id=clearing,
            description="Paid by card",
        ),
        Expense(
            reference=reference,
            date=day,
            amount=FEE,
            account_id=zoho.account("HitPay Fees"),
            paid_through_account_id=clearing,
            description="HitPay fee",
        ),
    )
