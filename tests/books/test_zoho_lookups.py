"""Look-ups in Zoho Books that can be trusted: exact, complete, and never "none" by mistake."""

from __future__ import annotations

import json
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from app.books.zoho.client import ZohoClient
from app.books.zoho.posting import ZohoPosting
from app.domain.documents import DocumentKind
from app.domain.money import Money
from app.ports import InDoubt, Refused

BASE = "https://www.zohoapis.eu/books/v3"
AMOUNT = Money.of("70.56", "SGD")


@pytest.fixture
def posting(client: ZohoClient) -> ZohoPosting:
    return ZohoPosting(client, "SGD")


def query(wire: responses.RequestsMock, number: int) -> dict[str, list[str]]:
    return parse_qs(urlsplit(str(wire.calls[number].request.url)).query)


def body(wire: responses.RequestsMock, number: int) -> dict[str, object]:
    sent = wire.calls[number].request.body or b""
    found = json.loads(sent, parse_float=Decimal)
    assert isinstance(found, dict)
    return found


def invoice_row(number: int, reference: object = "HP-1") -> dict[str, object]:
    return {
        "invoice_id": str(number),
        "total": "70.56",
        "date": "2026-11-01",
        "currency_code": "SGD",
        "reference_number": reference,
        "status": "void" if number == 3 else "paid",
    }


def test_look_up_keeps_only_rows_of_exactly_this_reference(posting: ZohoPosting, wire: responses.RequestsMock) -> None:
    first = [invoice_row(1), invoice_row(2, "HP-10"), invoice_row(4, "hp-1"), invoice_row(5, None)]
    page = {"code": 0, "invoices": first, "page_context": {"has_more_page": True}}
    wire.add(responses.GET, f"{BASE}/invoices", json=page)
    last = {"code": 0, "invoices": [invoice_row(3)], "page_context": {"has_more_page": False}}
    wire.add(responses.GET, f"{BASE}/invoices", json=last)
    found = posting.find(DocumentKind.INVOICE, "HP-1")
    assert [(posted.id, posted.status) for posted in found] == [("1", "paid"), ("3", "void")]
    assert query(wire, 0)["reference_number"] == ["HP-1"]


def test_nothing_found_is_an_empty_list(posting: ZohoPosting, wire: responses.RequestsMock) -> None:
    wire.add(responses.GET, f"{BASE}/expenses", json={"code": 0, "expenses": []})
    assert posting.find(DocumentKind.EXPENSE, "HP-1") == []


@pytest.mark.parametrize("key", ["customerpayments", "customer_payments"])
def test_payment_row_of_the_published_shape_is_read_in_full(
    posting: ZohoPosting, wire: responses.RequestsMock, key: str
) -> None:
    rows = [{"payment_id": "67", "date": "2026-11-01", "amount": 70.56}, {"payment_id": "68", "amount": 1}]
    wire.add(responses.GET, f"{BASE}/customerpayments", json={"code": 0, key: rows})
    for number, reference in (("67", "HP-1"), ("68", "HP-2")):
        payment = {
            "payment_id": number,
            "amount": 70.56,
            "date": "2026-11-01",
            "currency_code": "SGD",
            "reference_number": reference,
        }
        wire.add(responses.GET, f"{BASE}/customerpayments/{number}", json={"code": 0, "payment": payment})
    found = posting.find(DocumentKind.CUSTOMER_PAYMENT, "HP-1")
    assert [(posted.id, posted.total) for posted in found] == [("67", AMOUNT)]


def test_payment_row_without_a_currency_is_read_in_full(posting: ZohoPosting, wire: responses.RequestsMock) -> None:
    row = {"payment_id": "67", "date": "2026-11-01", "amount": 70.56, "reference_number": "HP-1"}
    wire.add(responses.GET, f"{BASE}/customerpayments", json={"code": 0, "customerpayments": [row]})
    full = {"code": 0, "payment": {**row, "currency_code": "SGD"}}
    wire.add(responses.GET, f"{BASE}/customerpayments/67", json=full)
    assert posting.find(DocumentKind.CUSTOMER_PAYMENT, "HP-1")[0].total == AMOUNT


def test_bank_transaction_of_another_type_is_not_found(posting: ZohoPosting, wire: responses.RequestsMock) -> None:
    def row(number: int, **changes: object) -> dict[str, object]:
        plain = {"date": "2026-11-01", "amount": 70.56, "currency_code": "SGD", "reference_number": "HPP-1"}
        return {"transaction_id": str(number), "transaction_type": "transfer_fund", **plain, **changes}

    twice, longer = row(2, debit_or_credit="credit"), row(3, reference_number="HPP-10")
    rows = [row(1, transaction_type="expense_refund"), row(2), twice, longer]
    wire.add(responses.GET, f"{BASE}/banktransactions", json={"code": 0, "banktransactions": rows})
    wire.add(responses.GET, f"{BASE}/banktransactions", json={"code": 0, "banktransactions": rows})

    assert [posted.id for posted in posting.find(DocumentKind.TRANSFER, "HPP-1")] == ["2"]
    assert query(wire, 0)["transaction_type"] == ["transfer_fund"]
    assert [posted.id for posted in posting.find(DocumentKind.EXPENSE_REFUND, "HPP-1")] == ["1"]


