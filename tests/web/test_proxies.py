"""Failed sign-ins are counted by visitor: told by the trusted web servers in front, never by the visitor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.clock import ManualClock
from app.services.people import people
from app.services.people.sign_ins import FREE_FAILURES
from tests.conftest import PASSWORD, Browser

TRIES = FREE_FAILURES["address"]
Install = Callable[[int], Browser]


@pytest.fixture
def install(make_app: Callable[..., Flask], clock: ManualClock) -> Install:
    """A browser of an install behind so many trusted web servers, where one person may sign in."""

    def make(proxies: int) -> Browser:
        app = make_app(trusted_proxies=proxies)
        with app.app_context():
            people.create_user(clock, "owner@example.com", PASSWORD)
        return Browser(app.test_client())

    return make


def sign_in(browser: Browser, forwarded: str, email: str = "owner@example.com", password: str = PASSWORD) -> Any:
    return browser.post("/login", {"email": email, "password": password}, headers={"X-Forwarded-For": forwarded})


def guess(browser: Browser, forwarded: Callable[[int], str]) -> None:
    """As many wrong tries as one address has, each at another account."""
    for number in range(TRIES):
        assert sign_in(browser, forwarded(number), f"person{number}@example.com", "wrong").status_code == 422


def test_visitors_behind_a_trusted_web_server_are_told_apart(install: Install) -> None:
    browser = install(1)
    guess(browser, lambda _number: "203.0.113.5")
    assert "Too many failed tries" in sign_in(browser, "203.0.113.5").text
    assert sign_in(browser, "203.0.113.6").status_code == 303


def test_what_a_visitor_claims_does_not_escape_the_limit(install: Install) -> None:
    browser = install(0)
    guess(browser, lambda number: f"198.51.100.{number}")
    assert "Too many failed tries" in sign_in(browser, "198.51.100.99").text


def test_what_a_visitor_claims_to_a_trusted_web_server_does_not_escape_either(install: Install) -> None:
    """The web server adds the true address at the end; only that one is read."""
    browser = install(1)
    guess(browser, lambda number: f"198.51.100.{number}, 203.0.113.5")
    assert "Too many failed tries" in sign_in(browser, "198.51.100.99, 203.0.113.5").text
    assert sign_in(browser, "203.0.113.5, 203.0.113.6").status_code == 303
