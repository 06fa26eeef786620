"""What a person chooses from, as Zoho Books tells it now."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from app.books.zoho.choices import ZohoChoices
from app.books.zoho.client import ZohoClient
from app.ports import InDoubt, NotConnected, OutsideError, Refused

BASE = "https://www.zohoapis.eu/books/v3"


@pytest.fixture
def choices(client: ZohoClient) -> ZohoChoices:
    return ZohoChoices(client)


def answer(wire: responses.RequestsMock, path: str, **fields: object) -> None:
    wire.add(responses.GET, BASE + path, json={"code": 0, "message": "success", **fields})


def test_organizations_are_listed(choices: ZohoChoices, wire: responses.RequestsMock) -> None:
    rows = [{"organization_id": "1", "name": "A", "currency_code": "SGD", "time_zone": "Asia/Singapore"}]
    answer(wire, "/organizations", organizations=rows)
    assert [(one.id, one.time_zone) for one in choices.organizations()] == [("1", "Asia/Singapore")]


def test_bank_accounts_lend_their_currency_to_the_chart(choices: ZohoChoices, wire: responses.RequestsMock) -> None:
    chart = [
        {"account_id": "1", "account_name": "Sales", "account_type": "income", "is_active": True},
        {"account_id": "2", "account_name": "HitPay Clearing", "account_type": "bank", "is_active": True},
        {"account_id": "3", "account_name": "Old", "account_type": "income", "is_active": False},
    ]
    banks = [
        {"account_id": "2", "account_name": "HitPay Clearing", "account_type": "bank", "currency_code": "SGD"},
        {"account_id": "4", "account_name": "Card", "account_type": "credit_card", "currency_code": "USD"},
        {"account_id": "5", "account_name": "Closed", "account_type": "bank", "is_active": False},
    ]
    answer(wire, "/chartofaccounts", chartofaccounts=chart)
    answer(wire, "/bankaccounts", bankaccounts=banks)
    assert [(one.id, one.type, one.currency) for one in choices.accounts()] == [
        ("1", "income", ""),
        ("2", "bank", "SGD"),
        ("4", "credit_card", "USD"),
    ]


def test_items_that_are_only_bought_are_not_offered(choices: ZohoChoices, wire: responses.RequestsMock) -> None:
    rows = [
        {"item_id": "1", "name": "HitPay sales", "status": "active", "account_id": "9", "item_type": "sales"},
        {"item_id": "2", "name": "Paper", "status": "active", "item_type": "purchases"},
        {"item_id": "3", "name": "Gone", "status": "inactive"},
        {"item_id": "4", "name": "Shoes", "status": "active", "item_type": "inventory"},
    ]
    answer(wire, "/items", items=rows)
    assert [(one.id, one.account_id, one.inventory) for one in choices.items()] == [
        ("1", "9", False),
        ("4", "", True),
    ]


def test_item_is_created_plain_and_on_the_chosen_account(choices: ZohoChoices, wire: responses.RequestsMock) -> None:
    item = {"item_id": "7", "name": "HitPay sales", "status": "active", "rate": 0}
    wire.add(responses.POST, f"{BASE}/items", status=201, json={"code": 0, "item": item})
    made = choices.create_item("HitPay sales", "9")
    assert (made.id, made.account_id, made.inventory) == ("7", "9", False)
    assert json.loads(wire.calls[0].request.body or "") == {
        "name": "HitPay sales",
        "rate": 0,
        "account_id": "9",
        "product_type": "service",
        "item_type": "sales",
    }


def test_created_item_without_an_id_is_in_doubt(choices: ZohoChoices, wire: responses.RequestsMock) -> None:
    wire.add(responses.POST, f"{BASE}/items", status=201, json={"code": 0, "item": {}})
    with pytest.raises(InDoubt):
        choices.create_item("HitPay sales", "9")


@pytest.mark.parametrize(
    ("lock", "locked_until"),
    [
        ({"transaction_lock_status": "enabled", "transaction_lock_date": "2026-10-31"}, date(2026, 10, 31)),
        (
            {"transaction_lock_status": "enabled_with_logging", "transaction_lock_date": "2026-10-31"},
            date(2026, 10, 31),
        ),
        ({"transaction_lock_status": "disabled", "transaction_lock_date": "2026-10-31"}, None),
        ({"transaction_lock_status": "enabled", "transaction_lock_date": " "}, None),
        ({}, None),
        (None, None),
    ],
    ids=str,
)
def test_lock_date_is_the_last_locked_day(
    choices: ZohoChoices, wire: responses.RequestsMock, lock: object, locked_until: date | None
) -> None:
    answer(wire, "/transactionlock", transaction_lock=lock)
    assert choices.lock_date() == locked_until


def test_organization_that_never_locked_anything_is_open(choices: ZohoChoices, wire: responses.RequestsMock) -> None:
    gone = {"code": 1002, "message": "Transaction lock does not exist."}
    wire.add(responses.GET, f"{BASE}/transactionlock", status=404, json=gone)
    assert choices.lock_date() is None


def test_lock_date_that_cannot_be_read_is_an_error(choices: ZohoChoices, wire: responses.RequestsMock) -> None:
    answer(wire, "/transactionlock", transaction_lock={"transaction_lock_date": "31 Oct"})
    with pytest.raises(Refused) as caught:
        choices.lock_date()
    assert caught.value.cause == "unreadable"


def test_ping_wants_the_organization_among_those_of_the_login(
    choices: ZohoChoices, wire: responses.RequestsMock
) -> None:
    answer(wire, "/organizations", organizations=[{"organization_id": "10229182", "is_org_active": True}])
    choices.ping()
    assert parse_qs(urlsplit(str(wire.calls[0].request.url)).query) == {}


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ({"json": {"code": 0, "organizations": []}}, Refused),
        ({"json": {"code": 0, "organizations": [{"organization_id": "10229182", "is_org_active": False}]}}, Refused),
        ({"json": {"code": 0, "organizations": [{"name": "nameless"}]}}, Refused),
        ({"status": 401, "json": {"code": 14, "message": "x"}}, NotConnected),
        ({"status": 401, "json": {"code": 57, "message": "x"}}, Refused),
    ],
    ids=["left", "inactive", "unreadable", "dead", "no permission"],
)
def test_ping_tells_what_is_wrong(
    choices: ZohoChoices, wire: responses.RequestsMock, reply: dict[str, object], error: type[OutsideError]
) -> None:
    wire.add(responses.GET, f"{BASE}/organizations", **reply)  # type: ignore[arg-type]
    with pytest.raises(error):
        choices.ping()


def test_bank_account_is_created_in_its_currency_and_others_in_the_chart(
    choices: ZohoChoices, wire: responses.RequestsMock
) -> None:
    bank = {"account_id": "7", "account_name": "HitPay Clearing", "account_type": "bank", "currency_code": "SGD"}
    fees = {"account_id": "8", "account_name": "HitPay Fees", "account_type": "expense"}
    wire.add(responses.POST, f"{BASE}/bankaccounts", status=201, json={"code": 0, "bankaccount": bank})
    wire.add(responses.POST, f"{BASE}/chartofaccounts", status=201, json={"code": 0, "chart_of_account": fees})
    made = [
        choices.create_account("HitPay Clearing", "bank", "SGD"),
        choices.create_account("HitPay Fees", "expense", "SGD"),
    ]
    assert [(one.id, one.type, one.currency) for one in made] == [("7", "bank", "SGD"), ("8", "expense", "")]
    assert [json.loads(call.request.body or "") for call in wire.calls] == [
        {"account_name": "HitPay Clearing", "account_type": "bank", "currency_code": "SGD"},
        {"account_name": "HitPay Fees", "account_type": "expense"},
    ]


@pytest.mark.parametrize(
    ("reply", "error", "cause"),
    [
        ({"status": 400, "json": {"code": 36060, "message": "The account name already exists."}}, Refused, "exists"),
        ({"status": 400, "json": {"code": 1001, "message": "x"}}, Refused, "exists"),
        ({"status": 401, "json": {"code": 57, "message": "x"}}, Refused, "missing_permission"),
        ({"status": 400, "json": {"code": 2, "message": "Invalid value"}}, Refused, "invalid_value"),
        ({"status": 500, "json": {"code": 1000, "message": "x"}}, InDoubt, ""),
        ({"status": 201, "json": {"code": 0, "chart_of_account": {}}}, InDoubt, ""),
        ({"status": 201, "json": {"code": 0}}, InDoubt, ""),
    ],
    ids=["name taken", "code of names", "no permission", "bad", "broken", "no id", "no account"],
)  # fmt: skip
def test_account_that_was_not_made_says_why(
    choices: ZohoChoices, wire: responses.RequestsMock, reply: dict[str, Any], error: type[OutsideError], cause: str
) -> None:
    wire.add(responses.POST, f"{BASE}/chartofaccounts", **reply)
    with pytest.raises(error) as caught:
        choices.create_account("HitPay Fees", "expense", "SGD")
    assert getattr(caught.value, "cause", "") == cause
