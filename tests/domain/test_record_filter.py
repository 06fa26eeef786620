"""What an address asks for, and what typed words may mean."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from app.domain.record_filter import Amount, RecordFilter, amount_in, as_query, read_filter


def test_filter_written_into_an_address_is_read_back_the_same() -> None:
    wanted = RecordFilter(
        fate="held", rule="locked_period", kind="refund", channel="shopify", words="ORD-1", first=date(2026, 11, 1),
        last=date(2026, 11, 30),
    )  # fmt: skip
    assert read_filter(as_query(wanted)) == wanted


@pytest.mark.parametrize(
    "given",
    [{"fate": "lost"}, {"rule": "__class__"}, {"kind": "invoice"}, {"channel": "'; --"}, {"first": "2026-02-30"}, {}],
    ids=lambda given: next(iter(given), "nothing"),
)
def test_value_that_means_nothing_leaves_nothing_out(given: dict[str, str]) -> None:
    assert not read_filter(given).narrows


@pytest.mark.parametrize(
    ("words", "amount"),
    [
        ("45.90", Amount(Decimal("45.90"), "")),
        ("1,234.5", Amount(Decimal("1234.5"), "")),
        ("sgd 45.90", Amount(Decimal("45.90"), "SGD")),
        ("JPY1200", Amount(Decimal(1200), "JPY")),
        ("ORD-1001", None),
        ("45.90 or so", None),
        ("٣٤", None),
        ("", None),
    ],
)
def test_words_are_an_amount_only_if_they_are_nothing_else(words: str, amount: Amount | None) -> None:
    assert amount_in(words) == amount


def test_days_given_the_wrong_way_round_mean_those_between() -> None:
    assert read_filter({"first": "2026-11-30", "last": "2026-11-01"}) == RecordFilter(
        first=date(2026, 11, 1), last=date(2026, 11, 30)
    )
