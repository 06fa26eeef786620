"""The alerts page, what the status page says of health, and the figures for machines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.mail.smtp import SmtpMailer
from app.ports import NotConnected
from app.services.alerts import alerts, incidents, noting
from app.store.db import write
from tests.conftest import Browser
from tests.shop import Shop

A = "/b/lumen-home-goods/alerts"


@pytest.fixture
def with_mail(traded: Shop) -> Shop:
    """A mail server is set up; nothing is sent in these tests."""
    traded.outside = replace(traded.outside, mailer=SmtpMailer("smtp://127.0.0.1:9?tls=none", "t@example.com", "host"))
    traded.app.extensions["outside"] = traded.outside
    return traded


def fail_login(shop: Shop) -> None:
    for _try in range(2):
        shop.clock.advance(timedelta(minutes=2))
        noting.failed(shop.outside, shop.business, "books", NotConnected("Zoho doesn't accept the stored login."))


def test_quiet_business_says_that_nothing_is_wrong(with_mail: Shop, owner: Browser) -> None:
    page = owner.get(A).text
    assert "Nothing is wrong." in page
    assert "owner@example.com" in page
    assert "No mail server" not in page
    assert "Health: HitPay works, Zoho Books works" in owner.get("/b/lumen-home-goods/").text


def test_without_mail_server_a_warning_stands_on_both_pages_and_the_incident_is_recorded(
    traded: Shop, owner: Browser
) -> None:
    fail_login(traded)
    page = owner.get(A).text
    assert "No mail server is set up" in page
    assert "Zoho Books asks you to sign in again" in page
    assert "No mail: no mail server is set up." in page
    assert "Send test mail" not in page
    status = owner.get("/b/lumen-home-goods/").text
    assert "No mail server is set up, so nobody is told when something stops." in status
    assert "asks you to sign in again" in status


def test_open_incident_is_acknowledged_by_a_bookkeeper_not_by_an_accountant(
    with_mail: Shop, owner: Browser, enter: Callable[..., Browser]
) -> None:
    fail_login(with_mail)
    assert ">Zoho Books asks you to sign in again.</h1>" in owner.get(A).text
    accountant = enter("reader@example.com", "accountant")
    assert "Acknowledge</button>" not in accountant.get(A).text
    assert accountant.post(f"{A}/1/acknowledge").status_code == 403
    bookkeeper = enter("books@example.com", "bookkeeper")
    assert bookkeeper.post(f"{A}/1/acknowledge").status_code == 303
    assert "Acknowledged: no more reminders." in owner.get(A).text
    assert bookkeeper.post(A, {"recipients": "x@example.com"}).status_code == 403


def test_incident_of_another_business_is_not_acknowledged(with_mail: Shop, owner: Browser) -> None:
    fail_login(with_mail)
    owner.post("/businesses/new", {"name": "Other", "time_zone": "UTC"})
    owner.post("/b/other/alerts/1/acknowledge")
    (standing,) = alerts.view(with_mail.outside, with_mail.business).open
    assert standing.acknowledged_at is None


def test_settings_are_saved_and_refused_at_their_field(with_mail: Shop, owner: Browser) -> None:
    answer = owner.post(A, {"recipients": "x@example.com", "digest": "y", "ping_url": ""})
    assert answer.status_code == 303
    assert "x@example.com" in owner.get(A).text
    refused = owner.post(A, {"recipients": "nonsense", "ping_url": "http://127.0.0.1:8080/x"})
    assert refused.status_code == 422
    assert "isn&#39;t an email address" in refused.text
    assert "private network" in refused.text
    assert alerts.view(with_mail.outside, with_mail.business).entered == ["x@example.com"]


def test_mails_are_paused_resumed_and_tested(with_mail: Shop, owner: Browser) -> None:
    owner.post(f"{A}/pause")
    assert "Mails are paused since" in owner.get(A).text
    assert "Mails are paused, so nobody is told" in owner.get("/b/lumen-home-goods/").text
    owner.post(f"{A}/resume")
    assert "Mails are paused since" not in owner.get(A).text
    owner.post(f"{A}/test")
    page = owner.get(A).text
    assert "A test mail for owner@example.com is on its way." in page
    assert "this is a test" in page
    owner.post(f"{A}/no-ping")


def test_mail_server_that_is_down_stands_on_every_page_of_who_is_signed_in(with_mail: Shop, owner: Browser) -> None:
    with write() as session:
        incidents.raise_own(session, with_mail.outside, "The mail server could not be reached.", "")
    for place in ("/", A, "/b/lumen-home-goods/records"):
        assert "Mails don&#39;t go out: The mail server could not be reached." in owner.get(place).text.replace(
            "'", "&#39;"
        )
    assert "The mail server" not in Browser(with_mail.app.test_client()).get("/login").text


def test_healthz_tells_stored_verdicts_without_asking_anybody(with_mail: Shop) -> None:
    def asked(*_given: Any) -> None:
        raise AssertionError("something outside was asked")

    with_mail.line.before = asked
    stranger = with_mail.app.test_client()
    with_mail.clock.advance(timedelta(minutes=10))
    told = stranger.get("/healthz").json
    assert told == {
        "ok": True, "last_success_age_seconds": 600, "oldest_unposted_charge_age": None, "parked": 0, "unknown": 0,
        "outbox_failed": 0, "incidents_open": 0, "mail_server_down": False,
    }  # fmt: skip
    fail_login(with_mail)
    answer = stranger.get("/healthz")
    assert (answer.status_code, answer.get_json()["ok"]) == (200, False)


def test_metrics_are_numbers_only(with_mail: Shop) -> None:
    fail_login(with_mail)
    answer = with_mail.app.test_client().get("/metrics")
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    assert "tieout_incidents_open 1.0" in answer.text
    assert 'tieout_sides{state="reconnect"} 1.0' in answer.text
    assert 'tieout_runs{outcome="fine"}' in answer.text
    told = answer.text.lower()
    assert [
        word for word in ("lumen", "owner", "example.com", "zoho doesn", with_mail.organization) if word in told
    ] == []
