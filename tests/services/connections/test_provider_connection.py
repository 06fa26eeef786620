"""The connection to HitPay: a key is checked before anything of it is stored."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.services.business import settings
from app.services.connections import provider_connection
from app.services.refusals import Refusal
from app.store.db import db
from tests.shop import ACCOUNT, Shop

PING = "/hitpay/v1/account-status"


@pytest.fixture
def opened(shop: Shop) -> Shop:
    shop.open_business()
    return shop


def connect(shop: Shop, key: str = "", environment: str = "simulator") -> None:
    provider_connection.connect(shop.outside, shop.business, environment, key or shop.keys["hitpay"][ACCOUNT])


def refused(shop: Shop, key: str = "", environment: str = "simulator") -> Refusal:
    """The refusal, after which nothing is stored."""
    before = shop.hashes()
    with pytest.raises(Refusal) as caught:
        connect(shop, key, environment)
    assert shop.hashes() == before
    return caught.value


def test_right_key_connects_and_only_its_end_is_shown(opened: Shop) -> None:
    connect(opened, f"  {opened.keys['hitpay'][ACCOUNT]}\n")
    view = provider_connection.view(opened.outside, opened.business)
    assert (view.status, view.environment_label, view.key_ends) == ("connected", "Simulator", "4f7a")


def test_key_is_not_in_the_database_in_plain_text(opened: Shop) -> None:
    connect(opened)
    with db.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT * FROM connections")).all()
    assert opened.keys["hitpay"][ACCOUNT] not in repr(rows)
    assert opened.keys["hitpay"][ACCOUNT].encode().hex() not in repr(rows)


def test_wrong_key_is_refused_at_its_field(opened: Shop) -> None:
    refusal = refused(opened, "demo-key-of-nobody")
    assert "HitPay doesn't know this API key" in refusal.problems["api_key"]
    assert "demo-key-of-nobody" not in refusal.sentence + refusal.detail


def test_wrong_key_never_replaces_the_one_that_works(opened: Shop) -> None:
    connect(opened)
    refused(opened, "demo-key-of-nobody")
    assert provider_connection.view(opened.outside, opened.business).key_ends == "4f7a"


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (503, b"", "HitPay has an error of its own (HTTP 503)."),
        (500, b'{"message": "Server Error"}', "HitPay has an error of its own (HTTP 500)."),
        (429, b'{"message": "Too Many Attempts."}', "HitPay asks for a pause: too many calls."),
        (200, b"<!doctype html><title>Maintenance</title>", "HitPay gave an answer that can't be read."),
        (200, b"", "HitPay gave an answer that can't be read."),
        (200, b"[]", "HitPay's answer isn't what its documentation promises."),
        (403, b'{"message": "This action is unauthorized."}', "HitPay doesn't allow this API key to read charges."),
        (418, b"{}", "HitPay refused to answer (HTTP 418)."),
    ],
)
def test_hitpay_in_trouble_is_not_blamed_on_the_key(opened: Shop, status: int, body: bytes, says: str) -> None:
    opened.line.spoil("GET", PING, body, status=status)
    refusal = refused(opened)
    assert refusal.sentence.startswith(f"{says} Nothing was stored.")
    assert refusal.problems == {}


def test_hitpay_that_hangs_up_is_asked_again_and_connects(opened: Shop) -> None:
    opened.fault("get_account_status", "lost_before_apply", platform="hitpay")
    connect(opened)
    assert provider_connection.view(opened.outside, opened.business).connected


@pytest.mark.parametrize(
    "key",
    [" ", "two words", "tab\tinside", "new\nline", "clé", "nul\x00", "x" * 301, "„key“", "\u200bkey", "k\r\nX-Evil: 1"],
)
def test_key_that_cannot_be_one_is_refused_at_its_field_without_any_call(opened: Shop, key: str) -> None:
    assert refused(opened, key).problems == {"api_key": "Paste the API key as HitPay shows it, without spaces."}
    assert opened.line.calls == []


@pytest.mark.parametrize("environment", ["", "Simulator", "https://evil.test", "staging"])
def test_unknown_environment_is_refused_at_its_field_without_any_call(opened: Shop, environment: str) -> None:
    assert refused(opened, environment=environment).problems == {"environment": "Choose an environment from the list."}
    assert opened.line.calls == []


def test_disconnecting_forgets_the_key_and_closes_the_window(ready: Shop) -> None:
    before = ready.hashes("movements", "effects", "settings_versions")
    provider_connection.disconnect(ready.outside, ready.business)
    view = provider_connection.view(ready.outside, ready.business)
    assert (view.status, view.key_ends) == ("disconnected", "")
    assert not settings.sync_enabled(ready.business)
    assert ready.hashes("movements", "effects", "settings_versions") == before


def test_disconnecting_what_is_not_connected_is_refused(opened: Shop) -> None:
    before = opened.hashes()
    with pytest.raises(Refusal, match="nothing to disconnect"):
        provider_connection.disconnect(opened.outside, opened.business)
    assert opened.hashes() == before


def test_key_that_stops_working_fails_the_connection_and_a_new_one_mends_it(ready: Shop) -> None:
    ready.clock.advance(timedelta(minutes=5))
    ready.world.new_sale(ACCOUNT)
    ready.world.open_account(ACCOUNT, "Lumen", "another key of its own"[:11])
    run = ready.sync()
    view = provider_connection.view(ready.outside, ready.business)
    assert (run.outcome, view.status) == ("stopped", "failed")
    assert view.trouble == "HitPay doesn't accept the API key. Enter the key of this environment again."

    ready.world.open_account(ACCOUNT, "Lumen", "demo-key-renewed")
    connect(ready, "demo-key-renewed")
    assert provider_connection.view(ready.outside, ready.business).connected
    assert ready.sync().outcome == "fine"
    assert len(ready.documents("invoices")) == 1


def test_what_is_planned_is_posted_without_hitpay(ready: Shop) -> None:
    ready.clock.advance(timedelta(minutes=5))
    ready.world.new_sale(ACCOUNT)
    ready.fault("create_invoice", "refused", code=45)
    assert ready.sync().outcome == "delayed"
    ready.line.spoil("GET", "/hitpay/v1/charges", b"", status=503)
    run = ready.sync()
    assert (run.outcome, run.counts["posted"]) == ("stopped", 3)
    assert run.sentence.startswith("HitPay could not be read.")
    assert len(ready.documents("customerpayments")) == 1
