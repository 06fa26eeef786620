"""Holding a business: one worker at a time writes for it, with a fence that grows at each taking."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy.orm import Session

from app.services import stopping
from app.services.outside import Outside
from app.store import leases
from app.store.db import write

LIFE = timedelta(seconds=90)
HEARTBEAT = 20.0
"""Seconds after which a holder that goes on says so."""


class LostLease(Exception):  # noqa: N818
    """Another worker took over; this one must not write any more."""


class HeldLease:
    """The lease of one business, held by this worker under `fence`."""

    def __init__(self, outside: Outside, business_id: int, owner: str, fence: int) -> None:
        self.business_id = business_id
        self.owner = owner
        self.fence = fence
        self._outside = outside
        self._beaten = outside.clock.monotonic()

    def beat(self, *, now: bool = False) -> None:
        """Hold on, if the last time is a while ago; LostLease if it isn't ours any more, Stopping if the program ends.

        Called where nothing is half done: before each claim, and between two readings.
        """
        stopping.check()
        if not now and self._outside.clock.monotonic() - self._beaten < HEARTBEAT:
            return
        until = self._outside.clock.now() + LIFE
        with write() as session:
            held = leases.extend(session, self.business_id, self.owner, self.fence, until)
        if not held:
            raise LostLease
        self._beaten = self._outside.clock.monotonic()

    def guard(self, session: Session) -> None:
        """Let the transaction go on only while the lease is ours: LostLease rolls it back."""
        now = self._outside.clock.now()
        if not leases.is_held(session, self.business_id, self.owner, self.fence, now):
            raise LostLease

    def release(self) -> None:
        """Give it back."""
        with write() as session:
            leases.release(session, self.business_id, self.owner, self.fence)


def take(outside: Outside, business_id: int) -> HeldLease | None:
    """The lease of a business, or None while another worker holds it."""
    owner = secrets.token_hex(16)
    now = outside.clock.now()
    with write() as session:
        fence = leases.take(session, business_id, owner, now, now + LIFE)
    return HeldLease(outside, business_id, owner, fence) if fence is not None else None
