"""Posting into Zoho Books: one call per document, and doubt where there is doubt."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from app.books.zoho.client import ZohoClient
from app.books.zoho.posting import ZohoPosting
from app.domain.documents import CustomerPayment, Document, Expense, Invoice, Line, Transfer
from app.domain.money import Money
from app.ports import InDoubt, Refused, Temporary

BASE = "https://www.zohoapis.eu/books/v3"
DAY = date(2026, 11, 1)
LINKS = {"customer": "5", "invoice": "66"}
AMOUNT = Money.of("70.56", "SGD")

INVOICE = Invoice(
    reference="HP-1",
    date=DAY,
    customer_name="HitPay Sales (SGD)",
    currency="SGD",
    lines=(Line(item_id="77", description="Order 1007", amount=AMOUNT),),
)
PAYMENT = CustomerPayment(reference="HP-1", date=DAY, customer_name="HitPay Sales (SGD)", amount=AMOUNT, account_id="9")
FEE = Expense(reference="HP-1", date=DAY, amount=Money.of("3.17", "SGD"), account_id="8", paid_through_account_id="9")
PAYOUT = Transfer(reference="HP-1", date=DAY, amount=AMOUNT, from_account_id="9", to_account_id="4", description="Paid")
CREATED: dict[str, tuple[Document, str, dict[str, object]]] = {
    "invoice": (INVOICE, "/invoices", {"invoice": {"invoice_id": "66", "total": "70.56", "status": "draft"}}),
    "payment": (PAYMENT, "/customerpayments", {"payment": {"payment_id": "67", "amount": 70.56}}),
    "expense": (FEE, "/expenses", {"expense": {"expense_id": "68", "total": 3.17}}),
    "transfer": (PAYOUT, "/banktransactions", {"banktransaction": {"transaction_id": "68", "amount": 70.56}}),
}


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


@pytest.mark.parametrize("name", CREATED)
def test_document_is_created_with_one_call(posting: ZohoPosting, wire: responses.RequestsMock, name: str) -> None:
    document, path, answer = CREATED[name]
    wire.add(responses.POST, BASE + path, status=201, json={"code": 0, "message": "created", **answer})
    posted = posting.post(document, LINKS)
    assert posted.id in ("66", "67", "68")
    assert (posted.reference, posted.total, posted.date) == ("HP-1", document.total, DAY)
    assert len(wire.calls) == 1
    assert query(wire, 0) == {"organization_id": ["10229182"]}
    assert body(wire, 0)["reference_number"] == "HP-1"


def test_transfer_names_both_accounts_and_no_currency_of_its_own(
    posting: ZohoPosting, wire: responses.RequestsMock
) -> None:
    wire.add(responses.POST, f"{BASE}/banktransactions", json={"code": 0, **CREATED["transfer"][2]})
    posting.post(PAYOUT, {})
    assert body(wire, 0) == {
        "transaction_type": "transfer_fund",
        "from_account_id": "9",
        "to_account_id": "4",
        "amount": Decimal("70.56"),
        "date": "2026-11-01",
        "reference_number": "HP-1",
        "description": "Paid",
    }


def test_invoice_is_never_mailed_and_its_amount_is_exact(posting: ZohoPosting, wire: responses.RequestsMock) -> None:
    wire.add(responses.POST, f"{BASE}/invoices", json={"code": 0, **CREATED["invoice"][2]})
    posting.post(INVOICE, LINKS)
    assert b"send" not in (wire.calls[0].request.body or b"")
    assert b'"rate":70.56,' in (wire.calls[0].request.body or b"")


def test_total_that_tax_changed_is_told_as_zoho_told_it(posting: ZohoPosting, wire: responses.RequestsMock) -> None:
    answer = {"invoice": {"invoice_id": "66", "total": 76.91, "currency_code": "SGD"}}
    wire.add(responses.POST, f"{BASE}/invoices", json={"code": 0, **answer})
    assert posting.post(INVOICE, LINKS).total == Money.of("76.91", "SGD")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"json": {"code": 0}}, id="no document"),
        pytest.param({"json": {"code": 0, "invoice": None}}, id="null document"),
        pytest.param({"json": {"code": 0, "invoice": []}}, id="document is a list"),
        pytest.param({"json": {"code": 0, "invoice": {}}}, id="empty document"),
        pytest.param({"json": {"code": 0, "invoice": {"total": 70.56}}}, id="no id"),
        pytest.param({"json": {"code": 0, "invoice": {"invoice_id": " ", "total": 70.56}}}, id="blank id"),
        pytest.param({"json": {"code": 0, "invoice": {"invoice_id": "66"}}}, id="no total"),
        pytest.param({"json": {"code": 0, "invoice": {"invoice_id": "66", "total": "?"}}}, id="total is no number"),
        pytest.param({"json": {"code": 0, "expense": {"invoice_id": "66", "total": 1}}}, id="another document"),
        pytest.param({"json": {"invoice": {"invoice_id": "66", "total": 70.56}}}, id="no code"),
        pytest.param({"body": '{"code":0,"invoice":{"invoice_id":"66"'}, id="cut"),
        pytest.param({"body": "<html>"}, id="html"),
        pytest.param({"status": 204, "body": ""}, id="no content"),
        pytest.param({"status": 500, "json": {"code": 1000}}, id="internal error"),
        pytest.param({"body": requests.ConnectionError("reset")}, id="reset"),
    ],
)
def test_create_answer_that_proves_nothing_is_in_doubt(
    posting: ZohoPosting, wire: responses.RequestsMock, answer: dict[str, object]
) -> None:
    wire.add(responses.POST, f"{BASE}/invoices", **answer)  # type: ignore[arg-type]
    with pytest.raises(InDoubt):
        posting.post(INVOICE, LINKS)
    assert len(wire.calls) == 1


@pytest.mark.parametrize(
    "message",
    [
        "Payments cannot be recorded for invoices in draft status",
        "You cannot record a payment for this invoice in its current status",
        "Mark the invoice as sent to record a payment",
    ],
)
def test_payment_on_a_draft_is_told_apart(posting: ZohoPosting, wire: responses.RequestsMock, message: str) -> None:
    wire.add(responses.POST, f"{BASE}/customerpayments", status=400, json={"code": 24017, "message": message})
    with pytest.raises(Refused) as caught:
        posting.post(PAYMENT, LINKS)
    assert (caught.value.cause, caught.value.code, caught.value.detail) == ("invoice_is_draft", "24017", message)


@pytest.mark.parametrize(
    ("code", "message", "cause"),
    [
        (24016, "The amount entered is more than the balance due for the selected invoices.", "exceeds_balance"),
        (24017, "Payments cannot be recorded for invoices in void status", ""),
        (24017, "The invoice is pending approval; its status allows no payment", "approval"),
        (36054, "The transaction date is in a locked period", "period_locked"),
    ],
)
def test_other_refusals_of_a_payment_keep_their_cause(
    posting: ZohoPosting, wire: responses.RequestsMock, code: int, message: str, cause: str
) -> None:
    wire.add(responses.POST, f"{BASE}/customerpayments", status=400, json={"code": code, "message": message})
    with pytest.raises(Refused) as caught:
        posting.post(PAYMENT, LINKS)
    assert caught.value.cause == cause


def test_draft_word_matters_for_payments_only(posting: ZohoPosting, wire: responses.RequestsMock) -> None:
    wire.add(responses.POST, f"{BASE}/invoices", status=400, json={"code": 9, "message": "draft template is gone"})
    with pytest.raises(Refused) as caught:
        posting.post(INVOICE, LINKS)
    assert caught.value.cause == ""


def test_payment_without_its_invoice_is_a_programming_error(posting: ZohoPosting) -> None:
    with pytest.raises(KeyError):
        posting.post(PAYMENT, {"customer": "5"})


def test_fee_in_another_currency_names_it(client: ZohoClient, wire: responses.RequestsMock) -> None:
    currencies = [{"currency_id": "44", "currency_code": "SGD"}, {"currency_id": "45", "currency_code": "USD"}]
    wire.add(responses.GET, f"{BASE}/settings/currencies", json={"code": 0, "currencies": currencies})
    wire.add(responses.POST, f"{BASE}/expenses", json={"code": 0, **CREATED["expense"][2]})
    posting = ZohoPosting(client, "USD")
    posting.post(FEE, LINKS)
    posting.post(FEE, LINKS)
    assert [body(wire, number)["currency_id"] for number in (1, 2)] == ["44", "44"]
    assert len(wire.calls) == 3


# --- marking as sent ---------------------------------------------------------------------------------------------


def test_drafts_are_marked_in_one_call(posting: ZohoPosting, wire: responses.RequestsMock) -> None:
    wire.add(responses.POST, f"{BASE}/invoices/status/sent", json={"code": 0, "message": "marked"})
    posting.mark_sent(["1", "2", "3"])
    assert query(wire, 0)["invoice_ids"] == ["1,2,3"]
    assert len(wire.calls) == 1


def test_no_drafts_need_no_call(posting: ZohoPosting, wire: responses.RequestsMock) -> None:
    posting.mark_sent([])
    assert len(wire.calls) == 0


def test_many_drafts_are_marked_by_the_hundred(posting: ZohoPosting, wire: responses.RequestsMock) -> None:
    wire.add(responses.POST, f"{BASE}/invoices/status/sent", json={"code": 0})
    posting.mark_sent([str(number) for number in range(250)])
    assert [len(query(wire, number)["invoice_ids"][0].split(",")) for number in range(3)] == [100, 100, 50]


def test_marking_without_an_answer_may_be_repeated(posting: ZohoPosting, wire: responses.RequestsMock) -> None:
    wire.add(responses.POST, f"{BASE}/invoices/status/sent", status=502, body="")
    with pytest.raises(Temporary):
        posting.mark_sent(["1"])
