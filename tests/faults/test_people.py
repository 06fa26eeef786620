"""What people do in Zoho Books meanwhile is left as they did it, and a thing they took away is said, not guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from app.simulator.zoho_books import people
from app.simulator.zoho_books.accounts import set_active
from tests.faults.inside.campaign import Campaign, campaign
from tests.faults.inside.judge import judge
from tests.faults.inside.scenes import found_in

KINDS = ("customer_payments", "expenses", "credit_notes", "bank_transactions")


@pytest.fixture(scope="module")
def ready() -> Iterator[Campaign]:
    with campaign("G1") as made:
        yield made


def ran_again(ready: Campaign) -> None:
    for _day in range(2):
        ready.stage.advance(days=1)
        ready.stage.work()


@pytest.mark.parametrize("kind", ["invoices", *KINDS])
def test_edited_document_is_left_as_it_is(ready: Campaign, kind: str) -> None:
    stage, shop = ready.stage, ready.stage.shop
    stage.put_back(ready.scenes["all"].before)
    stage.work()
    row = stage.books.book.all(kind)[-1]
    people.edit(shop.simulator, shop.organization, kind, row["id"], date="2026-10-01")
    edited = found_in(stage)
    ran_again(ready)
    assert found_in(stage) == edited


@pytest.mark.parametrize("kind", ["expenses", "bank_transactions"])
def test_deleted_document_is_not_made_again(ready: Campaign, kind: str) -> None:
    stage, shop = ready.stage, ready.stage.shop
    stage.put_back(ready.scenes["all"].before)
    stage.work()
    people.delete(shop.simulator, shop.organization, kind, stage.books.book.all(kind)[-1]["id"])
    left = found_in(stage)
    ran_again(ready)
    assert found_in(stage) == left


def test_customer_taken_away_is_found_or_made_anew(ready: Campaign) -> None:
    stage, shop, scene = ready.stage, ready.stage.shop, ready.scenes["sale"]
    stage.put_back(scene.planned)
    contact = stage.books.book.all("contacts")[0]
    people.delete_contact(shop.simulator, shop.organization, contact["id"])
    for _round in range(3):
        stage.advance(minutes=11)
        stage.work()
    verdict = judge(stage, scene.due)
    assert verdict.duplicates == verdict.cents_off == verdict.stuck == verdict.unreasoned == 0
    assert not verdict.losses or verdict.parked


def test_nothing_comes_twice_when_an_account_was_taken_away(ready: Campaign) -> None:
    stage, shop, scene = ready.stage, ready.stage.shop, ready.scenes["all"]
    stage.put_back(scene.planned)
    fees = next(row for row in stage.books.book.all("accounts") if row["account_name"] == "HitPay Fees")
    set_active(stage.books.book, fees["id"], False)
    for _round in range(3):
        stage.advance(minutes=11)
        stage.work()
    verdict = judge(stage, scene.due)
    assert verdict.duplicates == verdict.cents_off == verdict.stuck == verdict.unreasoned == 0
    assert Counter({"parked": verdict.parked})["parked"] >= verdict.losses > 0
    assert shop.organization
