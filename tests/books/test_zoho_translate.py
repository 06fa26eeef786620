"""Documents become Zoho's JSON and back, whatever Zoho does with numbers, blanks and ids."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from app.books.zoho.bodies import expense_body, invoice_body, payment_body
from app.books.zoho.translate import (
    UnreadableError,
    account_from,
    item_from,
    organization_from,
    posted_from,
)
from app.domain.documents import CustomerPayment, DocumentKind, Expense, Invoice, Line
from app.domain.money import Money

DAY = date(2026, 11, 1)


def sgd(amount: str) -> Money:
    return Money.of(amount, "SGD")


def invoice(**changes: object) -> Invoice:
    fields: dict[str, object] = {
        "reference": "HP-1",
        "date": DAY,
        "customer_name": "HitPay Sales (SGD)",
        "currency": "SGD",
        "lines": (Line(item_id="77", description="Order 1007", amount=sgd("70.50")),),
    }
    return Invoice(**{**fields, **changes})  # type: ignore[arg-type]


def test_invoice_names_customer_reference_date_and_lines() -> None:
    assert invoice_body(invoice(), "5") == {
        "customer_id": "5",
        "reference_number": "HP-1",
        "date": "2026-11-01",
        "is_inclusive_tax": True,
        "line_items": [{"item_id": "77", "description": "Order 1007", "rate": Decimal("70.50"), "quantity": 1}],
    }


def test_invoice_carries_rate_and_notes_when_there_are_any() -> None:
    body = invoice_body(invoice(exchange_rate=Decimal("1.352"), notes="Settled by HitPay"), "5")
    assert (body["exchange_rate"], body["notes"]) == (Decimal("1.352"), "Settled by HitPay")


def test_texts_are_cut_to_what_zoho_takes() -> None:
    line = Line(item_id="77", description="x" * 3000, amount=sgd("1.00"))
    lines = invoice_body(invoice(lines=(line,)), "5")["line_items"]
    assert isinstance(lines, list)
    assert len(lines[0]["description"]) == 2000
    fee = Expense(
        reference="HP-1",
        date=DAY,
        amount=sgd("1.00"),
        account_id="8",
        paid_through_account_id="9",
        description="y" * 101,
    )
    assert expense_body(fee)["description"] == "y" * 100


def test_payment_applies_its_whole_amount_to_the_invoice() -> None:
    payment = CustomerPayment(
        reference="HP-1", date=DAY, customer_name="HitPay Sales (SGD)", amount=sgd("70.50"), account_id="9"
    )
    assert payment_body(payment, "5", "66") == {
        "customer_id": "5",
        "payment_mode": "others",
        "amount": Decimal("70.50"),
        "date": "2026-11-01",
        "reference_number": "HP-1",
        "account_id": "9",
        "invoices": [{"invoice_id": "66", "amount_applied": Decimal("70.50")}],
    }


def test_expense_is_paid_through_the_clearing_account() -> None:
    fee = Expense(reference="HP-1", date=DAY, amount=sgd("3.17"), account_id="8", paid_through_account_id="9")
    body = {
        "account_id": "8",
        "paid_through_account_id": "9",
        "date": "2026-11-01",
        "amount": Decimal("3.17"),
        "reference_number": "HP-1",
    }
    assert expense_body(fee) == body
    assert expense_body(fee, "44") == {**body, "currency_id": "44"}


def test_published_invoice_is_understood() -> None:
    row = {
        "invoice_id": "982000000567114",
        "invoice_number": "INV-00003",
        "status": "draft",
        "date": "2013-11-17",
        "customer_id": "982000000567001",
        "currency_code": "USD",
        "reference_number": "HP-1",
        "sub_total": 10000,
        "total": "10000",
        "balance": "40.6",
        "last_payment_date": "",
    }
    posted = posted_from(DocumentKind.INVOICE, row)
    assert (posted.id, posted.number, posted.status) == ("982000000567114", "INV-00003", "draft")
    assert posted.total == Money.of(10000, "USD")
    assert (posted.date, posted.customer_id) == (date(2013, 11, 17), "982000000567001")


def test_published_payment_is_understood() -> None:
    row = {
        "payment_id": "9030000079467",
        "amount": 450,
        "date": "2016-06-05",
        "status": "success",
        "reference_number": "INV-384",
        "customer_id": "903000000000099",
        "currency_code": "USD",
    }
    posted = posted_from(DocumentKind.CUSTOMER_PAYMENT, row)
    assert (posted.id, posted.reference, posted.total) == ("9030000079467", "INV-384", Money.of(450, "USD"))


def test_published_expense_is_understood() -> None:
    row = {
        "expense_id": "982000000030049",
        "transaction_id": "",
        "date": "2013-11-18",
        "amount": Decimal("112.5"),
        "currency_code": "USD",
        "reference_number": None,
        "status": "unbilled",
    }
    posted = posted_from(DocumentKind.EXPENSE, row)
    assert (posted.total, posted.reference) == (Money.of("112.50", "USD"), "")


@pytest.mark.parametrize("total", [100, "100", "100.00", " 100 ", Decimal("100.0")])
def test_total_may_be_number_or_text(total: object) -> None:
    row = {"invoice_id": 982000000567114, "date": "2026-11-01", "total": total, "currency_code": "sgd"}
    posted = posted_from(DocumentKind.INVOICE, row)
    assert (posted.id, posted.total) == ("982000000567114", sgd("100.00"))


def test_what_was_asked_for_fills_blanks_of_an_answer() -> None:
    row = {"invoice_id": "1", "total": "70.5", "date": " ", "currency_code": " ", "reference_number": ""}
    posted = posted_from(DocumentKind.INVOICE, row, invoice())
    assert (posted.reference, posted.date, posted.total) == ("HP-1", DAY, sgd("70.50"))


@pytest.mark.parametrize(
    "changes",
    [
        {"invoice_id": None},
        {"invoice_id": " "},
        {"invoice_id": True},
        {"invoice_id": {"id": "1"}},
        {"total": None},
        {"total": ""},
        {"total": "a lot"},
        {"total": "NaN"},
        {"total": "9e99999"},
        {"currency_code": "ZZZ"},
        {"date": "01/11/2026"},
        {"date": "2026-13-01"},
    ],
    ids=str,
)
def test_id_total_and_date_are_never_guessed(changes: dict[str, object]) -> None:
    row = {"invoice_id": "1", "total": "70.5", "date": "2026-11-01", "currency_code": "SGD", **changes}
    with pytest.raises(UnreadableError):
        posted_from(DocumentKind.INVOICE, row, invoice())


def test_published_organization_is_understood() -> None:
    organization = organization_from(
        {
            "organization_id": "10229182",
            "name": "Zillium Inc",
            "plan_name": "PROFESSIONAL",
            "time_zone": "PST",
            "is_org_active": True,
            "currency_code": "USD",
            "fiscal_year_start_month": 0,
        }
    )
    assert (organization.id, organization.currency, organization.time_zone) == ("10229182", "USD", "PST")
    assert (organization.active, organization.plan) == (True, "PROFESSIONAL")


def test_organization_without_the_word_active_is_active() -> None:
    assert organization_from({"organization_id": 7, "status": "1"}).active
    assert not organization_from({"organization_id": 7, "is_org_active": False}).active


def test_published_account_is_understood() -> None:
    account = account_from({"account_id": "46", "account_name": "Sales", "account_type": "income", "is_active": True})
    assert (account.id, account.name, account.type, account.active, account.currency) == (
        "46",
        "Sales",
        "income",
        True,
        "",
    )


@pytest.mark.parametrize(
    ("row", "percent", "account", "inventory"),
    [
        ({"tax_percentage": "70%"}, "70", "", False),
        ({"tax_percentage": Decimal("12.5"), "account_id": "46"}, "12.5", "46", False),
        ({"tax_percentage": "", "item_type": "inventory", "account_id": " "}, "", "", True),
    ],
)
def test_item_tells_its_tax_account_and_kind(
    row: dict[str, object], percent: str, account: str, inventory: bool
) -> None:
    item = item_from({"item_id": "45667789900", "name": "Hard Drive", "status": "active", **row})
    assert (item.taxable_percent, item.account_id, item.inventory) == (percent, account, inventory)
