"""A revoked authorization: noticed, told of once with all that matters, and healed by reconnecting."""

from __future__ import annotations

from datetime import timedelta

from app.services.alerts import alerts
from app.services.connections import books_connection
from app.services.syncing import runs
from tests.line import Spoiled
from tests.services.alerts.conftest import HOUR, MINUTE, Watched

SIGN_IN = "Lumen Home Goods: sign in to Zoho Books again"
WORKS = "Lumen Home Goods: Zoho Books works again"


def test_health_check_alone_tells_of_a_revoked_token_within_70_minutes(watched: Watched) -> None:
    watched.revoke()
    watched.pass_time(50 * MINUTE, 25 * MINUTE, without=("clockwork", "worker"))
    assert watched.subjects == [], "nothing was asked yet"
    assert watched.until_mail(20 * MINUTE, without=("clockwork", "worker")) <= 20 * MINUTE
    assert watched.subjects == [SIGN_IN]


def test_run_that_meets_a_revoked_token_tells_within_3_minutes(watched: Watched) -> None:
    watched.sale(amount="100.00", fixed_fee="1.00")
    watched.sale(amount="50.50", fixed_fee="1.00")
    watched.revoke()
    assert watched.shop.sync().outcome == "stopped"
    assert watched.until_mail(timedelta(minutes=3)) <= timedelta(minutes=3)
    (mail,) = watched.mailbox.received
    assert mail.subject == SIGN_IN
    assert mail.recipient == "owner@example.com"
    assert "2 sales, SGD 150.50, wait." in mail.text
    assert "nothing is posted since 22 Nov 2026, 12:12 (Singapore time)" in mail.text
    assert "Reconnect: http://127.0.0.1:8000/b/lumen-home-goods/zoho" in mail.text
    assert 'href="http://127.0.0.1:8000/b/lumen-home-goods/zoho"' in mail.html
    assert mail.html.count("<a ") == 1


def test_one_refusal_is_checked_again_before_anybody_is_told(watched: Watched) -> None:
    watched.sale()
    watched.shop.fault("refresh", "refused", platform="zoho_accounts", status=200, code=0)
    watched.shop.fault("*", "unauthorized")
    watched.shop.fault("*", "unauthorized")
    watched.shop.sync()
    watched.pass_time(2 * HOUR, 20 * MINUTE)
    assert watched.subjects == []
    assert alerts.view(watched.shop.outside, watched.shop.business).open == []


def test_reconnecting_posts_what_waited_at_once_and_tells_that_it_is_over(watched: Watched) -> None:
    watched.revoke()
    watched.sale()
    watched.sale()
    assert watched.shop.sync().outcome == "stopped"
    watched.until_mail(timedelta(minutes=3))
    before = len(watched.shop.documents("invoices"))

    watched.reconnect()
    watched.pass_time(3 * MINUTE)
    assert len(watched.shop.documents("invoices")) == before + 2
    newest = runs.latest(watched.shop.outside, watched.shop.business, 1)[0]
    assert (newest.trigger, newest.outcome) == ("after reconnecting", "fine")
    assert books_connection.view(watched.shop.outside, watched.shop.business).connected
    assert watched.subjects == [SIGN_IN, WORKS]
    assert "Nothing waits any more." in watched.mailbox.received[1].text

    watched.pass_time(3 * HOUR, HOUR)
    assert watched.subjects == [SIGN_IN, WORKS]
    view = alerts.view(watched.shop.outside, watched.shop.business)
    assert view.open == []
    (past,) = view.past
    said = [line.says for line in past.timeline]
    assert said[0] == "Opened."
    assert "Over." in said
    assert said.count("The mail server took the mail for owner@example.com.") == 2


def test_reminders_come_after_a_day_three_days_and_weekly_until_acknowledged(watched: Watched) -> None:
    watched.revoke()
    watched.pass_time(timedelta(days=18), 12 * HOUR)
    assert watched.subjects == [
        SIGN_IN,
        f"{SIGN_IN} (open for 24 hours)",
        f"{SIGN_IN} (open for 3 days)",
        f"{SIGN_IN} (open for 10 days)",
        f"{SIGN_IN} (open for 17 days)",
    ]
    outside, business = watched.shop.outside, watched.shop.business
    (standing,) = alerts.view(outside, business).open
    alerts.acknowledge(outside, business, standing.id, watched.shop.user)
    watched.pass_time(timedelta(days=8), 24 * HOUR)
    assert len(watched.subjects) == 5
    watched.reconnect()
    watched.pass_time(5 * MINUTE)
    assert watched.subjects[5:] == [WORKS]


def test_nobody_is_told_while_mails_are_paused_or_sync_is_off(watched: Watched) -> None:
    outside, business = watched.shop.outside, watched.shop.business
    alerts.pause(outside, business, paused=True)
    watched.revoke()
    watched.pass_time(timedelta(days=2), 6 * HOUR)
    assert watched.subjects == []
    assert len(alerts.view(outside, business).open) == 1, "it is recorded all the same"

    alerts.pause(outside, business, paused=False)
    watched.pass_time(5 * MINUTE)
    assert watched.subjects == [SIGN_IN]


def test_sync_that_is_off_is_silent(watched: Watched) -> None:
    watched.shop.save(sync_enabled=False)
    watched.revoke()
    watched.pass_time(timedelta(days=4), 12 * HOUR)
    assert watched.subjects == []
    assert alerts.view(watched.shop.outside, watched.shop.business).open == []


def test_disconnecting_ends_an_incident_without_a_mail(watched: Watched) -> None:
    watched.revoke()
    watched.sale()
    watched.shop.sync()
    watched.until_mail(timedelta(minutes=3))
    books_connection.disconnect(watched.shop.outside, watched.shop.business)
    watched.pass_time(timedelta(days=2), 6 * HOUR)
    assert watched.subjects == [SIGN_IN]
    assert alerts.view(watched.shop.outside, watched.shop.business).open == []


def test_provider_key_that_is_refused_is_told_and_healed_by_another_key(watched: Watched) -> None:
    watched.shop.line.spoiled = [
        Spoiled("GET", path, b'{"message": "Unauthenticated."}', status=401)
        for path in ("/v1/account-status", "/v1/charges")
    ]
    assert watched.shop.sync().outcome == "stopped"
    assert watched.until_mail(timedelta(minutes=3))
    assert watched.subjects == ["Lumen Home Goods: enter the HitPay API key again"]
    assert "/b/lumen-home-goods/provider" in watched.mailbox.received[0].text

    watched.shop.line.mend()
    watched.shop.connect_provider()
    watched.pass_time(3 * MINUTE)
    assert watched.subjects[1:] == ["Lumen Home Goods: HitPay works again"]


def test_no_secret_is_in_any_mail(watched: Watched) -> None:
    watched.revoke()
    watched.shop.sync()
    watched.pass_time(timedelta(days=2), 6 * HOUR)
    watched.reconnect()
    watched.pass_time(5 * MINUTE)
    assert len(watched.subjects) == 3
    secrets = [
        watched.shop.keys["zoho"]["client_id"], watched.shop.keys["zoho"]["client_secret"],
        watched.shop.keys["hitpay"]["lumen"], "1000.", "invalid_code", "Bearer", "/login/link/",
    ]  # fmt: skip
    assert [one for one in secrets if one in watched.mailbox.everything] == []
