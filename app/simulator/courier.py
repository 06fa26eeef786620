"""The courier: delivers the simulated HitPay's webhooks over real HTTP, signed, and again if nobody takes them."""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING

import requests

from app.simulator.state import Row
from app.simulator.webhooks import DELIVERIES, WEBHOOKS
from app.simulator.world import World

if TYPE_CHECKING:
    from app.simulator.simulated import Simulator

Send = Callable[[str, bytes, dict[str, str]], int]

PAUSES = (10, 60, 300, 1_800, 7_200)
"""Seconds before each repetition; HitPay publishes neither how many there are nor when."""

_STEP = 0.25


class Courier:
    """Works through the queue of one simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._state = simulator.state
        self._ended = Event()

    def start(self) -> None:
        """Deliver from now on in a thread of its own."""
        Thread(target=self._run, daemon=True, name="courier").start()

    def stop(self) -> None:
        """Deliver nothing more."""
        self._ended.set()

    def deliver_due(self, send: Send) -> int:
        """Send everything that is due; how many were taken (2xx)."""
        now, taken = self._simulator.clock.now(), 0
        for row in self._state.all(DELIVERIES):
            if self._ended.is_set() or (row["after"] and row["after"] > now.isoformat()):
                continue
            webhook = self._state.get(WEBHOOKS, row["webhook"])
            status = send(webhook["url"], row["body"].encode(), headers_of(webhook, row)) if webhook else 200
            taken += self._note(row, status)
        return taken

    def _note(self, row: Row, status: int) -> bool:
        done = 200 <= status < 300
        with self._state.transaction():
            self._state.bump(f"webhooks:{'delivered' if done else 'failed'}")
            if done or row["tries"] >= len(PAUSES):
                self._state.delete(DELIVERIES, row["id"])
            else:
                after = self._simulator.clock.now() + timedelta(seconds=PAUSES[row["tries"]])
                self._state.put(DELIVERIES, row["id"], {**row, "tries": row["tries"] + 1, "after": after.isoformat()})
        return done

    def _run(self) -> None:
        world = World(self._state, self._simulator.clock)
        with requests.Session() as session:
            session.trust_env = False  # a proxy of this machine has no business on loopback
            while not self._ended.wait(_STEP):
                for account in {row["account"] for row in self._state.all(WEBHOOKS)}:
                    world.catch_up(account)
                self.deliver_due(_sender(session))


def headers_of(webhook: Row, delivery: Row) -> dict[str, str]:
    """The headers of a delivery (HitPay's webhook handler): the signature is made over the raw body."""
    what, _dot, happened = delivery["event"].partition(".")
    return {
        "Content-Type": "application/json",
        "User-Agent": "HitPay v2.0",
        "Hitpay-Signature": hmac.new(webhook["salt"].encode(), delivery["body"].encode(), "sha256").hexdigest(),
        "Hitpay-Event-Type": happened,
        "Hitpay-Event-Object": what,
    }


def _sender(session: requests.Session) -> Send:
    def send(url: str, body: bytes, headers: dict[str, str]) -> int:
        with contextlib.suppress(requests.RequestException):
            return session.post(url, data=body, headers=headers, timeout=30, allow_redirects=False).status_code
        return 0

    return send
