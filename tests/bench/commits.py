"""What safety costs: the time of writing transactions beside that of a sync whose calls take as long as real ones."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from requests.adapters import BaseAdapter

from app import wiring
from app.store import db as database
from app.store.db import RowWriter
from tests.bench.figure import Figure, percentile
from tests.bench.shops import opened, synced, trade
from tests.shop import SIMULATOR_URL

CHARGES = 100
LATENCY = 0.150


class _Slow(BaseAdapter):
    """Answers after the time that a call over the internet takes."""

    def __init__(self, transport: BaseAdapter) -> None:
        super().__init__()
        self._transport = transport

    def send(self, *given: Any, **named: Any) -> requests.Response:
        time.sleep(LATENCY)
        return self._transport.send(*given, **named)

    def close(self) -> None:
        self._transport.close()


def measure() -> Iterator[Figure]:
    """Seconds between BEGIN and the end of COMMIT, over all of a run's writing transactions, by its whole time."""
    with opened() as shop:
        trade(shop, CHARGES)
        shop.outside = wiring.build(shop.app.extensions["config"], shop.clock, {SIMULATOR_URL: _Slow(shop.transport)})
        with _timed() as spent:
            began = time.perf_counter()
            calls = synced(shop).total()
            elapsed = time.perf_counter() - began
        yield Figure(
            name="commit time / time of a sync, governor off, 150 ms a call",
            measured=sum(spent) / elapsed,
            bound=0.03,
            how=f"{len(spent)} writing transactions took {sum(spent) * 1000:.0f} ms of {elapsed:.1f} s (median "
            f"{percentile(spent, 0.5) * 1000:.2f} ms, p99 {percentile(spent, 0.99) * 1000:.1f} ms) for {CHARGES} "
            f"charges, {calls} calls; SQLite, WAL, synchronous=FULL",
        )


@contextmanager
def _timed() -> Iterator[list[float]]:
    """The seconds that each writing transaction takes, BEGIN and COMMIT included."""
    spent: list[float] = []
    enter, leave, guarded = RowWriter.__enter__, RowWriter.__exit__, database._transaction

    def timed_enter(writer: RowWriter) -> Any:
        writer.__dict__["began"] = time.perf_counter()
        return enter(writer)

    def timed_leave(writer: RowWriter, *told: Any) -> None:
        leave(writer, *told)
        spent.append(time.perf_counter() - writer.__dict__["began"])

    @contextmanager
    def timed_transaction(word: str) -> Iterator[Any]:
        began = time.perf_counter()
        with guarded(word) as session:
            yield session
        if word == "IMMEDIATE":
            spent.append(time.perf_counter() - began)

    RowWriter.__enter__, RowWriter.__exit__ = timed_enter, timed_leave  # type: ignore[method-assign]
    database._transaction = timed_transaction  # type: ignore[assignment]
    try:
        yield spent
    finally:
        RowWriter.__enter__, RowWriter.__exit__ = enter, leave  # type: ignore[method-assign]
        database._transaction = guarded
