"""A shop in this process, for figures that count calls or virtual time: no sockets, and a clock that is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask_migrate import upgrade

from app import create_app
from app.clock import ManualClock
from app.simulator.trade import PLAIN, Options
from app.simulator.zoho_books.organizations import set_switches
from app.store.db import db
from tests.conftest import START, config_for, outside_of
from tests.shop import ACCOUNT, Shop, open_shop

SEED = 1


@contextmanager
def opened(grouping: str = "individual", **config: Any) -> Iterator[Shop]:
    """A connected shop with sync on, standing at the beginning of a local day. Zoho's limits are off."""
    with TemporaryDirectory(prefix="tieout-bench-") as folder:
        database = Path(folder) / "tieout.sqlite3"
        with create_app(config_for(database, log_level="WARNING"), outside_of(ManualClock(START))).app_context():
            upgrade()
            db.engine.dispose()
        with open_shop(database, ManualClock(START), **({"log_level": "WARNING"} | config)) as shop:
            shop.set_up(grouping=grouping)
            set_switches(shop.simulator, shop.organization, calls_per_minute=0, calls_per_day=0)
            shop.next_day()
            yield shop


def trade(shop: Shop, count: int, options: Options = PLAIN) -> None:
    """Let one local day happen with `count` sales and stand at 01:00 of the next."""
    day = shop.next_day()
    shop.world.trade(ACCOUNT, day, day + timedelta(days=1), SEED, count, options, until=shop.clock.now())


def synced(shop: Shop) -> Counter[str]:
    """Sync once; the Zoho calls that took by operation, by the simulator's own counter. RuntimeError unless fine."""
    before = Counter(shop.truth()["calls"])
    run = shop.sync()
    if run.outcome != "fine":
        raise RuntimeError(f"the sync went wrong: {run.sentence} {run.detail}")
    return Counter(shop.truth()["calls"]) - before
