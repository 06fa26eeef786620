"""Scenes: moments at which documents are due, and what an accountant would find in the books afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

from app.simulator.control.truths import hitpay_truth
from tests.expected_books import Doc, ExpectedBooks
from tests.faults.inside.stage import Moment, Stage, post, set_up
from tests.shop import ACCOUNT

GUARDS = ("G1", "G2", "G3")
"""Look-up and quarantine only; our own numbers on invoices and credit notes too, which Zoho Books keeps unique; and a
unique field on all kinds that have one, which deposits and refunds of credit notes don't."""


@dataclass(frozen=True)
class Scene:
    """`before`: HitPay tells something new. `planned`: the effects of it are planned, nothing is sent.

    `due` are all documents that have to be in the books at the end.
    """

    name: str
    guard: str
    before: Moment
    planned: Moment
    due: Counter[Doc]


def _sale(stage: Stage, _old: list[str]) -> None:
    stage.shop.world.add_charge(ACCOUNT, amount="12.34")


def _first_sale(stage: Stage, _old: list[str]) -> None:
    stage.shop.world.add_charge(ACCOUNT, amount="1.15", currency="usd", exchange_rate="1.34567")


def _refund(stage: Stage, old: list[str]) -> None:
    stage.shop.world.refund(old[0], "30.00")


def _void(stage: Stage, old: list[str]) -> None:
    stage.shop.world.change_charge(old[1], status="void")


def _payout(stage: Stage, old: list[str]) -> None:
    stage.shop.world.pay_out(ACCOUNT, [old[2]])


def _past_midnight(stage: Stage, old: list[str]) -> None:
    stage.advance(hours=11)  # one o'clock at night where the shop is, still yesterday in UTC
    _sale(stage, old)


def _old_sale(stage: Stage, old: list[str]) -> None:
    _sale(stage, old)
    stage.advance(days=9)  # nobody ran for more than a week


EVENTS: dict[str, Callable[[Stage, list[str]], None]] = {
    "sale": _sale, "first_sale": _first_sale, "refund": _refund, "void": _void, "payout": _payout,
    "past_midnight": _past_midnight, "old_sale": _old_sale,
}  # fmt: skip
SCENES: dict[str, tuple[str, ...]] = {name: (name,) for name in EVENTS} | {
    "two_sales": ("sale", "sale"),
    "sale_and_refund": ("sale", "refund"),
    "all": ("sale", "first_sale", "refund", "void", "payout"),
}


def make_scenes(stage: Stage, guard: str = "G1") -> dict[str, Scene]:
    """Every scene of an install that has three sales in its books already."""
    books = set_up(stage, guard=guard)
    stage.advance(minutes=5)
    old = []
    for _sale_number in range(3):
        old.append(stage.shop.world.add_charge(ACCOUNT)["id"])
        stage.advance(minutes=1)
    books.run(**_told(stage), now=stage.shop.clock.now())
    stage.work()
    stage.advance(hours=2)  # the access token is old by then, so that a run begins with a new one
    calm = stage.keep()
    return {name: _make(stage, guard, name, events, calm, deepcopy(books), old) for name, events in SCENES.items()}


def _make(stage: Stage, guard: str, name: str, events: tuple[str, ...], calm: Moment, books: ExpectedBooks,
          old: list[str]) -> Scene:  # fmt: skip
    stage.put_back(calm)
    for one in events:
        EVENTS[one](stage, old)
        stage.advance(minutes=1)
    before = stage.keep()

    def stop_at_plan(place: str, _detail: str) -> None:
        if place == "after_plan":
            stage.die()

    assert not stage.work(stop_at_plan)
    stage.advance(minutes=2)
    planned = stage.keep()
    books.run(**_told(stage), now=stage.shop.clock.now())
    scene = Scene(name, guard, before, planned, Counter(books.documents.values()))
    for job, moment in ((None, before), (post, planned)):
        stage.put_back(moment)
        stage.work(job=job)
        found = found_in(stage)
        assert found == scene.due, f"{name}: {found - scene.due} instead of {scene.due - found}"
    return scene


def _told(stage: Stage) -> dict[str, list[dict[str, object]]]:
    truth = hitpay_truth(stage.shop.simulator, ACCOUNT)
    return {name: truth[name] for name in ("charges", "refunds", "payouts")}


def found_in(stage: Stage) -> Counter[Doc]:
    """Every document in the simulated books, as an accountant would describe it."""
    books = stage.books
    return Counter(books.described(kind, row) for kind, row in books.new_rows())
