"""Rules of everything a page can send: what good input does, and that bad input does nothing at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.services.business import settings
from app.services.connections import books_connection, provider_connection
from app.services.syncing import runs
from tests.conftest import Browser
from tests.shop import SIMULATOR_URL, Shop

B = "/b/lumen-home-goods"

Everything = Callable[[], dict[str, list[Any]]]


def test_created_business_is_ready_to_be_connected(shop: Shop, owner: Browser) -> None:
    answer = owner.post("/businesses/new", {"name": "Kopi House", "time_zone": "Asia/Kuala_Lumpur"})
    assert answer.headers["Location"] == "/b/kopi-house/integrations"
    page = owner.get("/b/kopi-house/integrations").text
    assert "Kopi House is here." in page
    assert "Kuala Lumpur time" in page


@pytest.mark.parametrize(
    ("given", "field"),
    [({}, "name"), ({"name": ""}, "name"), ({"name": "   "}, "name"), ({"name": "x" * 121}, "name"),
     ({"name": "a\x00b"}, "name"), ({"name": "line\nbreak\x1b"}, "name"),
     ({"name": "Kopi", "time_zone": ""}, "time_zone"), ({"name": "Kopi", "time_zone": "Mars/Olympus"}, "time_zone"),
     ({"name": "Kopi", "time_zone": "../../etc/passwd"}, "time_zone"),
     ({"name": "Kopi", "time_zone": "x" * 9000}, "time_zone")],
)  # fmt: skip
def test_bad_business_is_refused_at_its_field(
    shop: Shop, owner: Browser, everything: Everything, given: dict[str, str], field: str
) -> None:
    before = everything()
    answer = owner.post("/businesses/new", {"time_zone": "Asia/Singapore", **given})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert everything() == before


def test_accountant_of_one_business_can_not_add_another(shop: Shop, enter: Callable[..., Browser]) -> None:
    browser = enter("reader@example.com", "accountant")
    assert browser.get("/businesses/new").status_code == 403
    assert browser.post("/businesses/new", {"name": "Mine"}).status_code == 403


def test_provider_key_that_works_is_kept_and_never_shown(shop: Shop, owner: Browser) -> None:
    key = shop.keys["hitpay"]["lumen"]
    answer = owner.post(B + "/provider/connect", {"environment": "simulator", "api_key": f"  {key} "})
    assert answer.headers["Location"] == B + "/provider"
    page = owner.get(B + "/provider").text
    assert f'set, ends in <span class="code">{key[-4:]}</span>' in page
    assert key not in page


@pytest.mark.parametrize(
    "given",
    [{}, {"environment": "simulator"}, {"environment": "simulator", "api_key": "   "},
     {"environment": "simulator", "api_key": "wrong"}, {"environment": "nowhere", "api_key": "wrong"},
     {"environment": "", "api_key": "wrong"}, {"environment": "simulator", "api_key": "x" * 5000},
     {"environment": "simulator", "api_key": "two words"}, {"environment": "simulator", "api_key": "clé"},
     {"environment": "simulator", "api_key": "a\r\nX-Header: b"}],
)  # fmt: skip
def test_bad_provider_key_is_refused_in_words(
    shop: Shop, owner: Browser, everything: Everything, given: dict[str, str]
) -> None:
    before = everything()
    answer = owner.post(B + "/provider/connect", given)
    assert answer.status_code == 422
    assert 'class="field-error"' in answer.text
    assert everything() == before


def test_disconnecting_the_provider_keeps_the_history(traded: Shop, owner: Browser) -> None:
    assert owner.post(B + "/provider/disconnect").headers["Location"] == B + "/provider"
    assert provider_connection.view(traded.outside, traded.business).status == "disconnected"
    assert "2 records from HitPay" in owner.get(B + "/records").text
    assert "nothing to disconnect" in owner.post(B + "/provider/disconnect", follow_redirects=True).text


def _client(shop: Shop, **changed: str) -> dict[str, str]:
    zoho = shop.keys["zoho"]
    good = {"datacenter": "simulator", "client_id": zoho["client_id"], "client_secret": zoho["client_secret"]}
    return good | changed


def _consent(shop: Shop, owner: Browser, decision: str = "accept") -> dict[str, str]:
    page = owner.post(B + "/zoho/connect", _client(shop))
    assert page.status_code == 200
    address = page.text.split('content="0;url=')[1].split('"')[0].replace("&amp;", "&")
    assert address.startswith(f"{SIMULATOR_URL}/accounts/oauth/v2/auth?")
    return shop.decide(address, decision)


def test_connecting_zoho_leads_there_and_back_to_the_organization(shop: Shop, owner: Browser) -> None:
    answer = _consent(shop, owner)
    back = owner.get("/oauth/zoho/callback", query_string=answer)
    assert back.status_code == 200
    assert f'data-returned="{B}/zoho"' in back.text
    assert answer["code"] not in back.text
    page = owner.get(B + "/zoho").text
    assert ">Confirm</button>" in page
    assert "Lumen Home Goods, SGD" in page
    confirmed = owner.post(B + "/zoho/organization", {"organization": shop.organization})
    assert confirmed.headers["Location"] == B + "/zoho"
    assert "Zoho Books is connected to Lumen Home Goods." in owner.get(B + "/zoho").text


def test_page_that_waits_for_consent_hears_of_it_from_the_server_alone(shop: Shop, owner: Browser) -> None:
    assert owner.htmx(B + "/zoho/state?seen=not_connected").status_code == 204
    owner.get("/oauth/zoho/callback", query_string=_consent(shop, owner))
    assert owner.htmx(B + "/zoho/state?seen=not_connected").headers["HX-Refresh"] == "true"


def test_denied_consent_is_explained_and_changes_nothing(shop: Shop, owner: Browser) -> None:
    back = owner.get("/oauth/zoho/callback", query_string=_consent(shop, owner, "reject"))
    assert back.status_code == 422
    assert "Nothing was changed" in back.text
    assert "data-returned" not in back.text
    assert f'href="{B}/zoho"' in back.text
    assert books_connection.view(shop.outside, shop.business).status == "not_connected"


def test_answer_of_a_consent_works_once_and_only_in_its_own_browser(
    shop: Shop, owner: Browser, enter: Callable[..., Browser]
) -> None:
    answer = _consent(shop, owner)
    other = enter("second@example.com", "owner")
    stolen = other.get("/oauth/zoho/callback", query_string=answer)
    assert stolen.status_code == 422
    assert B not in stolen.text
    assert owner.get("/oauth/zoho/callback", query_string=answer).status_code == 200
    assert owner.get("/oauth/zoho/callback", query_string=answer).status_code == 422


@pytest.mark.parametrize(
    "query",
    [{}, {"state": ""}, {"state": "guessed"}, {"state": "guessed", "code": "x"}, {"code": "x"}, {"state": "x" * 9000},
     {"error": "access_denied"}, {"state": "\x00", "code": "\x00"}, {"accounts-server": "https://evil.example"}],
)  # fmt: skip
def test_callback_nobody_asked_for_changes_nothing(
    shop: Shop, owner: Browser, everything: Everything, query: dict[str, str]
) -> None:
    before = everything()
    assert owner.get("/oauth/zoho/callback", query_string=query).status_code == 422
    assert everything() == before


@pytest.mark.parametrize(
    "changed",
    [{"datacenter": ""}, {"datacenter": "moon"}, {"client_id": ""}, {"client_secret": ""}, {"client_id": "two words"},
     {"client_id": "x" * 300}, {"client_secret": "x" * 300}, {"client_id": "a\x00"}, {"client_secret": "ä"},
     {"datacenter": "https://evil.example"}],
)  # fmt: skip
def test_bad_api_client_is_refused_at_its_field(
    shop: Shop, owner: Browser, everything: Everything, changed: dict[str, str]
) -> None:
    before = everything()
    answer = owner.post(B + "/zoho/connect", _client(shop, **changed))
    assert answer.status_code == 422
    assert f'id="{next(iter(changed))}-error"' in answer.text
    assert shop.keys["zoho"]["client_secret"] not in answer.text
    assert everything() == before


@pytest.mark.parametrize("given", [{}, {"organization": ""}, {"organization": "1"}, {"organization": "x" * 9000},
                                   {"organization": "\x00"}, {"organization": "../1"}, {"organization": "ä"},
                                   {"organization": "0 OR 1=1"}])  # fmt: skip
def test_organization_that_is_not_in_the_list_is_refused(
    shop: Shop, owner: Browser, everything: Everything, given: dict[str, str]
) -> None:
    owner.get("/oauth/zoho/callback", query_string=_consent(shop, owner))
    before = everything()
    answer = owner.post(B + "/zoho/organization", given)
    assert answer.status_code == 422
    assert 'id="organization-error"' in answer.text
    assert everything() == before


def test_inactive_organization_can_be_seen_but_not_chosen(shop: Shop, owner: Browser) -> None:
    owner.get("/oauth/zoho/callback", query_string=_consent(shop, owner))
    closed = shop.keys["zoho"]["organizations"]["Lumen (closed 2024)"]
    assert "inactive in Zoho Books" in owner.get(B + "/zoho").text
    assert owner.post(B + "/zoho/organization", {"organization": closed}).status_code == 422


def test_disconnecting_zoho_keeps_the_history(traded: Shop, owner: Browser) -> None:
    assert owner.post(B + "/zoho/disconnect").headers["Location"] == B + "/zoho"
    assert books_connection.view(traded.outside, traded.business).status == "disconnected"
    for noun, count in (("records", 2), ("documents", 6), ("runs", 1)):
        assert owner.get(f"{B}/{noun}").text.count('class="go"') == count


def _settings(shop: Shop, **changed: Any) -> dict[str, Any]:
    good = settings.current_input(shop.business)
    names = ("sales_account", "fee_account", "refund_account", "bank_account", "default_item", "grouping")
    return {**{name: getattr(good, name) for name in names}, "sync_enabled": "y", **changed}


def test_saving_settings_in_the_dialog_closes_it(traded: Shop, owner: Browser) -> None:
    answer = owner.post(B + "/settings", _settings(traded, grouping="bulk", channels=["shopify", "wix"]), htmx=True)
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (204, "settings-saved")
    now = settings.current_input(traded.business)
    assert (now.grouping, now.channels, now.sync_enabled) == ("bulk", ("shopify", "wix"), True)
    assert "Settings saved." in owner.get(B + "/").text


def test_saving_settings_on_a_page_of_their_own_leads_on_to_the_status(traded: Shop, owner: Browser) -> None:
    here = {"HX-Current-URL": f"http://localhost{B}/settings?draft=1"}
    answer = owner.post(B + "/settings", _settings(traded), htmx=True, headers=here)
    assert answer.headers["HX-Redirect"] == B + "/"


def test_saving_settings_on_the_page_leads_to_the_status(traded: Shop, owner: Browser) -> None:
    answer = owner.post(B + "/settings", _settings(traded, channels=["all"]))
    assert (answer.status_code, answer.headers["Location"]) == (303, B + "/")
    assert settings.current_input(traded.business).channels == ()


def test_unticking_sync_turns_it_off(traded: Shop, owner: Browser) -> None:
    given = _settings(traded)
    del given["sync_enabled"]
    owner.post(B + "/settings", given)
    assert not settings.sync_enabled(traded.business)


def test_saving_settings_reads_the_books_once(traded: Shop, owner: Browser) -> None:
    given, before = _settings(traded, grouping="bulk"), len(traded.line.calls)
    assert owner.post(B + "/settings", given).status_code == 303
    read = [path.rpartition("/")[2] for _method, path in traded.line.calls[before:]]
    assert sorted(read) == ["bankaccounts", "chartofaccounts", "items", "taxes", "taxexemptions"]


BAD_SETTINGS: tuple[dict[str, Any], ...] = (
    {"sales_account": ""}, {"sales_account": "nonsense"}, {"fee_account": "\x00"}, {"refund_account": "x" * 9000},
    {"bank_account": "1"}, {"default_item": ""}, {"default_item": "1"}, {"grouping": "weekly"}, {"grouping": ""},
    {"channels": ["nonsense"]}, {"channels": ["all", "shopify"]}, {"payout_account": "nonsense"},
    {"payout_account": "\x00"}, {"payout_account": "1"}, {"sales_tax": "tax:1"}, {"sales_tax": "nonsense"},
    {"locked_period": "never"},
)  # fmt: skip


def test_bad_settings_are_refused_at_their_field(traded: Shop, owner: Browser, everything: Everything) -> None:
    before = everything()
    for changed in BAD_SETTINGS:
        traded.clock.advance(timedelta(minutes=1))  # Zoho Books counts calls by the minute
        for htmx in (True, False):
            answer = owner.post(B + "/settings", _settings(traded, **changed), htmx=htmx)
            assert answer.status_code == 422, changed
            assert f'id="{next(iter(changed))}-error"' in answer.text, changed
            assert ("<html" in answer.text) is not htmx
    assert everything() == before


def test_account_of_another_type_is_refused(traded: Shop, owner: Browser, everything: Everything) -> None:
    before = everything()
    answer = owner.post(B + "/settings", _settings(traded, sales_account=traded.accounts["HitPay Fees"]))
    assert answer.status_code == 422
    assert "must be an active account of the type Income" in answer.text
    assert everything() == before


def test_made_item_is_chosen_but_not_saved(shop: Shop, owner: Browser) -> None:
    shop.connect_provider()
    shop.connect_books()
    sales = next(row["account_id"] for name, row in shop.truth()["accounts"].items() if name == "Sales")
    answer = owner.post(B + "/settings/item", {"sales_account": sales, "grouping": "individual"}, htmx=True)
    assert answer.status_code == 200
    assert "“HitPay sales” is in Zoho Books now" in answer.text
    assert '<option selected value="individual">' in answer.text
    assert settings.current_rules(shop.business) is None
    refused = owner.post(B + "/settings/item", {"sales_account": "nonsense"}, htmx=True)
    assert refused.status_code == 422
    assert 'id="sales_account-error"' in refused.text


def test_sync_now_queues_one_run_an_hour(traded: Shop, owner: Browser) -> None:
    assert owner.post(B + "/sync").headers["Location"] == B + "/"
    owner.post(B + "/sync")
    assert [run.state for run in runs.latest(traded.outside, traded.business, 9)] == ["queued", "ended"]
    traded.sync()
    page = owner.post(B + "/sync", follow_redirects=True).text
    assert "Sync Now works once an hour. The next one is possible at 22 Nov, 13:15." in page
    assert "next possible" in page
    traded.clock.advance(timedelta(hours=1))
    owner.post(B + "/sync")
    assert len(runs.latest(traded.outside, traded.business, 9)) == 3


def test_sync_before_anything_is_connected_says_the_next_step(
    shop: Shop, owner: Browser, everything: Everything
) -> None:
    before = everything()
    assert "Connect HitPay first." in owner.post(B + "/sync", follow_redirects=True).text
    assert everything() == before
