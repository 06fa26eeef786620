"""Money is exact to its minor unit and never mixes currencies."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.domain.money import CurrencyMismatchError, Money, total


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("12.34", "SGD", 1234), ("500", "JPY", 500), ("1.234", "KWD", 1234), ("-0.01", "usd", -1)],
)
def test_minor_units_follow_iso_4217(amount: str, currency: str, minor: int) -> None:
    money = Money.of(amount, currency)

    assert money.minor == minor
    assert Money.from_minor(minor, currency) == money


def test_amount_finer_than_the_minor_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="finer"):
        Money.of("1.005", "SGD")


def test_rounding_goes_half_up() -> None:
    assert Money.rounded(Decimal("1.005"), "SGD") == Money.of("1.01", "SGD")


def test_unknown_currency_is_refused() -> None:
    with pytest.raises(ValueError, match="ISO 4217"):
        Money.of(1, "XYZ1")


def test_currencies_are_never_added() -> None:
    with pytest.raises(CurrencyMismatchError):
        Money.of(1, "SGD") + Money.of(1, "USD")


def test_total_of_nothing_is_zero_in_its_currency() -> None:
    assert total([], "SGD") == Money.of(0, "SGD")
    assert total([Money.of("0.10", "SGD"), Money.of("0.20", "SGD")], "SGD") == Money.of("0.30", "SGD")


def test_money_is_written_with_currency_and_a_true_minus() -> None:
    assert str(Money.of("-1234.5", "SGD")) == "SGD −1,234.50"
