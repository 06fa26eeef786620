"""Services against the simulated world, in one process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.clock import ManualClock
from app.services import crash
from tests.shop import ACCOUNT, Shop, open_shop


@pytest.fixture
def shop(database: Path, clock: ManualClock, record_property: Callable[[str, object], None]) -> Iterator[Shop]:
    """An install with the simulated world beside it; nothing connected yet.

    Every request of the test was held against the contract: one that differed fails it.
    """
    with open_shop(database, clock) as opened:
        yield opened
        truth = opened.truth()
        record_property("requests_validated", truth["validated"])
        assert truth["violations"] == []


@pytest.fixture
def connected(shop: Shop) -> Shop:
    """Both sides connected, nothing saved."""
    shop.open_business()
    shop.connect_provider()
    shop.connect_books()
    return shop


@pytest.fixture
def ready(shop: Shop) -> Shop:
    """The same, connected and with sync on from now."""
    shop.set_up()
    return shop


@pytest.fixture
def sold(ready: Shop) -> Shop:
    """The same, and one sale of 100.00 with a fee waits to be posted."""
    ready.clock.advance(timedelta(minutes=5))
    ready.world.add_charge(ACCOUNT)
    return ready


@pytest.fixture
def armed() -> Iterator[None]:
    """Crash points may be armed; nothing stays armed after the test."""
    yield
    crash.disarm()
