"""Credit notes, their refunds, and bank transactions in the simulated Zoho Books."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.simulator.zoho_books.organizations import set_switches
from tests.simulator.conftest import Zoho


def credit(zoho: Zoho, invoice: Any, amount: str = "40.00", linked: bool = True) -> Any:
    line = {"account_id": zoho.account("Refunds payable"), "name": "Refund", "quantity": 1, "rate": Decimal(amount)}
    body = {"customer_id": invoice["customer_id"], "date": "2026-11-21", "line_items": [line]}
    query = {"invoice_id": invoice["invoice_id"]} if linked else {}
    return zoho.post("/creditnotes", {**body, "reference_number": "HPR-1"}, **query)["creditnote"]


def refund_body(zoho: Zoho, amount: str = "40.00") -> Any:
    return {
        "date": "2026-11-21",
        "amount": Decimal(amount),
        "from_account_id": zoho.account("HitPay Clearing"),
        "refund_mode": "others",
        "reference_number": "HPR-1",
    }


def apply(zoho: Zoho, note: Any, invoice: Any, amount: int = 40) -> Any:
    entry = {"invoice_id": invoice["invoice_id"], "amount_applied": amount}
    return zoho.send("POST", f"/creditnotes/{note['creditnote_id']}/invoices", {"invoices": [entry]}).json()


def test_refund_of_a_paid_sale_leaves_the_invoice_paid(zoho: Zoho) -> None:
    invoice = zoho.invoice()
    zoho.pay(invoice)
    note = credit(zoho, invoice)
    assert (note["status"], note["balance"], note["invoice_number"]) == (
        "open",
        Decimal("40.00"),
        invoice["invoice_number"],
    )
    zoho.post(f"/creditnotes/{note['creditnote_id']}/refunds", refund_body(zoho))
    assert zoho.get(f"/creditnotes/{note['creditnote_id']}")["creditnote"]["status"] == "closed"
    assert zoho.get(f"/invoices/{invoice['invoice_id']}")["invoice"]["status"] == "paid"
    assert (zoho.balance("HitPay Clearing"), zoho.balance("Refunds payable")) == ("60.00", "40.00")
    assert (zoho.balance("Accounts Receivable"), zoho.truth()["trial_balance"]) == ("0.00", "0.00")


def test_more_than_the_note_holds_is_refused(zoho: Zoho) -> None:
    note = credit(zoho, zoho.invoice())
    address = f"/creditnotes/{note['creditnote_id']}/refunds"
    assert zoho.refused("POST", address, refund_body(zoho, "40.01")) == (400, 12009)
    zoho.post(address, refund_body(zoho))
    assert zoho.refused("POST", address, refund_body(zoho, "0.01")) == (400, 12003)


def test_note_is_not_applied_to_a_draft(zoho: Zoho) -> None:
    invoice = zoho.invoice()
    assert apply(zoho, credit(zoho, invoice), invoice)["code"] == 12005


def test_note_is_not_applied_to_a_paid_invoice(zoho: Zoho) -> None:
    invoice = zoho.invoice()
    zoho.pay(invoice)
    assert apply(zoho, credit(zoho, invoice), invoice)["code"] == 12006


def test_note_is_not_applied_to_a_void_invoice(zoho: Zoho) -> None:
    invoice = zoho.invoice()
    zoho.post(f"/invoices/{invoice['invoice_id']}/status/void")
    assert apply(zoho, credit(zoho, invoice), invoice)["code"] == 12007


def test_applied_note_lowers_the_balance_of_an_open_invoice(zoho: Zoho) -> None:
    invoice = zoho.invoice()
    zoho.post(f"/invoices/{invoice['invoice_id']}/status/sent")
    assert apply(zoho, credit(zoho, invoice), invoice)["code"] == 0
    found = zoho.get(f"/invoices/{invoice['invoice_id']}")["invoice"]
    assert (found["status"], found["balance"], found["credits_applied"]) == ("partially_paid", "60", Decimal("40.00"))
    assert zoho.refused("DELETE", f"/invoices/{invoice['invoice_id']}") == (400, 12008)


@pytest.mark.parametrize(("applies", "balance"), [(False, "100"), (True, "60")])
def test_whether_linking_applies_is_the_organizations_way(zoho: Zoho, applies: bool, balance: str) -> None:
    set_switches(zoho.simulator, zoho.organization_id, credit_note_link_applies=applies)
    invoice = zoho.invoice()
    zoho.post(f"/invoices/{invoice['invoice_id']}/status/sent")
    credit(zoho, invoice)
    assert zoho.get(f"/invoices/{invoice['invoice_id']}")["invoice"]["balance"] == balance


def test_deleted_refund_and_note_leave_no_trace(zoho: Zoho) -> None:
    note = credit(zoho, zoho.invoice())
    address = f"/creditnotes/{note['creditnote_id']}/refunds"
    refund = zoho.post(address, refund_body(zoho))["creditnote_refund"]
    assert zoho.refused("DELETE", f"/creditnotes/{note['creditnote_id']}") == (400, 12008)
    zoho.delete(f"{address}/{refund['creditnote_refund_id']}")
    zoho.delete(f"/creditnotes/{note['creditnote_id']}")
    assert zoho.truth()["documents"]["creditnotes"] == []
    assert (zoho.balance("HitPay Clearing"), zoho.balance("Refunds payable")) == ("0.00", "0.00")


def test_refunds_are_listed_of_one_note_and_of_all(zoho: Zoho) -> None:
    note = credit(zoho, zoho.invoice())
    zoho.post(f"/creditnotes/{note['creditnote_id']}/refunds", refund_body(zoho))
    of_one = zoho.get(f"/creditnotes/{note['creditnote_id']}/refunds")["creditnote_refunds"]
    assert of_one == zoho.get("/creditnotes/refunds")["creditnote_refunds"]
    assert [(row["reference_number"], row["amount_fcy"]) for row in of_one] == [("HPR-1", Decimal("40.00"))]


@pytest.mark.parametrize(
    ("kind", "source", "target", "left"),
    [
        ("transfer_fund", "HitPay Clearing", "DBS Current Account", "-50.00"),
        ("deposit", "Unmatched portal payments", "HitPay Clearing", "-50.00"),
        ("expense_refund", "HitPay Fees", "HitPay Clearing", "-50.00"),
    ],
)
def test_bank_transaction_moves_money(zoho: Zoho, kind: str, source: str, target: str, left: str) -> None:
    accounts = {"from_account_id": zoho.account(source), "to_account_id": zoho.account(target)}
    body = {"transaction_type": kind, "amount": 50, "date": "2026-11-20", "reference_number": "HPP-1", **accounts}
    made = zoho.post("/banktransactions", body)["banktransaction"]
    assert (zoho.balance(source), zoho.balance(target)) == (left, "50.00")
    [row] = zoho.get("/banktransactions", reference_number="HPP-1", account_id=accounts["from_account_id"])[
        "banktransactions"
    ]
    assert (row["transaction_id"], row["debit_or_credit"]) == (made["transaction_id"], "credit")


def test_transfer_from_an_income_account_is_refused(zoho: Zoho) -> None:
    body = {
        "transaction_type": "transfer_fund",
        "from_account_id": zoho.account("Sales"),
        "to_account_id": zoho.account("HitPay Clearing"),
        "amount": 50,
        "date": "2026-11-20",
    }
    assert zoho.refused("POST", "/banktransactions", body) == (400, 36056)
