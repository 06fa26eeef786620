"""The way into Zoho Books: tokens, organizations, scopes, limits, and what is counted."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from app.simulator.clock import ManualClock
from app.simulator.simulated import Simulator
from app.simulator.state import State
from app.simulator.zoho_books.answers import ZohoError
from app.simulator.zoho_books.limits import Limits
from app.simulator.zoho_books.organizations import create_organization, create_user, set_switches
from app.simulator.zoho_books.truth import calls_of, truth
from tests.simulator.conftest import BASE_URL, NOON, Zoho, consent, exchange


def statuses(zoho: Zoho, count: int) -> list[int]:
    return [zoho.send("GET", "/settings/currencies").status_code for _ in range(count)]


def test_call_without_a_token_is_code_14(zoho: Zoho) -> None:
    answer = zoho.session.get(f"{BASE_URL}/zohoapis/books/v3/organizations")
    assert (answer.status_code, answer.json()["code"]) == (401, 14)


def test_token_without_the_scope_is_code_57(zoho: Zoho) -> None:
    narrow = exchange(zoho.session, consent(zoho.session, zoho.user_id, scope="ZohoBooks.settings.READ")["code"])
    zoho.token = narrow["access_token"]
    assert zoho.get("/settings/currencies")["code"] == 0
    assert zoho.refused("GET", "/invoices") == (401, 57)


def test_another_users_organization_is_code_6041(zoho: Zoho) -> None:
    stranger = create_user(zoho.simulator, "stranger@else.example", "Stranger")
    zoho.organization_id = create_organization(zoho.simulator, stranger, "Else")
    assert zoho.refused("GET", "/invoices") == (400, 6041)


def test_organizations_need_no_organization_id(zoho: Zoho) -> None:
    [row] = zoho.get("/organizations")["organizations"]
    assert (row["organization_id"], row["time_zone"], row["currency_code"]) == (
        zoho.organization_id,
        "Asia/Singapore",
        "SGD",
    )


def test_unknown_address_is_code_5_and_a_violation(zoho: Zoho) -> None:
    assert zoho.refused("GET", "/nonsense") == (404, 5)
    assert [row["kind"] for row in zoho.truth()["violations"]] == ["unknown_operation"]


def test_call_beyond_the_minute_blocks_the_organization_for_a_minute(zoho: Zoho) -> None:
    set_switches(zoho.simulator, zoho.organization_id, calls_per_minute=3)
    assert statuses(zoho, 4) == [200, 200, 200, 429]
    zoho.clock.advance(timedelta(seconds=59))
    assert zoho.refused("GET", "/invoices") == (429, 44)
    zoho.clock.advance(timedelta(seconds=2))
    assert statuses(zoho, 1) == [200]


def test_call_beyond_the_day_is_code_45_until_the_next_day(zoho: Zoho) -> None:
    set_switches(zoho.simulator, zoho.organization_id, calls_per_day=2)
    assert statuses(zoho, 2) == [200, 200]
    assert zoho.refused("GET", "/invoices") == (429, 45)
    zoho.clock.advance(timedelta(minutes=50))
    assert zoho.refused("GET", "/invoices") == (429, 45)
    zoho.clock.advance(timedelta(hours=24))
    tokens = exchange(zoho.session, consent(zoho.session, zoho.user_id)["code"])
    zoho.token = tokens["access_token"]
    assert statuses(zoho, 1) == [200]


def test_call_beyond_those_in_flight_is_code_1070() -> None:
    limits = Limits()
    with limits.in_flight("7", 1), pytest.raises(ZohoError, match="1070"), limits.in_flight("7", 1):
        raise AssertionError("the second call got in")
    with limits.in_flight("7", 1):
        pass


def test_switch_of_an_unknown_name_is_an_error(zoho: Zoho) -> None:
    with pytest.raises(KeyError, match="draft_takes_payment"):
        set_switches(zoho.simulator, zoho.organization_id, draft_takes_payment=False)


def test_every_call_counts_refused_ones_too(zoho: Zoho) -> None:
    zoho.get("/invoices")
    zoho.refused("GET", "/invoices/5")
    assert zoho.truth()["calls"] == {"get_invoice": 1, "list_invoices": 1}


def test_counts_survive_a_restart(tmp_path: Path) -> None:
    first = State(tmp_path / "state.sqlite3")
    first.bump("calls:zoho_books:7:list_invoices", 3)
    first.close()
    second = State(tmp_path / "state.sqlite3")
    assert calls_of(Simulator(second, ManualClock(NOON), BASE_URL), "7") == {"list_invoices": 3}
    second.close()


def test_unknown_filter_is_ignored_and_recorded(zoho: Zoho) -> None:
    zoho.invoice(reference_number="HP-1")
    assert len(zoho.get("/invoices", referense_number="HP-2")["invoices"]) == 1
    truth_now = truth(zoho.simulator, zoho.organization_id)
    assert [(row["kind"], row["field"]) for row in truth_now["violations"]] == [("unknown_query", "referense_number")]
    assert truth_now["validated"] == 2


def test_unknown_body_field_is_refused_and_recorded(zoho: Zoho) -> None:
    assert zoho.refused("POST", "/contacts", {"contact_name": "Ann", "email": "ann@x.example"}) == (400, 2)
    assert [row["field"] for row in zoho.truth()["violations"]] == ["email"]


def test_text_that_is_too_long_is_refused(zoho: Zoho) -> None:
    assert zoho.refused("POST", "/items", {"name": "x" * 101, "rate": 1}) == (400, 15)


def test_body_that_is_not_json_is_code_1038(zoho: Zoho) -> None:
    answer = zoho.session.post(
        f"{BASE_URL}/zohoapis/books/v3/contacts",
        params={"organization_id": zoho.organization_id},
        data="{",
        headers={"Authorization": f"Zoho-oauthtoken {zoho.token}", "Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json()["code"]) == (400, 1038)


def test_trial_that_is_over_is_code_103001(zoho: Zoho) -> None:
    set_switches(zoho.simulator, zoho.organization_id, trial_over=True)
    assert zoho.refused("GET", "/invoices") == (400, 103001)
