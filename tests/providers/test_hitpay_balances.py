"""What HitPay says it holds, read from its list of balances."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.domain.money import Money
from app.ports import Refused
from app.providers.hitpay.balances import balance_from

WALLETS = {"available": Decimal("2036.25"), "deposit": 0, "pending": Decimal("94.1"), "reserve": Decimal("5913.65")}


def test_all_wallets_of_the_currency_count() -> None:
    rows = [{"currency": "usd", "wallets": {"available": 600}}, {"currency": "sgd", "wallets": WALLETS}]
    assert balance_from(rows, "SGD") == Money.of("8044.00", "SGD")


def test_currency_without_a_row_is_told_by_nobody() -> None:
    assert balance_from([{"currency": "usd", "wallets": {"available": 600}}], "SGD") is None
    assert balance_from([], "SGD") is None


@pytest.mark.parametrize(
    "row",
    [
        None,
        "sgd",
        {},
        {"wallets": WALLETS},
        {"currency": 3, "wallets": WALLETS},
        {"currency": "sgd"},
        {"currency": "sgd", "wallets": [1, 2]},
        {"currency": "sgd", "wallets": {"available": "12.00"}},
        {"currency": "sgd", "wallets": {"available": None}},
        {"currency": "sgd", "wallets": {"available": True}},
    ],
)
def test_row_that_says_less_than_it_must_is_refused(row: Any) -> None:
    with pytest.raises(Refused) as caught:
        balance_from([row], "SGD")
    assert caught.value.cause == "unreadable"
