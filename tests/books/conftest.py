"""An organization in the European data centre, over a mocked wire."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import responses

from app.books.zoho.client import ZohoClient
from app.books.zoho.datacenters import Datacenter, datacenter
from app.clock import ManualClock
from app.http_client import HttpClient
from tests.books.simulated import zoho  # noqa: F401 - a fixture of these tests


class Keeper:
    """Hands out `token-1`, and a new number whenever one was turned down."""

    def __init__(self) -> None:
        self.renewals: list[str] = []

    def current(self) -> str:
        return f"token-{len(self.renewals) + 1}"

    def renew(self, rejected: str) -> str:
        self.renewals.append(rejected)
        return self.current()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 2, 12, tzinfo=UTC))


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def http(clock: ManualClock) -> HttpClient:
    return HttpClient(clock, in_transaction=lambda: False, calls_per_minute=0)


@pytest.fixture
def europe() -> Datacenter:
    return datacenter("eu")


@pytest.fixture
def keeper() -> Keeper:
    return Keeper()


@pytest.fixture
def client(http: HttpClient, europe: Datacenter, keeper: Keeper) -> ZohoClient:
    return ZohoClient(http, europe, "10229182", keeper)
