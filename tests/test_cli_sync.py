"""Rules of `business list`, `sync run` and `sync plan`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from app.clock import ManualClock
from app.services.syncing import runs
from app.services.writing import lease
from tests.shop import ACCOUNT, Shop, open_shop


@pytest.fixture
def shop(database: Path, clock: ManualClock) -> Iterator[Shop]:
    with open_shop(database, clock) as opened:
        yield opened


def command(shop: Shop, *words: str) -> Result:
    return shop.app.test_cli_runner().invoke(args=list(words))


def answer_of(result: Result) -> Any:
    return json.loads(result.stdout)


def sell(shop: Shop, count: int) -> None:
    for _number in range(count):
        shop.clock.advance(timedelta(minutes=1))
        shop.world.add_charge(ACCOUNT)
    shop.clock.advance(timedelta(minutes=1))


def test_business_list_of_an_empty_install_is_an_empty_list(shop: Shop) -> None:
    result = command(shop, "business", "list", "--json")
    assert (result.exit_code, answer_of(result)) == (0, [])


def test_business_list_says_what_each_business_needs_next(shop: Shop) -> None:
    shop.set_up()
    shop.open_business("Harbour Books and Coffee")
    rows = answer_of(command(shop, "business", "list", "--json"))
    assert [(row["slug"], row["next_step"], row["sync_enabled"]) for row in rows] == [
        ("harbour-books-and-coffee", "Connect HitPay first.", False),
        ("lumen-home-goods", "", True),
    ]
    assert "Connect HitPay first." in command(shop, "business", "list").stdout


def test_sync_run_posts_and_tells_the_run_in_json(shop: Shop) -> None:
    shop.set_up()
    sell(shop, 2)
    result = command(shop, "sync", "run", "--json")
    [told] = answer_of(result)
    assert result.exit_code == 0
    assert {name: told[name] for name in ("business", "outcome", "counts")} == {
        "business": "lumen-home-goods",
        "outcome": "fine",
        "counts": {"new": 2, "held": 0, "failed": 0, "waiting": 0, "excluded": 0, "posted": 6},
    }
    assert told["run_id"] == runs.latest(shop.outside, shop.business, 1)[0].id
    assert told["calls"] >= 6
    assert len(shop.documents("invoices")) == 2


def test_sweep_run_does_what_the_clock_does_every_hour(shop: Shop) -> None:
    shop.set_up()
    sell(shop, 1)
    result = command(shop, "sweep", "run", "--json")
    [row] = answer_of(result)
    assert (result.exit_code, row["outcome"], row["counts"]["posted"]) == (0, "fine", 3)
    assert [run.trigger for run in runs.latest(shop.outside, shop.business, 5)] == ["hourly"]
    assert command(shop, "sweep", "run", "--business", "nobody").exit_code == 2


def test_sync_run_leaves_out_businesses_that_are_not_set_up(shop: Shop) -> None:
    shop.set_up()
    shop.open_business("Harbour Books and Coffee")
    result = command(shop, "sync", "run", "--json")
    assert (result.exit_code, [one["business"] for one in answer_of(result)]) == (0, ["lumen-home-goods"])


def test_sync_run_of_a_named_business_says_why_it_is_not_ready(shop: Shop) -> None:
    shop.open_business()
    result = command(shop, "sync", "run", "--business", "lumen-home-goods", "--json")
    assert result.exit_code == 1
    assert answer_of(result) == [
        {
            "business": "lumen-home-goods",
            "run_id": None,
            "outcome": "not_ready",
            "sentence": "Connect HitPay first.",
            "counts": {},
            "calls": 0,
        }
    ]


def test_sync_run_ends_with_1_when_something_is_held(shop: Shop) -> None:
    shop.set_up()
    shop.clock.advance(timedelta(minutes=1))
    shop.world.add_charge(ACCOUNT)
    charge = shop.world.charges(ACCOUNT)[-1]
    shop.world.change_charge(charge["id"], home_currency_amount=None, currency="usd", net_amount=None)
    shop.clock.advance(timedelta(minutes=1))
    result = command(shop, "sync", "run", "--json")
    assert (result.exit_code, answer_of(result)[0]["outcome"]) == (1, "attention")


def test_sync_run_reports_a_business_held_by_another_worker_as_busy(shop: Shop) -> None:
    shop.set_up()
    held = lease.take(shop.outside, shop.business)
    assert held is not None
    result = command(shop, "sync", "run", "--json")
    assert (result.exit_code, [one["outcome"] for one in answer_of(result)]) == (1, ["busy"])


def test_sync_run_takes_up_the_run_of_a_worker_that_died(shop: Shop) -> None:
    shop.set_up()
    dead = runs.request(shop.outside, shop.business, "manual")
    assert runs.take(dead, shop.clock.now())
    assert lease.take(shop.outside, shop.business)
    shop.clock.advance(timedelta(minutes=5))
    [told] = answer_of(command(shop, "sync", "run", "--json"))
    assert (told["outcome"], told["run_id"] > dead) == ("fine", True)
    ended = runs.one(shop.outside, shop.business, dead)
    assert ended is not None
    assert ended.outcome == "interrupted"


@pytest.mark.parametrize("words", [("sync", "run"), ("sync", "plan")])
def test_an_unknown_business_is_wrong_usage(shop: Shop, words: tuple[str, ...]) -> None:
    result = command(shop, *words, "--business", "nowhere", "--json")
    assert (result.exit_code, answer_of(result)) == (2, {"error": "There is no business 'nowhere'. Known: none yet."})


def test_sync_plan_shows_what_a_run_then_writes_and_writes_nothing_itself(shop: Shop) -> None:
    shop.set_up()
    sell(shop, 2)
    words = ("sync", "plan", "--business", "lumen-home-goods")
    first, again = command(shop, *words, "--json"), command(shop, *words, "--json")
    planned, anew = answer_of(first), answer_of(again)
    told = planned["forecast"]
    assert (first.exit_code, told["left_today"] > anew["forecast"].pop("left_today")) == (0, True)
    assert {**planned, "forecast": {**told, "left_today": 0}} == {**anew, "forecast": {**told, "left_today": 0}}
    assert (shop.documents("invoices"), shop.documents("expenses")) == ([], [])
    assert set(planned) == {"plan_hash", "documents", "movements", "forecast"}
    [ran] = answer_of(command(shop, "sync", "run", "--json"))
    assert ran["counts"]["posted"] == len(planned["documents"]) == 6
    written = {(row["date"], row["reference_number"], row["total"]) for row in shop.documents("expenses")}
    assert written == {
        (row["date"], row["reference"], row["amount"]["amount"])
        for row in planned["documents"]
        if row["type"] == "expense"
    }


def test_sync_plan_is_readable_for_people(shop: Shop) -> None:
    shop.set_up()
    sell(shop, 1)
    text = command(shop, "sync", "plan", "--business", "lumen-home-goods").stdout
    charge = shop.world.charges(ACCOUNT)[-1]["id"]
    assert f"2026-11-22  invoice           HP-{charge}  100.00  SGD" in text
    assert "3 documents would be written. Plan " in text


def test_sync_plan_of_a_business_that_is_not_ready_ends_with_1(shop: Shop) -> None:
    shop.open_business()
    result = command(shop, "sync", "plan", "--business", "lumen-home-goods")
    assert (result.exit_code, result.stderr.strip()) == (1, "Connect HitPay first.")
