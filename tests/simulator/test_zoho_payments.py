"""Customer payments and expenses in the simulated Zoho Books."""

from __future__ import annotations

from decimal import Decimal

from app.simulator.zoho_books import accounts, custom_fields
from app.simulator.zoho_books.organizations import book_of, set_switches
from tests.simulator.conftest import Zoho


def test_draft_takes_a_payment_and_becomes_paid(zoho: Zoho) -> None:
    invoice = zoho.invoice()
    payment = zoho.pay(invoice)
    assert payment["invoices"][0]["amount_applied"] == Decimal("100.00")
    assert zoho.get(f"/invoices/{invoice['invoice_id']}")["invoice"]["status"] == "paid"
    assert zoho.balance("HitPay Clearing") == "100.00"


def test_draft_refuses_a_payment_where_the_organization_is_strict(zoho: Zoho) -> None:
    set_switches(zoho.simulator, zoho.organization_id, draft_accepts_payment=False)
    invoice = zoho.invoice()
    answer = zoho.send("POST", "/customerpayments", zoho.payment_body(invoice))
    assert (answer.status_code, "draft" in answer.json()["message"]) == (400, True)
    zoho.post(f"/invoices/{invoice['invoice_id']}/status/sent")
    assert zoho.pay(invoice)["unused_amount"] == 0


def test_more_than_the_balance_is_code_24016(zoho: Zoho) -> None:
    invoice = zoho.invoice()
    zoho.pay(invoice)
    assert zoho.refused("POST", "/customerpayments", zoho.payment_body(invoice)) == (400, 24016)


def test_refused_payment_changes_nothing(zoho: Zoho) -> None:
    customer, item = zoho.customer(), zoho.item()
    good, paid = (zoho.invoice(customer_id=customer, item_id=item) for _ in range(2))
    zoho.pay(paid)
    both = [{"invoice_id": invoice["invoice_id"], "amount_applied": 100} for invoice in (good, paid)]
    body = {**zoho.payment_body(good, "200.00"), "invoices": both}
    assert zoho.refused("POST", "/customerpayments", body) == (400, 24016)
    assert zoho.get(f"/invoices/{good['invoice_id']}")["invoice"]["status"] == "draft"
    assert zoho.balance("HitPay Clearing") == "100.00"


def test_excess_stays_as_customer_credit(zoho: Zoho) -> None:
    invoice = zoho.invoice()
    body = {**zoho.payment_body(invoice, "100.00"), "amount": 130}
    payment = zoho.post("/customerpayments", body)["payment"]
    assert payment["unused_amount"] == 30
    assert zoho.balance("Unearned Revenue") == "-30.00"


def test_payment_of_another_customer_is_refused(zoho: Zoho) -> None:
    body = zoho.payment_body(zoho.invoice())
    assert zoho.refused("POST", "/customerpayments", {**body, "customer_id": zoho.customer("Someone else")}) == (400, 2)


def test_bank_charges_are_kept_back_from_the_deposit(zoho: Zoho) -> None:
    zoho.pay(zoho.invoice(), bank_charges=Decimal("3.40"))
    assert (zoho.balance("HitPay Clearing"), zoho.balance("Bank Fees and Charges")) == ("96.60", "3.40")


def test_deleted_payment_leaves_the_invoice_unpaid(zoho: Zoho) -> None:
    invoice = zoho.invoice()
    payment = zoho.pay(invoice)
    zoho.delete(f"/customerpayments/{payment['payment_id']}")
    found = zoho.get(f"/invoices/{invoice['invoice_id']}")["invoice"]
    assert (found["status"], found["balance"]) == ("sent", "100")
    assert zoho.balance("HitPay Clearing") == "0.00"


def test_unapplied_payment_can_be_refunded(zoho: Zoho) -> None:
    invoice = zoho.invoice()
    payment = zoho.pay(invoice)
    [row] = zoho.get(f"/invoices/{invoice['invoice_id']}/payments")["payments"]
    zoho.delete(f"/invoices/{invoice['invoice_id']}/payments/{row['invoice_payment_id']}")
    body = {"date": "2026-11-20", "amount": 100, "from_account_id": zoho.account("HitPay Clearing")}
    address = f"/customerpayments/{payment['payment_id']}/refunds"
    zoho.post(address, body)
    assert zoho.refused("POST", address, body) == (400, 24018)
    assert (zoho.balance("HitPay Clearing"), zoho.balance("Unearned Revenue")) == ("0.00", "0.00")


