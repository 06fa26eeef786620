"""Consent, exchange, refresh and revocation: what each of Zoho's odd answers means."""

from __future__ import annotations

import logging
import traceback
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from app.books.zoho.datacenters import Datacenter
from app.books.zoho.oauth import SCOPES, ZohoLogin
from app.clock import ManualClock
from app.http_client import HttpClient
from app.ports import ApiClient, NotConnected, OutsideError, Refused, Temporary

TOKEN_URL = "https://accounts.zoho.eu/oauth/v2/token"
REVOKE_URL = "https://accounts.zoho.eu/oauth/v2/token/revoke"
TOKEN = "canary-token"
GRANTED = {
    "access_token": "1000.access",
    "refresh_token": "1000.refresh",
    "api_domain": "https://www.zohoapis.eu",
    "token_type": "Bearer",
    "expires_in": 3600,
}


@pytest.fixture
def login(http: HttpClient, clock: ManualClock, europe: Datacenter) -> ZohoLogin:
    client = ApiClient(datacenter="eu", client_id="1000.CLIENT", client_secret="canary-secret")
    return ZohoLogin(http, clock, europe, client, "https://books.example/oauth/zoho/callback")


def test_consent_address_asks_for_everything_once(login: ZohoLogin) -> None:
    url = urlsplit(login.authorize_url("state-1"))
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://accounts.zoho.eu/oauth/v2/auth"
    assert parse_qs(url.query) == {
        "response_type": ["code"],
        "client_id": ["1000.CLIENT"],
        "redirect_uri": ["https://books.example/oauth/zoho/callback"],
        "scope": [",".join(SCOPES)],
        "access_type": ["offline"],
        "prompt": ["consent"],
        "state": ["state-1"],
    }


def test_scopes_cannot_change_or_delete_anything() -> None:
    assert {scope.rpartition(".")[2] for scope in SCOPES} == {"READ", "CREATE"}
    assert len(set(SCOPES)) == len(SCOPES)


def test_code_is_exchanged_for_a_token(login: ZohoLogin, wire: responses.RequestsMock, clock: ManualClock) -> None:
    wire.add(responses.POST, TOKEN_URL, json=GRANTED)
    token = login.exchange("1000.code+/=")
    assert (token.access_token, token.refresh_token) == ("1000.access", "1000.refresh")
    assert token.expires_at == clock.now() + timedelta(hours=1)
    assert token.scopes == SCOPES
    assert parse_qs(str(wire.calls[0].request.body)) == {
        "grant_type": ["authorization_code"],
        "code": ["1000.code+/="],
        "redirect_uri": ["https://books.example/oauth/zoho/callback"],
        "client_id": ["1000.CLIENT"],
        "client_secret": ["canary-secret"],
    }
    assert "?" not in str(wire.calls[0].request.url)


def test_granted_scopes_are_told_when_zoho_tells_them(login: ZohoLogin, wire: responses.RequestsMock) -> None:
    wire.add(responses.POST, TOKEN_URL, json={**GRANTED, "scope": "ZohoBooks.settings.READ ZohoBooks.banking.READ"})
    assert login.exchange("c").scopes == ("ZohoBooks.settings.READ", "ZohoBooks.banking.READ")


