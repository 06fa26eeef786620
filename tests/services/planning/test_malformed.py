"""Malformed answers: whatever a platform says, a person gets a clear sentence and nothing is spoiled.

What must stay as it was is compared by a hash of the rows. Left out are only columns that note how a connection fares:
`connections.last_success_at` (a platform did answer a call before the malformed one), and where it is said the token
columns, which a refresh on the way may change.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.services.showing import records
from app.services.syncing.runs import RunView
from tests.malformed import BODIES, STATE, assert_posted_once_mended, assert_sentence
from tests.shop import ACCOUNT, Shop


def charges(shop: Shop, **changes: Any) -> dict[str, Any]:
    """HitPay's true list of charges, its only row changed; `...` removes a field."""
    (row,) = shop.world.charges(ACCOUNT)
    told = {
        "id": row["id"],
        "status": "succeeded",
        "amount": 100,
        "currency": "sgd",
        "home_currency": "sgd",
        "home_currency_amount": 100,
        "fixed_fee": 0.5,
        "discount_fee": 2.8,
        "channel": "api_store",
        "created_at": "2026-11-22T12:05:00+08:00",
        "closed_at": "2026-11-22T12:05:00+08:00",
        "updated_at": "2026-11-22T12:05:00+08:00",
        "is_captured": True,
    } | changes
    rows = [{name: value for name, value in told.items() if value is not ...}]
    return {"data": rows, "meta": {"next_cursor": None}}


def run_with_hitpay_saying(shop: Shop, body: bytes | str) -> RunView:
    """A run in which nothing of ours may change and Zoho isn't asked for anything."""
    before, calls = shop.hashes(*STATE, "learned"), shop.line.count("POST", "/invoices")
    shop.line.spoil("GET", "/hitpay/v1/charges", body)
    run = shop.sync()
    assert run.outcome == "stopped", body
    assert run.sentence.startswith("HitPay could not be read. ")
    assert_sentence(run.sentence)
    assert shop.hashes(*STATE, "learned") == before, body
    assert shop.line.count("POST", "/invoices") == calls
    return run


def test_list_of_charges_that_is_no_json_changes_nothing(sold: Shop) -> None:
    for body in BODIES:
        run_with_hitpay_saying(sold, body)
    assert_posted_once_mended(sold)


def test_list_of_charges_in_another_shape_changes_nothing(sold: Shop) -> None:
    last = '"meta": {"next_cursor": null}'
    for body in (
        "{}",
        "[]",
        f'{{"data": null, {last}}}',
        f'{{"data": {{}}, {last}}}',
        f'{{"data": "none", {last}}}',
        '{"data": []}',
        '{"data": [], "meta": null}',
        '{"data": [], "meta": {}}',
        '{"data": [], "meta": {"next_cursor": 7}}',
        '{"data": [], "meta": {"next_cursor": ["a"]}}',
        '{"data": [], "meta": {"next_cursor": "again and again"}}',
        f'{{"data": [null], {last}}}',
        f'{{"data": ["a charge"], {last}}}',
        f'{{"data": [[]], {last}}}',
        f'{{"data": [{{}}], {last}}}',
    ):
        run_with_hitpay_saying(sold, body)
    assert_posted_once_mended(sold)


UNREADABLE: list[tuple[dict[str, Any], str]] = [
    ({"amount": "abc"}, "its amount 'abc' is no number"),
    ({"amount": None}, "it names no amount"),
    ({"amount": ...}, "it names no amount"),
    ({"amount": -5}, "its amount is negative"),
    ({"amount": "NaN"}, "its amount 'NaN' is no number"),
    ({"amount": "Infinity"}, "is no number"),
    ({"amount": True}, "is no number"),
    ({"amount": [100]}, "is no number"),
    ({"amount": 100.001}, "finer than the currency's minor unit"),
    ({"amount": "1e400"}, "is out of range"),
    ({"amount": "99999999999999999999", "home_currency_amount": None}, "is out of range"),
    ({"currency": None}, "it names no currency"),
    ({"currency": ...}, "it names no currency"),
    ({"currency": "QQQ"}, "its currency 'QQQ' is unknown"),
    ({"home_currency": ""}, "its home currency '' is unknown"),
    ({"status": "teleported"}, "its status 'teleported' is unknown"),
    ({"status": 7}, "its status '7' is unknown"),
    ({"created_at": "2026-11-22T12:05:00"}, "is no time with an offset"),
    ({"created_at": "yesterday"}, "is no time with an offset"),
    ({"created_at": None}, "it names no created at"),
    ({"closed_at": 1_700_000_000}, "is no time with an offset"),
    ({"created_at": "0001-01-01T00:00:00+14:00"}, "is out of range"),
    ({"closed_at": "9999-12-31T23:59:59+00:00"}, "is out of range"),
    ({"fixed_fee": None}, "it names no fee"),
    ({"discount_fee": "two"}, "its discount fee 'two' is no number"),
    ({"id": None}, "its id can't be used as a reference"),
    ({"id": "x" * 47}, "its id can't be used as a reference"),
    ({"id": "two words"}, "its id can't be used as a reference"),
]


def test_charge_that_cannot_be_read_is_named_and_changes_nothing(sold: Shop) -> None:
    for changes, why in UNREADABLE:
        run = run_with_hitpay_saying(sold, json.dumps(charges(sold, **changes)))
        assert why in run.sentence, changes
    assert_posted_once_mended(sold)


def test_charge_that_cannot_be_read_does_not_hide_the_others(sold: Shop) -> None:
    whole, broken = charges(sold), charges(sold, id="broken", amount="abc")
    told = {"data": [*broken["data"], *whole["data"]], "meta": {"next_cursor": None}}
    sold.line.spoil("GET", "/hitpay/v1/charges", json.dumps(told))
    run = sold.sync()
    assert run.outcome == "stopped"
    assert "HitPay's charge broken can't be read: its amount 'abc' is no number." in run.sentence
    assert sold.counts() == (1, 1, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"order_reference_number": "'; DROP TABLE movements; --"},
        {"order_reference_number": "\x00nul and \ud7ff and 😀" * 40},
        {"channel": "x" * 500},
        {"channel": "<script>alert(1)</script>"},
        {"payment_method": "card"},
        {"customer": ["nobody"]},
        {"amount": "100.00", "fixed_fee": "0.5"},
        {"a_new_field": {"of": "theirs"}},
    ],
)
def test_odd_but_readable_charge_is_posted(sold: Shop, changes: dict[str, Any]) -> None:
    sold.line.spoil("GET", "/hitpay/v1/charges", json.dumps(charges(sold, **changes)))
    assert sold.sync().outcome == "fine"
    assert sold.counts() == (1, 1, 1)
    assert [row.fate for row in records.page(sold.business).rows] == ["posted"]
