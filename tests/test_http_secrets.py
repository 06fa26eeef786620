"""No secret of a call ever reaches an exception or a log."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests
import responses

from app.clock import ManualClock
from app.http_client import Call, HttpClient
from app.ports import OutsideError, Refused

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
URL = "https://books.example/v3/invoices"
CANARY = "canary-5f0c1d"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def client(clock: ManualClock) -> HttpClient:
    return HttpClient(clock, in_transaction=lambda: False, calls_per_minute=0)


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def call(url: str = URL, **changes: object) -> Call:
    return Call(service="Zoho Books", url=url, **changes)  # type: ignore[arg-type]


SECRET_CALL = call(
    method="POST",
    params={"token": f"{CANARY}-param", "organization_id": "10"},
    headers={"Authorization": f"Zoho-oauthtoken {CANARY}-header", "X-BUSINESS-API-KEY": f"{CANARY}-key"},
    form=f"client_secret={CANARY}-form&refresh_token={CANARY}-refresh&code={CANARY}-code",
)


@pytest.mark.parametrize(
    "answer",
    [
        {"body": requests.ConnectionError(f"HTTPSConnectionPool: url: /v3?token={CANARY}")},
        {"body": requests.ConnectTimeout(f"url: /v3?token={CANARY}")},
        {"body": requests.exceptions.InvalidHeader(f"Invalid header {CANARY}")},
        {"status": 500, "json": {"message": f"key {CANARY}-key, {CANARY}-header and {CANARY}-form are wrong"}},
        {"status": 429, "json": {"error": f"slow down, {CANARY}-refresh {CANARY}-code {CANARY}-param"}},
        {"status": 200, "body": f'{{"access_token":"{CANARY}'},
        {"status": 200, "body": f"<html>{CANARY}</html>"},
    ],
    ids=["connection-error", "connect-timeout", "invalid-header", "echo-500", "echo-429", "cut-token", "html"],
)
@pytest.mark.parametrize("method", ["read", "write"])
def test_no_secret_reaches_an_exception_or_a_log(
    client: HttpClient,
    wire: responses.RequestsMock,
    caplog: pytest.LogCaptureFixture,
    answer: dict[str, object],
    method: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    for verb in (responses.GET, responses.POST):
        wire.add(verb, URL, **answer)  # type: ignore[arg-type]
    with pytest.raises(OutsideError) as caught:
        getattr(client, method)(SECRET_CALL)
    told = "".join(traceback.format_exception(caught.value)) + caught.value.detail + caplog.text
    assert CANARY not in told
    assert caught.value.__context__ is None


def test_words_that_cannot_be_sent_are_refused_before_sending(client: HttpClient) -> None:
    with pytest.raises(Refused) as caught:
        client.write(call(headers={"X-BUSINESS-API-KEY": f"{CANARY}\nEvil: yes"}))
    assert caught.value.cause == "invalid_request"
    assert CANARY not in str(caught.value)
