"""Keeps the calls of one key (an organization) under a rate, by waiting on the app's own clock."""

from __future__ import annotations

from collections import deque
from threading import Lock, local

from app.clock import Clock

_WINDOW = 60.0
_SHORTEST_WAIT = 0.001


class RateGovernor:
    """At most `calls_per_minute` calls in any 60 seconds for each key, in this process; 0 sets no limit.

    The window slides: a key that has been quiet may use its whole minute at once.
    """

    def __init__(self, clock: Clock, calls_per_minute: int) -> None:
        self._clock = clock
        self._calls_per_minute = calls_per_minute
        self._latest: dict[str, deque[float]] = {}
        self._lock = Lock()
        self._kept = local()

    def reserve(self, key: str) -> None:
        """Wait for a turn of `key` and keep it for this thread's next `wait`; a turn kept already is enough."""
        if getattr(self._kept, "key", None) != key:
            self.wait(key)
            self._kept.key = key

    def wait(self, key: str) -> None:
        """Return as soon as one more call of `key` keeps the rate; at once for the empty key or a kept turn."""
        if getattr(self._kept, "key", None) == key:
            self._kept.key = None
            return
        if not self._calls_per_minute or not key:
            return
        while (pause := self._try(key)) > 0:
            self._clock.sleep(pause)

    def _try(self, key: str) -> float:
        """Take a place in the window and answer 0, or answer the seconds to wait before trying again."""
        now = self._clock.monotonic()
        with self._lock:
            latest = self._latest.get(key)
            if latest is None:
                latest = self._latest[key] = deque(maxlen=self._calls_per_minute)
            if len(latest) == latest.maxlen and (left := latest[0] + _WINDOW - now) > 0:
                return max(left, _SHORTEST_WAIT)
            latest.append(now)  # and the oldest, which has left the window, falls out
        return 0.0
