"""Accounts added through the interface: which, in what currency, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from app.simulator.zoho_books.accounts import set_active
from app.simulator.zoho_books.organizations import book_of
from tests.simulator.conftest import Zoho


def test_account_added_to_the_chart_stands_in_it_and_the_ledger_stays_even(zoho: Zoho) -> None:
    made = zoho.post("/chartofaccounts", {"account_name": "Card Fees", "account_type": "expense"})["chart_of_account"]
    assert (made["account_name"], made["account_type"], made["is_active"]) == ("Card Fees", "expense", True)
    assert "Card Fees" in [row["account_name"] for row in zoho.get("/chartofaccounts")["chartofaccounts"]]
    assert zoho.balance("Card Fees") == "0.00"
    assert str(zoho.truth()["trial_balance"]) == "0.00"


def test_bank_account_has_the_currency_asked_for_or_the_base_currency(zoho: Zoho) -> None:
    for name, more, currency in (("One", {"currency_code": "USD"}, "USD"), ("Two", {}, "SGD")):
        made = zoho.post("/bankaccounts", {"account_name": name, "account_type": "bank", **more})["bankaccount"]
        assert (made["currency_code"], made["balance"], made["is_active"]) == (currency, 0, True)
    listed = {row["account_name"] for row in zoho.get("/bankaccounts")["bankaccounts"]}
    assert {"One", "Two"} <= listed


def test_new_bank_account_takes_a_payment(zoho: Zoho) -> None:
    made = zoho.post("/bankaccounts", {"account_name": "New Clearing", "account_type": "bank"})["bankaccount"]
    zoho.pay(zoho.invoice("20.00"), "20.00", account_id=made["account_id"])
    assert zoho.balance("New Clearing") == "20.00"


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/chartofaccounts", {"account_name": "hitpay fees", "account_type": "expense"}, 36060),
        ("/chartofaccounts", {"account_name": "Sales", "account_type": "expense"}, 36060),
        ("/chartofaccounts", {"account_type": "expense"}, 2),
        ("/chartofaccounts", {"account_name": "X", "account_type": "magic"}, 2),
        ("/chartofaccounts", {"account_name": "X"}, 2),
        ("/bankaccounts", {"account_name": "HitPay Clearing", "account_type": "bank"}, 36060),
        ("/bankaccounts", {"account_name": "X", "account_type": "income"}, 2),
        ("/bankaccounts", {"account_name": "X", "account_type": "bank", "currency_code": "XXX"}, 9004),
    ],
)
def test_account_that_can_not_be_is_refused(zoho: Zoho, path: str, body: dict[str, Any], code: int) -> None:
    assert zoho.refused("POST", path, body) == (400, code)


def test_inactive_account_keeps_its_name(zoho: Zoho) -> None:
    set_active(book_of(zoho.simulator, zoho.organization_id), zoho.account("HitPay Fees"), False)
    body = {"account_name": "HitPay Fees", "account_type": "expense"}
    assert zoho.refused("POST", "/chartofaccounts", body) == (400, 36060)
