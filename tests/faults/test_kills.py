"""Kill -9 at every step of a posting: after the next runs there is exactly one set of documents."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app.services import crash
from tests.faults.books import books_are_right
from tests.faults.harness import ACCOUNT, install

ACTIONS = ("create_invoice", "create_customer_payment", "create_expense")
WAYS = {"once a run": [(point, "") for point in crash.ONCE_A_RUN]} | {
    action: [(point, action) for point in crash.EACH_EFFECT] for action in ACTIONS
}
"""The places of one way share an install, whose books grow from one kill to the next: 24 kills with the payouts'."""


def die_at(point: str, action: str) -> Callable[[str, str], None]:
    def act(here: str, detail: str) -> None:
        if here == point and action in ("", detail):
            os.kill(os.getpid(), signal.SIGKILL)

    return act


@pytest.mark.parametrize("way", WAYS)
def test_killed_process_leaves_one_set_of_documents(way: str, tmp_path: Path, database: Path) -> None:
    with install(tmp_path, database) as made:
        # A customer is made at the first sale only.
        for point, action in sorted(WAYS[way], key=lambda place: place[0] != "after_customer"):
            for amount in ("12.34", "500.00"):
                made.advance(timedelta(minutes=1))
                made.control("charge", account=ACCOUNT, amount=amount)
            made.advance(timedelta(minutes=1))

            assert made.sync(die_at(point, action)) == -signal.SIGKILL, point
            made.settle()

            books_are_right(made)
        before = made.truth()["calls_total"]
        assert made.sync() == 0
        assert made.truth()["calls_total"] == before


def test_killed_process_leaves_one_transfer_of_each_payout(tmp_path: Path, database: Path) -> None:
    with install(tmp_path, database) as made:
        paid = {}
        for point in crash.EACH_EFFECT:
            made.advance(timedelta(minutes=1))
            made.control("charge", account=ACCOUNT, amount="500.00")
            made.advance(timedelta(minutes=1))
            payout = made.control("payout", account=ACCOUNT)
            paid[f"HPP-{payout['id']}"] = Decimal(payout["amount"])
            made.advance(timedelta(minutes=1))
            made.sync()
            made.advance(timedelta(minutes=1))

            assert made.sync(die_at(point, "create_transfer")) == -signal.SIGKILL, point
            made.settle()

            truth = made.truth()
            assert Counter(row["reference_number"] for row in truth["documents"]["banktransactions"]) == Counter(
                paid.keys()
            )
            assert Decimal(truth["accounts"]["HitPay Clearing"]["balance"]) == 0
            assert Decimal(truth["accounts"]["DBS Current Account"]["balance"]) == sum(paid.values())
            assert truth["violations"] == []