def test_refresh_gives_a_new_access_token(login: ZohoLogin, wire: responses.RequestsMock, clock: ManualClock) -> None:
    wire.add(responses.POST, TOKEN_URL, json={"access_token": "1000.new", "expires_in": 3600})
    access = login.refresh("1000.refresh")
    assert (access.value, access.expires_at) == ("1000.new", clock.now() + timedelta(hours=1))
    assert parse_qs(str(wire.calls[0].request.body))["refresh_token"] == ["1000.refresh"]


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ({"expires_in": "1800"}, 1800),
        ({"expires_in": 3600000}, 3600),
        ({"expires_in": 3600000, "expires_in_sec": 900}, 900),
        ({"expires_in": "soon"}, 3600),
        ({"expires_in": None}, 3600),
        ({"expires_in": -5}, 3600),
        ({"expires_in": 0}, 3600),
        ({}, 3600),
        ({"expires_in": 3600, "expires_at": "never"}, 3600),
    ],
    ids=str,
)
def test_life_of_a_token_is_never_more_than_an_hour(
    login: ZohoLogin, wire: responses.RequestsMock, clock: ManualClock, told: dict[str, object], seconds: int
) -> None:
    wire.add(responses.POST, TOKEN_URL, json={"access_token": "1000.new", **told})
    assert login.refresh("1000.refresh").expires_at == clock.now() + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("status", "body", "error", "cause"),
    [
        (200, {"error": "invalid_code"}, Refused, "expired_code"),
        (400, {"error": "invalid_code"}, Refused, "expired_code"),
        (200, {"error": "invalid_client"}, Refused, "invalid_client"),
        (200, {"error": "invalid_client_secret"}, Refused, "invalid_client"),
        (200, {"error": "invalid_redirect_uri"}, Refused, "redirect_uri"),
        (200, {"error": "something_new"}, Refused, ""),
        (200, {"error": "Access Denied"}, Temporary, None),
        (200, {name: value for name, value in GRANTED.items() if name != "refresh_token"}, Refused, "no_refresh_token"),
        (200, {**GRANTED, "api_domain": "https://www.zohoapis.in"}, Refused, "wrong_datacenter"),
        (200, {**GRANTED, "api_domain": "https://evil.example"}, Refused, "wrong_datacenter"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_refused_exchange_says_why(
    login: ZohoLogin,
    wire: responses.RequestsMock,
    status: int,
    body: dict[str, object],
    error: type[OutsideError],
    cause: str | None,
) -> None:
    wire.add(responses.POST, TOKEN_URL, status=status, json=body)
    with pytest.raises(error) as caught:
        login.exchange("c")
    assert getattr(caught.value, "cause", None) == cause


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, {"error": "invalid_code"}, NotConnected),
        (200, {"error": "invalid_client"}, NotConnected),
        (400, {"error": "invalid_client_secret"}, NotConnected),
        (200, {"error": "Access Denied"}, Temporary),
        (
            400,
            {"error": "Access Denied", "error_description": "You have made too many requests", "status": "failure"},
            Temporary,
        ),
        (200, {"error": "general_error"}, Temporary),
    ],
    ids=str,
)
def test_refused_refresh_tells_death_from_waiting(
    login: ZohoLogin, wire: responses.RequestsMock, status: int, body: dict[str, object], error: type[OutsideError]
) -> None:
    wire.add(responses.POST, TOKEN_URL, status=status, json=body)
    with pytest.raises(error) as caught:
        login.refresh("1000.refresh")
    if isinstance(caught.value, Temporary):
        assert caught.value.retry_after == 900.0
    assert len(wire.calls) == 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"body": ""}, id="empty"),
        pytest.param({"body": "<html>Sign in</html>"}, id="html"),
        pytest.param({"body": '{"access_token":"1000.canary'}, id="cut"),
        pytest.param({"json": []}, id="list"),
        pytest.param({"json": {}}, id="no key"),
        pytest.param({"json": {"access_token": None}}, id="null key"),
        pytest.param({"json": {"access_token": 7}}, id="number key"),
        pytest.param({"json": {"access_token": ""}}, id="empty key"),
        pytest.param({"json": {"access_token": "a\r\nX-Evil: 1"}}, id="key with a line break"),
        pytest.param({"json": {"status": "failure"}}, id="failure without an error"),
        pytest.param({"status": 500, "json": {"error": "x"}}, id="server error"),
        pytest.param({"status": 503, "body": "busy"}, id="unavailable"),
        pytest.param({"status": 429, "json": {"error": "slow"}}, id="too many"),
        pytest.param({"body": requests.ReadTimeout("slow")}, id="time-out"),
        pytest.param({"body": requests.ConnectTimeout("slow")}, id="unreachable"),
    ],
)
@pytest.mark.parametrize("step", ["exchange", "refresh"])
def test_malformed_token_answer_never_declares_a_login_dead(
    login: ZohoLogin, wire: responses.RequestsMock, answer: dict[str, object], step: str
) -> None:
    wire.add(responses.POST, TOKEN_URL, **answer)  # type: ignore[arg-type]
    with pytest.raises(Temporary) as caught:
        getattr(login, step)("1000.refresh")
    assert "canary" not in f"{caught.value} {caught.value.detail}"
    assert len(wire.calls) == 1


def test_token_is_revoked_by_its_query(login: ZohoLogin, wire: responses.RequestsMock) -> None:
    wire.add(responses.POST, REVOKE_URL, json={"status": "success"})
    login.revoke("1000.refresh")
    assert parse_qs(urlsplit(str(wire.calls[0].request.url)).query) == {"token": ["1000.refresh"]}


def test_revoking_a_dead_token_is_no_error(login: ZohoLogin, wire: responses.RequestsMock) -> None:
    wire.add(responses.POST, REVOKE_URL, status=400, json={"error": "invalid_code"})
    login.revoke("1000.refresh")
    assert len(wire.calls) == 1


@pytest.mark.parametrize("answer", [{"status": 503, "body": ""}, {"body": requests.ReadTimeout("slow")}], ids=str)
def test_revoking_without_an_answer_is_temporary(
    login: ZohoLogin, wire: responses.RequestsMock, answer: dict[str, object]
) -> None:
    wire.add(responses.POST, REVOKE_URL, **answer)  # type: ignore[arg-type]
    with pytest.raises(Temporary):
        login.revoke("1000.refresh")


@pytest.mark.parametrize("step", ["exchange", "refresh", "revoke"])
def test_no_secret_of_the_login_leaks(
    login: ZohoLogin, wire: responses.RequestsMock, caplog: pytest.LogCaptureFixture, step: str
) -> None:
    caplog.set_level(logging.DEBUG)
    sent = [TOKEN] if step == "revoke" else [TOKEN, "canary-secret"]
    words = f"Access Denied for {' and '.join(sent)}"
    for url in (TOKEN_URL, REVOKE_URL):
        wire.add(responses.POST, url, status=400, json={"error": words, "error_description": words})
    with pytest.raises(OutsideError) as caught:
        getattr(login, step)(TOKEN)
    told = "".join(traceback.format_exception(caught.value)) + caught.value.detail + caplog.text
    assert "canary" not in told
