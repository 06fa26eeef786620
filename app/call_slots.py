"""How many calls of one key (an organization) may be under way at once: fewer after it complained, more again later."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from app.clock import Clock

MOST = 4
"""Zoho Books takes five at once on its free plan: one is left to others."""

RECOVERY = 60.0
"""Seconds without a complaint after which one more is tried."""


class CallSlots:
    """At most `MOST` calls of a key at once in this process. Halved by `ease_off`, at least one; grows back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._freed = Condition()
        self._taken: dict[str, int] = defaultdict(int)
        self._limits: dict[str, tuple[int, float]] = {}

    def limit(self, key: str) -> int:
        """How many calls of a key may be under way now."""
        most, since = self._limits.get(key, (MOST, 0.0))
        return min(MOST, most + max(0, int((self._clock.monotonic() - since) // RECOVERY)))

    def ease_off(self, key: str) -> None:
        """There were too many at once: halve them."""
        with self._freed:
            self._limits[key] = (max(1, self.limit(key) // 2), self._clock.monotonic())

    @contextmanager
    def one(self, key: str) -> Iterator[None]:
        """A place for one call; waits for one to become free. The empty key needs none."""
        if not key:
            yield
            return
        with self._freed:
            while self._taken[key] >= self.limit(key):
                self._freed.wait()
            self._taken[key] += 1
        try:
            yield
        finally:
            with self._freed:
                self._taken[key] -= 1
                self._freed.notify_all()