def test_payment_at_another_rate_makes_an_exchange_difference(zoho: Zoho) -> None:
    invoice = zoho.invoice("100.00", customer_id=zoho.customer("Ann (USD)", "USD"), exchange_rate=Decimal("1.35"))
    zoho.pay(invoice, exchange_rate=Decimal("1.36"))
    truth = zoho.truth()
    assert truth["accounts"]["HitPay Clearing"]["balance"] == "136.00"
    assert truth["accounts"]["Exchange Gain or Loss"]["base"] == "-1.00"
    assert (truth["accounts"]["Accounts Receivable"]["base"], truth["trial_balance"]) == ("0.00", "0.00")


def test_part_payments_clear_receivables_to_the_cent(zoho: Zoho) -> None:
    invoice = zoho.invoice("10.00", customer_id=zoho.customer("Ann (USD)", "USD"), exchange_rate=Decimal("1.3333"))
    for amount in ("3.33", "3.33", "3.34"):
        zoho.pay(invoice, amount, exchange_rate=Decimal("1.3333"))
    assert zoho.truth()["accounts"]["Accounts Receivable"]["base"] == "0.00"


def test_deposit_to_an_account_in_a_third_currency_is_refused(zoho: Zoho) -> None:
    invoice = zoho.invoice(customer_id=zoho.customer("Ann (EUR)", "EUR"))
    body = zoho.payment_body(invoice, account_id=zoho.account("USD Account"))
    assert zoho.refused("POST", "/customerpayments", body) == (400, 36056)


def test_expense_paid_through_an_income_account_is_refused(zoho: Zoho) -> None:
    body = {"account_id": zoho.account("HitPay Fees"), "date": "2026-11-20", "amount": 1}
    assert zoho.refused("POST", "/expenses", {**body, "paid_through_account_id": zoho.account("Sales")}) == (400, 36056)


def test_expense_from_an_inactive_account_is_refused(zoho: Zoho) -> None:
    accounts.set_active(book_of(zoho.simulator, zoho.organization_id), zoho.account("HitPay Clearing"), False)
    body = {
        "account_id": zoho.account("HitPay Fees"),
        "paid_through_account_id": zoho.account("HitPay Clearing"),
        "date": "2026-11-20",
        "amount": 1,
    }
    assert zoho.refused("POST", "/expenses", body) == (400, 36055)


def test_deleted_expense_gives_the_money_back(zoho: Zoho) -> None:
    body = {
        "account_id": zoho.account("HitPay Fees"),
        "paid_through_account_id": zoho.account("HitPay Clearing"),
        "date": "2026-11-20",
        "amount": Decimal("3.40"),
    }
    expense = zoho.post("/expenses", body)["expense"]
    assert zoho.balance("HitPay Clearing") == "-3.40"
    zoho.delete(f"/expenses/{expense['expense_id']}")
    assert zoho.balance("HitPay Clearing") == "0.00"


def test_unique_custom_field_refuses_a_double_until_the_first_is_deleted(zoho: Zoho) -> None:
    book = book_of(zoho.simulator, zoho.organization_id)
    custom_fields.create_custom_field(book, "customer_payments", "Tieout", "cf_tieout_ref", unique=True)
    mark = [{"api_name": "cf_tieout_ref", "value": "HP-1"}]
    invoice = zoho.invoice()
    first = zoho.pay(invoice, "40.00", custom_fields=mark)
    body = zoho.payment_body(invoice, "40.00", custom_fields=mark)
    assert zoho.refused("POST", "/customerpayments", body) == (400, 36057)
    zoho.delete(f"/customerpayments/{first['payment_id']}")
    assert zoho.post("/customerpayments", body)["code"] == 0


def test_contact_name_is_unique_whatever_its_case(zoho: Zoho) -> None:
    zoho.post("/contacts", {"contact_name": "Ann Lee"})
    assert zoho.refused("POST", "/contacts", {"contact_name": "ANN LEE"}) == (400, 3062)
