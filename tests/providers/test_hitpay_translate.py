"""HitPay's JSON becomes a Charge, or a sentence that names the charge."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from app.domain.charges import ChargeStatus
from app.domain.money import Money
from app.ports import Refused
from app.providers.hitpay.translate import charge_from

Make = Callable[..., dict[str, object]]


def exact(row: dict[str, object]) -> dict[str, object]:
    """The row as the HTTP client hands it over: numbers with a point are Decimals."""
    return {name: Decimal(str(value)) if isinstance(value, float) else value for name, value in row.items()}


def test_published_list_row_is_understood(row: Make) -> None:
    charge = charge_from(exact(row()))
    assert charge.id == "9ced76ac-1638-44df-b702-3f43f6592e2a"
    assert charge.status is ChargeStatus.SUCCEEDED
    assert charge.gross == Money.of("70.56", "SGD")
    assert charge.fee == Money.of("3.17", "SGD")
    assert charge.home == Money.of("70.56", "SGD")
    assert charge.channel == "api_store"
    assert charge.created_at == datetime(2024, 9, 4, 8, 5, 21, tzinfo=UTC)
    assert charge.closed_at == datetime(2024, 9, 4, 8, 5, 37, tzinfo=UTC)
    assert charge.captured
    assert (charge.order_reference, charge.method, charge.customer_name) == ("1007", "card", "Jane Doe")


def test_published_detail_is_understood(row: Make) -> None:
    detail = exact(
        row(
            amount=100,
            amount_without_fees=95.85,
            refunded_amount=0,
            fixed_fee=0.5,
            discount_fee=3.65,
            exchange_rate=None,
            order_reference_number=None,
            refunds=[],
            terminal_id=None,
        )
    )
    charge = charge_from(detail)
    assert (charge.gross, charge.fee) == (Money.of(100, "SGD"), Money.of("4.15", "SGD"))
    assert charge.home == Money.of(100, "SGD")


@pytest.mark.parametrize(
    ("fields", "home"),
    [
        ({"home_currency_amount": "135.20", "net_amount": "1", "amount_without_fees": "1"}, "135.20"),
        ({"home_currency_amount": None, "net_amount": "130.00", "amount_without_fees": "1"}, "133.17"),
        ({"amount_without_fees": "130.00"}, "133.17"),
    ],
    ids=["home amount", "net plus fee", "amount without fees plus fee"],
)
def test_home_amount_comes_from_the_first_field_that_tells(row: Make, fields: dict[str, object], home: str) -> None:
    charge = charge_from(exact(row(currency="usd", amount=100, **fields)))
    assert charge.home == Money.of(home, "SGD")
    assert charge.gross == Money.of(100, "USD")


def test_foreign_charge_without_any_home_amount_has_none(row: Make) -> None:
    assert charge_from(exact(row(currency="usd"))).home is None


def test_zero_decimal_currency_keeps_major_units(row: Make) -> None:
    charge = charge_from(exact(row(currency="jpy", amount=12000, home_currency_amount=104.5)))
    assert (charge.gross.minor, charge.home) == (12000, Money.of("104.50", "SGD"))


def test_upper_and_lower_case_currencies_are_the_same(row: Make) -> None:
    assert charge_from(exact(row(currency="SGD", home_currency="Sgd"))).fee.currency == "SGD"


def test_uncaptured_charge_is_marked(row: Make) -> None:
    assert not charge_from(exact(row(is_captured=False))).captured


@pytest.mark.parametrize(
    "changes",
    [
        {"customer": None, "payment_method": None, "channel": None},
        {"customer": ..., "payment_method": ..., "channel": ..., "order_reference_number": ...},
        {"customer": [], "payment_method": "card", "channel": " ", "order_reference_number": ""},
    ],
    ids=["null", "absent", "odd"],
)
def test_what_only_describes_may_be_missing(row: Make, changes: dict[str, object]) -> None:
    charge = charge_from(exact(row(**changes)))
    assert (charge.channel, charge.method, charge.customer_name) == (None, None, None)


def test_fees_may_be_missing_where_nothing_was_taken(row: Make) -> None:
    charge = charge_from(exact(row(status="succeeded_manually", fixed_fee=None, discount_fee=...)))
    assert charge.fee == Money.of(0, "SGD")


def test_charge_that_is_still_open_has_no_closing_time(row: Make) -> None:
    charge = charge_from(exact(row(status="pending", closed_at=None)))
    assert charge.closed_at is None
    assert charge.paid_at == charge.created_at


@pytest.mark.parametrize(
    "changes",
    [
        {"id": ""},
        {"id": "x" * 47},
        {"id": "a b"},
        {"status": "paid_out"},
        {"status": None},
        {"status": ...},
        {"amount": None},
        {"amount": "1,000.00"},
        {"amount": True},
        {"amount": -1},
        {"amount": "NaN"},
        {"amount": "1e999999"},
        {"amount": 70.567},
        {"amount": {"value": 1}},
        {"currency": "zzz"},
        {"currency": ...},
        {"home_currency": None},
        {"fixed_fee": ...},
        {"discount_fee": None},
        {"discount_fee": "free"},
        {"net_amount": []},
        {"created_at": "2024-09-04T16:05:21"},
        {"created_at": "yesterday"},
        {"created_at": 1725437121},
        {"updated_at": ...},
        {"closed_at": "2024-09-04"},
        {"created_at": "0001-01-01T00:00:00+08:00"},
    ],
    ids=str,
)
def test_charge_that_cannot_be_read_is_named(row: Make, changes: dict[str, object]) -> None:
    with pytest.raises(Refused, match=r"HitPay's charge .* can't be read") as caught:
        charge_from(exact(row(**changes)))
    assert caught.value.cause == "unreadable"
    if "id" not in changes:
        assert "9ced76ac" in str(caught.value)


@pytest.mark.parametrize("row", [None, [], "charge", 7])
def test_row_that_is_no_object_is_unreadable(row: object) -> None:
    with pytest.raises(Refused, match="without an id"):
        charge_from(row)


def test_text_is_kept_without_nul(row: Make) -> None:
    spoilt = row(channel="api_\0store\0", order_reference_number="\0", customer={"name": "Mei\0 Lin"})
    charge = charge_from(exact(spoilt))
    assert (charge.channel, charge.order_reference, charge.customer_name) == ("api_store", None, "Mei Lin")
