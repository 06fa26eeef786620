"""The Zoho adapters against the simulated Zoho, in this process: every request holds the contract."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.books.zoho.datacenters import by_accounts_server, datacenter
from app.books.zoho.oauth import SCOPES, ZohoLogin
from app.clock import ManualClock
from app.domain.documents import CustomerPayment, DocumentKind, Invoice, Line
from app.domain.money import Money
from app.ports import ApiClient, NotConnected, Refused, Temporary
from app.simulator.contract import strict_log
from app.simulator.zoho_accounts import expire_access_tokens
from app.simulator.zoho_books.organizations import (
    set_lock_date,
    set_switches,
)
from tests.books.simulated import BASE, CALLBACK, CUSTOMER, DAY, FEE, GROSS, Zoho, consent, sale_of

# --- login ---------------------------------------------------------------------------------------------------------


def test_consent_gives_a_token_with_the_scopes_asked_for(zoho: Zoho, clock: ManualClock) -> None:
    assert zoho.keeper.token.scopes == SCOPES
    assert zoho.keeper.token.expires_at == clock.now() + timedelta(hours=1)
    answer = consent(zoho.session, zoho.login, zoho.user_id)
    assert answer["state"] == "state-1"
    found = by_accounts_server(answer["accounts-server"], BASE)
    assert found is not None
    assert found.code == "simulator"


def test_code_works_once_and_not_for_long(zoho: Zoho, clock: ManualClock) -> None:
    code = consent(zoho.session, zoho.login, zoho.user_id)["code"]
    zoho.login.exchange(code)
    late = consent(zoho.session, zoho.login, zoho.user_id)["code"]
    clock.advance(timedelta(minutes=2))
    for spent in (code, late):
        with pytest.raises(Refused) as caught:
            zoho.login.exchange(spent)
        assert caught.value.cause == "expired_code"


def test_wrong_secret_is_an_invalid_client(zoho: Zoho, clock: ManualClock) -> None:
    client = ApiClient(datacenter="simulator", client_id="client-1", client_secret="wrong")
    login = ZohoLogin(zoho.http, clock, datacenter("simulator", BASE), client, CALLBACK)
    with pytest.raises(Refused) as caught:
        login.exchange("code")
    assert caught.value.cause == "invalid_client"
    with pytest.raises(NotConnected):
        login.refresh(zoho.keeper.token.refresh_token)


def test_revoked_login_is_dead_and_revoking_again_is_no_error(zoho: Zoho) -> None:
    zoho.login.revoke(zoho.keeper.token.refresh_token)
    zoho.login.revoke(zoho.keeper.token.refresh_token)
    with pytest.raises(NotConnected):
        zoho.choices.ping()


def test_too_many_refreshes_mean_waiting_and_not_death(zoho: Zoho, clock: ManualClock) -> None:
    with pytest.raises(Temporary) as caught:  # noqa: PT012 - which refresh is one too many is Zoho's to say
        for _ in range(11):
            zoho.login.refresh(zoho.keeper.token.refresh_token)
    assert caught.value.retry_after == 900.0
    clock.advance(timedelta(minutes=15))
    assert zoho.login.refresh(zoho.keeper.token.refresh_token).value


def test_access_token_that_ran_out_is_renewed_within_a_write(zoho: Zoho, clock: ManualClock) -> None:
    sale = sale_of(zoho)
    customer = zoho.posting.create_customer(CUSTOMER, "SGD")
    clock.advance(timedelta(hours=2))
    assert zoho.posting.post(sale.invoice, {"customer": customer}).id
    expire_access_tokens(zoho.simulator)
    zoho.choices.ping()
    assert zoho.keeper.renewals == 2


# --- choices -------------------------------------------------------------------------------------------------------


def test_organization_is_offered_with_its_zone_and_currency(zoho: Zoho) -> None:
    (found,) = zoho.choices.organizations()
    assert (found.id, found.name, found.currency, found.time_zone, found.active) == (
        zoho.organization_id,
        "Shop",
        "SGD",
        "Asia/Singapore",
        True,
    )
    zoho.choices.ping()


def test_accounts_have_types_and_banks_have_currencies(zoho: Zoho) -> None:
    found = {account.name: account for account in zoho.choices.accounts()}
    assert found["Sales"].type == "income"
    assert found["HitPay Fees"].type == "expense"
    assert (found["HitPay Clearing"].type, found["HitPay Clearing"].currency) == ("bank", "SGD")
    assert found["USD Account"].currency == "USD"
    assert found["Refunds payable"].type == "other_current_liability"


def test_created_item_is_offered_with_its_income_account(zoho: Zoho) -> None:
    made = zoho.choices.create_item("HitPay sales", zoho.account("Sales"))
    assert zoho.choices.items() == [made]
    assert (made.account_id, made.inventory, made.active) == (zoho.account("Sales"), False, True)


def test_lock_date_is_read(zoho: Zoho) -> None:
    assert zoho.choices.lock_date() is None
    set_lock_date(zoho.simulator, zoho.organization_id, "2026-10-31")
    assert zoho.choices.lock_date() == date(2026, 10, 31)


# --- posting -------------------------------------------------------------------------------------------------------


def test_sale_with_fee_takes_three_calls_and_leaves_the_net_in_clearing(zoho: Zoho) -> None:
    sale, posting = sale_of(zoho), zoho.posting
    customer = posting.create_customer(CUSTOMER, "SGD")
    before = strict_log.validated(zoho.simulator.state, "zoho_books", zoho.organization_id)
    invoice = posting.post(sale.invoice, {"customer": customer})
    payment = posting.post(sale.payment, {"customer": customer, "invoice": invoice.id})
    fee = posting.post(sale.fee, {})
    assert strict_log.validated(zoho.simulator.state, "zoho_books", zoho.organization_id) - before == 3
    assert (invoice.total, payment.total, fee.total) == (GROSS, GROSS, FEE)
    assert {one.reference for one in (invoice, payment, fee)} == {"HP-1"}
    assert invoice.status == "draft"
    assert Decimal(str(zoho.truth()["accounts"]["HitPay Clearing"]["balance"])) == Decimal("67.39")


def test_every_kind_is_found_by_its_reference_and_no_other(zoho: Zoho) -> None:
    posting = zoho.posting
    customer = posting.create_customer(CUSTOMER, "SGD")
    for reference in ("HP-1", "HP-10"):
        sale = sale_of(zoho, reference)
        invoice = posting.post(sale.invoice, {"customer": customer})
        payment = posting.post(sale.payment, {"customer": customer, "invoice": invoice.id})
        fee = posting.post(sale.fee, {})
        for kind, made in (
            (DocumentKind.INVOICE, invoice),
            (DocumentKind.CUSTOMER_PAYMENT, payment),
            (DocumentKind.EXPENSE, fee),
        ):
            (found,) = posting.find(kind, reference)
            assert (found.id, found.total, found.reference, found.date) == (made.id, made.total, reference, DAY)
    assert posting.find(DocumentKind.INVOICE, "HP-100") == []


def test_payment_waits_until_its_draft_is_marked_sent(zoho: Zoho) -> None:
    set_switches(zoho.simulator, zoho.organization_id, draft_accepts_payment=False)
    sale, posting = sale_of(zoho), zoho.posting
    customer = posting.create_customer(CUSTOMER, "SGD")
    invoice = posting.post(sale.invoice, {"customer": customer})
    links = {"customer": customer, "invoice": invoice.id}
    with pytest.raises(Refused) as caught:
        posting.post(sale.payment, links)
    assert caught.value.cause == "invoice_is_draft"
    posting.mark_sent([invoice.id])
    posting.mark_sent([invoice.id])
    assert posting.post(sale.payment, links).total == GROSS
    assert posting.find(DocumentKind.INVOICE, "HP-1")[0].status == "paid"


def test_locked_period_is_refused_with_its_cause(zoho: Zoho) -> None:
    sale, posting = sale_of(zoho), zoho.posting
    customer = posting.create_customer(CUSTOMER, "SGD")
    set_lock_date(zoho.simulator, zoho.organization_id, "2026-10-31")
    with pytest.raises(Refused) as caught:
        posting.post(sale.invoice, {"customer": customer})
    assert caught.value.cause == "period_locked"


def test_payment_of_a_paid_invoice_exceeds_its_balance(zoho: Zoho) -> None:
    sale, posting = sale_of(zoho), zoho.posting
    customer = posting.create_customer(CUSTOMER, "SGD")
    links = {"customer": customer, "invoice": posting.post(sale.invoice, {"customer": customer}).id}
    posting.post(sale.payment, links)
    with pytest.raises(Refused) as caught:
        posting.post(sale.payment, links)
    assert caught.value.cause == "exceeds_balance"
    assert len(posting.find(DocumentKind.CUSTOMER_PAYMENT, "HP-1")) == 1


def test_payment_of_a_gone_invoice_is_missing(zoho: Zoho) -> None:
    sale, posting = sale_of(zoho), zoho.posting
    customer = posting.create_customer(CUSTOMER, "SGD")
    with pytest.raises(Refused) as caught:
        posting.post(sale.payment, {"customer": customer, "invoice": "999999"})
    assert caught.value.cause == "missing"


def test_over_trial_and_required_tax_have_their_causes(zoho: Zoho) -> None:
    sale, posting = sale_of(zoho), zoho.posting
    customer = posting.create_customer(CUSTOMER, "SGD")
    for switch, cause in (("tax_required", "tax"), ("trial_over", "trial_over")):
        set_switches(zoho.simulator, zoho.organization_id, **{switch: True})
        with pytest.raises(Refused) as caught:
            posting.post(sale.invoice, {"customer": customer})
        assert caught.value.cause == cause


def test_full_plan_is_told(zoho: Zoho) -> None:
    sale, posting = sale_of(zoho), zoho.posting
    customer = posting.create_customer(CUSTOMER, "SGD")
    set_switches(zoho.simulator, zoho.organization_id, invoice_cap=1)
    posting.post(sale.invoice, {"customer": customer})
    with pytest.raises(Refused) as caught:
        posting.post(sale.invoice, {"customer": customer})
    assert caught.value.cause == "plan_limit"


def test_customer_is_made_once_and_found_again(zoho: Zoho) -> None:
    posting = zoho.posting
    assert posting.find_customer(CUSTOMER) is None
    made = posting.create_customer(CUSTOMER, "SGD")
    assert posting.find_customer(CUSTOMER) == made
    with pytest.raises(Refused) as caught:
        posting.create_customer(CUSTOMER, "SGD")
    assert caught.value.cause == "exists"


def test_unknown_currency_is_refused(zoho: Zoho) -> None:
    with pytest.raises(Refused) as caught:
        zoho.posting.create_customer("HitPay Sales (XOF)", "XOF")
    assert caught.value.cause == "currency"


def test_foreign_sale_carries_its_rate(zoho: Zoho) -> None:
    posting, item = zoho.posting, zoho.choices.create_item("HitPay sales", zoho.account("Sales"))
    gross = Money.of("100.00", "USD")
    customer = posting.create_customer("HitPay Sales (USD)", "USD")
    invoice = Invoice(
        reference="HP-2",
        date=DAY,
        customer_name="HitPay Sales (USD)",
        currency="USD",
        lines=(Line(item_id=item.id, description="Order", amount=gross),),
        exchange_rate=Decimal("1.3521"),
    )
    posted = posting.post(invoice, {"customer": customer})
    payment = CustomerPayment(
        reference="HP-2",
        date=DAY,
        customer_name="HitPay Sales (USD)",
        amount=gross,
        account_id=zoho.account("HitPay Clearing"),
        exchange_rate=Decimal("1.3521"),
    )
    posting.post(payment, {"customer": customer, "invoice": posted.id})
    assert posted.total == gross
    assert Decimal(str(zoho.truth()["accounts"]["HitPay Clearing"]["balance"])) == Decimal("135.21")
