"""One sale from invoice to refund: what Zoho computes, and what the ledger says afterwards."""

from __future__ import annotations

from tests.simulator.conftest import Zoho


def test_sale_with_fee_leaves_the_net_amount_in_clearing(zoho: Zoho) -> None:
    invoice = zoho.invoice("100.00", reference_number="HP-1")
    zoho.pay(invoice, "100.00", reference_number="HP-1")
    zoho.post(
        "/expenses",
        {
            "account_id": zoho.account("HitPay Fees"),
            "paid_through_account_id": zoho.account("HitPay Clearing"),
            "date": "2026-11-20",
            "amount": 3.4,
            "reference_number": "HP-1",
        },
    )
    truth = zoho.truth()
    assert zoho.get(f"/invoices/{invoice['invoice_id']}")["invoice"]["status"] == "paid"
    assert zoho.balance("HitPay Clearing") == "96.60"
    assert zoho.balance("Sales") == "-100.00"
    assert zoho.balance("Accounts Receivable") == "0.00"
    assert truth["trial_balance"] == "0.00"
    assert truth["violations"] == []