def test_record_that_vanished_between_two_reads_is_not_found(
    posting: ZohoPosting, wire: responses.RequestsMock
) -> None:
    rows = [{"payment_id": "67", "date": "2026-11-01", "amount": 70.56}]
    wire.add(responses.GET, f"{BASE}/customerpayments", json={"code": 0, "customerpayments": rows})
    gone = {"code": 1002, "message": "Payment does not exist."}
    wire.add(responses.GET, f"{BASE}/customerpayments/67", status=404, json=gone)
    assert posting.find(DocumentKind.CUSTOMER_PAYMENT, "HP-1") == []


def test_look_up_that_cannot_be_read_is_an_error(posting: ZohoPosting, wire: responses.RequestsMock) -> None:
    row = {**invoice_row(1), "total": "?"}
    wire.add(responses.GET, f"{BASE}/invoices", json={"code": 0, "invoices": [row]})
    wire.add(responses.GET, f"{BASE}/invoices/1", json={"code": 0, "invoice": row})
    with pytest.raises(Refused) as caught:
        posting.find(DocumentKind.INVOICE, "HP-1")
    assert caught.value.cause == "unreadable"


def test_flood_of_rows_without_a_reference_is_an_error(posting: ZohoPosting, wire: responses.RequestsMock) -> None:
    rows = [{"payment_id": str(number), "amount": 1} for number in range(60)]
    wire.add(responses.GET, f"{BASE}/customerpayments", json={"code": 0, "customerpayments": rows})
    for number in range(60):
        payment = {"payment_id": str(number), "reference_number": "other"}
        wire.add(responses.GET, f"{BASE}/customerpayments/{number}", json={"code": 0, "payment": payment})
    with pytest.raises(Refused) as caught:
        posting.find(DocumentKind.CUSTOMER_PAYMENT, "HP-1")
    assert caught.value.cause == "unreadable"


# --- customers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([], None),
        ([{"contact_id": "5", "contact_name": "HitPay Sales (SGD)"}], "5"),
        ([{"contact_id": 5, "contact_name": " HitPay Sales (SGD) ", "status": "active"}], "5"),
        ([{"contact_id": "5", "contact_name": "HitPay Sales (USD)"}], None),
        ([{"contact_id": "5", "contact_name": "HitPay Sales (SGD)", "status": "inactive"}], None),
        ([{"contact_id": "5", "contact_name": "HitPay Sales (SGD)", "contact_type": "vendor"}], None),
    ],
    ids=["none", "one", "number and blanks", "filter ignored", "inactive", "vendor"],
)
def test_customer_is_found_by_exact_name(
    posting: ZohoPosting, wire: responses.RequestsMock, rows: list[dict[str, object]], found: str | None
) -> None:
    wire.add(responses.GET, f"{BASE}/contacts", json={"code": 0, "contacts": rows})
    assert posting.find_customer("HitPay Sales (SGD)") == found
    assert query(wire, 0)["contact_name"] == ["HitPay Sales (SGD)"]


def add_currencies(wire: responses.RequestsMock) -> None:
    rows = [{"currency_id": "44", "currency_code": "SGD"}]
    wire.add(responses.GET, f"{BASE}/settings/currencies", json={"code": 0, "currencies": rows})


def test_customer_is_created_in_its_currency(posting: ZohoPosting, wire: responses.RequestsMock) -> None:
    add_currencies(wire)
    wire.add(responses.POST, f"{BASE}/contacts", status=201, json={"code": 0, "contact": {"contact_id": "5"}})
    assert posting.create_customer("HitPay Sales (SGD)", "SGD") == "5"
    assert body(wire, 1) == {"contact_name": "HitPay Sales (SGD)", "contact_type": "customer", "currency_id": "44"}


def test_customer_in_an_unknown_currency_is_refused_before_writing(
    posting: ZohoPosting, wire: responses.RequestsMock
) -> None:
    add_currencies(wire)
    with pytest.raises(Refused) as caught:
        posting.create_customer("HitPay Sales (EUR)", "EUR")
    assert caught.value.cause == "currency"
    assert "EUR" in str(caught.value)


def test_taken_name_is_told(posting: ZohoPosting, wire: responses.RequestsMock) -> None:
    add_currencies(wire)
    words = 'The customer "HitPay Sales (SGD)" already exists. Please specify a different name.'
    wire.add(responses.POST, f"{BASE}/contacts", status=400, json={"code": 3062, "message": words})
    with pytest.raises(Refused) as caught:
        posting.create_customer("HitPay Sales (SGD)", "SGD")
    assert caught.value.cause == "exists"


def test_created_customer_without_an_id_is_in_doubt(posting: ZohoPosting, wire: responses.RequestsMock) -> None:
    add_currencies(wire)
    wire.add(responses.POST, f"{BASE}/contacts", status=201, json={"code": 0, "contact": {}})
    with pytest.raises(InDoubt):
        posting.create_customer("HitPay Sales (SGD)", "SGD")


def test_refunds_of_credit_notes_are_listed_without_a_filter_that_zoho_lacks(
    posting: ZohoPosting, wire: responses.RequestsMock
) -> None:
    page = {"code": 0, "creditnote_refunds": [], "page_context": {"has_more_page": False}}
    wire.add(responses.GET, f"{BASE}/creditnotes/refunds", json=page)
    assert posting.find(DocumentKind.CREDIT_NOTE_REFUND, "HPR-1") == []
    assert "reference_number" not in query(wire, 0)
