"""What refunds of a foreign charge take of its home cents: never more than there are, and all of them in the end."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.domain.money import Money
from app.domain.refunds import home_shares, rate_of


@pytest.mark.parametrize(
    ("home", "amounts", "shares"),
    [
        pytest.param("100.37", ["25.00", "25.00", "25.00"], ["33.46", "33.46", "33.45"], id="the last takes the rest"),
        pytest.param("0.02", ["18.75"] * 4, ["0.01", "0.01", "0.00", "0.00"], id="no more than there is"),
        pytest.param("100.37", ["25.00"], ["33.46"], id="a part takes its part"),
    ],
)
def test_home_cents_are_taken_once(home: str, amounts: list[str], shares: list[str]) -> None:
    taken = home_shares(Money.of("75.00", "USD"), Money.of(home, "SGD"), [Money.of(one, "USD") for one in amounts])
    assert [str(one.amount) for one in taken] == shares


def test_refund_without_a_cent_carries_the_rate_of_its_charge() -> None:
    """A rate of nought is no rate, and without one Zoho Books takes its own."""
    amount, gross, whole = Money.of("18.75", "USD"), Money.of("75.00", "USD"), Money.of("0.02", "SGD")
    assert rate_of(Money.of(0, "SGD"), amount, gross, whole) == Decimal("0.000266666666667")
    assert rate_of(None, amount, gross, whole) is None
