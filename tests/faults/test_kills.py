"""Kill -9 at every step of a posting: after the next runs there is exactly one set of documents."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app.services import crash
from tests.faults.books import books_are_right
from tests.faults.harness import ACCOUNT, install

ACTIONS = ("create_invoice", "create_customer_payment", "create_expense")
PLACES = [(point, "") for point in crash.ONCE_A_RUN] + [
    (point, action) for action in ACTIONS for point in crash.EACH_EFFECT
]


def die_at(point: str, action: str) -> Callable[[str, str], None]:
    def act(here: str, detail: str) -> None:
        if here == point and action in ("", detail):
            os.kill(os.getpid(), signal.SIGKILL)

    return act


@pytest.mark.parametrize(("point", "action"), PLACES, ids=[f"{p}-{a}".strip("-") for p, a in PLACES])
def test_killed_process_leaves_one_set_of_documents(point: str, action: str, tmp_path: Path, database: Path) -> None:
    with install(tmp_path, database) as made:
        for amount in ("12.34", "500.00"):
            made.advance(timedelta(minutes=1))
            made.control("charge", account=ACCOUNT, amount=amount)
        made.advance(timedelta(minutes=1))

        assert made.sync(die_at(point, action)) == -signal.SIGKILL
        made.settle()

        books_are_right(made)
        before = made.truth()["calls_total"]
        assert made.sync() == 0
        assert made.truth()["calls_total"] == before


@pytest.mark.parametrize("point", crash.EACH_EFFECT)
def test_killed_process_leaves_one_transfer_of_a_payout(point: str, tmp_path: Path, database: Path) -> None:
    with install(tmp_path, database) as made:
        made.advance(timedelta(minutes=1))
        made.control("charge", account=ACCOUNT, amount="500.00")
        made.advance(timedelta(minutes=1))
        payout = made.control("payout", account=ACCOUNT)
        made.advance(timedelta(minutes=1))
        made.sync()
        made.advance(timedelta(minutes=1))

        assert made.sync(die_at(point, "create_transfer")) == -signal.SIGKILL
        made.settle()

        truth = made.truth()
        assert [row["reference_number"] for row in truth["documents"]["banktransactions"]] == [f"HPP-{payout['id']}"]
        assert Decimal(truth["accounts"]["HitPay Clearing"]["balance"]) == 0
        assert Decimal(truth["accounts"]["DBS Current Account"]["balance"]) == Decimal(payout["amount"])
        assert truth["violations"] == []
