"""What a charge costs the processor, and how long planning takes."""

from __future__ import annotations

import os
import shutil
import statistics
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from sqlite3 import connect
from uuid import UUID
from zoneinfo import ZoneInfo

from app import wiring
from app.domain.charges import Charge, ChargeStatus
from app.domain.money import Money
from app.domain.planning import PlanFacts, plan
from app.domain.rules import Grouping, Rules, RulesVersion
from app.domain.windows import Window
from app.services.outside import Outside
from app.services.syncing import worker
from app.store.db import db
from tests.bench.figure import Figure
from tests.bench.playback import Recorder, playing
from tests.bench.stage import Stage, stage

CHARGES = 1_000
REPETITIONS = 5
PLANNED = 10_000


def measure() -> Iterator[Figure]:
    """CPU per charge over the whole pipeline, and planning alone."""
    yield _pipeline()
    yield _planning()


def _pipeline() -> Figure:
    """Sync once against the simulator, then the same run again and again against its answers, played back at once.

    A processor that has waited some milliseconds for the simulator works the next ones at a fraction of its speed,
    with cold caches; played back, what is measured is the app's work and not how long somebody else took.
    """
    with stage() as made:
        made.trade(CHARGES)
        run = made.request()
        recorder = Recorder()
        kept = made.folder / "kept.sqlite3"
        _copy(made, kept)
        waiting = _spent(made, run, wiring.build(made.config, mounts={made.address: recorder}))
        made.stop_simulator()
        spent = []
        for _ in range(REPETITIONS):
            _restore(made, kept)
            with playing(made.address, recorder.kept):
                spent.append(_spent(made, run, wiring.build(made.config)))
    each = ", ".join(f"{one:.2f}" for one in sorted(spent))
    return Figure(
        name="CPU per charge, whole pipeline",
        measured=statistics.median(spent),
        bound=5.0,
        unit="ms",
        how=f"user + system, from reading to recording, real sockets, {CHARGES} sales, the answers played back "
        f"at once; median of {each}. With waits for the simulator in between: {waiting:.2f}",
    )


def _spent(made: Stage, run: int, outside: Outside) -> float:
    """CPU milliseconds a charge of one run worked off in this process."""
    before = os.times()
    worker.run_due(outside)
    after = os.times()
    view = made.run(run)
    if view.outcome != "fine" or view.counts["posted"] < 2 * CHARGES:
        raise RuntimeError(f"the sync went wrong: {view.sentence} {view.detail}")
    return (after.user + after.system - before.user - before.system) / CHARGES * 1_000


def _copy(made: Stage, kept: Path) -> None:
    with closing(connect(made.database)) as source, closing(connect(kept)) as target:
        source.backup(target)


def _restore(made: Stage, kept: Path) -> None:
    db.engine.dispose()
    for ending in ("-wal", "-shm"):
        made.database.with_name(made.database.name + ending).unlink(missing_ok=True)
    shutil.copy(kept, made.database)


def _planning() -> Figure:
    charges = [_charge(number) for number in range(PLANNED)]
    took = []
    for grouping in Grouping:
        facts = _facts(grouping)
        began = time.process_time()
        made = plan(charges, facts)
        fingerprint = made.hash
        took.append(time.process_time() - began)
        if not fingerprint or not made.sets:
            raise RuntimeError("nothing was planned")
    return Figure(
        name=f"planning {PLANNED:,} charges",
        measured=max(took),
        bound=1.0,
        unit="s",
        how="CPU of decisions, documents and the plan's fingerprint; the slower of Individual and Bulk",
    )


_OPENED = datetime(2026, 1, 1, tzinfo=UTC)


def _charge(number: int) -> Charge:
    at = _OPENED + timedelta(minutes=10 * number)
    gross = Decimal(100 + number % 9_000) / 100
    return Charge(
        id=str(UUID(int=number)),
        status=ChargeStatus.SUCCEEDED,
        gross=Money.of(str(gross), "SGD"),
        fee=Money.of("0.54", "SGD"),
        home=Money.of(str(gross), "SGD"),
        channel=("api_store", "store_pos", "api_shopify")[number % 3],
        created_at=at,
        closed_at=at,
        updated_at=at,
    )


def _facts(grouping: Grouping) -> PlanFacts:
    rules = Rules(
        sales_account="sales",
        fee_account="fees",
        refund_account="refunds",
        bank_account="clearing",
        default_item="item",
        clearing_currency="SGD",
        grouping=grouping,
    )
    return PlanFacts(
        versions=(RulesVersion(_OPENED, rules),),
        windows=(Window(_OPENED),),
        zone=ZoneInfo("Asia/Singapore"),
        now=_OPENED + timedelta(days=365),
        read_through=_OPENED + timedelta(days=365),
        base_currency="SGD",
    )
