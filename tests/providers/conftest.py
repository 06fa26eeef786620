"""A HitPay account at noon of a Monday, over a mocked wire."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import responses

from app.clock import ManualClock
from app.http_client import HttpClient
from app.providers.hitpay.environments import SANDBOX
from app.providers.hitpay.provider import HitPay

Row = dict[str, object]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 2, 4, tzinfo=UTC))


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def hitpay(clock: ManualClock) -> HitPay:
    http = HttpClient(clock, in_transaction=lambda: False)
    return HitPay(http, clock, SANDBOX, "test_canary-key-77")


@pytest.fixture
def row() -> Callable[..., Row]:
    """Make a list row of the shape HitPay publishes; keyword arguments replace fields, `...` removes them."""

    def make(**changes: object) -> Row:
        made: Row = {
            "id": "9ced76ac-1638-44df-b702-3f43f6592e2a",
            "currency": "sgd",
            "home_currency": "sgd",
            "exchange_rate": "1.00000",
            "amount": 70.56,
            "fixed_fee": 0.6,
            "discount_fee": 2.57,
            "discount_fee_rate": 3.65,
            "remark": "Order #9ced76aa",
            "status": "succeeded",
            "payment_method": {"name": "card", "data": {"brand": "Visa", "last4": "4242"}},
            "customer_id": "9ce1111d-e6c9-4511-95f9-6277d06299c1",
            "customer": {"name": "Jane Doe", "email": "customer@example.com", "phone_number": "6591234567"},
            "payment_request_id": "9ced76aa-ea65-46a1-a13a-16e9ae39620f",
            "webhook_status": False,
            "order_reference_number": "1007",
            "executor": None,
            "location": None,
            "channel": "api_store",
            "admin_fee": False,
            "closed_at": "2024-09-04T16:05:37+08:00",
            "created_at": "2024-09-04T16:05:21+08:00",
            "updated_at": "2024-09-04T16:35:40+08:00",
        }
        made.update(changes)
        return {name: value for name, value in made.items() if value is not ...}

    return make
