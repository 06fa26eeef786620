"""The simulator's own time: the system's, a virtual clock file's, or one moved by hand."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Tells aware UTC time."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """Stands still until it is moved; for tests in one process."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        with self._lock:
            return self._now

    def move_to(self, instant: datetime) -> None:
        with self._lock:
            self._now = instant.astimezone(UTC)

    def advance(self, span: timedelta) -> None:
        with self._lock:
            self._now += span


class FileClock:
    """Virtual time from a file of one line, `<start> <rate> <anchor>`.

    now = start + rate x (CLOCK_MONOTONIC - anchor); the file is read again whenever it changes, so that
    whoever writes it moves the time of every process at once.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._line = (datetime.now(UTC), 1.0, time.monotonic())

    def now(self) -> datetime:
        start, rate, anchor = self._read()
        return start + timedelta(seconds=rate * (time.monotonic() - anchor))

    def write(self, start: datetime, rate: float) -> None:
        """Move the time of every process to `start`, running `rate` virtual seconds a second from now on."""
        line = f"{start.astimezone(UTC).isoformat()} {rate} {time.monotonic()}\n"
        replacement = self._path.with_suffix(".new")
        replacement.write_text(line)
        replacement.replace(self._path)

    def _read(self) -> tuple[datetime, float, float]:
        status = self._path.stat()
        stamp = (status.st_mtime_ns, status.st_ino)
        if stamp != self._stamp:
            start, rate, anchor = self._path.read_text().split()
            self._line = (datetime.fromisoformat(start), float(rate), float(anchor))
            self._stamp = stamp
        return self._line
