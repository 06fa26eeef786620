"""HitPay's payouts: which are told, how far back, and what can't be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import responses

from app.domain.charges import ChargeStatus, Payout
from app.domain.money import Money
from app.ports import NotConnected, Refused, Temporary
from app.providers.hitpay.payouts import payouts_from
from app.providers.hitpay.provider import HitPay
from tests.providers.test_hitpay_against_simulator import Shop, shop  # noqa: F401 - a fixture of these tests

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
URL = "https://api.sandbox.hit-pay.com/v1/payouts"


def row(**changes: Any) -> dict[str, Any]:
    """A payout as the simulator guesses HitPay to tell it; `...` removes a field."""
    made = {"id": "po-1", "amount": Decimal("95.85"), "currency": "sgd", "status": "paid",
            "created_at": "2026-11-02T09:00:00+08:00"} | changes  # fmt: skip
    return {name: value for name, value in made.items() if value is not ...}


def read(*rows: object) -> list[Payout]:
    return list(payouts_from(rows, SINCE))


def test_paid_payout_is_read_with_exact_amount_and_time_in_utc() -> None:
    made = datetime(2026, 11, 2, 1, tzinfo=UTC)
    assert read(row(amount="95.850")) == [
        Payout(id="po-1", amount=Money.of("95.85", "SGD"), created_at=made, paid_at=made)
    ]


def test_time_of_paying_is_taken_where_it_is_told() -> None:
    (payout,) = read(row(paid_at="2026-11-04T09:00:00+08:00"))
    assert payout.paid_at - payout.created_at == timedelta(days=2)


@pytest.mark.parametrize("status", ["pending", "Processing", "scheduled", "failed", "canceled"])
def test_payout_that_is_not_paid_is_not_told(status: str) -> None:
    assert read(row(status=status)) == []


@pytest.mark.parametrize("status", ["paid", "PAID", "succeeded", "completed"])
def test_payout_that_is_paid_is_told_however_it_is_written(status: str) -> None:
    assert len(read(row(status=status))) == 1


def test_reading_ends_at_the_first_payout_made_before() -> None:
    asked: list[str] = []

    def told() -> Iterator[dict[str, Any]]:
        for day in ("2026-11-03", "2026-11-02", "2026-10-31", "2026-10-30"):
            asked.append(day)
            yield row(id=day, created_at=f"{day}T09:00:00+08:00")

    assert [one.id for one in payouts_from(told(), SINCE)] == ["2026-11-03", "2026-11-02"]
    assert asked[-1] == "2026-10-31"


UNREADABLE: list[tuple[object, str]] = [
    (row(status="teleported"), "its status 'teleported' is unknown"),
    (row(status=...), "it names no status"),
    (row(status=None), "it names no status"),
    (row(amount=...), "it names no amount"),
    (row(amount="a lot"), "is no number"),
    (row(amount=Decimal("95.855")), "finer than the currency's minor unit"),
    (row(amount="NaN"), "is no number"),
    (row(amount=True), "is no number"),
    (row(currency="QQQ"), "its currency 'QQQ' is unknown"),
    (row(currency=...), "it names no currency"),
    (row(created_at=...), "it names no created at"),
    (row(created_at="2026-11-02"), "is no time with an offset"),
    (row(paid_at="soon"), "is no time with an offset"),
    (row(id=...), "its id can't be used as a reference"),
    (row(id="x" * 47), "its id can't be used as a reference"),
    ("a payout", "can't be read"),
    (None, "can't be read"),
]


@pytest.mark.parametrize(("bad", "why"), UNREADABLE, ids=[why for _row, why in UNREADABLE])
def test_payout_that_cannot_be_read_is_named_and_hides_no_other(bad: object, why: str) -> None:
    told: list[str] = []
    with pytest.raises(Refused) as caught:  # noqa: PT012 - it yields, then raises
        for payout in payouts_from([row(id="a"), bad, row(id="b")], SINCE):
            told.append(payout.id)
    assert told == ["a", "b"]
    assert why in str(caught.value)
    assert caught.value.cause == "unreadable"
    assert str(caught.value).startswith("HitPay's payout ")


@pytest.mark.parametrize(
    ("status", "error", "says"),
    [
        (401, NotConnected, "doesn't accept the API key"),
        (403, Refused, "doesn't allow this API key to read payouts"),
        (404, Refused, "doesn't exist in HitPay"),
        (500, Temporary, "HitPay"),
    ],
)
def test_refusal_of_the_list_is_told_in_words(
    hitpay: HitPay, wire: responses.RequestsMock, status: int, error: type[Exception], says: str
) -> None:
    wire.add(responses.GET, URL, status=status, json={"message": "No."})
    with pytest.raises(error, match=says):
        list(hitpay.payouts(SINCE))


@pytest.mark.parametrize(
    "body", ["{}", "[]", '{"data": null, "meta": {"next_cursor": null}}', '{"data": []}', '{"data": [], "meta": []}']
)
def test_list_in_another_shape_is_an_error_and_no_empty_list(
    hitpay: HitPay, wire: responses.RequestsMock, body: str
) -> None:
    wire.add(responses.GET, URL, body=body, content_type="application/json")
    with pytest.raises(Refused) as caught:
        list(hitpay.payouts(SINCE))
    assert caught.value.cause == "unreadable"


def test_every_page_is_read_and_nobody_else_s(shop: Shop) -> None:  # noqa: F811
    shop.world.open_account("other", "Other", "key-other")
    shop.world.pay_out("other")
    made = [shop.world.pay_out("lumen", [], at=shop.clock.now() - timedelta(hours=n))["id"] for n in range(60)]
    assert [one.id for one in shop.hitpay().payouts(SINCE - timedelta(days=30))] == made


def test_charges_of_a_payout_are_told_refunded_ones_too(shop: Shop) -> None:  # noqa: F811
    charges = [shop.world.add_charge("lumen")["id"] for _ in range(3)]
    shop.world.refund(charges[0], "1.00")
    shop.world.refund(charges[1])
    payout = shop.world.pay_out("lumen")
    shop.world.add_charge("lumen")
    found = {one.id: one.status for one in shop.hitpay().payout_charges(payout["id"])}
    assert found == {
        charges[0]: ChargeStatus.PARTIALLY_REFUNDED,
        charges[1]: ChargeStatus.REFUNDED,
        charges[2]: ChargeStatus.SUCCEEDED,
    }
