"""Zoho's accounts host: consent, codes, tokens, and the limits that kill them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests

from app.simulator.zoho_accounts import kill_all
from app.simulator.zoho_books.organizations import create_user
from tests.simulator.conftest import BASE_URL, Zoho, consent, exchange, token_call


def refreshed(zoho: Zoho, refresh_token: str) -> Any:
    return token_call(zoho.session, grant_type="refresh_token", refresh_token=refresh_token)


def granted(zoho: Zoho, **asked: str) -> Any:
    return exchange(zoho.session, consent(zoho.session, zoho.user_id, **asked)["code"])


def works(zoho: Zoho, token: str) -> bool:
    zoho.token = token
    return zoho.send("GET", "/organizations").status_code == 200


def auth_page(zoho: Zoho, **asked: str) -> requests.Response:
    form = {"response_type": "code", "client_id": "client-1", "state": "s", "scope": "ZohoBooks.settings.READ", **asked}
    return zoho.session.get(f"{BASE_URL}/accounts/oauth/v2/auth", params=form)


def test_callback_carries_code_state_location_and_accounts_server(zoho: Zoho) -> None:
    answer = consent(zoho.session, zoho.user_id, state="opaque=1")
    assert answer.keys() == {"code", "state", "location", "accounts-server"}
    assert (answer["state"], answer["accounts-server"]) == ("opaque=1", f"{BASE_URL}/accounts")


def test_denial_comes_back_without_a_code(zoho: Zoho) -> None:
    assert consent(zoho.session, zoho.user_id, "deny") == {"state": "state-1", "error": "access_denied"}


def test_consent_page_lists_scopes_users_and_both_buttons(zoho: Zoho) -> None:
    create_user(zoho.simulator, "second@shop.example", "Second")
    page = auth_page(zoho, redirect_uri="http://127.0.0.1:8000/oauth/zoho/callback").text
    for text in ("ZohoBooks.settings.READ", "owner@shop.example", "second@shop.example", ">Accept<", ">Deny<"):
        assert text in page


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"redirect_uri": "http://127.0.0.1:8000/elsewhere"}, "Invalid Redirect Uri"),
        ({"client_id": "nobody"}, "Invalid Client"),
        ({"scope": "ZohoBooks.items.READ"}, "Scope does not exist: ZohoBooks.items.READ"),
    ],
)
def test_bad_authorization_request_gets_a_page_and_no_redirect(zoho: Zoho, asked: dict[str, str], words: str) -> None:
    page = auth_page(zoho, **{"redirect_uri": "http://127.0.0.1:8000/oauth/zoho/callback", **asked})
    assert (page.status_code, words in page.text) == (400, True)


def test_token_answer_carries_api_domain_and_refresh_token(zoho: Zoho) -> None:
    answer = granted(zoho)
    assert (answer["api_domain"], answer["expires_in"]) == (f"{BASE_URL}/zohoapis", 3600)
    assert works(zoho, answer["access_token"])


def test_code_works_once(zoho: Zoho) -> None:
    code = consent(zoho.session, zoho.user_id)["code"]
    assert "access_token" in exchange(zoho.session, code)
    assert exchange(zoho.session, code) == {"error": "invalid_code"}


def test_code_dies_after_sixty_seconds(zoho: Zoho) -> None:
    code = consent(zoho.session, zoho.user_id)["code"]
    zoho.clock.advance(timedelta(seconds=61))
    assert exchange(zoho.session, code) == {"error": "invalid_code"}


def test_wrong_secret_is_invalid_client(zoho: Zoho) -> None:
    code = consent(zoho.session, zoho.user_id)["code"]
    assert token_call(zoho.session, grant_type="authorization_code", code=code, client_secret="wrong") == {
        "error": "invalid_client"
    }


def test_online_access_gets_no_refresh_token(zoho: Zoho) -> None:
    assert "refresh_token" not in granted(zoho, access_type="online")


def test_second_consent_without_prompt_gets_no_refresh_token(zoho: Zoho) -> None:
    assert "refresh_token" not in granted(zoho, prompt="")


def test_refresh_answers_no_refresh_token(zoho: Zoho) -> None:
    answer = refreshed(zoho, granted(zoho)["refresh_token"])
    assert answer.keys() == {"access_token", "api_domain", "token_type", "expires_in"}


def test_access_token_dies_after_an_hour(zoho: Zoho) -> None:
    zoho.clock.advance(timedelta(minutes=61))
    assert zoho.refused("GET", "/organizations") == (401, 57)


def test_revoked_refresh_token_takes_its_access_tokens_along(zoho: Zoho) -> None:
    grant = granted(zoho)
    revoke = zoho.session.post(f"{BASE_URL}/accounts/oauth/v2/token/revoke", params={"token": grant["refresh_token"]})
    assert revoke.json() == {"status": "success"}
    assert not works(zoho, grant["access_token"])
    assert refreshed(zoho, grant["refresh_token"]) == {"error": "invalid_code"}


def test_twenty_first_consent_kills_the_oldest_token(zoho: Zoho) -> None:
    kill_all(zoho.simulator, zoho.user_id)
    grants = [granted(zoho) for _ in range(21)]
    assert refreshed(zoho, grants[0]["refresh_token"]) == {"error": "invalid_code"}
    assert not works(zoho, grants[0]["access_token"])
    assert "access_token" in refreshed(zoho, grants[1]["refresh_token"])


def test_eleventh_access_token_in_ten_minutes_is_denied(zoho: Zoho) -> None:
    token = granted(zoho)["refresh_token"]
    answers = [refreshed(zoho, token) for _ in range(10)]
    assert ["access_token" in answer for answer in answers] == [True] * 9 + [False]
    assert answers[9]["error"] == "Access Denied"


def test_each_try_while_denied_prolongs_the_denial(zoho: Zoho) -> None:
    token = granted(zoho)["refresh_token"]
    for _ in range(10):
        refreshed(zoho, token)
    zoho.clock.advance(timedelta(minutes=9))
    assert refreshed(zoho, token)["error"] == "Access Denied"
    zoho.clock.advance(timedelta(minutes=9))
    assert refreshed(zoho, token)["error"] == "Access Denied"
    zoho.clock.advance(timedelta(minutes=10))
    assert "access_token" in refreshed(zoho, token)
