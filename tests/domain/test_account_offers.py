"""Rules of what is offered for the settings: by name, by type, once, and nothing where it isn't clear."""

from __future__ import annotations

import pytest

from app.domain.account_offers import offers, sentence
from app.domain.chart import Account, Item

FIELDS = ("sales_account", "fee_account", "refund_account", "bank_account", "payout_account", "default_item")
TYPES = {"income": "i", "expense": "e", "other_current_liability": "l", "bank": "b", "cash": "c"}


def account(name: str, kind: str, currency: str = "", *, active: bool = True) -> Account:
    return Account(id=f"{kind}:{name}", name=name, type=kind, currency=currency, active=active)


def chart(**by_type: list[str]) -> list[Account]:
    return [account(name, kind, "SGD" if kind == "bank" else "") for kind, names in by_type.items() for name in names]


def offered(
    accounts: list[Account], items: list[Item] | None = None, home: str = "SGD", **chosen: str
) -> dict[str, str]:
    found = offers(accounts, items or [], home, dict.fromkeys(FIELDS, "") | chosen)
    return {name: offer.name for name, offer in found.items()}


def test_accounts_are_found_by_their_exact_names() -> None:
    accounts = chart(
        income=["Online Sales", "Sales", "HitPay Sales"],
        expense=["Other HitPay Fees", "HitPay Fees"],
        other_current_liability=["Tax Payable", "Refunds payable"],
        bank=["DBS Current Account", "HitPay Clearing"],
    )
    assert offered(accounts) == {
        "sales_account": "HitPay Sales",
        "fee_account": "HitPay Fees",
        "refund_account": "Refunds payable",
        "bank_account": "HitPay Clearing",
        "payout_account": "DBS Current Account",
    }


@pytest.mark.parametrize(
    ("kind", "name", "field"),
    [
        ("income", "Sales", "sales_account"),
        ("income", "Online sales", "sales_account"),
        ("income", "Anything", "sales_account"),
        ("expense", "hitpay fees", "fee_account"),
        ("expense", "Payment processing fees", "fee_account"),
        ("expense", "Merchant charges", "fee_account"),
        ("other_current_liability", "Customer refunds", "refund_account"),
        ("bank", "HitPay (SGD)", "bank_account"),
        ("bank", "DBS Current Account", "payout_account"),
    ],
)
def test_account_is_offered_for_the_one_role_its_name_and_type_fit(kind: str, name: str, field: str) -> None:
    assert offered(chart(**{kind: [name]})) == {field: name}


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("income", ["Shop A sales", "Shop B sales"]),
        ("income", ["One", "Two"]),
        ("expense", ["Office Supplies"]),
        ("expense", ["Bank Fees and Charges"]),
        ("expense", ["Payment fees", "Merchant fees"]),
        ("other_current_liability", ["Tax Payable"]),
        ("bank", ["DBS", "OCBC"]),
        ("cash", ["Petty Cash"]),
        ("income", []),
    ],
)
def test_nothing_is_offered_where_it_is_not_clear(kind: str, names: list[str]) -> None:
    assert offered(chart(**{kind: names})) == {}


def test_name_of_another_type_does_not_help() -> None:
    assert offered([account("HitPay Fees", "other_expense"), account("HitPay Clearing", "cash")]) == {}


def test_inactive_account_and_one_in_another_currency_are_never_offered() -> None:
    accounts = [account("HitPay Clearing", "bank", "USD"), account("HitPay Fees", "expense", active=False)]
    assert offered(accounts) == {}
    assert offered(accounts, home="USD") == {"bank_account": "HitPay Clearing"}


def test_account_that_serves_already_is_not_offered_for_another_role() -> None:
    accounts = chart(bank=["HitPay Clearing"])
    assert offered(accounts, bank_account="bank:HitPay Clearing") == {}
    assert offered(accounts, payout_account="bank:HitPay Clearing") == {}


def test_chosen_field_gets_no_offer_and_one_whose_account_is_gone_does() -> None:
    accounts = chart(income=["Sales", "HitPay Sales"])
    assert offered(accounts, sales_account="income:Sales") == {}
    assert offered(accounts, sales_account="deleted long ago") == {"sales_account": "HitPay Sales"}


def test_item_is_offered_that_sells_onto_the_sales_account_and_no_other() -> None:
    accounts = chart(income=["Sales", "Rent"])
    right = Item(id="1", name="HitPay sales", account_id="income:Sales")
    wrong = Item(id="2", name="HitPay sales", account_id="income:Rent")
    stock = Item(id="3", name="HitPay sales", account_id="income:Sales", inventory=True)
    gone = Item(id="4", name="HitPay sales", account_id="income:Sales", active=False)
    other = Item(id="5", name="Tea", account_id="income:Sales")
    found = offers(accounts, [wrong, stock, gone, other, right], "SGD", {})
    assert (found["default_item"].id, found["default_item"].why) == ("1", "by its name")
    assert offers(accounts, [wrong, stock, gone, other], "SGD", {})["default_item"].why == "the only one that fits"
    assert "default_item" not in offers(accounts, [wrong, stock, gone], "SGD", {})
    assert "default_item" not in offers(chart(income=["A", "B"]), [right], "SGD", {})


def test_sentence_says_what_was_found_and_what_was_not() -> None:
    found = offers(chart(income=["Sales"], expense=["HitPay Fees"]), [], "SGD", {})
    told = sentence(found, ("sales_account", "fee_account", "bank_account"))
    assert told.startswith(
        "Found in Zoho Books and offered below: Sales Account and Fee Account. Not found: Bank Account."
    )
    assert "nothing is kept until you press Save" in told
    assert sentence({}, FIELDS).startswith("Nothing in Zoho Books could be told by its name")
