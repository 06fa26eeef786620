"""Lists of the simulated Zoho Books: filters, pages, lag, balances, and every answer field relied on."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.simulator.contract import contract
from app.simulator.zoho_books.custom_fields import create_custom_field
from app.simulator.zoho_books.organizations import book_of, set_switches
from app.simulator.zoho_books.taxes import create_exemption, create_tax
from tests.simulator.conftest import Zoho


@pytest.fixture
def traded(zoho: Zoho) -> Zoho:
    """Three sales on three days, the first refunded in part, a payout, a deposit and a refunded payment."""
    create_tax(book_of(zoho.simulator, zoho.organization_id), "GST", Decimal(9))
    create_exemption(book_of(zoho.simulator, zoho.organization_id), "EXPORT")
    customer, item = zoho.customer(), zoho.item()
    for number in (1, 2, 3):
        day, reference = f"2026-11-1{number}", f"HP-{number}"
        invoice = zoho.invoice(
            f"{number}00.00", customer_id=customer, item_id=item, date=day, reference_number=reference
        )
        zoho.pay(invoice, f"{number}00.00", date=day, reference_number=reference)
        zoho.clock.advance(timedelta(minutes=1))
    clearing = zoho.account("HitPay Clearing")
    zoho.post(
        "/expenses",
        {
            "account_id": zoho.account("HitPay Fees"),
            "paid_through_account_id": clearing,
            "date": "2026-11-11",
            "amount": Decimal("3.40"),
            "reference_number": "HP-1",
        },
    )
    line = {"account_id": zoho.account("Refunds payable"), "quantity": 1, "rate": 40}
    note = zoho.post("/creditnotes", {"customer_id": customer, "date": "2026-11-13", "line_items": [line]})
    note_id = note["creditnote"]["creditnote_id"]
    zoho.post(f"/creditnotes/{note_id}/refunds", {"date": "2026-11-13", "amount": 40, "from_account_id": clearing})
    zoho.post(
        "/banktransactions",
        {
            "transaction_type": "transfer_fund",
            "from_account_id": clearing,
            "to_account_id": zoho.account("DBS Current Account"),
            "amount": 500,
            "date": "2026-11-14",
            "reference_number": "HPP-1",
        },
    )
    over = zoho.post("/customerpayments", {**_overpaid(zoho, customer, item), "amount": 15})["payment"]
    zoho.post(
        f"/customerpayments/{over['payment_id']}/refunds",
        {"date": "2026-11-14", "amount": 5, "from_account_id": clearing},
    )
    return zoho


def _overpaid(zoho: Zoho, customer: str, item: str) -> Any:
    return zoho.payment_body(zoho.invoice("10.00", customer_id=customer, item_id=item, date="2026-11-14"), "10.00")


def references(content: Any, key: str) -> list[str]:
    return [row["reference_number"] for row in content[key]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"reference_number": "HP-2"}, ["HP-2"]),
        ({"reference_number": "HP-"}, []),
        ({"date_start": "2026-11-12", "date_end": "2026-11-13"}, ["HP-3", "HP-2"]),
        ({"date_before": "2026-11-12"}, ["HP-1"]),
        ({"date_after": "2026-11-12", "date_before": "2026-11-14"}, ["HP-3"]),
        ({"total": "200"}, ["HP-2"]),
        ({"status": "draft"}, []),
        ({"search_text": "hp-3"}, ["HP-3"]),
        ({"last_modified_time": "2026-11-20T12:02:00+0800"}, ["", "HP-3"]),
        ({"created_date_start": "2026-11-21"}, []),
    ],
)
def test_invoices_are_filtered(traded: Zoho, query: dict[str, str], found: list[str]) -> None:
    assert references(traded.get("/invoices", **query), "invoices") == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"reference_number": "HP-1"}, ["HP-1"]),
        ({"reference_number_startswith": "HP-"}, ["HP-3", "HP-2", "HP-1"]),
        ({"reference_number_contains": "-2"}, ["HP-2"]),
        ({"date": "2026-11-13"}, ["HP-3"]),
        ({"amount": "300"}, ["HP-3"]),
    ],
)
def test_payments_are_filtered(traded: Zoho, query: dict[str, str], found: list[str]) -> None:
    assert references(traded.get("/customerpayments", **query), "customerpayments") == found


def test_pages_follow_each_other(traded: Zoho) -> None:
    first = traded.get("/invoices", page=1, per_page=3)
    second = traded.get("/invoices", page=2, per_page=3)
    assert [len(page["invoices"]) for page in (first, second)] == [3, 1]
    assert [page["page_context"]["has_more_page"] for page in (first, second)] == [True, False]


def test_page_holds_two_hundred_at_most(traded: Zoho) -> None:
    assert traded.get("/invoices", per_page=1000)["page_context"]["per_page"] == 200


def test_totals_in_lists_are_text(traded: Zoho) -> None:
    [row] = traded.get("/invoices", reference_number="HP-2")["invoices"]
    assert (row["total"], row["balance"], row["created_time"]) == ("200", "0", "2026-11-20T12:01:00+0800")


def test_count_and_sum_come_without_rows(traded: Zoho) -> None:
    answer = traded.get("/invoices", response_option=3)
    sums = {row["column_name"]: row["total"] for row in answer["page_context"]["sum_columns"]}
    assert "invoices" not in answer
    assert (answer["page_context"]["total"], sums) == (4, {"total": Decimal("610.00"), "balance": 0})


def test_young_rows_are_hidden_while_lists_lag(traded: Zoho) -> None:
    set_switches(traded.simulator, traded.organization_id, list_lag_seconds=60)
    body = {"account_id": traded.account("HitPay Fees"), "paid_through_account_id": traded.account("HitPay Clearing")}
    traded.post("/expenses", {**body, "date": "2026-11-20", "amount": 1, "reference_number": "HP-9"})
    assert traded.get("/expenses", reference_number="HP-9")["expenses"] == []
    traded.clock.advance(timedelta(seconds=60))
    assert references(traded.get("/expenses", reference_number="HP-9"), "expenses") == ["HP-9"]


def test_account_transactions_list_every_line_of_clearing(traded: Zoho) -> None:
    rows = traded.get("/chartofaccounts/accounttransactions", account_id=traded.account("HitPay Clearing"))
    debits = sum(Decimal(row["debit_amount"] or 0) for row in rows["transactions"])
    credits = sum(Decimal(row["credit_amount"] or 0) for row in rows["transactions"])
    assert len(rows["transactions"]) == 8
    assert f"{debits - credits:.2f}" == traded.balance("HitPay Clearing")


def test_account_transactions_are_filtered_by_date_and_type(traded: Zoho) -> None:
    found = traded.get(
        "/chartofaccounts/accounttransactions",
        account_id=traded.account("HitPay Clearing"),
        date_start="2026-11-11",
        date_end="2026-11-11",
        transaction_type="expense",
    )
    assert [(row["reference_number"], row["credit_amount"]) for row in found["transactions"]] == [
        ("HP-1", Decimal("3.40"))
    ]


def test_chart_shows_balances_and_filters_by_family(traded: Zoho) -> None:
    rows = traded.get("/chartofaccounts", filter_by="AccountType.Income", showbalance="true")["chartofaccounts"]
    assert {row["account_name"]: row["current_balance"] for row in rows}["Sales"] == Decimal("610.00")
    assert {row["account_type"] for row in rows} == {"income"}


def test_bank_accounts_show_balances_in_their_own_currency(traded: Zoho) -> None:
    rows = {row["account_name"]: row for row in traded.get("/bankaccounts")["bankaccounts"]}
    assert (rows["DBS Current Account"]["balance"], rows["USD Account"]["currency_code"]) == (500, "USD")


ADDRESSES = {
    "list_currencies": "/settings/currencies",
    "list_taxes": "/settings/taxes",
    "list_tax_exemptions": "/settings/taxexemptions",
    "get_transaction_lock": "/transactionlock",
    "list_contacts": "/contacts",
    "get_contact": "/contacts/{contacts}",
    "list_items": "/items",
    "get_item": "/items/{items}",
    "list_accounts": "/chartofaccounts",
    "list_account_transactions": "/chartofaccounts/accounttransactions?account_id={clearing}",
    "list_bank_accounts": "/bankaccounts",
    "list_invoices": "/invoices",
    "get_invoice": "/invoices/{invoices}",
    "list_invoice_payments": "/invoices/{invoices}/payments",
    "list_customer_payments": "/customerpayments",
    "get_customer_payment": "/customerpayments/{customerpayments}",
    "list_customer_payment_refunds": "/customerpayments/{refunded}/refunds",
    "list_expenses": "/expenses",
    "get_expense": "/expenses/{expenses}",
    "list_credit_notes": "/creditnotes",
    "get_credit_note": "/creditnotes/{creditnotes}",
    "list_credit_note_refunds": "/creditnotes/{creditnotes}/refunds",
    "list_all_credit_note_refunds": "/creditnotes/refunds",
    "get_credit_note_refund_by_id": "/creditnotes/refunds/{creditnote_refunds}",
    "list_bank_transactions": "/banktransactions",
    "get_bank_transaction": "/banktransactions/{banktransactions}",
}


@pytest.mark.parametrize("operation", sorted(ADDRESSES))
def test_answer_holds_every_field_of_the_contract(traded: Zoho, operation: str) -> None:
    documents = traded.truth()["documents"]
    ids = {kind: rows[0]["id"] for kind, rows in documents.items()}
    ids |= {"clearing": traded.account("HitPay Clearing"), "refunded": documents["customerpayments"][-1]["id"]}
    content = traded.get(ADDRESSES[operation].format(**ids))
    for path in contract("zoho_books")[operation].answer:
        node: Any = content
        for part in path.split("."):
            node = node[part.removesuffix("[]")]
            if part.endswith("[]"):
                assert node, f"{operation} answers no rows"
                node = node[0]


def test_every_read_operation_is_among_those_checked() -> None:
    reads = {op.id for op in contract("zoho_books").operations.values() if op.method == "GET"}
    assert reads - ADDRESSES.keys() == {"list_organizations", "list_fields"}


def test_fields_of_one_entity_are_listed_with_whether_they_refuse_doubles(traded: Zoho) -> None:
    book = book_of(traded.simulator, traded.organization_id)
    with book.state.transaction():
        made = create_custom_field(book, "invoices", "Tieout ref", "cf_tieout_ref", unique=True)
    (row,) = traded.get("/settings/fields", entity="invoice")["fields"]
    assert row == {
        "field_id": made,
        "label": "Tieout ref",
        "api_name": "cf_tieout_ref",
        "is_unique": True,
        "is_active": True,
    }
    assert traded.get("/settings/fields", entity="expense")["fields"] == []
