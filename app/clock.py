"""The clock port and its two clocks: the system's, and the virtual one that demo and tests share."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """The only teller of time in Tieout."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds on a scale that never steps back, for spans within one process."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait `seconds` on this clock's own scale."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class FileClock:
    """Virtual time read from a file of one line, `<start> <rate> <anchor>`.

    now = start + rate x (CLOCK_MONOTONIC - anchor). The file is read again whenever it changes, so whoever
    writes it moves the time of all processes at once. `monotonic` and `sleep` stay in real seconds: they pace
    calls and bound a send, and a clock that stands still must not make either wait for ever.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._name = str(path)
        self._stamp: tuple[int, int] | None = None
        self._line = (datetime.now(UTC), 1.0, time.monotonic())

    def now(self) -> datetime:
        start, rate, anchor = self._read()
        return start + timedelta(seconds=rate * (time.monotonic() - anchor))

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def _read(self) -> tuple[datetime, float, float]:
        status = os.stat(self._name)  # noqa: PTH116 - asked at every turn, and a Path asks at twice the price
        stamp = (status.st_mtime_ns, status.st_ino)
        if stamp != self._stamp:
            self._line = parse_clock_line(self._path.read_text())
            self._stamp = stamp
        return self._line


class ManualClock:
    """Moves only when told, or when somebody sleeps on it. For tests and measurements in one process."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)
        self._elapsed = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        self.advance(timedelta(seconds=seconds))

    def advance(self, span: timedelta) -> None:
        self._now += span
        self._elapsed += span.total_seconds()

    def move_to(self, instant: datetime) -> None:
        """Jump forward to `instant`; a clock never goes back."""
        self.advance(max(instant.astimezone(UTC) - self._now, timedelta()))

    def set_to(self, instant: datetime) -> None:
        """Set the time, forward or back, as somebody sets a computer's clock: what counts monotonically stays."""
        self._now = instant.astimezone(UTC)


def parse_clock_line(text: str) -> tuple[datetime, float, float]:
    """Read `<start> <rate> <anchor>`; ValueError names what is wrong."""
    parts = text.split()
    if len(parts) != 3:
        raise ValueError(f"the clock file holds {len(parts)} words, it needs three: start, rate, anchor")
    start = datetime.fromisoformat(parts[0])
    if start.tzinfo is None:
        raise ValueError(f"the clock file's start {parts[0]!r} names no time zone")
    return start.astimezone(UTC), float(parts[1]), float(parts[2])


def write_clock(path: Path, start: datetime, rate: float) -> None:
    """Set the virtual time of every process that reads `path`, running on from now at `rate`."""
    replacement = path.with_suffix(".new")
    replacement.write_text(f"{start.astimezone(UTC).isoformat()} {rate} {time.monotonic()}\n")
    replacement.replace(path)
