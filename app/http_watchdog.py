"""Ends what lasts too long from another thread: a socket's own time-out starts anew at each byte that drips in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from math import ceil
from threading import Event, Lock, Thread

_IDLE_TICKS = 100


class Watchdog:
    """One thread for all watched blocks, there only while there is something to watch.

    It counts ticks of `tick` real seconds and reads no clock, so a block may last up to one tick longer than told.
    """

    def __init__(self, tick: float) -> None:
        self._tick = tick
        self._ticks = 0
        self._due: dict[object, tuple[int, Callable[[], object]]] = {}
        self._lock = Lock()
        self._thread: Thread | None = None

    @contextmanager
    def cut_after(self, seconds: float, cut: Callable[[], object] | None) -> Iterator[None]:
        """Call `cut` if the block lasts longer than `seconds`; what it raises is nobody's concern."""
        if cut is None:
            yield
            return
        key = object()
        with self._lock:
            self._due[key] = (self._ticks + max(1, ceil(seconds / self._tick)), cut)
            if self._thread is None or not self._thread.is_alive():  # dead in a process that was forked, too
                self._thread = Thread(target=self._watch, name="http-watchdog", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._due.pop(key, None)

    def _watch(self) -> None:
        never, idle = Event(), 0
        while idle < _IDLE_TICKS:
            never.wait(self._tick)
            with self._lock:
                self._ticks += 1
                idle = 0 if self._due else idle + 1
                self._cut_overdue()
                if idle == _IDLE_TICKS:
                    self._thread = None

    def _cut_overdue(self) -> None:
        """Under the lock, so that nothing is cut after its block has ended."""
        for key in [key for key, (tick, _) in self._due.items() if tick < self._ticks]:
            _, cut = self._due.pop(key)
            with suppress(Exception):
                cut()
