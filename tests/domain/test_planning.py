"""What becomes of a charge: the rules of the plan, each with the charge that shows it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from app.domain.charges import Charge, ChargeStatus
from app.domain.documents import CustomerPayment, Expense, Invoice
from app.domain.money import Money
from app.domain.planning import Plan, PlanFacts, plan
from app.domain.rules import Grouping, Rules, RulesVersion
from app.domain.windows import Window

OPENED = datetime(2026, 11, 1, tzinfo=UTC)
RULES = Rules(
    sales_account="sales",
    fee_account="fees",
    refund_account="refunds",
    bank_account="clearing",
    default_item="item",
    clearing_currency="SGD",
    grouping=Grouping.INDIVIDUAL,
)


def charge(**changes: Any) -> Charge:
    """SGD 100.00 with a fee of 4.15, paid on 10 Nov 2026 at 20:00 in Singapore, in the online store."""
    at = changes.pop("at", datetime(2026, 11, 10, 12, 0, tzinfo=UTC))
    given: dict[str, Any] = {
        "id": "9ced76ac-1638-44df-b702-3f43f6592e2a",
        "status": ChargeStatus.SUCCEEDED,
        "gross": Money.of("100.00", "SGD"),
        "fee": Money.of("4.15", "SGD"),
        "home": Money.of("100.00", "SGD"),
        "channel": "api_store",
        "created_at": at,
        "closed_at": at,
        "updated_at": at,
    }
    return Charge(**(given | changes))


def facts(**changes: Any) -> PlanFacts:
    given: dict[str, Any] = {
        "versions": (RulesVersion(OPENED, RULES),),
        "windows": (Window(OPENED),),
        "zone": ZoneInfo("Asia/Singapore"),
        "now": datetime(2026, 11, 20, tzinfo=UTC),
        "read_through": datetime(2026, 11, 20, tzinfo=UTC),
        "base_currency": "SGD",
    }
    return PlanFacts(**(given | changes))


def rule_for(one: Charge, given: PlanFacts | None = None) -> tuple[str, str]:
    (decision,) = plan([one], given or facts()).decisions
    return decision.rule, decision.detail


def test_sale_becomes_invoice_payment_and_expense_under_one_reference() -> None:
    made = plan([charge(order_reference="1007")], facts())

    invoice, payment, expense = made.documents
    assert isinstance(invoice, Invoice)
    assert isinstance(payment, CustomerPayment)
    assert isinstance(expense, Expense)
    assert {invoice.reference, payment.reference, expense.reference} == {"HP-9ced76ac-1638-44df-b702-3f43f6592e2a"}
    assert invoice.total == payment.amount == Money.of("100.00", "SGD")
    assert expense.amount == Money.of("4.15", "SGD")
    assert invoice.customer_name == payment.customer_name == "HitPay Sales (SGD)"
    assert (invoice.lines[0].item_id, payment.account_id) == ("item", "clearing")
    assert (expense.account_id, expense.paid_through_account_id) == ("fees", "clearing")
    assert invoice.lines[0].description == "Online Store, order 1007"


def test_zero_fee_makes_no_expense() -> None:
    made = plan([charge(fee=Money.of(0, "SGD"))], facts())

    assert [type(document) for document in made.documents] == [Invoice, CustomerPayment]


def test_accounting_date_is_the_local_day_of_closing() -> None:
    late = charge(
        created_at=datetime(2026, 11, 10, 15, 59, 30, tzinfo=UTC),
        closed_at=datetime(2026, 11, 10, 16, 0, 5, tzinfo=UTC),
    )

    assert {document.date for document in plan([late], facts()).documents} == {date(2026, 11, 11)}


def test_charge_without_closing_instant_is_dated_by_its_creation() -> None:
    one = charge(closed_at=None, created_at=datetime(2026, 11, 10, 15, 59, tzinfo=UTC))

    assert {document.date for document in plan([one], facts()).documents} == {date(2026, 11, 10)}


@pytest.mark.parametrize("status", [ChargeStatus.REFUNDED, ChargeStatus.PARTIALLY_REFUNDED])
def test_refunded_charge_is_still_a_sale(status: ChargeStatus) -> None:
    assert rule_for(charge(status=status))[0] == "documents"


@pytest.mark.parametrize(
    ("status", "rule"),
    [(ChargeStatus.SUCCEEDED_MANUALLY, "not_through_provider"), (ChargeStatus.VOID, "void")],
)
def test_charge_that_brought_no_provider_money_is_left_out(status: ChargeStatus, rule: str) -> None:
    assert rule_for(charge(status=status)) == (rule, "")


@pytest.mark.parametrize(
    "status",
    [
        ChargeStatus.PENDING,
        ChargeStatus.FAILED,
        ChargeStatus.CANCELED,
        ChargeStatus.REQUIRES_CUSTOMER_ACTION,
        ChargeStatus.REQUIRES_PAYMENT_METHOD,
    ],
)
def test_unpaid_charge_is_not_a_sale_and_not_listed(status: ChargeStatus) -> None:
    assert plan([charge(status=status)], facts()) == Plan((), ())


def test_charge_created_before_the_first_window_is_left_out() -> None:
    assert rule_for(charge(at=datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC)))[0] == "before_sync"


def test_window_holds_its_first_instant_and_not_its_last() -> None:
    given = facts(
        windows=(Window(OPENED, datetime(2026, 11, 10, tzinfo=UTC)), Window(datetime(2026, 11, 12, tzinfo=UTC)))
    )

    assert rule_for(charge(at=OPENED), given)[0] == "documents"
    assert rule_for(charge(at=datetime(2026, 11, 10, tzinfo=UTC)), given)[0] == "sync_off"
    assert rule_for(charge(at=datetime(2026, 11, 12, tzinfo=UTC)), given)[0] == "documents"


def test_window_tests_creation_even_if_it_was_paid_later() -> None:
    given = facts(windows=(Window(OPENED, datetime(2026, 11, 10, tzinfo=UTC)),))
    one = charge(
        created_at=datetime(2026, 11, 9, 23, 59, tzinfo=UTC), closed_at=datetime(2026, 11, 10, 0, 1, tzinfo=UTC)
    )

    assert rule_for(one, given)[0] == "documents"


def test_channel_filter_is_the_one_in_force_at_creation() -> None:
    only_shopify = RulesVersion(
        datetime(2026, 11, 5, tzinfo=UTC), msgspec.structs.replace(RULES, channels=("shopify",))
    )
    given = facts(versions=(RulesVersion(OPENED, RULES), only_shopify))

    assert rule_for(charge(at=datetime(2026, 11, 4, tzinfo=UTC)), given)[0] == "documents"
    assert rule_for(charge(at=datetime(2026, 11, 6, tzinfo=UTC)), given) == ("channel_not_selected", "Online Store")


def test_zero_amount_is_left_out() -> None:
    assert rule_for(charge(gross=Money.of(0, "SGD")))[0] == "zero_amount"


def test_charge_not_captured_waits() -> None:
    assert rule_for(charge(captured=False))[0] == "not_captured"


def test_foreign_charge_carries_the_rate_that_brings_its_home_amount() -> None:
    made = plan([charge(gross=Money.of("75.00", "USD"), home=Money.of("100.00", "SGD"))], facts())

    invoice, payment, expense = made.documents
    assert isinstance(invoice, Invoice)
    assert isinstance(payment, CustomerPayment)
    assert isinstance(expense, Expense)
    assert invoice.customer_name == "HitPay Sales (USD)"
    assert invoice.exchange_rate == payment.exchange_rate == Decimal("1.33333333333")
    assert (payment.amount, payment.home) == (Money.of("75.00", "USD"), Money.of("100.00", "SGD"))
    assert expense.amount == Money.of("4.15", "SGD")


def test_charge_in_the_home_currency_carries_no_rate() -> None:
    invoice, payment, _expense = plan([charge()], facts()).documents

    assert isinstance(invoice, Invoice)
    assert isinstance(payment, CustomerPayment)
    assert (invoice.exchange_rate, payment.exchange_rate, payment.home) == (None, None, None)


def test_foreign_charge_is_held_where_the_base_currency_is_not_the_providers() -> None:
    given = facts(base_currency="EUR")

    assert rule_for(charge(gross=Money.of("75.00", "USD")), given) == ("foreign_currency", "USD")
    assert rule_for(charge(), given)[0] == "documents"


def test_charge_without_home_amount_is_held() -> None:
    assert rule_for(charge(home=None))[0] == "home_amount_missing"


def test_foreign_charge_worth_no_cent_is_held() -> None:
    worthless = charge(gross=Money.of("1", "JPY"), home=Money.of(0, "SGD"))
    assert rule_for(worthless)[0] == "home_amount_missing"


def test_clearing_account_in_another_currency_holds() -> None:
    given = facts(versions=(RulesVersion(OPENED, msgspec.structs.replace(RULES, clearing_currency="USD")),))

    assert rule_for(charge(), given) == ("clearing_currency", "SGD")


def test_locked_day_is_held_and_the_day_after_is_not() -> None:
    given = facts(locked_until=date(2026, 11, 10))

    assert rule_for(charge(), given) == ("locked_period", "10 Nov 2026")
    assert rule_for(charge(at=datetime(2026, 11, 10, 16, 0, tzinfo=UTC)), given)[0] == "documents"


def test_plan_is_the_same_whatever_the_order_of_reading() -> None:
    charges = [charge(id=f"charge-{n}", at=datetime(2026, 11, 10, n, tzinfo=UTC)) for n in range(5)]

    assert plan(charges, facts()).hash == plan(charges[::-1], facts()).hash


def test_plan_hash_changes_with_any_amount() -> None:
    dearer = charge(gross=Money.of("100.01", "SGD"), home=Money.of("100.01", "SGD"))

    assert plan([charge()], facts()).hash != plan([dearer], facts()).hash


def test_every_amount_reaches_the_documents_unrounded() -> None:
    amounts = [Decimal("0.01"), Decimal("2500.00"), Decimal("1000000000.00")]
    charges = [
        charge(id=f"c{n}", gross=Money.of(amount, "SGD"), home=Money.of(amount, "SGD"))
        for n, amount in enumerate(amounts)
    ]

    invoices = [one for one in plan(charges, facts()).documents if isinstance(one, Invoice)]
    assert sorted(one.total.amount for one in invoices) == amounts
