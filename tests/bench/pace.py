"""How close a sync comes to the time that the call rate alone demands."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import requests
from requests.adapters import BaseAdapter

from app import wiring
from app.simulator.zoho_books.organizations import set_switches
from tests.bench.figure import Figure
from tests.bench.shops import opened, synced, trade
from tests.shop import SIMULATOR_URL

CHARGES = 500
A_MINUTE = 80
THEIR_LIMIT = 100


class _Listening(BaseAdapter):
    """Passes everything on and counts "too many calls"."""

    def __init__(self, transport: BaseAdapter) -> None:
        super().__init__()
        self._transport = transport
        self.too_many = 0

    def send(self, *given: Any, **named: Any) -> requests.Response:
        answer = self._transport.send(*given, **named)
        self.too_many += answer.status_code == 429
        return answer

    def close(self) -> None:
        self._transport.close()


def measure() -> Iterator[Figure]:
    """Virtual time of a sync plus the real time it took, over what the rate demands."""
    with opened(calls_per_minute=A_MINUTE) as shop:
        trade(shop, CHARGES)
        listening = _Listening(shop.transport)
        shop.outside = wiring.build(shop.app.extensions["config"], shop.clock, {SIMULATOR_URL: listening})
        set_switches(shop.simulator, shop.organization, calls_per_minute=THEIR_LIMIT)
        began, began_really = shop.clock.monotonic(), time.monotonic()
        calls = synced(shop).total()
        waited, worked = shop.clock.monotonic() - began, time.monotonic() - began_really
        demanded = (calls - 1) // A_MINUTE * 60.0
        yield Figure(
            name="sync time / time the call rate alone demands",
            measured=(waited + worked) / demanded,
            bound=1.05,
            how=f"{calls} calls at {A_MINUTE} in any minute can't end before {demanded:.0f} s; waited {waited:.1f} s "
            f"on the virtual clock, which stands still during work, plus {worked:.1f} s of real work",
        )
        yield Figure(
            name="answers 429 during that sync",
            measured=listening.too_many,
            bound=0,
            how=f"the simulator's limit of {THEIR_LIMIT} calls a minute was on",
        )
