"""Before a delivery is looked at: how many an address may bring, and what was turned away, counted in memory.

Nothing forged writes to the database; the counts are stored by the clockwork now and then.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from threading import Lock

A_SECOND = 100.0
AT_ONCE = 1_000.0
"""Deliveries an address may bring at once, and how many a second in the long run."""

_MOST_ADDRESSES = 1_000


class WebhookGate:
    """One per process. An unknown address shares its allowance with all other unknown ones."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._refused: Counter[int] = Counter()
        self._rung = False

    def admit(self, token: str, now: float) -> bool:
        """Whether one more delivery may be looked at; `now` in seconds on a scale that never steps back."""
        with self._lock:
            left, at = self._left.pop(token, (AT_ONCE, now))
            left = min(AT_ONCE, left + (now - at) * A_SECOND)
            self._left[token] = (left - 1 if left >= 1 else left, now)
            while len(self._left) > _MOST_ADDRESSES:
                self._left.popitem(last=False)
            return left >= 1

    def refuse(self, business_id: int) -> None:
        """Count a delivery whose signature didn't fit."""
        with self._lock:
            self._refused[business_id] += 1

    def refused(self) -> dict[int, int]:
        """What was refused since this was last asked, by business."""
        with self._lock:
            counted, self._refused = dict(self._refused), Counter()
            return counted

    def ring(self) -> None:
        """Something arrived: whoever works it off need not wait for the minute."""
        self._rung = True

    def was_rung(self) -> bool:
        """Whether something arrived since this was last asked."""
        rung, self._rung = self._rung, False
        return rung


gate = WebhookGate()
