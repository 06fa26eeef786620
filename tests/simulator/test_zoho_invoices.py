"""Invoices in the simulated Zoho Books: drafts, numbers, taxes, statuses, deletion and the locked period."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.simulator.zoho_books import accounts, people
from app.simulator.zoho_books.organizations import book_of, set_lock_date, set_switches
from app.simulator.zoho_books.taxes import create_exemption, create_tax
from tests.simulator.conftest import Zoho


def status(zoho: Zoho, invoice: Any) -> str:
    return str(zoho.get(f"/invoices/{invoice['invoice_id']}")["invoice"]["status"])


def test_invoice_is_born_a_draft_that_posts_nothing(zoho: Zoho) -> None:
    invoice = zoho.invoice()
    assert (invoice["status"], invoice["invoice_number"], invoice["total"]) == ("draft", "INV-000001", "100")
    assert zoho.balance("Accounts Receivable") == "0.00"


def test_sent_invoice_posts_to_receivables(zoho: Zoho) -> None:
    invoice = zoho.invoice()
    zoho.post(f"/invoices/{invoice['invoice_id']}/status/sent")
    assert (status(zoho, invoice), zoho.balance("Accounts Receivable")) == ("sent", "100.00")


def test_many_invoices_are_sent_in_one_call(zoho: Zoho) -> None:
    customer, item = zoho.customer(), zoho.item()
    made = [zoho.invoice(customer_id=customer, item_id=item) for _ in range(3)]
    zoho.post("/invoices/status/sent", invoice_ids=",".join(invoice["invoice_id"] for invoice in made))
    assert [status(zoho, invoice) for invoice in made] == ["sent"] * 3


def test_invoice_past_its_due_date_is_overdue(zoho: Zoho) -> None:
    invoice = zoho.invoice(due_date="2026-11-21")
    zoho.post(f"/invoices/{invoice['invoice_id']}/status/sent")
    zoho.clock.advance(timedelta(days=2))
    assert [row["status"] for row in zoho.act("list_invoices", query={"status": "unpaid"})["invoices"]] == ["overdue"]


def test_own_number_needs_the_flag_and_must_be_new(zoho: Zoho) -> None:
    customer, item = zoho.customer(), zoho.item()
    body = {"customer_id": customer, "line_items": [{"item_id": item, "rate": 1}], "invoice_number": "TIE-1"}
    assert zoho.refused("POST", "/invoices", body) == (400, 4097)
    flag = {"ignore_auto_number_generation": "true"}
    assert zoho.post("/invoices", body, **flag)["invoice"]["invoice_number"] == "TIE-1"
    assert zoho.refused("POST", "/invoices", body, **flag) == (400, 1001)


@pytest.mark.parametrize(("inclusive", "total", "tax"), [(True, "109", "9.00"), (False, "118.81", "9.81")])
def test_tax_of_the_item_counts(zoho: Zoho, inclusive: bool, total: str, tax: str) -> None:
    tax_id = create_tax(book_of(zoho.simulator, zoho.organization_id), "GST", Decimal(9))
    invoice = zoho.invoice("109.00", item_id=zoho.item(tax_id=tax_id), is_inclusive_tax=inclusive)
    assert (invoice["total"], invoice["tax_total"]) == (total, Decimal(tax))


def test_line_without_tax_is_refused_where_one_is_required(zoho: Zoho) -> None:
    set_switches(zoho.simulator, zoho.organization_id, tax_required=True)
    body = {"customer_id": zoho.customer(), "line_items": [{"item_id": zoho.item(), "rate": 1}]}
    assert zoho.refused("POST", "/invoices", body) == (400, 36059)


def test_foreign_invoice_posts_at_its_rate(zoho: Zoho) -> None:
    invoice = zoho.invoice("100.00", customer_id=zoho.customer("Ann (USD)", "USD"), exchange_rate=Decimal("1.3456"))
    zoho.post(f"/invoices/{invoice['invoice_id']}/status/sent")
    account = zoho.truth()["accounts"]["Accounts Receivable"]
    assert (invoice["currency_code"], account["base"]) == ("USD", "134.56")


def test_wrong_customer_is_code_3004(zoho: Zoho) -> None:
    assert zoho.refused("POST", "/invoices", {"customer_id": "5", "line_items": [{"item_id": zoho.item()}]}) == (
        400,
        3004,
    )


def test_item_posting_to_an_inactive_account_is_refused(zoho: Zoho) -> None:
    item, customer = zoho.item(), zoho.customer()
    accounts.set_active(book_of(zoho.simulator, zoho.organization_id), zoho.account("Sales"), False)
    assert zoho.refused("POST", "/invoices", {"customer_id": customer, "line_items": [{"item_id": item}]}) == (
        400,
        36055,
    )


def test_invoice_with_a_payment_cannot_be_deleted(zoho: Zoho) -> None:
    invoice = zoho.invoice()
    zoho.pay(invoice)
    assert zoho.refused("DELETE", f"/invoices/{invoice['invoice_id']}") == (400, 4001)


def test_deleted_invoice_is_gone_without_a_trace(zoho: Zoho) -> None:
    invoice = zoho.invoice()
    zoho.post(f"/invoices/{invoice['invoice_id']}/status/sent")
    zoho.delete(f"/invoices/{invoice['invoice_id']}")
    assert zoho.refused("GET", f"/invoices/{invoice['invoice_id']}") == (404, 1002)
    assert zoho.get("/invoices")["invoices"] == []
    assert zoho.balance("Accounts Receivable") == "0.00"


def test_void_invoice_leaves_its_payment_as_customer_credit(zoho: Zoho) -> None:
    invoice = zoho.invoice()
    payment = zoho.pay(invoice)
    zoho.post(f"/invoices/{invoice['invoice_id']}/status/void")
    assert status(zoho, invoice) == "void"
    found = zoho.get(f"/customerpayments/{payment['payment_id']}")["payment"]
    assert (found["unused_amount"], found["invoices"]) == (Decimal("100.00"), [])
    assert (zoho.balance("Unearned Revenue"), zoho.balance("Sales")) == ("-100.00", "0.00")
    assert zoho.truth()["trial_balance"] == "0.00"


@pytest.mark.parametrize(("day", "code"), [("2026-10-31", 36054), ("2026-10-30", 36054), ("2026-11-01", 0)])
def test_locked_period_takes_no_documents(zoho: Zoho, day: str, code: int) -> None:
    set_lock_date(zoho.simulator, zoho.organization_id, "2026-10-31")
    body = {"customer_id": zoho.customer(), "line_items": [{"item_id": zoho.item(), "rate": 1}], "date": day}
    assert zoho.send("POST", "/invoices", body).json()["code"] == code


def test_transaction_lock_shows_its_date(zoho: Zoho) -> None:
    assert zoho.get("/transactionlock")["transaction_lock"]["transaction_lock_status"] == "disabled"
    set_lock_date(zoho.simulator, zoho.organization_id, "2026-10-31")
    assert zoho.get("/transactionlock")["transaction_lock"]["transaction_lock_date"] == "2026-10-31"


def test_yearly_cap_stops_invoices(zoho: Zoho) -> None:
    set_switches(zoho.simulator, zoho.organization_id, invoice_cap=1)
    body = {"customer_id": zoho.customer(), "line_items": [{"item_id": zoho.item(), "rate": 1}]}
    zoho.post("/invoices", body)
    assert zoho.refused("POST", "/invoices", body) == (400, 36058)


def test_invoice_waiting_for_approval_takes_no_payment(zoho: Zoho) -> None:
    set_switches(zoho.simulator, zoho.organization_id, approval_required=True)
    invoice = zoho.invoice()
    assert invoice["status"] == "pending_approval"
    assert zoho.refused("POST", "/customerpayments", zoho.payment_body(invoice)) == (400, 24017)
    people.approve(zoho.simulator, zoho.organization_id, invoice["invoice_id"])
    assert zoho.pay(invoice)["unused_amount"] == 0


def test_person_edits_an_invoice_behind_our_back(zoho: Zoho) -> None:
    invoice = zoho.invoice()
    zoho.post(f"/invoices/{invoice['invoice_id']}/status/sent")
    people.edit(
        zoho.simulator, zoho.organization_id, "invoices", invoice["invoice_id"], rate="80.00", due_date="2026-12-31"
    )
    found = zoho.get(f"/invoices/{invoice['invoice_id']}")["invoice"]
    assert (found["total"], found["due_date"]) == ("80", "2026-12-31")
    assert zoho.balance("Accounts Receivable") == "80.00"


def test_person_deletes_even_in_a_locked_period(zoho: Zoho) -> None:
    invoice = zoho.invoice()
    set_lock_date(zoho.simulator, zoho.organization_id, "2026-11-30")
    people.delete(zoho.simulator, zoho.organization_id, "invoices", invoice["invoice_id"])
    assert zoho.truth()["documents"]["invoices"] == []
    assert zoho.truth()["organization"]["lock_date"] == "2026-11-30"


def test_exempt_document_needs_no_tax_and_bears_none(zoho: Zoho) -> None:
    book = book_of(zoho.simulator, zoho.organization_id)
    set_switches(zoho.simulator, zoho.organization_id, tax_required=True)
    exemption = create_exemption(book, "ZERO RATED")
    taxed = zoho.item(tax_id=create_tax(book, "GST", Decimal(9)))
    invoice = zoho.invoice("109.00", item_id=taxed, is_inclusive_tax=True, tax_exemption_id=exemption)
    assert (invoice["total"], invoice["tax_total"]) == ("109", Decimal(0))
    told = zoho.get("/settings/taxexemptions")["tax_exemptions"]
    assert [(row["tax_exemption_id"], row["tax_exemption_code"]) for row in told] == [(exemption, "ZERO RATED")]
