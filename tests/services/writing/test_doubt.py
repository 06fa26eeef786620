"""Doubt: whatever becomes of an answer, in the end there is exactly one document of each kind and the books tie."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from app.services.showing import records
from app.services.showing.documents import DocumentView
from app.services.syncing import worker
from app.services.syncing.runs import RunView
from app.simulator.zoho_books import people
from app.simulator.zoho_books.operations import act
from app.store.db import read
from app.store.outbox import Attempt
from tests.shop import ACCOUNT, Shop

CREATE = ("create_invoice", "create_customer_payment", "create_expense")
KINDS = ("invoices", "customerpayments", "expenses")
PATHS = dict(zip(CREATE, ("/invoices", "/customerpayments", "/expenses"), strict=True))


def later(shop: Shop, minutes: float, trigger: str = "look_up") -> RunView:
    shop.clock.advance(timedelta(minutes=minutes))
    return shop.sync(trigger)


def settle(shop: Shop) -> None:
    """Let the clock take up what is due, until nothing is open."""
    for _round in range(6):
        shop.clock.advance(timedelta(minutes=11))
        worker.tend(shop.outside)
        worker.run_due(shop.outside)


def assert_one_of_each_and_tied(shop: Shop) -> None:
    (sale,) = shop.world.charges(ACCOUNT)
    gross, fee = Decimal(str(sale["amount"])), Decimal(str(sale["fixed_fee"])) + Decimal(str(sale["discount_fee"]))
    truth = shop.truth()
    assert shop.counts() == (1, 1, 1)
    assert {row["reference_number"] for kind in KINDS for row in truth["documents"][kind]} == {f"HP-{sale['id']}"}
    balances = {name: Decimal(row["balance"]) for name, row in truth["accounts"].items()}
    assert balances["HitPay Clearing"] == gross - fee
    assert [balances[name] for name in ("Sales", "HitPay Fees", "Accounts Receivable")] == [-gross, fee, Decimal(0)]
    assert truth["trial_balance"] == "0.00"
    assert set(shop.effects().values()) == {"done"}


def stories(shop: Shop) -> list[DocumentView]:
    """The documents of the only record."""
    (row,) = records.page(shop.business).rows
    story = records.story(shop.outside, shop.business, row.id)
    assert story
    return story.documents


FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("lost_after_apply", {}),
    ("lost_before_apply", {}),
    ("error_after_apply", {}),
    ("error_before_apply", {}),
    ("error_before_apply", {"status": 503, "code": 0}),
    ("truncated", {}),
    ("not_json", {}),
    ("late", {"seconds": 180.0}),
    ("late", {"seconds": 600.0}),
]


@pytest.mark.parametrize("operation", CREATE)
@pytest.mark.parametrize(
    ("kind", "how"), FAULTS, ids=[f"{kind}{''.join(map(str, how.values()))}" for kind, how in FAULTS]
)
def test_write_nobody_answered_ends_as_exactly_one_document(
    sold: Shop, operation: str, kind: str, how: dict[str, Any]
) -> None:
    sold.fault(operation, kind, **how)
    sold.sync()
    assert sold.effects()[operation] == "in_doubt"
    settle(sold)
    assert_one_of_each_and_tied(sold)


@pytest.mark.parametrize("operation", CREATE)
@pytest.mark.parametrize("code", [44, 1070])
def test_limit_that_passes_is_waited_for_within_the_run(sold: Shop, operation: str, code: int) -> None:
    sold.fault(operation, "refused", code=code)
    before = sold.clock.now()
    run = sold.sync()
    assert run.outcome == "fine"
    assert sold.clock.now() - before >= timedelta(seconds=60 if code == 44 else 2)
    assert_one_of_each_and_tied(sold)


@pytest.mark.parametrize("operation", CREATE)
def test_quota_of_the_day_leaves_the_rest_to_a_later_run(sold: Shop, operation: str) -> None:
    sold.fault(operation, "refused", code=45)
    run = sold.sync()
    assert (run.outcome, run.sentence) == (
        "delayed",
        "The organization's calls to Zoho Books are used up for today. It goes on tomorrow.",
    )
    assert sold.effects()[operation] == "planned"
    later(sold, 24 * 60, "daily")
    assert_one_of_each_and_tied(sold)


@pytest.mark.parametrize("operation", CREATE)
def test_token_turned_down_once_costs_nothing(sold: Shop, operation: str) -> None:
    sold.fault(operation, "unauthorized")
    assert sold.sync().outcome == "fine"
    assert_one_of_each_and_tied(sold)


@pytest.mark.parametrize(("number", "operation"), list(enumerate(CREATE)))
def test_group_sends_nothing_else_while_in_doubt(sold: Shop, number: int, operation: str) -> None:
    sold.fault(operation, "lost_before_apply")
    sold.sync()
    sent = [1] * number + [0] * (3 - number)
    assert sold.counts() == tuple(sent)
    for _round in range(3):
        later(sold, 1, "command")
        assert sold.counts() == tuple(sent)
        assert sold.effects()[operation] == "in_doubt"


def test_other_sales_are_posted_while_one_is_in_doubt(sold: Shop) -> None:
    sold.clock.advance(timedelta(minutes=1))
    sold.world.add_charge(ACCOUNT)
    sold.fault("create_invoice", "lost_before_apply")
    run = sold.sync()
    assert sold.counts() == (1, 1, 1)
    assert run.counts["waiting"] == 3


def test_nothing_is_looked_up_before_the_quarantine_is_over(sold: Shop) -> None:
    sold.fault("create_invoice", "lost_after_apply")
    sold.sync()
    before = sold.line.count("GET", "/invoices")
    later(sold, 5)
    assert sold.line.count("GET", "/invoices") == before
    later(sold, 0.5)
    assert sold.line.count("GET", "/invoices") == before + 1
    assert_one_of_each_and_tied(sold)


def test_one_empty_look_up_is_not_enough_to_send_again(sold: Shop) -> None:
    """A list may lag, and a request may land late."""
    sold.fault("create_invoice", "late", seconds=600)
    sold.sync()
    before = sold.line.count("GET", "/invoices")
    later(sold, 6)
    assert sold.line.count("GET", "/invoices") == before + 1
    assert sold.line.count("POST", "/invoices") == 1
    assert sold.effects()["create_invoice"] == "in_doubt"
    later(sold, 10.5)
    assert sold.line.count("POST", "/invoices") == 1
    assert_one_of_each_and_tied(sold)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b""),
        (503, b"Service Unavailable"),
        (200, b"<html>login</html>"),
        (200, b'{"code": 0, "message": "success"}'),
        (200, b'{"code": 0, "invoices": null, "customerpayments": null, "expenses": null}'),
        (200, b'{"code": 0, "invoices": {}, "customerpayments": {}, "expenses": {}}'),
        (200, b'{"code": 1000, "message": "Internal error"}'),
        (429, b'{"code": 44, "message": "blocked"}'),
        (400, b'{"code": 2, "message": "Invalid value passed for reference_number"}'),
        (404, b'{"code": 5, "message": "Invalid URL Passed"}'),
    ],
)
@pytest.mark.parametrize("operation", CREATE)
def test_failed_look_up_is_never_taken_for_none(sold: Shop, operation: str, status: int, body: bytes) -> None:
    sold.fault(operation, "lost_after_apply")
    sold.sync()
    sold.line.spoil("GET", PATHS[operation], body, status=status)
    for _round in range(4):
        later(sold, 75)
        assert sold.effects()[operation] == "in_doubt"
    assert sold.line.count("POST", PATHS[operation]) == 1
    sold.line.mend()
    later(sold, 75)
    assert_one_of_each_and_tied(sold)


def person_copies_the_invoice(shop: Shop) -> str:
    """Somebody in Zoho makes a second invoice with the same reference; its id."""
    first = shop.documents("invoices")[0]
    body = {
        "customer_id": first["customer_id"],
        "reference_number": first["reference_number"],
        "date": first["date"],
        "line_items": [{"item_id": first["line_items"][0]["item_id"], "rate": 100, "quantity": 1}],
    }
    made = act(shop.simulator, shop.organization, "create_invoice", body)
    return str(made["invoice"]["invoice_id"])


def test_two_documents_found_are_held_naming_both_and_settled_once_one_is_deleted(sold: Shop) -> None:
    sold.fault("create_invoice", "lost_after_apply")
    sold.sync()
    second = person_copies_the_invoice(sold)
    numbers = {row["invoice_number"] for row in sold.documents("invoices")}
    run = later(sold, 6)
    assert run.outcome == "attention"
    assert sold.effects() == dict(zip(CREATE, ("held", "planned", "planned"), strict=True))
    trouble = stories(sold)[0].trouble
    assert all(number in trouble for number in numbers)
    assert "Delete the ones too many there and press Sync Now" in trouble

    assert later(sold, 75, "look_up").counts["held"] == 1
    people.delete(sold.simulator, sold.organization, "invoices", second)
    later(sold, 75, "command")
    assert_one_of_each_and_tied(sold)


def test_document_found_with_another_amount_is_held_naming_both_and_settled_once_corrected(sold: Shop) -> None:
    sold.fault("create_invoice", "lost_after_apply")
    sold.sync()
    (invoice,) = sold.documents("invoices")
    people.edit(sold.simulator, sold.organization, "invoices", invoice["id"], rate=90)
    assert later(sold, 6).outcome == "attention"
    assert sold.effects()["create_invoice"] == "held"
    trouble = stories(sold)[0].trouble
    assert "90.00" in trouble
    assert "100.00" in trouble

    people.edit(sold.simulator, sold.organization, "invoices", invoice["id"], rate=100)
    later(sold, 1, "command")
    assert_one_of_each_and_tied(sold)


def test_document_found_with_another_date_is_held(sold: Shop) -> None:
    sold.fault("create_expense", "lost_after_apply")
    sold.sync()
    (expense,) = sold.documents("expenses")
    people.edit(sold.simulator, sold.organization, "expenses", expense["id"], date="2026-11-01")
    later(sold, 6)
    assert sold.effects()["create_expense"] == "held"
    assert "1 Nov 2026" in stories(sold)[2].trouble
    assert sold.counts() == (1, 1, 1)


def test_what_no_look_up_settled_within_a_week_is_held_and_can_be_looked_up_by_hand(sold: Shop) -> None:
    sold.fault("create_invoice", "lost_before_apply")
    sold.sync()
    sold.line.spoil("GET", "/invoices", b"", status=500)
    later(sold, 60 * 24 * 7 + 60)
    sold.line.mend()
    assert sold.effects()["create_invoice"] == "held"
    assert "could not be looked up for a week" in stories(sold)[0].trouble
    later(sold, 20, "command")
    later(sold, 20)
    assert_one_of_each_and_tied(sold)


def test_every_step_of_a_doubt_is_in_its_story(sold: Shop) -> None:
    sold.fault("create_invoice", "lost_before_apply")
    sold.sync()
    settle(sold)
    with read() as session:
        told = session.scalars(sa.select(Attempt).where(Attempt.effect_id == 1).order_by(Attempt.id)).all()
    assert [(one.what, one.outcome) for one in told] == [
        ("claim", "sending"),
        ("send", "in_doubt"),
        ("look_up", "none"),
        ("look_up", "none"),
        ("claim", "sending"),
        ("send", "done"),
    ]


def test_three_without_answer_in_a_row_stop_the_run(sold: Shop) -> None:
    for _sale in range(4):
        sold.clock.advance(timedelta(minutes=1))
        sold.world.add_charge(ACCOUNT)
    for _fault in range(3):
        sold.fault("create_invoice", "lost_before_apply")
    run = sold.sync()
    assert (run.outcome, run.sentence) == (
        "stopped",
        "Zoho Books didn't answer 3 times in a row, so the rest waits.",
    )
    assert sold.line.count("POST", "/invoices") == 3
    settle(sold)
    assert sold.counts() == (5, 5, 5)
