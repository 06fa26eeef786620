"""Keeps the calls of one key (an organization) under a rate, by waiting on the app's own clock."""

from __future__ import annotations

from threading import Lock, local

from pyrate_limiter import Duration, InMemoryBucket, Rate, RateItem

from app.clock import Clock

_SHORTEST_WAIT = 0.001


class RateGovernor:
    """At most `calls_per_minute` calls in any 60 seconds for each key, in this process; 0 sets no limit.

    The window slides: a key that has been quiet may use its whole minute at once.
    """

    def __init__(self, clock: Clock, calls_per_minute: int) -> None:
        self._clock = clock
        self._calls_per_minute = calls_per_minute
        self._buckets: dict[str, InMemoryBucket] = {}
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
        item = RateItem(key, int(self._clock.monotonic() * 1000))
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is None:
                bucket = self._buckets[key] = InMemoryBucket([Rate(self._calls_per_minute, Duration.MINUTE)])
            bucket.leak(item.timestamp)
            decision = bucket.put_decision(item)
        wait_ms = getattr(decision, "retry_after_ms", None) or 0
        return 0.0 if getattr(decision, "allowed", False) else max(wait_ms / 1000, _SHORTEST_WAIT)
