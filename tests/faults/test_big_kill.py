"""Kill -9 in the middle of a run over hundreds of sales: it goes on by itself and hardly costs a call."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app import wiring
from app.clock import FileClock
from app.services.business import businesses
from app.services.showing import status
from app.services.syncing import runs, worker
from app.store.db import db
from tests.faults.harness import ACCOUNT, Install, fork, install, wait_for

SALES = 250
KINDS = ("invoices", "customerpayments", "expenses")


def die_at_the(number: int, point: str) -> Callable[[str, str], None]:
    seen = 0

    def act(here: str, _detail: str) -> None:
        nonlocal seen
        seen += here == point
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)

    return act


def tick(made: Install) -> int:
    """The clockwork's tick in a new process: nobody asks for a sync."""

    def work() -> None:
        with made.open().app_context():
            outside = wiring.build(made.config)
            worker.tend(outside)
            worker.run_due(outside)

    return wait_for(fork(work))


@pytest.mark.parametrize("point", ["after_reply"])
def test_killed_run_of_hundreds_of_sales_goes_on_by_itself(point: str, tmp_path: Path, database: Path) -> None:
    with install(tmp_path, database) as made:
        for name in ("calls_per_minute", "calls_per_day"):
            made.control("switch", organization_id=made.organization, name=name, value=0)
        made.advance(timedelta(days=1))
        day = (FileClock(made.clock_file).now() + timedelta(hours=8)).date()
        made.advance(timedelta(days=1))
        made.control("trade", account=ACCOUNT, **{"from": day.isoformat(), "to": day.isoformat()}, count=SALES)
        before = made.truth()["calls_total"]

        assert made.sync(die_at_the(SALES * 3 // 2, point)) == -signal.SIGKILL
        for _tick in range(4):
            made.advance(timedelta(minutes=4))
            assert tick(made) == 0

        assert made.unsettled() == {}
        truth = made.truth()
        found = {kind: Counter(row["reference_number"] for row in truth["documents"][kind]) for kind in KINDS}
        assert {number for counted in found.values() for number in counted.values()} == {1}
        assert found["invoices"] == found["customerpayments"]
        assert Decimal(truth["accounts"]["Accounts Receivable"]["balance"]) == 0
        assert (truth["trial_balance"], truth["violations"]) == ("0.00", [])
        documents = sum(counted.total() for counted in found.values())
        # Customer, currency and its look-up, lock date twice, the first look and the balance: seven beside the sets.
        spent = truth["calls_total"] - before - documents - 7
        assert spent <= 2, spent

        with made.open().app_context():
            outside = wiring.build(made.config)
            shown = status.view(outside, businesses.every()[0])
            told = [run.sentence for run in runs.latest(outside, made.business, 5)]
            db.engine.dispose()
        assert runs.STOPPED in told
        assert any("was stopped while 1 document was being sent" in one for one in told)
        assert "Everything" in shown.headline
