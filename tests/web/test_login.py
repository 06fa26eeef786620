"""Rules of the doors: setting up, signing in and out, links that work once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.clock import ManualClock
from app.services.people import people

GOOD = "seven quiet copper kettles"


@pytest.fixture
def owner(app: Flask, clock: ManualClock) -> str:
    with app.app_context():
        return people.create_user(clock, "owner@example.com", GOOD).email


def _cookie(browser: Any) -> str:
    cookie = browser.client.get_cookie("tieout")
    return cookie.value if cookie else ""


def test_sign_in_page_has_its_labels(client: Any, owner: str) -> None:
    page = client.get("/login").text
    assert '<label for="email">Email</label>' in page
    assert '<label for="password">Password</label>' in page
    assert ">Sign in</button>" in page


def test_right_password_leads_in_with_a_new_cookie(client: Any, owner: str) -> None:
    client.get("/login")
    before = _cookie(client)
    answer = client.post("/login", {"email": owner, "password": GOOD})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert _cookie(client) not in ("", before)
    assert client.get("/").status_code == 200


def test_csrf_token_from_before_signing_in_is_worthless_after(client: Any, owner: str) -> None:
    old = client.token()
    client.post("/login", {"email": owner, "password": GOOD})
    assert client.client.post("/logout", headers={"X-CSRFToken": old}).status_code == 400


def test_sign_out_ends_the_sign_in_itself(client: Any, owner: str) -> None:
    client.post("/login", {"email": owner, "password": GOOD})
    kept = _cookie(client)
    assert client.post("/logout").headers["Location"] == "/login"
    client.client.set_cookie("tieout", kept)
    assert client.get("/").status_code == 303


def test_signing_in_again_ends_the_sign_in_before(client: Any, owner: str) -> None:
    client.post("/login", {"email": owner, "password": GOOD})
    kept = _cookie(client)
    client.post("/login", {"email": owner, "password": GOOD})
    client.client.set_cookie("tieout", kept)
    assert client.get("/").status_code == 303


def test_idle_browser_is_signed_out_on_the_server(client: Any, owner: str, clock: ManualClock) -> None:
    client.post("/login", {"email": owner, "password": GOOD})
    clock.advance(timedelta(hours=2))
    assert client.get("/").headers["Location"] == "/login?next=/"


@pytest.mark.parametrize(
    ("headed_for", "lands_on"),
    [("/b/kopi-house/records?fate=held", "/b/kopi-house/records?fate=held"), ("", "/"),
     ("https://evil.example/", "/"), ("//evil.example", "/"), ("/\\evil.example", "/"), ("javascript:alert(1)", "/"),
     ("/x\r\nSet-Cookie: a=b", "/"), ("http:/evil", "/")],
)  # fmt: skip
def test_after_signing_in_one_lands_inside_only(client: Any, owner: str, headed_for: str, lands_on: str) -> None:
    answer = client.post("/login", {"email": owner, "password": GOOD}, query_string={"next": headed_for})
    assert answer.headers["Location"] == lands_on


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"email": "owner@example.com"},
        {"password": GOOD},
        {"email": "owner@example.com", "password": ""},
        {"email": "owner@example.com", "password": "wrong wrong wrong"},
        {"email": "x" * 300, "password": GOOD},
        {"email": "owner@example.com", "password": "x" * 201},
        {"email": "' OR 1=1 --", "password": GOOD},
        {"email": "owner@example.com\x00", "password": GOOD},
        {"email": ["a@example.com", "b@example.com"], "password": GOOD},
    ],
)
def test_wrong_sign_in_stays_outside_and_says_why(client: Any, owner: str, given: dict[str, Any]) -> None:
    answer = client.post("/login", given)
    assert answer.status_code == 422
    assert 'class="field-error"' in answer.text or 'role="alert"' in answer.text
    assert GOOD not in answer.text
    assert client.get("/").status_code == 303


def test_error_stands_next_to_its_field(client: Any, owner: str) -> None:
    page = client.post("/login", {"password": GOOD}).text
    assert 'aria-describedby="email-error"' in page
    assert 'aria-invalid="true"' in page
    assert '<p id="email-error" class="field-error">Enter your email address.</p>' in page


def test_after_too_many_failures_the_page_says_when_to_come_back(client: Any, owner: str) -> None:
    for _ in range(6):
        page = client.post("/login", {"email": owner, "password": "wrong wrong wrong"}).text
    assert "Too many failed tries. Try again in 16 seconds." in page


def test_link_asks_first_and_works_once(app: Flask, client: Any, owner: str, clock: ManualClock) -> None:
    with app.app_context():
        path = people.create_sign_in_link(clock, 1)
    assert client.get(path).status_code == 200
    assert client.get(path).status_code == 200
    assert client.post(path).headers["Location"] == "/"
    assert client.get("/").status_code == 200
    second = client.post(path)
    assert second.status_code == 404
    assert "doesn&#39;t work any more" in second.text or "doesn't work any more" in second.text


def test_link_of_nobody_is_not_found(client: Any, owner: str) -> None:
    assert client.get("/login/link/made-up").status_code == 404


def test_setup_makes_the_owner_signs_him_in_and_is_gone(
    make_app: Callable[..., Flask], client: Any, everything: Callable[[], dict[str, Any]]
) -> None:
    client.client.application.extensions["setup_offer"] = people.SetupOffer(
        "from-the-console", client.client.application.extensions["outside"].clock.now()
    )
    assert 'value="from-the-console"' in client.get("/setup?token=from-the-console").text
    answer = client.post("/setup", {"token": "from-the-console", "email": "Owner@example.com", "password": GOOD})
    assert answer.headers["Location"] == "/"
    assert "No business here yet." in client.get("/").text
    assert client.get("/setup").status_code == 404
    assert client.post("/setup", {"token": "from-the-console"}).status_code == 404
    assert [row[1] for row in everything()["users"]] == ["owner@example.com"]


@pytest.mark.parametrize(
    "changed",
    [{"token": ""}, {"token": "guessed"}, {"token": "x" * 300}, {"email": ""}, {"email": "nobody"},
     {"email": "x" * 250 + "@example.com"}, {"password": ""}, {"password": "short"}, {"password": "x" * 300},
     {"password": "password1234"}],
)  # fmt: skip
def test_wrong_setup_changes_nothing(
    app: Flask, clock: ManualClock, client: Any, everything: Callable[[], object], changed: dict[str, str]
) -> None:
    app.extensions["setup_offer"] = people.SetupOffer("from-the-console", clock.now())
    before = everything()
    good = {"token": "from-the-console", "email": "owner@example.com", "password": GOOD}
    answer = client.post("/setup", good | changed)
    assert answer.status_code == 422
    assert f'id="{next(iter(changed))}-error"' in answer.text
    assert everything() == before
