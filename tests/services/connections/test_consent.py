"""Consent: what connects, and what must leave everything as it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from app.services.connections import books_connection, consent
from app.services.refusals import Refusal
from app.services.syncing import worker
from app.simulator.demo_world import CLIENT_SECRET
from app.simulator.zoho_accounts.tokens import REFRESH_TOKENS
from app.simulator.zoho_books.organizations import create_user, set_organization_active
from tests.shop import SIGN_IN, SIMULATOR_URL, Shop

TOKEN = "/oauth/v2/token"


def status(shop: Shop) -> str:
    return books_connection.view(shop.outside, shop.business).status


def refresh_tokens(shop: Shop) -> list[str]:
    """The lasting logins that work at the simulated Zoho."""
    return [str(row["id"]) for row in shop.simulator.state.all(REFRESH_TOKENS)]


def refused(act: Callable[[], object], says: str) -> Refusal:
    with pytest.raises(Refusal, match=says) as caught:
        act()
    return caught.value


@pytest.fixture
def opened(shop: Shop) -> Shop:
    shop.open_business()
    return shop


def test_consent_and_pick_connect(opened: Shop) -> None:
    assert opened.finish(opened.decide(opened.consent_url())) == opened.business
    assert status(opened) == "choose_organization"

    books_connection.confirm(opened.outside, opened.business, opened.organization)

    view = books_connection.view(opened.outside, opened.business)
    assert (view.status, view.organization_name, view.currency) == ("connected", "Lumen Home Goods", "SGD")
    assert view.clients == ("simulator",)
    assert len(refresh_tokens(opened)) == 1


def test_pick_that_is_open_offers_every_organization_of_the_login(opened: Shop) -> None:
    opened.finish(opened.decide(opened.consent_url()))
    offered = {one.name: one.active for one in books_connection.organizations(opened.outside, opened.business)}
    assert offered == {"Lumen Home Goods": True, "Harbour Books and Coffee": True, "Lumen (closed 2024)": False}


def test_denied_consent_connects_nothing_and_asks_for_no_token(opened: Shop) -> None:
    answer = opened.decide(opened.consent_url(), "deny")
    before = opened.hashes()
    refusal = refused(lambda: opened.finish(answer), "access was refused")
    assert refusal.detail == "access_denied"
    assert opened.hashes() == before
    assert opened.line.count("POST", TOKEN) == 0


def test_state_works_once(opened: Shop) -> None:
    answer = opened.decide(opened.consent_url())
    opened.finish(answer)
    before = opened.hashes()
    refused(lambda: opened.finish(answer), "used already")
    assert opened.hashes() == before
    assert opened.line.count("POST", TOKEN) == 1


def test_state_works_for_ten_minutes(opened: Shop) -> None:
    late, in_time = opened.consent_url(), opened.consent_url()
    opened.clock.advance(timedelta(minutes=9, seconds=59))
    opened.finish(opened.decide(in_time))
    opened.clock.advance(timedelta(seconds=1))
    answer, before = opened.decide(late), opened.hashes()
    refused(lambda: opened.finish(answer), "came too late")
    assert opened.hashes() == before
    assert opened.line.count("POST", TOKEN) == 1


def test_state_of_another_sign_in_is_refused_and_still_works_in_its_own(opened: Shop) -> None:
    answer = opened.decide(opened.consent_url())
    before = opened.hashes()
    refused(lambda: opened.finish(answer, sign_in="somebody else's"), "belongs to another browser")
    assert opened.hashes() == before
    assert opened.line.count("POST", TOKEN) == 0
    assert consent.slug_of("somebody else's", answer["state"]) == ""

    opened.finish(answer, sign_in=SIGN_IN)
    assert status(opened) == "choose_organization"


@pytest.mark.parametrize("state", ["", "x", "0" * 43, "' OR 1=1 --", "é\x00"])
def test_unknown_state_is_refused(opened: Shop, state: str) -> None:
    answer = opened.decide(opened.consent_url()) | {"state": state}
    before = opened.hashes()
    refused(lambda: opened.finish(answer), "Nothing was connected")
    assert opened.hashes() == before
    assert opened.line.count("POST", TOKEN) == 0


@pytest.mark.parametrize("code", ["", "x" * 501])
def test_answer_without_a_usable_code_asks_for_no_token(opened: Shop, code: str) -> None:
    answer = opened.decide(opened.consent_url()) | {"code": code}
    before = opened.hashes()
    refused(lambda: opened.finish(answer), "holds no code")
    assert opened.hashes() == before
    assert opened.line.count("POST", TOKEN) == 0


def test_code_works_for_sixty_seconds(opened: Shop) -> None:
    answer = opened.decide(opened.consent_url())
    opened.clock.advance(timedelta(seconds=60))
    before = opened.hashes()
    refused(lambda: opened.finish(answer), "has been used or is too old")
    assert opened.hashes() == before


@pytest.mark.parametrize(
    "server",
    [
        "https://evil.test",
        f"{SIMULATOR_URL}/accounts.evil.test",
        f"{SIMULATOR_URL}/accounts/../accounts",
        f"{SIMULATOR_URL}@evil.test/accounts",
        "https://accounts.zoho.com.evil.test",
        "https://accounts.zoho.com",
        "https://accounts.zoho.eu",
        "accounts.zoho.com",
        "javascript:alert(1)",
    ],
)
def test_answer_of_another_data_centre_asks_nobody_for_a_token(opened: Shop, server: str) -> None:
    answer = opened.decide(opened.consent_url()) | {"accounts-server": server}
    before, calls = opened.hashes(), list(opened.line.calls)
    refusal = refused(lambda: opened.finish(answer), "another Zoho data centre than Simulator")
    assert "evil" not in refusal.sentence + refusal.detail
    assert opened.hashes() == before
    assert opened.line.calls == calls


def test_wrong_client_secret_never_replaces_the_one_that_works(opened: Shop) -> None:
    opened.connect_books()
    zoho = opened.keys["zoho"]
    first, before = opened.business, opened.hashes("connections")
    wrong = consent.begin(opened.outside, first, SIGN_IN, "simulator", zoho["client_id"], "a mistyped secret"[:1] * 20)
    refused(lambda: opened.finish(opened.decide(wrong)), "doesn't know this client id and secret")
    assert opened.hashes("connections") == before

    # Another business, to which nobody types a client, still gets the one that works.
    opened.open_business("Harbour")
    opened.finish(opened.decide(consent.begin(opened.outside, opened.business, SIGN_IN, "simulator", "", "")))
    assert status(opened) == "choose_organization"


@pytest.mark.parametrize(
    ("client_id", "client_secret", "fields"),
    [
        ("", "", {"client_id", "client_secret"}),
        ("1000.X", "", {"client_secret"}),
        ("", "secret", {"client_id"}),
        ("two words", "secret", {"client_id"}),
        ("1000.X", "se\ncret", {"client_secret"}),
        ("1000.é", "x" * 201, {"client_id", "client_secret"}),
    ],
)
def test_client_that_cannot_be_one_is_refused_at_its_field(
    opened: Shop, client_id: str, client_secret: str, fields: set[str]
) -> None:
    before = opened.hashes("oauth_states", "connections")
    with pytest.raises(Refusal) as caught:
        consent.begin(opened.outside, opened.business, SIGN_IN, "simulator", client_id, client_secret)
    assert set(caught.value.problems) == fields
    assert opened.hashes("oauth_states", "connections") == before


def test_unknown_data_centre_is_refused_at_its_field(opened: Shop) -> None:
    with pytest.raises(Refusal) as caught:
        consent.begin(opened.outside, opened.business, SIGN_IN, "mars", "1000.X", CLIENT_SECRET)
    assert set(caught.value.problems) == {"datacenter"}


def test_second_consent_before_the_pick_revokes_the_first_login(opened: Shop) -> None:
    opened.finish(opened.decide(opened.consent_url()))
    (first,) = refresh_tokens(opened)
    opened.finish(opened.decide(opened.consent_url()))
    (second,) = refresh_tokens(opened)
    assert first != second
    assert status(opened) == "choose_organization"


def test_reconnecting_keeps_the_organization_and_revokes_the_older_login(ready: Shop) -> None:
    (older,) = refresh_tokens(ready)
    before = ready.hashes("settings_versions", "sync_windows", "movements", "effects")
    ready.finish(ready.decide(ready.consent_url()))

    (newer,) = refresh_tokens(ready)
    assert newer != older
    view = books_connection.view(ready.outside, ready.business)
    assert (view.status, view.organization_id) == ("connected", ready.organization)
    assert ready.hashes("settings_versions", "sync_windows", "movements", "effects") == before


def test_reconnecting_as_somebody_outside_the_organization_is_refused_and_changes_nothing(ready: Shop) -> None:
    kept = refresh_tokens(ready)
    create_user(ready.simulator, "stranger@example.com", "A stranger")
    stranger = ready.simulator.state.find("zoho.user", "email", "stranger@example.com")[0]["id"]
    before = ready.hashes()
    answer = ready.decide(ready.consent_url(), user=stranger)
    refused(lambda: ready.finish(answer), "can't reach Lumen Home Goods")
    assert ready.hashes() == before
    assert refresh_tokens(ready) == kept

    ready.clock.advance(timedelta(minutes=5))
    ready.world.new_sale("lumen")
    assert ready.sync().outcome == "fine"


def test_reconnecting_to_an_organization_that_was_closed_is_refused_and_changes_nothing(ready: Shop) -> None:
    set_organization_active(ready.simulator, ready.organization, active=False)
    answer, before = ready.decide(ready.consent_url()), ready.hashes()
    refused(lambda: ready.finish(answer), "can't reach Lumen Home Goods")
    assert ready.hashes() == before


def test_reconnecting_while_zoho_is_silent_changes_nothing_and_leaves_no_login_behind(ready: Shop) -> None:
    kept = refresh_tokens(ready)
    answer, before = ready.decide(ready.consent_url()), ready.hashes()
    ready.line.spoil("GET", "/organizations", b"", status=503)
    refused(lambda: ready.finish(answer), "Nothing was changed. Press Reconnect")
    assert ready.hashes() == before
    assert refresh_tokens(ready) == kept


def test_reconnecting_to_an_organization_whose_zone_nobody_knows_changes_nothing(ready: Shop) -> None:
    kept = refresh_tokens(ready)
    answer, before = ready.decide(ready.consent_url()), ready.hashes()
    ready.set_organization(time_zone="Mars/Olympus")
    refused(lambda: ready.finish(answer), "Mars/Olympus")
    assert ready.hashes() == before
    assert refresh_tokens(ready) == kept


def test_begun_consents_are_forgotten_a_day_after_they_ended(opened: Shop) -> None:
    opened.consent_url()
    opened.clock.advance(timedelta(days=1))
    worker.tend(opened.outside)
    assert opened.hashes("oauth_states")["oauth_states"].startswith("1 rows")
    opened.clock.advance(timedelta(minutes=11))
    worker.tend(opened.outside)
    assert opened.hashes("oauth_states")["oauth_states"].startswith("0 rows")
