"""Services against the simulated world, in one process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.clock import ManualClock
from tests.shop import Shop, open_shop


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
def ready(shop: Shop) -> Shop:
    """The same, connected and with sync on from now."""
    shop.set_up()
    return shop
